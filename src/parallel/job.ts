/** What threads tell each other, as plain data: an array to be written, and its text. Knows no thread. */
import type { EncodeOptions } from '../json/options.ts';
import type { Located } from './located.ts';

/** An array, cut into chunks that threads take one after the other. */
export interface Job {
  readonly located: Located;
  readonly options: EncodeOptions;
  readonly cut: Cut;
  /** Of a {@link Tally}. */
  readonly tally: SharedArrayBuffer;
}

/** How many elements an array has, and each of its chunks but for the last. */
export interface Cut {
  readonly count: number;
  readonly grain: number;
}

/**
 * Some of the text, in a block of memory that is handed over and comes back to be written again. Not shared memory: V8
 * copies that byte by byte where two addresses differ in their alignment, in 20 times the time.
 */
export interface Part {
  readonly block: ArrayBuffer;
  /** Of each piece {@link PIECE} numbers: where it begins in the text, where it starts and ends in the block. */
  readonly pieces: Float64Array;
}

export const PIECE = 3;

/** What a thread says last. */
export interface Answer {
  /** Whether it met what it could not write; the chunks after that are nobody's. */
  readonly failed: boolean;
}
