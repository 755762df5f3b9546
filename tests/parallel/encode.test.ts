/** The text of several threads against that of one. What threads read of Pythons is in tests/native/cases/parallel.ts. */
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { JsonEncodeError } from '../../src/errors.ts';
import { encodeJson } from '../../src/json/encode.ts';
import type { Encodable } from '../../src/json/source.ts';
import { encodeJsonParallel, type ParallelOptions } from '../../src/parallel/encode.ts';
import { jobOf } from '../../src/parallel/job.ts';
import { type Located, locate } from '../../src/parallel/located.ts';
import { joined } from '../../src/parallel/text.ts';
import { ready, run, startLater } from '../../src/parallel/threads.ts';
import type { NumericTypedArray } from '../../src/view/element.ts';
import { elementCount } from '../../src/view/py-buffer.ts';
import { randomBits } from '../json/kernel-support.ts';

/** Of one chunk of 8-byte elements. */
const GRAIN = 16_384;

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

/** Threads, started and not busy. */
async function threads(count: number): Promise<void> {
  for (await startLater(count); !ready(count); ) await setTimeout(5);
}

async function same(array: Encodable, options?: ParallelOptions, expectedThreads = 2): Promise<void> {
  asked.mockClear();
  const { workers: _, ...rest } = options ?? {};
  const text = await encodeJsonParallel(array, { workers: 2, ...options });
  expect(asked).toHaveBeenCalledTimes(expectedThreads);
  expect(text.byteOffset === 0 && text.buffer.byteLength === text.length).toBe(true);
  expect(Object.prototype.toString.call(text.buffer)).toBe('[object ArrayBuffer]');
  expect(Buffer.compare(text, encodeJson(array, rest))).toBe(0);
}

test('this thread writes until the others have started, and lets them start', async () => {
  const data = doubles(300_000);
  expect(ready(2)).toBe(false);
  await same(data, {}, 0);
  for (let calls = 0; !ready(2); calls++) {
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
    [17, GRAIN],
    [17, GRAIN - 1],
    [17, GRAIN + 1],
    [17 * GRAIN, 1],
    [1, 17 * GRAIN],
    [34, 2, GRAIN / 4],
    [2, 140, 1, GRAIN / 16],
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
    expect(asked).toHaveBeenCalledTimes(8);
    for (const [i, text] of texts.entries()) expect(Buffer.compare(text, encodeJson(arrays[i] as Encodable))).toBe(0);
  });

  test('more threads than are there yet', async () => {
    await threads(3);
    await same(doubles(400_000), { workers: 3 }, 3);
  });

  test('a text longer than the memory that a thread keeps, twice, and a short one', async () => {
    const data = new Uint8Array(new SharedArrayBuffer(5_000_000)).fill(200);
    const written = (array: Uint8Array): Promise<Uint8Array | undefined> => {
      const job = jobOf(locate(array) as Located, {});
      return run(
        () => job,
        1,
        (parts) => parts && joined(parts, job.chunks, ''),
      );
    };
    const expected = `[${'200,'.repeat(data.length).slice(0, -1)}]`;
    expect(expected.length).toBeGreaterThan(16 << 20);
    for (const _ of [1, 2]) expect(Buffer.compare((await written(data)) ?? data, Buffer.from(expected))).toBe(0);
    const short = data.subarray(0, 1000).fill(7);
    expect(Buffer.from((await written(short)) ?? data).toString()).toBe(`[${'7,'.repeat(1000).slice(0, -1)}]`);
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
