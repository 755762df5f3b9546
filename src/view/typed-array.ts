/** Which typed array shows or holds the elements of a type, in this runtime. */
import { FormatError } from '../errors.ts';
import type { Element, NumericTypedArray } from './element.ts';
import { copyRoom } from './gather.ts';

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
 * A new typed array for a copy of as many elements.
 *
 * @throws FormatError if there is no memory for it.
 */
export function copiedArray({ array, converted, size, width, name }: Element, length: number): NumericTypedArray {
  const Class = classNamed(converted ?? array);
  const items = length * (converted ? (/^complex|^clong/.test(name) ? 2 : 1) : size / width);
  return new Class(copyRoom(items, Class.BYTES_PER_ELEMENT).buffer, 0, items);
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
