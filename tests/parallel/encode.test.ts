/** The text of several threads against that of one. What threads read of Pythons is in tests/native/cases/parallel.ts. */
import { setTimeout, setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { JsonEncodeError } from '../../src/errors.ts';
import { encodeJson } from '../../src/json/encode.ts';
import { rangeEncoder } from '../../src/json/pieces.ts';
import type { Encodable } from '../../src/json/source.ts';
import { encodeJsonParallel, type ParallelOptions } from '../../src/parallel/encode.ts';
import { Tally } from '../../src/parallel/tally.ts';
import { ready, run, startLater } from '../../src/parallel/threads.ts';
import type { NumericTypedArray } from '../../src/view/element.ts';
import { elementCount } from '../../src/view/py-buffer.ts';
import { randomBits } from '../json/kernel-support.ts';

/** Of one chunk of 8-byte elements. */
const GRAIN = 8192;

interface TypedArrayClass {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, from?: number, length?: number): NumericTypedArray;
}

/** Random bytes in shared memory. */
function shared(length: number): Uint8Array {
  const bytes = new Uint8Array(new SharedArrayBuffer(length));
  bytes.set(new Uint8Array(randomBits(Math.ceil(length / 4)).buffer, 0, length));
  return bytes;
}

/** Doubles in shared memory. */
function doubles(length: number): Float64Array {
  const data = new Float64Array(new SharedArrayBuffer(8 * length));
  for (let i = 0; i < length; i++) data[i] = i / 8;
  return data;
}

