/** What threads tell each other, as plain data: an array to be written, and what came of it. Knows no thread. */
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

/** What a thread says last. */
export interface Answer {
  /** Whether it met what it could not write; the chunks after that are nobody's. */
  readonly failed: boolean;
}
