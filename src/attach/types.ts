/**
 * The types of a Python, found in its memory by what they are: objects whose type is `type`, which is its own type. No
 * symbol is needed. It knows nothing of buffers.
 */
import { layoutsFor } from '../layouts/layouts.ts';
import { Py_TPFLAGS_READY, Py_TPFLAGS_TYPE_SUBCLASS } from '../layouts/typeobject.ts';
import type { Mapping } from '../memory/mapping.ts';
import { type Memory, orUndefined } from '../memory/memory.ts';
import { perTarget } from '../target.ts';
import { readType, readTypeFlags } from '../view/py-object.ts';
import { readPointer } from '../view/struct.ts';
import { chunksOf, modelOf, pointersTo, pointersToSelf, type SweepProgress, Window } from './sweep.ts';

/** Where a type has the order in which its bases are looked through, and where that has its first. */
const mroOffsets = perTarget((target) => {
  const { PyTypeObject, PyTupleObject } = layoutsFor(target);
  return { mro: BigInt(PyTypeObject.offsetOf('tp_mro')), first: BigInt(PyTupleObject.offsetOf('ob_item')) };
});

/**
 * What the type at an address is, `metaclass` if its instances are types; undefined if there is none. A type is the
 * first of its own `tp_mro`, which a copy of one, in the memory of whoever has read it, is not.
 */
export function typeKind(memory: Memory, address: bigint): 'class' | 'metaclass' | undefined {
  return orUndefined(() => {
    const flags = readTypeFlags(memory, address);
    if (!(flags & Py_TPFLAGS_READY)) return undefined;
    const { mro, first } = mroOffsets(memory.target);
    if (readPointer(memory, readPointer(memory, address + mro) + first) !== address) return undefined;
    return flags & Py_TPFLAGS_TYPE_SUBCLASS ? 'metaclass' : 'class';
  });
}

/** The name of a type, undefined if there is none at the address. */
export function typeNameAt(memory: Memory, address: bigint): string | undefined {
  return orUndefined(() => readType(memory, address).name);
}

/** The address of `type`, undefined if it is not within the ranges or the target is another. */
export function findTypeOfTypes(memory: Memory, ranges: readonly Mapping[]): bigint | undefined {
  const find = pointersToSelf(layoutsFor(memory.target).PyObject.offsetOf('ob_type'), modelOf(memory));
  // `type` lies in the data of a file, mostly; and in a small range rather than a large one.
  const likely = [...ranges].sort((a, b) => Number(b.path !== '') - Number(a.path !== '') || a.length - b.length);
  for (const chunk of chunksOf(memory, likely, unseen())) {
    for (const { value } of find(chunk)) {
      if (typeKind(memory, value) === 'metaclass' && typeNameAt(memory, value) === 'type') return value;
    }
  }
  return undefined;
}

/** What may be an object: a place that has the address of a type where an object has it. */
export interface Candidate {
  readonly address: bigint;
  /** The address of the type. */
  readonly type: bigint;
  /** The memory, of which what lies near the object has been read already; valid until the next candidate is taken. */
  readonly near: Memory;
}

/** All that may be objects of some types. */
export function* candidatesOf(
  memory: Memory,
  ranges: readonly Mapping[],
  types: readonly bigint[],
  progress: SweepProgress,
  tell?: () => void,
): Generator<Candidate> {
  const before = BigInt(layoutsFor(memory.target).PyObject.offsetOf('ob_type'));
  const find = pointersTo(types, modelOf(memory));
  const window = new Window(memory);
  for (const chunk of chunksOf(memory, ranges, progress, tell)) {
    const near = window.show(chunk);
    for (const { offset, value } of find(chunk))
      yield { address: chunk.address + BigInt(offset) - before, type: value, near };
  }
}

/** The first type within the ranges that has a name; undefined if there is none. */
export function findType(
  memory: Memory,
  ranges: readonly Mapping[],
  typeOfTypes: bigint,
  name: string,
): bigint | undefined {
  for (const { address, near } of candidatesOf(memory, ranges, [typeOfTypes], unseen())) {
    if (typeKind(near, address) && typeNameAt(near, address) === name) return address;
  }
  return undefined;
}

/** The progress of a search that is over before anybody asks how far it is. */
function unseen(): SweepProgress {
  return { done: 0, total: 0, unread: 0 };
}
