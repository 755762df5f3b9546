/** Memory for what comes in pieces and is wanted in one. It knows no JSON. */
import { copyOf } from '../bytes.ts';

/** What may be left of its memory unused, in bytes per byte: more is given back. */
const MOST_SPARE = 1 / 8;

/** The most it grows by beyond what is needed, in bytes: twice as much may be more than one piece of memory can be. */
const MOST_GROWTH = 2 ** 29;

/** Grows as it is written to. */
export class Room {
  readonly #take: (size: number) => Uint8Array;
  #bytes: Uint8Array;

  /**
   * @param size in bytes, as far as it is known
   * @param take gives memory, whatever is in it
   * @throws RangeError if there is no memory for it; the same where it grows.
   */
  constructor(size: number, take: (size: number) => Uint8Array = (size) => new Uint8Array(size)) {
    this.#take = take;
    this.#bytes = orNoRoom(() => take(size), size);
  }

  /** Copies a piece to a place. */
  put(at: number, piece: Uint8Array): void {
    const end = at + piece.length;
    if (end > this.#bytes.length) this.reserve(Math.min(2 * end, end + MOST_GROWTH));
    this.#bytes.set(piece, at);
  }

  /** Makes room for so many bytes in all. */
  reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const larger = orNoRoom(() => this.#take(size), size);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  /** The first bytes; they stand until others are put there. */
  first(length: number): Uint8Array {
    return this.#bytes.subarray(0, length);
  }

  /** Of all its memory, in bytes. */
  get size(): number {
    return this.#bytes.length;
  }

  /** The first bytes in memory of their own. */
  copy(length: number): Uint8Array {
    return orNoRoom(() => copyOf(this.first(length)), length);
  }

  /** The first bytes in this memory, if it is hardly longer, else a copy. Nothing may be put there any more. */
  give(length: number): Uint8Array {
    const spare = this.#bytes.subarray(length);
    if (spare.length > length * MOST_SPARE) return this.copy(length);
    spare.fill(0);
    return this.first(length);
  }
}

function orNoRoom<T>(take: () => T, length: number): T {
  try {
    return take();
  } catch (cause) {
    throw new RangeError(`there is no memory for ${length} bytes in one piece; take the array in parts`, {
      cause,
    });
  }
}
