/**
 * The types of a Python, found in its memory by what they are: objects whose type is `type`, which is its own type. No
 * symbol is needed. It knows nothing of buffers.
 */
import { MemoryFault } from '../errors.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { Py_TPFLAGS_READY, Py_TPFLAGS_TYPE_SUBCLASS } from '../layouts/typeobject.ts';
import type { Mapping } from '../memory/mapping.ts';
import type { Memory } from '../memory/memory.ts';
import { readType, readTypeFlags } from '../view/py-object.ts';
import { chunksOf, modelOf, pointersTo, pointersToSelf, type SweepProgress } from './sweep.ts';

/** What the type at an address is, `metaclass` if its instances are types; undefined if there is none. */
export function typeAt(memory: Memory, address: bigint): 'class' | 'metaclass' | undefined {
  const flags = orUndefined(() => readTypeFlags(memory, address)) ?? 0n;
  if (!(flags & Py_TPFLAGS_READY)) return undefined;
  return flags & Py_TPFLAGS_TYPE_SUBCLASS ? 'metaclass' : 'class';
}

/** The name of a type, undefined if there is none at the address. */
export function typeNameAt(memory: Memory, address: bigint): string | undefined {
  return orUndefined(() => readType(memory, address).name);
}

/** What is read, or undefined where it cannot be. */
export function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MemoryFault) return undefined;
    throw error;
  }
}

/** The address of `type`, undefined if it is not within the ranges or the target is another. */
export function findTypeOfTypes(
  memory: Memory,
  ranges: readonly Mapping[],
  progress: SweepProgress,
): bigint | undefined {
  const find = pointersToSelf(layoutsFor(memory.target).PyObject.offsetOf('ob_type'), modelOf(memory));
  // `type` lies in the data of a file, mostly; and in a small range rather than a large one.
  const likely = [...ranges].sort((a, b) => Number(b.path !== '') - Number(a.path !== '') || a.length - b.length);
  for (const chunk of chunksOf(memory, likely, progress)) {
    for (const { value } of find(chunk)) {
      if (typeAt(memory, value) === 'metaclass' && typeNameAt(memory, value) === 'type') return value;
    }
  }
  return undefined;
}

/** The types within the ranges that have one of these names, by their name; the first of each. */
export function findTypes(
  memory: Memory,
  ranges: readonly Mapping[],
  typeOfTypes: bigint,
  names: readonly string[],
  progress: SweepProgress,
): ReadonlyMap<string, bigint> {
  const before = BigInt(layoutsFor(memory.target).PyObject.offsetOf('ob_type'));
  const find = pointersTo([typeOfTypes], modelOf(memory));
  const found = new Map<string, bigint>();
  for (const { address, bytes } of chunksOf(memory, ranges, progress)) {
    for (const { offset } of find({ address, bytes })) {
      const type = address + BigInt(offset) - before;
      const name = typeAt(memory, type) && typeNameAt(memory, type);
      if (name === undefined || !names.includes(name) || found.has(name)) continue;
      found.set(name, type);
      if (found.size === names.length) return found;
    }
  }
  return found;
}
