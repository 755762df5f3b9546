/** Elements one after the other, put where strides spread them: the way back of gather.ts. */
import type { Element } from './element.ts';
import { copyStrided, type Elements } from './gather.ts';
import { cStrides } from './py-buffer.ts';

/** Bytes of an element: from where on, and how many. */
export interface Bytes {
  readonly offset: number;
  readonly length: number;
}

/** What a write of an element changes of its bytes: of a record its fields, not what is between them. */
export function writtenRanges(element: Element): Bytes[] {
  const ranges: Bytes[] = [];
  const visit = ({ fields, item, size }: Element, at: number): void => {
    if (fields) {
      for (const { element, offset, repeat } of fields) {
        for (let i = 0; i < repeat; i++) visit(element, at + offset + i * element.size);
      }
    } else if (item?.fields ?? item?.item)
      for (let offset = 0; offset < size; offset += item.size) visit(item, at + offset);
    else {
      const last = ranges.at(-1);
      if (last && last.offset + last.length === at) ranges.splice(-1, 1, { ...last, length: last.length + size });
      else ranges.push({ offset: at, length: size });
    }
  };
  visit(element, 0);
  return ranges;
}

/**
 * Writes elements where they lie.
 *
 * @param size of an element in bytes
 * @param ranges what is written of each
 * @param source the bytes of all, in C order
 */
export function scatter(elements: Elements, size: number, ranges: readonly Bytes[], source: Uint8Array): void {
  const { bytes, origin, shape, strides } = elements;
  for (const { offset, length } of ranges) {
    const from = { buffer: source.buffer, at: source.byteOffset + offset, strides: cStrides(shape, size) };
    copyStrided(shape, length, from, { buffer: bytes.buffer, at: bytes.byteOffset + origin + offset, strides });
  }
}

/** The same for an element that lies by itself. */
export function scatterOne(
  { buffer, byteOffset }: DataView,
  at: number,
  ranges: readonly Bytes[],
  source: Uint8Array,
): void {
  for (const { offset, length } of ranges) {
    new Uint8Array(buffer, byteOffset + at + offset, length).set(source.subarray(offset, offset + length));
  }
}

/** Calls `visit` with the index of each element, in C order. */
export function eachIndex(shape: readonly number[], visit: (...index: number[]) => void): void {
  const [size, ...inner] = shape;
  if (size === undefined) visit();
  else for (let i = 0; i < size; i++) eachIndex(inner, (...index) => visit(i, ...index));
}
