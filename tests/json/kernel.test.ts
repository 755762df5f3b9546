/** The kernels for truth values and integers against BigInt's text; brackets, policies, bounds. Floats: kernel-floats. */
import { describe, expect, test } from '@jest/globals';
import { chunkEncoder, type KernelName, kernel } from '../../src/json/kernel.ts';
import { encodeAll, expectTexts, policies, randomBits, scale, textOf } from './kernel-support.ts';

const count = 200_000 * scale;

describe('types of few values: all of them', () => {
  const all = (size: number): Uint16Array => Uint16Array.from({ length: size }, (_, i) => i);
  test('int8', () => expectTexts('int8', new Int8Array(all(256)), String));
  test('uint8', () => expectTexts('uint8', new Uint8Array(all(256)), String));
  test('int16', () => expectTexts('int16', new Int16Array(all(65_536)), String));
  test('uint16', () => expectTexts('uint16', all(65_536), String));
  test('bool, in which any byte but 0 is true', () => {
    const bytes = new Uint8Array(randomBits(1003).map((bits) => (bits & 1 ? 0 : bits >>> 24)));
    expectTexts('bool', bytes, (byte) => String(byte !== 0));
  });
});

describe('wide integers', () => {
  const bits = new BigUint64Array(randomBits(2 * count).buffer);
  const widths = Array.from({ length: 64 }, (_, width) => BigInt(width));
  // Of one width in a block, so that each loop is taken; of all widths in each block; of both neighbours of a power.
  const cases: Record<string, BigUint64Array> = {
    'of all bits': bits,
    'of one length in a block': bits.map((n, i) => n >> BigInt((i >> 10) % 64)),
    'of all lengths': bits.map((n, i) => n >> BigInt(i % 64)),
    'of few digits': bits.map((n, i) => (n % 10n ** BigInt(i % 9)) - 5n * 10n ** BigInt(Math.max((i % 9) - 1, 0))),
    'next to powers of ten': BigUint64Array.from(
      Array.from({ length: 20 }, (_, i) => 10n ** BigInt(i)).flatMap((n) => [n - 1n, n, n + 1n, -n - 1n, -n, 1n - n]),
    ),
    'next to powers of two': BigUint64Array.from(
      widths.flatMap((width) => [(1n << width) - 1n, 1n << width, -(1n << width), -(1n << width) - 1n]),
    ),
    extremes: BigUint64Array.of(
      0n,
      1n,
      -1n,
      1n << 63n,
      (1n << 63n) - 1n,
      1n << 31n,
      (1n << 31n) - 1n,
      (1n << 53n) - 1n,
    ),
  };
  for (const [name, values] of Object.entries(cases)) {
    test(name, () => {
      expectTexts('uint64', values, String);
      expectTexts('int64', new BigInt64Array(values.buffer), String);
      expectTexts('uint32', new Uint32Array(values.buffer), String);
      expectTexts('int32', new Int32Array(values.buffer), String);
    });
  }

  test('alone in a block, each at the edge between two loops', () => {
    for (const n of [65_534, 65_535, 65_536, 67_108_863, 67_108_864, 99_999_999, 100_000_000, 2 ** 31 - 1]) {
      for (const value of [n, -n, ~n]) {
        for (const length of [1, 2, 3, 4, 5]) {
          expectTexts(
            'int32',
            Int32Array.from({ length }, () => value),
            String,
          );
          expectTexts(
            'int64',
            BigInt64Array.from({ length }, () => BigInt(value)),
            String,
          );
        }
      }
    }
  });

  // A block's loop is chosen by a few samples: here most have five digits to eight, then some have not, then all are 32 bits.
  test.each([
    [1e4, 2 ** 26, 1],
    [1e4, 2 ** 26, 0.1],
    [1e8, 2 ** 31, 0.1],
  ])('from %d to %d, a part of them %d times as large', (from, below, part) => {
    const bits = randomBits(20_000, 8);
    const values = Int32Array.from(bits, (n, i) => {
      const value = Math.floor(from + (n / 2 ** 32) * (below - from)) * (i % 97 === 50 ? part ** (i % 7) : 1);
      return i % 4096 < 2048 ? value : -value;
    });
    expectTexts('int32', values, String);
    expectTexts('uint32', values.map(Math.abs), String);
    expectTexts('int64', BigInt64Array.from(values, BigInt), String);
    expectTexts('uint64', BigUint64Array.from(values.map(Math.abs), BigInt), String);
  });
});

