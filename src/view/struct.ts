/** Structs met in a memory: a snapshot of all fields, or one field read where the layout says. */
import { Buffer } from 'buffer';
import { dataViewOf } from '../bytes.ts';
import type { Layout } from '../layouts/layout.ts';
import { scalarReader } from '../layouts/scalar.ts';
import {
  type FieldPath,
  type Fields,
  Py_ssize_t,
  type Scalar,
  type StructValue,
  uintptr_t,
} from '../layouts/vocabulary.ts';
import type { Memory } from '../memory/memory.ts';
import { dataModels } from '../target.ts';

/**
 * The fields of the struct at an address, as plain values: nested structs are objects, pointers and `Py_ssize_t`
 * are bigints, smaller integers numbers. A snapshot: it does not change when the struct does.
 *
 * @throws MemoryFault if the struct cannot be read.
 * @example
 * ```ts
 * import { layoutsFor, parseTarget, readStruct, segmentMemory } from 'memview';
 * const target = parseTarget('3.13-lp64');
 * const memory = segmentMemory([{ address: 0x1000n, bytes: new Uint8Array(16).fill(1, 0, 1) }], target);
 * console.log(readStruct(memory, layoutsFor(target).PyObject, 0x1000n).ob_refcnt); // 1n
 * ```
 */
export function readStruct<N extends string, F extends Fields>(
  memory: Memory,
  layout: Layout<N, F>,
  address: bigint,
): StructValue<F> {
  const bytes = Buffer.from(memory.read(address, layout.size));
  return plain(layout, new layout.Struct(bytes)) as StructValue<F>;
}

/** The values that a typed-struct instance shows, taken out of it. */
function plain(layout: Layout, instance: object): object {
  const entries = layout.fields.map(({ name, type, layout: nested }) => {
    const value = (instance as Record<string, unknown>)[name];
    if (!nested) return [name, value];
    if (type.kind === 'array') return [name, (value as object[]).map((item) => plain(nested, item))];
    return [name, plain(nested, value as object)];
  });
  return Object.fromEntries(entries);
}

/**
 * A reader of one scalar field, bound to its offset once: for code that reads the same field of many structs.
 *
 * @param value whether an address is read, or a count, which comes as a number: exact where it is safe
 * @internal
 */
export function fieldReader<N extends string, F extends Fields, V extends 'number' | 'bigint'>(
  layout: Layout<N, F>,
  path: FieldPath<F>,
  value: V,
): (bytes: DataView, base?: number) => { number: number; bigint: bigint }[V] {
  const { offset, type } = layout.find(path);
  if (type.kind !== 'scalar') throw new TypeError(`${path} of ${layout.name} is no scalar`);
  const read = scalarReader({ ...type, value }, dataModels[layout.target.model]);
  return (bytes, base = 0) => read(bytes, base + offset);
}

/**
 * Values of `Py_ssize_t` one after the other, as numbers: exact where they are safe.
 *
 * @throws MemoryFault if they cannot be read.
 * @internal
 */
export function readSizes(memory: Memory, address: bigint, length: number): number[] {
  return readWords(memory, address, length, { ...Py_ssize_t, value: 'number' });
}

/**
 * The pointer at an address.
 *
 * @throws MemoryFault if it cannot be read.
 * @internal
 */
export function readPointer(memory: Memory, address: bigint): bigint {
  return readPointers(memory, address, 1)[0] ?? 0n;
}

/**
 * Pointers one after the other.
 *
 * @throws MemoryFault if they cannot be read.
 * @internal
 */
export function readPointers(memory: Memory, address: bigint, length: number): bigint[] {
  return readWords(memory, address, length, uintptr_t);
}

function readWords<V extends 'number' | 'bigint'>(
  memory: Memory,
  address: bigint,
  length: number,
  type: Scalar<V>,
): { number: number; bigint: bigint }[V][] {
  const model = dataModels[memory.target.model];
  const bytes = dataViewOf(memory.read(address, length * model.pointer));
  const read = scalarReader(type, model);
  return Array.from({ length }, (_, i) => read(bytes, i * model.pointer));
}
