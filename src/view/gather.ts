/**
 * Elements that strides have spread, laid one after the other in C order. Bytes are moved as they are, so that of a
 * NaN no bit is lost.
 */
import { dataViewOf } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import type { Memory } from '../memory/memory.ts';
import type { ElementValue } from './element.ts';
import { type BufferInfo, cStrides, elementCount } from './py-buffer.ts';
import { readPointer } from './struct.ts';

/** Elements within one DataView: the offset of element 0, 0 … and the strides, both in bytes. */
export interface Elements {
  readonly bytes: DataView;
  readonly origin: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Elements nested as deep as the buffer has dimensions; of a 0-d buffer the element itself. */
export type NestedList = ElementValue | NestedList[];

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
  else if (!shape.includes(0)) along(0, origin);
}

/** The elements as nested arrays. */
export function nest(
  { bytes, origin, shape, strides }: Elements,
  read: (bytes: DataView, offset: number) => ElementValue,
): NestedList {
  const last = shape.length - 1;
  const along = (dimension: number, offset: number): NestedList[] => {
    const size = shape[dimension] ?? 0;
    const stride = strides[dimension] ?? 0;
    const list = new Array<NestedList>(size);
    for (let i = 0, at = offset; i < size; i++, at += stride) {
      list[i] = dimension === last ? read(bytes, at) : along(dimension + 1, at);
    }
    return list;
  };
  return last < 0 ? read(bytes, origin) : along(0, origin);
}

/** Whole words of memory, moved without a look at what they are. */
type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

const wordClasses = [
  [8, BigUint64Array],
  [4, Uint32Array],
  [2, Uint16Array],
  [1, Uint8Array],
] as const;

/** One loop over words: how many, and how far apart they lie in the source and in the target. */
interface Loop {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** Where elements lie: of each dimension the stride in bytes. */
interface Lie {
  readonly buffer: ArrayBufferLike;
  /** In bytes, of the first. */
  readonly at: number;
  readonly strides: readonly number[];
}

/**
 * Copies elements from where they lie to where they are to lie.
 *
 * @param size of an element, or of the part of it that is copied, in bytes
 * @internal
 */
export function copyStrided(shape: readonly number[], size: number, source: Lie, target: Lie): void {
  if (size === 0 || shape.includes(0)) return;
  const both = [source, target];
  const fits = (word: number): boolean =>
    size % word === 0 && both.every(({ at, strides }) => [at, ...strides].every((n) => n % word === 0));
  const [word, Class] = wordClasses.find(([width]) => fits(width)) ?? [1, Uint8Array];
  const wordsOf = ({ buffer }: Lie): Words => new Class(buffer as ArrayBuffer, 0, Math.floor(buffer.byteLength / word));
  const loops = loopsOf(shape, source.strides, target.strides, size, word);
  run(wordsOf(source), source.at / word, wordsOf(target), target.at / word, loops);
}

/**
 * The bytes of all elements in C order.
 *
 * @param size of an element in bytes
 * @param copy where they are put, of the length that they have together
 */
export function gather({ bytes, origin, shape, strides }: Elements, size: number, copy: Uint8Array): void {
  if (copy.length === 0) return;
  const source = { buffer: bytes.buffer, at: bytes.byteOffset + origin, strides };
  copyStrided(shape, size, source, { buffer: copy.buffer, at: copy.byteOffset, strides: cStrides(shape, size) });
}

/**
 * The bytes of some of the elements, as {@link gather} has those of all.
 *
 * @param from the first of them, counted in C order
 * @param copy where they are put, as long as they are together
 */
export function gatherSome(elements: Elements, size: number, from: number, copy: Uint8Array): void {
  const { origin, shape, strides } = elements;
  const [, ...rest] = shape;
  const stride = strides[0] ?? 0;
  const inner = elementCount(rest);
  const box = (index: number, length?: number): Elements => ({
    ...elements,
    origin: origin + index * stride,
    shape: length === undefined ? rest : [length, ...rest],
    strides: length === undefined ? strides.slice(1) : strides,
  });
  if (shape.length === 0) {
    gather(elements, size, copy);
    return;
  }
  let at = 0;
  for (let next = from; at < copy.length; ) {
    const index = Math.floor(next / inner);
    const within = next % inner;
    const left = (copy.length - at) / size;
    const whole = within === 0 ? Math.floor(left / inner) : 0;
    const count = whole > 0 ? whole * inner : Math.min(left, inner - within);
    const part = copy.subarray(at, at + count * size);
    if (whole > 0) gather(box(index, whole), size, part);
    else gatherSome(box(index), size, within, part);
    next += count;
    at += part.length;
  }
}

/** The loops over the elements and the words of each, neighbours that make one longer loop joined. */
function loopsOf(
  shape: readonly number[],
  from: readonly number[],
  to: readonly number[],
  size: number,
  word: number,
): Loop[] {
  const loops: Loop[] = [];
  for (let i = shape.length; i >= 0; i--) {
    const words = i === shape.length;
    const next: Loop = {
      length: words ? size / word : (shape[i] ?? 1),
      from: words ? 1 : (from[i] ?? 0) / word,
      to: words ? 1 : (to[i] ?? 0) / word,
    };
    const inner = loops[0];
    if (inner && inner.length * inner.from === next.from && inner.length * inner.to === next.to) {
      loops[0] = { ...inner, length: inner.length * next.length };
    } else if (inner?.length === 1) loops[0] = next;
    else if (next.length !== 1 || !inner) loops.unshift(next);
  }
  return loops;
}

/** Lines of a cache that are filled side by side: of 8 words each, every one read is then used up. */
const BLOCK = 8;
/** From so many words on, a call of `set` is faster than a loop. */
const LONG = 32;

function run(source: Words, from: number, target: Words, to: number, loops: readonly Loop[]): void {
  const last = loops.at(-1) as Loop;
  // The loop along which the source lies densest, if it is not the last.
  const dense = loops.slice(0, -1).reduce<Loop | undefined>((best, loop) => {
    return Math.abs(loop.from) < Math.abs((best ?? last).from) && loop.from !== 0 ? loop : best;
  }, undefined);
  const outer = loops.filter((loop) => loop !== last && loop !== dense);
  const along = (depth: number, at: number, into: number): void => {
    const loop = outer[depth];
    if (loop) {
      for (let i = 0; i < loop.length; i++) along(depth + 1, at + i * loop.from, into + i * loop.to);
    } else if (dense) block(source, at, target, into, dense, last);
    else line(source, at, target, into, last);
  };
  along(0, from, to);
}

function line(source: Words, from: number, target: Words, to: number, { length, from: step, to: width }: Loop): void {
  if (step === 1 && width === 1 && length >= LONG) {
    (target as Uint8Array).set((source as Uint8Array).subarray(from, from + length), to);
    return;
  }
  for (let i = 0, at = from, into = to; i < length; i++, at += step, into += width) target[into] = source[at] as number;
}

function block(source: Words, from: number, target: Words, to: number, dense: Loop, last: Loop): void {
  for (let first = 0; first < dense.length; first += BLOCK) {
    const count = Math.min(BLOCK, dense.length - first);
    for (let j = 0; j < last.length; j++) {
      let at = from + first * dense.from + j * last.from;
      let into = to + first * dense.to + j * last.to;
      for (let i = 0; i < count; i++, at += dense.from, into += dense.to) target[into] = source[at] as number;
    }
  }
}

/** Reverses the bytes of each item of 1, 2, 4 or 8. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  const view = dataViewOf(bytes);
  if (width === 2) for (let i = 0; i < bytes.length; i += 2) view.setUint16(i, view.getUint16(i, true));
  else if (width === 4) for (let i = 0; i < bytes.length; i += 4) view.setUint32(i, view.getUint32(i, true));
  else if (width === 8) {
    // By halves: as a bigint each would take 10 ns rather than 1.
    for (let i = 0; i < bytes.length; i += 8) {
      const low = view.getUint32(i, true);
      view.setUint32(i, view.getUint32(i + 4, true));
      view.setUint32(i + 4, low);
    }
  }
}

/**
 * Room for a copy.
 *
 * @throws FormatError if there is no memory for it.
 */
export function copyRoom(count: number, size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(count * size);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new FormatError(`there is no memory for a copy of ${count} elements; copy it in slices`, { cause });
  }
}