describe('rows', () => {
  const shapes = [
    [],
    [1],
    [7],
    [1, 1],
    [3, 1],
    [1, 3],
    [5, 3],
    [700, 3],
    [3, 700],
    [2, 3, 4],
    [9, 1, 1, 2],
    [2, 2, 2, 2, 2, 2],
  ];
  const arrays: [KernelName, (size: number) => ArrayBufferView & ArrayLike<number>][] = [
    ['bool', (size) => Uint8Array.from({ length: size }, () => 1)],
    ['int8', (size) => Int8Array.from({ length: size }, (_, i) => i)],
    ['int16', (size) => Int16Array.from({ length: size }, (_, i) => -i * 9)],
    ['int32', (size) => Int32Array.from({ length: size }, (_, i) => i * 123_457)],
    ['uint32', (size) => Uint32Array.from({ length: size }, (_, i) => i * 9)],
    ['float32', (size) => Float32Array.from({ length: size }, (_, i) => i + 0.5)],
    ['float64', (size) => Float64Array.from({ length: size }, (_, i) => i / 7 + 0.1)],
  ];
  const nested = (flat: readonly unknown[], shape: readonly number[]): unknown => {
    if (shape.length === 0) return flat[0];
    const size = flat.length / (shape[0] ?? 1);
    return Array.from({ length: shape[0] ?? 1 }, (_, i) =>
      nested(flat.slice(i * size, (i + 1) * size), shape.slice(1)),
    );
  };
  test.each(arrays)('%s', (name, make) => {
    for (const shape of shapes) {
      const array = make(shape.reduce((size, n) => size * n, 1));
      const flat = Array.from(array, (value) => (name === 'bool' ? value === 1 : value));
      for (const most of [1, 2, 3, 5, 64, 1000]) {
        const text = encodeAll(chunkEncoder(name, shape, policies), array, most);
        expect([shape, most, text]).toEqual([shape, most, JSON.stringify(nested(flat, shape))]);
      }
    }
  });

  test('encoders take turns', () => {
    const numbers = Int32Array.from({ length: 12 }, (_, i) => i);
    const whole = encodeAll(chunkEncoder('int32', [3, 4], policies), numbers);
    const [one, other] = [chunkEncoder('int32', [3, 4], policies), chunkEncoder('int32', [12], policies)];
    let text = '';
    for (let i = 0; i < 12; i++) {
      text += encodeAll(one, numbers.subarray(i, i + 1));
      encodeAll(other, numbers.subarray(i, i + 1));
    }
    expect([text, one.done]).toEqual([whole, 12]);
  });
});

