/** Which typed array shows or holds the elements of a format, in this runtime. */
import { FormatError } from '../errors.ts';
import type { Element, NumericTypedArray } from './element.ts';
import type { Format } from './format.ts';

interface TypedArrayClass {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumericTypedArray;
  new (length: number): NumericTypedArray;
}

const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The global class with these elements, which an older runtime may lack. */
function classOf({ array }: Element): TypedArrayClass | undefined {
  return (globalThis as unknown as Record<string, TypedArrayClass | undefined>)[array];
}

/** A new typed array for elements. Without a Float16Array a Float32Array, which holds every value of binary16. */
export function typedArrayFor(element: Element, length: number): NumericTypedArray {
  return new (classOf(element) ?? Float32Array)(length);
}

/**
 * A typed array over bytes that hold elements of a format one after the other.
 *
 * @param address where the bytes lie
 * @param length in elements
 * @throws FormatError if there is none; the message names the remedy.
 */
export function typedArrayOver(bytes: DataView, address: bigint, length: number, format: Format): NumericTypedArray {
  const { element, little } = format;
  const Class = classOf(element);
  if (!Class) throw noTypedArray(`this runtime has no ${element.array}`);
  if (little !== hostIsLittle && element.size > 1) {
    throw noTypedArray('its bytes are in the other order than this machine');
  }
  if (length === 0) return new Class(0);
  // An image of memory may lie in its ArrayBuffer otherwise than in the memory it was taken from.
  if (bytes.byteOffset % element.size !== 0 || address % BigInt(element.size) !== 0n) {
    throw noTypedArray(`its address is no multiple of ${element.size}`);
  }
  return new Class(bytes.buffer, bytes.byteOffset, length);
}

/** Why no typed array shows a buffer, and what to do instead. */
export function noTypedArray(why: string): FormatError {
  return new FormatError(`no typed array can show this buffer: ${why}. toTypedArray() copies it into one`);
}