/** Of what is read in one piece, in bytes. */
const PIECE = 1 << 20;

/**
 * A C-contiguous copy of elements that do not lie within one stretch of memory, or within too long a one: the pointers of
 * suboffsets are followed (PEP 3118, "PIL-style"), and what reaches far is read piece by piece.
 */
export function gatherApart(memory: Memory, info: BufferInfo): DataView {
  const { shape, itemsize } = info;
  if (shape.includes(0)) return new DataView(new ArrayBuffer(0));
  // The first is read before there is room for all: if its pointers lead nowhere, so may the sizes.
  const first = shape.reduce((address, _, dimension) => step(memory, info, dimension, address, 0), info.address);
  memory.read(first, itemsize);
  const copy = copyRoom(elementCount(shape), itemsize);
  const boxes = shape.map((_, dimension) => boxAt(info, dimension));
  let at = 0;
  const visit = (dimension: number, address: bigint): void => {
    const size = shape[dimension];
    const box = size === undefined ? { below: 0, length: itemsize, whole: itemsize } : boxes[dimension];
    if (box) {
      const bytes = dataViewOf(memory.read(address + BigInt(box.below), box.length));
      const elements = {
        bytes,
        origin: -box.below,
        shape: shape.slice(dimension),
        strides: info.strides.slice(dimension),
      };
      gather(elements, itemsize, copy.subarray(at, at + box.whole));
      at += box.whole;
    } else {
      for (let i = 0; i < (size as number); i++) visit(dimension + 1, step(memory, info, dimension, address, i));
    }
  };
  visit(0, info.address);
  return dataViewOf(copy);
}

/** Where the elements of the dimensions from one on lie, in bytes from the first, if they are read in one piece. */
function boxAt(info: BufferInfo, dimension: number): { below: number; length: number; whole: number } | undefined {
  const { itemsize } = info;
  const [shape, strides] = [info.shape.slice(dimension), info.strides.slice(dimension)];
  if (info.suboffsets?.slice(dimension).some((suboffset) => suboffset >= 0)) return undefined;
  const reaches = shape.map((size, i) => (size - 1) * (strides[i] ?? 0));
  const below = reaches.reduce((sum, reach) => sum + Math.min(reach, 0), 0);
  const length = reaches.reduce((sum, reach) => sum + Math.abs(reach), itemsize);
  return length <= PIECE ? { below, length, whole: elementCount(shape) * itemsize } : undefined;
}

/** One dimension further: along the stride, and through the pointer there if the dimension has a suboffset. */
export function step(memory: Memory, info: BufferInfo, dimension: number, address: bigint, index: number): bigint {
  const there = address + BigInt(index * (info.strides[dimension] ?? 0));
  const suboffset = info.suboffsets?.[dimension] ?? -1;
  return suboffset < 0 ? there : readPointer(memory, there) + BigInt(suboffset);
}
