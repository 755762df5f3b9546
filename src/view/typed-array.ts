/** Which typed array shows or holds the elements of a type, in this runtime. */
import { dataViewOf } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import type { Element, NumericTypedArray } from './element.ts';
import { copyRoom, type Elements, gather, swapBytes, walk } from './gather.ts';
import { cStrides } from './py-buffer.ts';

interface TypedArrayClass {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumericTypedArray;
  new (length: number): NumericTypedArray;
}

/** Whether this machine has the least significant byte first. */
export const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function classNamed(name: string): TypedArrayClass {
  return (globalThis as unknown as Record<string, TypedArrayClass>)[name] as TypedArrayClass;
}

/**
 * A typed array with a copy of elements, in C order and in this machine's byte order.
 *
 * @throws FormatError if there is no memory for it.
 */
export function copyElements(elements: Elements, count: number, element: Element): NumericTypedArray {
  const { array, converted, size, width, name } = element;
  const Class = classNamed(converted ?? array);
  const items = count * (converted ? (/^complex|^clong/.test(name) ? 2 : 1) : size / width);
  const copy = new Class(copyRoom(items, Class.BYTES_PER_ELEMENT).buffer, 0, items);
  if (converted) {
    let i = 0;
    walk(elements, (offset) => {
      const value = element.read(elements.bytes, offset);
      if (typeof value === 'object' && 're' in value) {
        copy[i++] = value.re as number;
        copy[i++] = value.im as number;
      } else copy[i++] = Number(value);
    });
  } else {
    const bytes = new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength);
    gather(elements, size, bytes);
    if (width > 1 && element.little !== hostIsLittle) swapBytes(bytes, width);
  }
  return copy;
}

/**
 * The same of bytes that hold elements one after the other, in this machine's byte order: over the bytes themselves, unless
 * values have to be converted.
 *
 * @param bytes in memory of their own
 * @param count of the elements
 */
export function typedArrayOf(bytes: Uint8Array, count: number, element: Element): NumericTypedArray {
  const { array, converted, size } = element;
  if (converted === undefined || converted === array) return typedArrayOver(dataViewOf(bytes), 0n, count, element);
  const shape = [count];
  return copyElements({ bytes: dataViewOf(bytes), origin: 0, shape, strides: cStrides(shape, size) }, count, element);
}

/**
 * A typed array over bytes that hold elements one after the other.
 *
 * @param address where the bytes lie
 * @param length in elements
 * @throws FormatError if there is none; the message names the remedy.
 */
export function typedArrayOver(bytes: DataView, address: bigint, length: number, element: Element): NumericTypedArray {
  const { width } = element;
  const Class = classNamed(element.array);
  if (width > 1 && element.little !== hostIsLittle) {
    throw noTypedArray('its bytes are in the other order than this machine');
  }
  const items = (length * element.size) / width;
  if (items === 0) return new Class(0);
  // An image of memory may lie in its ArrayBuffer otherwise than in the memory it was taken from.
  if (width > 1 && (bytes.byteOffset % width !== 0 || address % BigInt(width) !== 0n)) {
    throw noTypedArray(`its address is no multiple of ${width}`);
  }
  return new Class(bytes.buffer, bytes.byteOffset, items);
}

/** Why no typed array shows a buffer, and what to do instead. */
export function noTypedArray(why: string): FormatError {
  return new FormatError(`no typed array can show this buffer: ${why}. toTypedArray() copies it into one`);
}
