/** The text of an array while threads write it: memory of about its length, and what goes beyond. Knows no array. */
import { addressOf, inLargePages } from '../ffi/native.ts';
import type { Beyond, Job } from './job.ts';

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
