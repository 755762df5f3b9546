/** Writes arrays of the element types that have no kernel, chunk by chunk, element by element. */
import { dataViewOf } from '../bytes.ts';
import type { ChunkEncoder } from './chunk.ts';
import type { ElementText } from './text.ts';

/** Of a chunk, in elements and in bytes of them. */
const MOST = 1024;
const MOST_BYTES = 1 << 16;

const utf8 = new TextEncoder();

/**
 * An encoder for an array of a shape; none of its sizes is 0. Without dimensions it writes one element.
 *
 * @param size of an element, in bytes
 */
export function textChunkEncoder(size: number, shape: readonly number[], text: ElementText): ChunkEncoder {
  return new TextChunkEncoder(size, shape, text);
}

class TextChunkEncoder implements ChunkEncoder {
  readonly most: number;
  done = 0;
  /** What a policy refuses is thrown at once. */
  readonly refused = -1;
  readonly #size: number;
  readonly #shape: readonly number[];
  readonly #text: ElementText;
  #room = new Uint8Array();

  constructor(size: number, shape: readonly number[], text: ElementText) {
    this.most = Math.max(1, Math.min(MOST, Math.floor(MOST_BYTES / Math.max(size, 1))));
    this.#size = size;
    this.#shape = shape;
    this.#text = text;
  }

  room(count: number): Uint8Array {
    const length = count * this.#size;
    if (this.#room.length < length) this.#room = new Uint8Array(length);
    return this.#room.subarray(0, length);
  }

  encode(count: number): Uint8Array {
    const bytes = dataViewOf(this.#room);
    const { length } = this.#shape;
    let all = this.done === 0 ? '['.repeat(length) : '';
    for (let i = 0; i < count; i++) {
      all += this.#text(bytes, i * this.#size);
      this.done++;
      const ended = this.#ended();
      all += ']'.repeat(ended);
      if (ended < length) all += `,${'['.repeat(ended)}`;
    }
    return utf8.encode(all);
  }

  /** How many arrays end behind what is done: rows, rows of rows … */
  #ended(): number {
    let [rest, ended] = [this.done, 0];
    for (let i = this.#shape.length - 1; i >= 0; i--, ended++) {
      const length = this.#shape[i] as number;
      if (rest % length !== 0) break;
      rest /= length;
    }
    return ended;
  }
}