let asked: ReturnType<typeof spy>;
const spy = () => jest.spyOn(Worker.prototype, 'postMessage');
beforeEach(() => {
  asked = spy();
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** How many jobs were given to other threads. */
function jobs(): number {
  return asked.mock.calls.filter(([message]) => 'located' in message).length;
}

/** Threads, started and not busy. */
async function threads(count: number): Promise<void> {
  for (await startLater(count); !ready(count); ) await setTimeout(5);
}

async function same(array: Encodable, options?: ParallelOptions, expectedOthers = 1): Promise<void> {
  asked.mockClear();
  const { workers: _, ...rest } = options ?? {};
  const text = await encodeJsonParallel(array, { workers: 2, ...options });
  expect(jobs()).toBe(expectedOthers);
  expect(text.byteOffset).toBe(0);
  // By threads its memory is taken before its length is known; what is left of it is empty.
  const spare = new Uint8Array(text.buffer).subarray(text.length);
  expect(spare.length).toBeLessThanOrEqual(expectedOthers === 0 ? 0 : text.length / 8);
  expect(spare.every((byte) => byte === 0)).toBe(true);
  expect(Object.prototype.toString.call(text.buffer)).toBe('[object ArrayBuffer]');
  expect(Buffer.compare(text, encodeJson(array, rest))).toBe(0);
}

test('this thread writes until the others have started, and lets them start', async () => {
  const data = doubles(300_000);
  expect(ready(1)).toBe(false);
  await same(data, {}, 0);
  for (let calls = 0; !ready(1); calls++) {
    await same(data, {}, 0);
    if (calls > 10_000) throw new Error('they never start');
  }
  await same(data);
});

describe('once they have started', () => {
  beforeAll(() => threads(2));

  test.each([
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    BigInt64Array,
    BigUint64Array,
    Float32Array,
    Float64Array,
  ] as readonly TypedArrayClass[])('%p', async (Class) => {
    await same(new Class(shared(1 << 21).buffer));
    const bytes = shared((1 << 21) + 1024);
    const size = Class.BYTES_PER_ELEMENT;
    // Neither from the start of its buffer nor a whole number of chunks.
    await same(new Class(bytes.buffer, 64, (1 << 21) / size + 77), { nonFinite: 'string' });
  });

  test.each([
    [34, GRAIN],
    [34, GRAIN - 1],
    [34, GRAIN + 1],
    [34 * GRAIN, 1],
    [1, 34 * GRAIN],
    [34, 4, GRAIN / 4],
    [2, 280, 1, GRAIN / 16],
    [7, 11, 13, 300],
    [300_007],
  ])('brackets of shape %p, %p, %p, %p', async (...shape) => {
    const sizes = shape.filter((size) => size !== undefined);
    const count = elementCount(sizes);
    await same({ data: doubles(count), shape: sizes });
    await same({ data: shared(8 * count), shape: sizes, format: '<q' }, { bigInteger: 'string' });
  });

  test.each(['?', 'e', '>d', '>h', 'Zf', 'P', '3s', 'T{b:x:d:y:}', 'T{=i:a:3s:b:(2)h:c:}', '(2,3)h', 'T{<i:a:Zd:z:}'])(
    'elements of format %s',
    async (format) => {
      const itemsize = { '?': 1, e: 2, '>d': 8, '>h': 2, Zf: 8, P: 8, '3s': 3 }[format];
      const size = itemsize ?? { 'T{b:x:d:y:}': 16, 'T{=i:a:3s:b:(2)h:c:}': 11, '(2,3)h': 12 }[format] ?? 20;
      const rows = Math.ceil((1 << 21) / size / 3);
      const options: ParallelOptions = { nonFinite: 'literal', complex: 'object', bytes: 'hex', newline: true };
      await same({ data: shared(3 * rows * size), shape: [rows, 3], format }, options);
    },
  );

  test('a line feed at the end, and white space by one thread', async () => {
    const data = doubles(300_000);
    await same(data, { newline: true });
    await same(data, { indent: 2 }, 0);
  });

  test('one thread writes what is small, not shared, or to be converted', async () => {
    await same(doubles(1000), {}, 0);
    await same(new Float64Array(300_000), {}, 0);
    await same({ data: new Float32Array(new SharedArrayBuffer(1 << 23)), shape: [1 << 21], format: 'e' }, {}, 0);
    await same(doubles(300_000), { workers: 1 }, 0);
    await same({ data: doubles(0), shape: [1 << 20, 0] }, {}, 0);
  });

  test('several calls at once', async () => {
    const arrays = [1, 2, 3, 4].map((i) => doubles(i * 270_000));
    const texts = await Promise.all(arrays.map((array) => encodeJsonParallel(array, { workers: 2 })));
    expect(jobs()).toBe(4);
    for (const [i, text] of texts.entries()) expect(Buffer.compare(text, encodeJson(arrays[i] as Encodable))).toBe(0);
  });

  test('more threads than are there yet', async () => {
    await threads(3);
    await same(doubles(400_000), { workers: 3 }, 2);
  });

  test.each([
    ['in the middle', 100_000, 190_000],
    ['at the end', 190_000, 399_000],
    ['from the start', 300, 180_000],
    ['everywhere', 300, 399_000],
  ])('a text longer than was guessed: %s', async (_, from, to) => {
    const data = new Float64Array(new SharedArrayBuffer(8 * 400_000));
    for (let i = from; i < to; i++) data[i] = -i / 7e100;
    await same(data);
    await same(data, { newline: true });
  });

  test('a text that ends with its memory, and one that has no room for the line feed', async () => {
    // The guess is right where all texts are as long as those it is made from, and its margin is added to that.
    const data = new Uint8Array(new SharedArrayBuffer(1 << 21)).fill(7);
    const text = await encodeJsonParallel(data, { workers: 2 });
    const spare = text.buffer.byteLength - text.length;
    expect(spare).toBeGreaterThan(1 << 16);
    // Each of these is one byte longer.
    for (const longer of [spare - 1, spare, spare + 1]) {
      data.fill(7).fill(10, 1000, 1000 + longer);
      await same(data);
      await same(data, { newline: true });
    }
  });

  test('a text longer than the memory that a thread keeps, twice, and a short one', async () => {
    const data = new Uint8Array(new SharedArrayBuffer(12_000_000)).fill(200);
    for (const _ of [1, 2]) {
      const text = await encodeJsonParallel(data, { workers: 2 });
      expect(text.length).toBeGreaterThan(2 * (16 << 20));
      expect(Buffer.compare(text, Buffer.from(`[${'200,'.repeat(data.length).slice(0, -1)}]`))).toBe(0);
    }
    await same(data.fill(7).subarray(0, (1 << 21) + 1));
  });

  test('the event loop turns, and other arrays are encoded meanwhile', async () => {
    const data = doubles(2_000_000);
    let ended = false;
    const text = encodeJsonParallel(data, { workers: 2 }).finally(() => {
      ended = true;
    });
    let others = 0;
    for (; !ended; others++) {
      expect(Buffer.from(encodeJson(Float64Array.of(others, 0.5))).toString()).toBe(`[${others}.0,0.5]`);
      await turn();
    }
    expect(others).toBeGreaterThan(1);
    expect(Buffer.compare(await text, encodeJson(data))).toBe(0);
  });

  test('a refused value: the first in C order, whichever thread met which', async () => {
    const data = doubles(50 * GRAIN);
    for (const at of [49, 48, 30, 3, 2, 1, 0]) {
      data[at * GRAIN + 5] = Number.NaN;
      const error = await encodeJsonParallel({ data, shape: [50, GRAIN] }, { nonFinite: 'error', workers: 2 }).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(JsonEncodeError);
      expect((error as Error).message).toBe(
        `JSON has no NaN, found at $[${at}][5]; pass nonFinite 'null', 'string' or 'literal'`,
      );
    }
    await same(data);
  });

  test('what is no array or no option is refused as by one thread', async () => {
    const wrong = [
      null,
      5,
      { data: doubles(300_000), shape: [3] },
      { data: shared(1 << 21), shape: [8], format: '?!' },
    ];
    for (const array of wrong as Encodable[]) {
      const refusal = await encodeJsonParallel(array).catch((reason: unknown) => reason);
      expect(() => encodeJson(array)).toThrow(refusal as Error);
    }
    await expect(encodeJsonParallel(doubles(1), { nonFinite: 'zero' as never })).rejects.toThrow(
      'nonFinite is one of null, string, literal, error; got string zero',
    );
    for (const workers of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(encodeJsonParallel(doubles(1), { workers })).rejects.toThrow(
        new RangeError(`workers is a whole number of threads from 1 on, got ${workers}`),
      );
    }
    await expect(encodeJsonParallel(doubles(1), { workers: '2' as never })).rejects.toThrow(
      new TypeError('workers is a number of threads, got string'),
    );
  });

  test('a job whose text has no room ends with its thread, and the next is none the worse', async () => {
    await threads(2);
    const [data, other] = [doubles(400_000), doubles(400_000).fill(-7.5)];
    const { count, grain } = rangeEncoder(data, {});
    const { length } = encodeJson(data);
    const tally = new Tally();
    let parts = 0;
    const refused = run(
      () => ({
        job: { located: { data, shape: [count] }, options: {}, cut: { count, grain }, tally: tally.memory },
        // This thread writes nothing, and looks at nothing until all is written: parts and an answer wait by then.
        async share() {
          tally.readable(Math.ceil(count / grain));
          const deadline = performance.now() + 5000;
          while (tally.length < length && performance.now() < deadline);
          for (const end = performance.now() + 200; performance.now() < end; );
          return { failed: false };
        },
        take() {
          parts++;
          throw new RangeError('there is no memory');
        },
      }),
      1,
    );
    const next = encodeJsonParallel(other, { workers: 2 });
    await expect(refused).rejects.toThrow(new RangeError('there is no memory'));
    expect(parts).toBe(1);
    expect(Buffer.compare(await next, encodeJson(other))).toBe(0);
    await same(data);
  });

  test.each([
    ['terminated', undefined, 'exit code 1'],
    ['out of memory', new Error('reached heap limit'), 'reached heap limit'],
  ])('a thread that is %s rejects the promise, and others write the next array', async (_, error, why) => {
    await threads(2);
    const data = doubles(400_000);
    // In place of work for the first that is asked.
    asked.mockImplementationOnce(function (this: Worker) {
      if (error) this.emit('error', error);
      this.terminate();
    });
    const both = [encodeJsonParallel(data, { workers: 2 }), encodeJsonParallel(data, { workers: 2 })] as const;
    await expect(both[0]).rejects.toThrow(
      `a thread that wrote the JSON has ended (${why}); the array is as it was, the next call has a new one`,
    );
    expect(Buffer.compare(await both[1], encodeJson(data))).toBe(0);
    await threads(2);
    await same(data);
  });
});

test('a thread that has others write for it may be terminated meanwhile', async () => {
  const program = `
    import { parentPort } from 'node:worker_threads';
    import { encodeJsonParallel } from '${new URL('../../dist/doors/parallel.js', import.meta.url)}';
    const data = new Float64Array(new SharedArrayBuffer(1 << 23)).map(Math.random);
    for (;;) {
      const shared = new Float64Array(new SharedArrayBuffer(1 << 23));
      shared.set(data);
      await encodeJsonParallel(shared, { workers: 3 });
      parentPort.postMessage('written');
    }`;
  for (let i = 0; i < 12; i++) {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    let texts = 0;
    // By then it has others, and they write.
    await new Promise<void>((resolve, reject) => {
      worker.on('message', () => ++texts > 8 && resolve());
      worker.on('error', reject);
    });
    await setTimeout(i);
    expect(await worker.terminate()).toBe(1);
  }
}, 60_000);