describe('policies', () => {
  const values = Float64Array.of(1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0);
  const texts = {
    null: '[1.5,null,null,null,0.0]',
    string: '[1.5,"NaN","Infinity","-Infinity",0.0]',
    literal: '[1.5,NaN,Infinity,-Infinity,0.0]',
  };
  for (const [nonFinite, text] of Object.entries(texts) as [keyof typeof texts, string][]) {
    test(`nonFinite ${nonFinite}`, () => {
      const as = { ...policies, nonFinite };
      expect(textOf('float64', values, as)).toBe(text);
      expect(textOf('float32', new Float32Array(values), as)).toBe(text);
      expect(textOf('float16', Uint16Array.of(0x3e00, 0x7e00, 0x7c00, 0xfc00, 0), as)).toBe(text);
    });
  }

  test('nonFinite error: the first offender of each chunk', () => {
    for (const [name, array] of [
      ['float64', values],
      ['float32', new Float32Array(values)],
      ['float16', Uint16Array.of(0x3e00, 0x7e00, 0x7c00, 0xfc00, 0)],
    ] as const) {
      for (const [most, offenders] of [
        [1, [-1, 1, 2, 3, -1]],
        [2, [1, 2, -1]],
        [5, [1]],
      ] as const) {
        const encoder = chunkEncoder(name, [5], { ...policies, nonFinite: 'error' });
        expect(encoder.refused).toBe(-1);
        const found = offenders.map((_, i) => {
          const part = array.subarray(i * most, (i + 1) * most);
          encoder.room(part.length).set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
          encoder.encode(part.length);
          return encoder.refused;
        });
        expect(found).toEqual(offenders);
      }
    }
  });

  const edge = [0n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n) + 1n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)];
  const quoted = (n: bigint): string => (Number.isSafeInteger(Number(n)) ? String(n) : `"${n}"`);
  test('bigInteger', () => {
    const signed = BigInt64Array.from(edge);
    const unsigned = new BigUint64Array(signed.buffer);
    expect(textOf('int64', signed)).toBe(`[${edge.join()}]`);
    const as = { ...policies, bigInteger: 'string' } as const;
    expect(textOf('int64', signed, as)).toBe(`[${edge.map(quoted).join()}]`);
    for (const n of edge) expect(textOf('int64', BigInt64Array.of(n), as)).toBe(`[${quoted(n)}]`);
    expect(textOf('uint64', unsigned, as)).toBe(`[${[...unsigned].map(quoted).join()}]`);
    for (const [name, array, first] of [
      ['int64', signed, 2],
      ['uint64', unsigned, 2],
    ] as const) {
      const encoder = chunkEncoder(name, [edge.length], { ...policies, bigInteger: 'error' });
      encodeAll(encoder, array);
      expect(encoder.refused).toBe(first);
    }
  });
});

test('a chunk of the longest texts fits, and nothing is written behind the room for text', () => {
  const { at, memory } = kernel();
  // Where the texts of fields lie, of which none is kept.
  expect(at.COLUMNS).toBe(at.OUTPUT + at.OUTPUT_SIZE);
  const behind = memory.subarray(at.COLUMNS, at.COLUMNS + 64);
  const longest: Partial<Record<KernelName, ArrayBufferView & { length: number }>> = {
    bool: new Uint8Array(1),
    int8: Int8Array.of(-128),
    uint8: Uint8Array.of(255),
    int16: Int16Array.of(-32768),
    uint16: Uint16Array.of(65535),
    int32: Int32Array.of(-(2 ** 31)),
    uint32: Uint32Array.of(2 ** 32 - 1),
    int64: BigInt64Array.of(-(2n ** 63n)),
    uint64: BigUint64Array.of(2n ** 64n - 1n),
    float16: Uint16Array.of(0xfc00),
    float32: Float32Array.of(-0.00000123456789),
    float64: Float64Array.of(-1.2345678901234567e-308),
  };
  for (const [name, value] of Object.entries(longest) as [KernelName, ArrayBufferView & { length: number }][]) {
    for (const row of [1, 3, 1000]) {
      const shape = [...Array.from({ length: 62 }, () => 1), 1000, row];
      const encoder = chunkEncoder(name, shape, { nonFinite: 'string', bigInteger: 'string' });
      const count = Math.min(encoder.most, 1000 * row);
      const room = encoder.room(count);
      const bytes = new Uint8Array(value.buffer);
      for (let i = 0; i < room.length; i += bytes.length) room.set(bytes, i);
      behind.fill(0xa5);
      const text = encoder.encode(count);
      expect(text.byteOffset).toBe(at.OUTPUT);
      expect(text.length).toBeLessThanOrEqual(at.OUTPUT_SIZE - at.SLACK);
      expect(behind.every((byte) => byte === 0xa5)).toBe(true);
    }
  }
  const encoder = chunkEncoder('float64', [1e9], policies);
  expect(() => encoder.encode(encoder.most + 1)).toThrow(`a chunk has 1 to ${encoder.most} elements`);
  expect(() => encoder.encode(0)).toThrow(RangeError);
});
