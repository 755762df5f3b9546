/** What the tests of the kernels share: an array's whole text, and random bits that are the same in every run. */
import type { ChunkEncoder } from '../../src/json/chunk.ts';
import { chunkEncoder, type KernelName, type NumberPolicies } from '../../src/json/kernel.ts';

export const policies: NumberPolicies = { nonFinite: 'null', bigInteger: 'number' };

/** How much of the random values is tried: 1, or what MEMVIEW_KERNEL_TEST_SCALE says (10 is ten million floats of each width). */
export const scale = Number(process.env.MEMVIEW_KERNEL_TEST_SCALE ?? 1);

export function encodeAll(encoder: ChunkEncoder, array: ArrayBufferView, most = encoder.most): string {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const size = (array as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
  const utf8 = new TextDecoder();
  let text = '';
  for (let at = 0; at < bytes.length; at += most * size) {
    const part = bytes.subarray(at, at + most * size);
    encoder.room(part.length / size).set(part);
    text += utf8.decode(encoder.encode(part.length / size));
  }
  return text;
}

/** The JSON of a flat array. */
export function textOf(name: KernelName, array: ArrayBufferView & { length: number }, as = policies): string {
  return encodeAll(chunkEncoder(name, [array.length], as), array);
}

/** Compares element by element, so that a difference is named. */
export function expectTexts<T>(
  name: KernelName,
  array: ArrayBufferView & { length: number } & Iterable<T>,
  expected: (value: T, index: number) => string,
): void {
  const text = textOf(name, array);
  const texts = text.slice(1, -1).split(',');
  if (texts.length !== array.length) throw new Error(`${texts.length} texts of ${array.length} values`);
  let index = 0;
  for (const value of array) {
    const wanted = expected(value, index);
    if (texts[index] !== wanted) throw new Error(`${name} ${value}: expected ${wanted}, got ${texts[index]}`);
    index++;
  }
}

/** xoshiro128** (Blackman and Vigna, 2018). */
export function randomBits(count: number, seed = 1): Uint32Array<ArrayBuffer> {
  let [a, b, c, d] = [seed, 0x9e3779b9, 0x243f6a88, 0xb7e15162];
  const rotated = (n: number, by: number): number => (n << by) | (n >>> (32 - by));
  return Uint32Array.from({ length: count }, () => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotated(d, 11);
    return result;
  });
}
