/** What threads tell each other, as plain data: an array to be written, and where its text is. Knows no thread. */
import type { EncodeOptions } from '../json/options.ts';
import type { Located } from './located.ts';
import type { Part } from './text.ts';

/** An array, cut into chunks that threads take one after the other. */
export interface Job {
  readonly located: Located;
  readonly options: EncodeOptions;
  /** Elements of the array, and of a chunk but for the last. */
  readonly count: number;
  readonly grain: number;
  readonly chunks: number;
  /** In shared memory: the number of the chunk that is taken next. Beyond the last there is nothing to do. */
  readonly next: Int32Array;
}

/** What a thread is asked. */
export interface Question {
  readonly job: Job;
  /** Memory for the text. */
  readonly blocks: readonly ArrayBuffer[];
}

/** What a thread has written. */
export interface Answer {
  readonly part: Part;
  /** Whether it met what it could not write; the chunks after that are nobody's. */
  readonly failed: boolean;
}

/** Of a chunk, in bytes of its elements: a fraction of a millisecond, and far more than it takes to be given out. */
const CHUNK = 1 << 17;

/** A job of all elements, none of them taken. */
export function jobOf(located: Located, options: EncodeOptions): Job {
  const { count, size } = located;
  const grain = Math.max(1, Math.floor(CHUNK / size));
  const chunks = Math.ceil(count / grain);
  return { located, options, count, grain, chunks, next: new Int32Array(new SharedArrayBuffer(4)) };
}

/** Lets nobody begin another chunk. */
export function abandon({ next, chunks }: Job): void {
  Atomics.store(next, 0, chunks);
}
