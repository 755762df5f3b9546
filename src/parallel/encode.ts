/**
 * Arrays → JSON by several threads. It does not know how an element is written, where bytes come from, or which Python
 * they belong to: threads are told where the bytes are, and ask nobody.
 */
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { encodeJson } from '../json/encode.ts';
import { type EncodeOptions, policiesOf } from '../json/options.ts';
import { likelyLength, type RangeEncoder, rangeEncoder } from '../json/pieces.ts';
import { Room } from '../json/room.ts';
import type { Encodable } from '../json/source.ts';
import { BufferView } from '../view/buffer-view.ts';
import type { Cut } from './job.ts';
import { broughtNear, type Located, locate, sizeOf } from './located.ts';
import { eachPiece } from './part.ts';
import { Tally } from './tally.ts';
import { ready, run, startLater } from './threads.ts';
import { writing } from './write.ts';

/** How an array is written, and by how many. */
export interface ParallelOptions extends EncodeOptions {
  /** How many threads write at once, this one among them: by default as many as this machine runs at once. */
  readonly workers?: number;
}

/** Of arrays, in bytes of their elements: below, one thread is done before several are told of it. */
const LEAST = 1 << 21;
/** Of arrays that threads are waited for, where they still have to start. */
const LONG = 1 << 28;

/**
 * The bytes that {@link encodeJson} gives, written by several threads: this one, which lets the event loop turn every few
 * milliseconds, and others, whose text it takes over meanwhile. Python is not called, and its GIL not taken.
 *
 * One thread, this one, writes what does not lie where others can read it (they read views of Python in this process, and
 * typed arrays over a SharedArrayBuffer), what is small (below 2 MiB of elements), transposed, or strided so widely that
 * it would be copied for the most part in vain, and what has an `indent`. The threads start when they are first wanted,
 * which takes some 0.1 s: until then this one writes, unless it would take longer. They do not keep the process alive.
 *
 * The text begins where its `buffer` does, which may be up to an eighth longer. Until the promise settles the elements
 * should not change: each is written as it is when its turn comes.
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
  const encoder = rangeEncoder(array, options);
  const chunks = Math.ceil(encoder.count / encoder.grain);
  const threads = Math.min(workers ?? availableParallelism(), chunks);
  if (threads === 1) return encodeJson(array, options);
  if (size < LONG && !ready(threads - 1)) {
    const text = encodeJson(array, options);
    await startLater(threads - 1);
    return text;
  }
  const text = await byThreads({ array, located, encoder, options, end: newline ? '\n' : '' }, threads);
  return text ?? encodeJson(array, options);
}

interface Task {
  readonly array: Encodable;
  readonly located: Located;
  readonly encoder: RangeEncoder;
  readonly options: EncodeOptions;
  /** What follows the text. */
  readonly end: string;
}

/** Undefined where one thread is to write the text, or to say why it cannot be written. */
async function byThreads(
  { array, located, encoder, options, end }: Task,
  threads: number,
): Promise<Uint8Array | undefined> {
  const cut: Cut = { count: encoder.count, grain: encoder.grain };
  const tally = new Tally();
  let room: Room | undefined;
  const put = (at: number, text: Uint8Array): void => room?.put(at, text);
  const answers = await run(() => {
    const { located: near, bring } = broughtNear(array, located, cut);
    return {
      job: { located: near, options, cut, tally: tally.memory },
      async share() {
        bring((chunks) => tally.readable(chunks));
        room = new Room(likelyLength(encoder), unwritten);
        const steps = writing(cut, () => encoder, put, tally);
        return yielding(steps, tally);
      },
      take: (part) => eachPiece(part, put),
    };
  }, threads - 1);
  // What was released may have been something else when it was read.
  if (array instanceof BufferView) array.element();
  if (!room || answers.some(({ failed }) => failed)) return undefined;
  const { length } = tally;
  room.put(length, new TextEncoder().encode(end));
  return room.give(length + end.length);
}

/** Memory in which no zeros are written first. */
function unwritten(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}

/** For how long the event loop waits, in ms. */
const TURN = 1;

/** Takes steps, and lets the event loop turn between them. */
async function yielding<T>(steps: Generator<number | undefined, T>, tally: Tally): Promise<T> {
  for (let turned = performance.now(); ; ) {
    const { done, value } = steps.next();
    if (done) return value;
    if (value !== undefined) await tally.change(value);
    else if (performance.now() - turned > TURN) {
      await setImmediate();
      turned = performance.now();
    }
  }
}

function checkWorkers(workers: number): void {
  if (typeof workers !== 'number') throw new TypeError(`workers is a number of threads, got ${typeof workers}`);
  if (Number.isSafeInteger(workers) && workers >= 1) return;
  throw new RangeError(`workers is a whole number of threads from 1 on, got ${workers}`);
}
