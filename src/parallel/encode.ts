/**
 * Arrays → JSON by several threads. It does not know how an element is written, where bytes come from, or which Python
 * they belong to: threads are told where the bytes are, and ask nobody.
 */
import { availableParallelism } from 'node:os';
import { encodeJson } from '../json/encode.ts';
import { type EncodeOptions, policiesOf } from '../json/options.ts';
import type { Encodable } from '../json/source.ts';
import { BufferView } from '../view/buffer-view.ts';
import { jobOf } from './job.ts';
import { brought, locate, sizeOf } from './located.ts';
import { joined } from './text.ts';
import { ready, run, startLater } from './threads.ts';

/** How an array is written, and by how many. */
export interface ParallelOptions extends EncodeOptions {
  /** How many threads write at once: by default as many as this machine runs at once. */
  readonly workers?: number;
}

/** Of arrays, in bytes of their elements: below, one thread is done before several are told of it. */
const LEAST = 1 << 21;
/** Of arrays that threads are waited for, where they still have to start. */
const LONG = 1 << 28;

/**
 * The bytes that {@link encodeJson} gives, written by several threads beside this one, which is left to the event loop
 * until the text is put together. Python is not called, and its GIL not taken.
 *
 * One thread, this one, writes what does not lie where others can read it (they read views of Python in this process, and
 * typed arrays over a SharedArrayBuffer), what is small (below 2 MiB of elements), transposed, or strided so widely that
 * it would be copied for the most part in vain, and what has an `indent`. The threads start when they are first wanted,
 * which takes some 0.1 s: until then this one writes, unless it would take longer. They do not keep the process alive.
 *
 * Until the promise settles the elements should not change: each is written as it is when its turn comes.
 *
 * @param options as of `encodeJson`, and `workers`
 * @throws as {@link encodeJson}: the promise rejects with the same error.
 * @throws ReleasedError if the view is released before the promise settles.
 * @throws TypeError or RangeError if `workers` is not a whole number from 1 on.
 * @throws Error if a thread ends meanwhile, out of memory or terminated; the view stays usable, and the next call has others.
 * @example
 * ```ts
 * import { encodeJsonParallel } from 'memview/parallel';
 * const numbers = new Float64Array(new SharedArrayBuffer(8_000_000)).fill(0.5);
 * const text = await encodeJsonParallel({ data: numbers, shape: [1000, 1000] }, { workers: 2 });
 * console.log(text.length); // 4002001
 * ```
 */
export async function encodeJsonParallel(
  array: Encodable,
  { workers, ...options }: ParallelOptions = {},
): Promise<Uint8Array> {
  if (workers !== undefined) checkWorkers(workers);
  // First, since small arrays are to take no longer.
  const size = sizeOf(array);
  if (size < LEAST) return encodeJson(array, options);
  const { indent, newline } = policiesOf(options);
  const located = indent === 0 ? locate(array) : undefined;
  if (!located) return encodeJson(array, options);
  const job = jobOf(located, options);
  const threads = Math.min(workers ?? availableParallelism(), job.chunks);
  if (threads === 1) return encodeJson(array, options);
  if (size < LONG && !ready(threads)) {
    const text = encodeJson(array, options);
    await startLater(threads);
    return text;
  }
  const text = await run(
    () => ({ ...job, located: brought(array, located) }),
    threads,
    (parts) => {
      // What was released may have been something else when it was read.
      if (array instanceof BufferView) array.element();
      return parts && joined(parts, job.chunks, newline ? '\n' : '');
    },
  );
  return text ?? encodeJson(array, options);
}

function checkWorkers(workers: number): void {
  if (typeof workers !== 'number') throw new TypeError(`workers is a number of threads, got ${typeof workers}`);
  if (Number.isSafeInteger(workers) && workers >= 1) return;
  throw new RangeError(`workers is a whole number of threads from 1 on, got ${workers}`);
}
