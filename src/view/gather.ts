/** Walking the elements of a buffer in C order, whatever its strides. */
import { dataViewOf } from '../bytes.ts';
import type { Memory } from '../memory/memory.ts';
import { type BufferInfo, elementCount } from './py-buffer.ts';
import { readPointer } from './struct.ts';

/** Elements within one DataView: the offset of element 0, 0 … and the strides, both in bytes. */
export interface Elements {
  readonly bytes: DataView;
  readonly origin: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Calls `visit` with the byte offset of every element, in C order. */
export function walk({ origin, shape, strides }: Elements, visit: (offset: number) => void): void {
  const last = shape.length - 1;
  const along = (dimension: number, offset: number): void => {
    const size = shape[dimension] ?? 0;
    const stride = strides[dimension] ?? 0;
    if (dimension === last) for (let i = 0; i < size; i++) visit(offset + i * stride);
    else for (let i = 0; i < size; i++) along(dimension + 1, offset + i * stride);
  };
  if (last < 0) visit(origin);
  else along(0, origin);
}

/** A C-contiguous copy of a buffer with suboffsets: each is a pointer to be followed (PEP 3118, "PIL-style"). */
export function gatherPil(memory: Memory, info: BufferInfo): DataView {
  const { shape, itemsize } = info;
  const copy = new Uint8Array(elementCount(shape) * itemsize);
  let at = 0;
  const visit = (dimension: number, address: bigint): void => {
    const size = shape[dimension];
    if (size === undefined) {
      copy.set(memory.read(address, itemsize), at);
      at += itemsize;
      return;
    }
    for (let i = 0; i < size; i++) visit(dimension + 1, step(memory, info, dimension, address, i));
  };
  visit(0, info.address);
  return dataViewOf(copy);
}

/** One dimension further: along the stride, and through the pointer there if the dimension has a suboffset. */
export function step(memory: Memory, info: BufferInfo, dimension: number, address: bigint, index: number): bigint {
  const there = address + BigInt(index * (info.strides[dimension] ?? 0));
  const suboffset = info.suboffsets?.[dimension] ?? -1;
  return suboffset < 0 ? there : readPointer(memory, there) + BigInt(suboffset);
}
