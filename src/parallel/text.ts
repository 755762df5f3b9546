/** The text of an array while threads write it: memory of about its length, and what goes beyond. Knows no array. */
import { addressOf, inLargePages } from '../ffi/native.ts';
import type { RangeEncoder } from '../json/pieces.ts';
import type { Beyond, Job } from './job.ts';

/** Of the elements that a length is guessed from: at the start, in the middle and at the end. */
const SAMPLE = 256;

/** What is added to a guess, of which text that is a little longer still fits. */
const MARGIN = 1 + 1 / 16;
const LEAST = 1 << 16;

/**
 * About how long the text of an array will be, in bytes.
 *
 * @throws as the encoder
 */
export function likelyLength(encoder: RangeEncoder, count: number): number {
  const some = Math.min(SAMPLE, count);
  const starts = [0, Math.floor((count - some) / 2), count - some];
  const longest = Math.max(...starts.map((from) => encoder.encode(from, from + some).length));
  return Math.ceil((longest / some) * count * MARGIN) + LEAST;
}

/** Memory for a text, where threads find it. */
export class TextMemory {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly target: Job['target'];

  /**
   * @param length in bytes
   * @throws RangeError if there is no memory of that length.
   */
  constructor(length: number) {
    // Not by new Uint8Array, which may write zeros first.
    const { buffer } = Buffer.allocUnsafeSlow(length);
    this.#bytes = new Uint8Array(buffer);
    inLargePages(this.#bytes);
    this.target = { address: addressOf(this.#bytes), length };
  }

  /** Copies a text to its place; false where it does not fit. */
  put(at: number, text: Uint8Array): boolean {
    const fits = at + text.length <= this.#bytes.length;
    if (fits) this.#bytes.set(text, at);
    return fits;
  }

  /**
   * The text, once all of it was written: in this memory, if there is room for it.
   *
   * @param length of what threads wrote, in bytes
   * @param end what follows it
   * @throws RangeError if there is no memory for the text.
   */
  text(length: number, beyond: readonly Beyond[], end: string): Uint8Array {
    const whole = length + end.length <= this.#bytes.length ? this.#bytes : this.#longer(length + end.length, beyond);
    for (const [i, character] of [...end].entries()) whole[length + i] = character.charCodeAt(0);
    return whole.subarray(0, length + end.length);
  }

  #longer(length: number, beyond: readonly Beyond[]): Uint8Array {
    const { buffer } = Buffer.allocUnsafeSlow(length);
    const whole = new Uint8Array(buffer);
    const written = beyond.reduce((least, { at }) => Math.min(least, at), length);
    whole.set(this.#bytes.subarray(0, Math.min(written, this.#bytes.length)));
    for (const { at, text } of beyond) whole.set(text, at);
    return whole;
  }
}
