/**
 * The kernels for floats against src/json/number.ts, whose digits are those of Number.prototype.toString: every binary16,
 * random bits and hard cases of the others. That texts read back is checked apart from it, and of float32 that none is
 * shorter; of float16 number.test.ts tries that.
 */
import { describe, expect, test } from '@jest/globals';
import { float16Text, float32Text, float64Text } from '../../src/json/number.ts';
import { float16FromBits, float16ToBits } from '../../src/view/float16.ts';
import { expectTexts, randomBits, scale, textOf } from './kernel-support.ts';

const count = 200_000;
const orNull =
  (text: (value: number) => string) =>
  (value: number): string =>
    Number.isFinite(value) ? text(value) : 'null';

const uniform = (length: number, seed: number): Float64Array<ArrayBuffer> => {
  const bits = randomBits(2 * length, seed);
  return Float64Array.from(
    { length },
    (_, i) => ((bits[2 * i] ?? 0) * 2 ** 21 + ((bits[2 * i + 1] ?? 0) >>> 11)) / 2 ** 53,
  );
};

/** Both neighbours and the value itself, by bits. */
const around64 = (values: readonly number[]): Float64Array => {
  const bits = new BigInt64Array(Float64Array.from(values).buffer);
  return new Float64Array(BigInt64Array.from([...bits].flatMap((n) => [n - 1n, n, n + 1n])).buffer);
};

test('float16: all of them, each reading back', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  expectTexts('float16', all, (bits) => orNull(float16Text)(float16FromBits(bits)));
  const texts = JSON.parse(textOf('float16', all)) as (number | null)[];
  texts.forEach((value, bits) => {
    if (value !== null && float16ToBits(value) !== bits)
      throw new Error(`0x${bits.toString(16)} reads back as ${value}`);
  });
});

describe('float64', () => {
  const expectTexts64 = (values: Float64Array): void => expectTexts('float64', values, orNull(float64Text));
  for (let part = 0; part < 5 * scale; part++) {
    test(`random bits, part ${part + 1}`, () => {
      const values = new Float64Array(randomBits(2 * count, 10 + part).buffer);
      expectTexts64(values);
      const back = JSON.parse(textOf('float64', values)) as (number | null)[];
      const wrong = back.findIndex((value, i) => Number.isFinite(values[i]) && !Object.is(value, values[i]));
      expect(wrong).toBe(-1);
    });
  }

  test('random numbers below 1, and few decimals', () => {
    const values = uniform(count, 2);
    expectTexts64(values);
    for (let decimals = 0; decimals <= 9; decimals++) {
      const power = 10 ** decimals;
      const rounded = values.map((value, i) => (Math.round(value * 10 ** (i % 12)) / power) * (i % 2 ? 1 : -1));
      expectTexts64(rounded.subarray(0, count / 4));
    }
  });

  test.each([0, 0.5, 0.9])('one to seven decimals, nine digits at most, %d of them zeros', (zeros) => {
    const values = uniform(20_000, 11);
    const kinds = uniform(20_000, 12);
    for (let decimals = 0; decimals <= 7; decimals++) {
      for (const digits of [2, 5, 9]) {
        // Some of them have a digit too many.
        const some = values.map(
          (value, i) => Math.floor(value * 10 ** (digits + Number(i % 100 === 99))) / 10 ** decimals,
        );
        expectTexts64(some.map((value, i) => ((kinds[i] ?? 0) < zeros ? 0 : i % 3 === 1 ? -value : value)));
      }
    }
  });

  test('hard cases', () => {
    const powersOfTwo = Array.from({ length: 2098 }, (_, i) => 2 ** (i - 1074));
    const powersOfTen = Array.from({ length: 640 }, (_, i) => Number(`1e${i - 330}`));
    expectTexts64(around64(powersOfTwo));
    expectTexts64(around64(powersOfTen.filter((value) => value > 0 && value < Infinity)));
    expectTexts64(around64([...powersOfTwo, ...powersOfTen].filter((value) => value > 0).map((value) => -3 * value)));
    expectTexts64(around64([Number.MAX_VALUE, 5e-324, 2 ** -1022, 2 ** 53, 1e15, 1e16, 1e17, 1e21, 1e22, 1e23]));
    // Near ties and long carries: 2^-44 for any algorithm (Paxson, 1991; Adams, Ryu), 9007199254740993, 0.3, 2/3.
    const known = [
      9.5367431640625e-7, 8.5e-322, 2.109808898695963e16, 4.940656e-318, 1.18575755e-316, 2.989102097996e-312,
    ];
    const more = [
      9.0608011534336e15, 4.708356024711512e18, 9.409340012568248e18, 5.764607523034235e39, 1.8531501765868567e21,
    ];
    const carries = [0.3, 2 / 3, 0.1 + 0.2, 1 - 2 ** -53, 999999.9999999999, Number('9007199254740993')];
    expectTexts64(around64([...known, ...more, ...carries]));
    expectTexts64(Float64Array.of(0, -0, Number.NaN, Infinity, -Infinity, 1, -1));
  });

  test('subnormal numbers, and whole numbers about 2^53', () => {
    expectTexts64(new Float64Array(BigUint64Array.from({ length: 5000 }, (_, i) => BigInt(i)).buffer));
    expectTexts64(new Float64Array(new BigUint64Array(randomBits(20_000, 3).buffer).map((n) => n >> 12n).buffer));
    expectTexts64(Float64Array.from({ length: 20_000 }, (_, i) => 2 ** 53 - 10_000 + i));
    const whole = uniform(20_000, 4).map((value, i) => Math.floor(value * 2 ** (i % 70)));
    expectTexts64(whole);
    // Ties: odd numbers of 2^54 and more, and halves.
    expectTexts64(whole.map((value) => value + 0.5));
  });

  test('zeros among others', () => {
    const values = uniform(count, 5);
    for (const share of [0.1, 0.5, 0.9, 0.99, 1]) {
      const kinds = uniform(20_000, 6);
      expectTexts64(kinds.map((kind, i) => (kind < share ? (kind < share / 20 ? -0 : 0) : (values[i] ?? 0))));
    }
  });
});

describe('float32', () => {
  const expectTexts32 = (values: Float32Array): void => expectTexts('float32', values, orNull(float32Text));
  // The oracle is the slower the smaller the number.
  for (let part = 0; part < scale; part++) {
    test(`random bits, part ${part + 1}`, () => expectTexts32(new Float32Array(randomBits(count, 100 + part).buffer)));
  }

  test('random bits: each reads back, and no shorter text does', () => {
    for (let part = 0; part < 5 * scale; part++) {
      const values = new Float32Array(randomBits(count, 200 + part).buffer);
      textOf('float32', values)
        .slice(1, -1)
        .split(',')
        .forEach((text, i) => {
          const value = values[i] ?? 0;
          if (!Number.isFinite(value)) return;
          if (!Object.is(Math.fround(Number(text)), value)) throw new Error(`${value} is not ${text}`);
          const digits = text.replace(/e.*|[-.]/g, '').replace(/^0+|0+$/g, '').length;
          // toPrecision is the nearest of its length; where the gap below is half as wide the one above may do.
          if (digits > 1 && Math.fround(Number(value.toPrecision(digits - 1))) === value) {
            throw new Error(`${text} could be shorter`);
          }
        });
    }
  });

  test('hard cases', () => {
    const bits = new Int32Array(Float32Array.from({ length: 277 }, (_, i) => 2 ** (i - 149)).buffer);
    const tens = new Int32Array(Float32Array.from({ length: 84 }, (_, i) => Number(`1e${i - 45}`)).buffer);
    const all = [...bits, ...tens].flatMap((n) => [n - 1, n, n + 1]).filter((n) => n >= 0);
    expectTexts32(new Float32Array(Int32Array.from(all).buffer));
    expectTexts32(new Float32Array(Uint32Array.from({ length: 5000 }, (_, i) => i).buffer));
    expectTexts32(Float32Array.from({ length: 10_000 }, (_, i) => 2 ** 24 - 5000 + i));
    expectTexts32(Float32Array.from({ length: 40_000 }, (_, i) => (i - 20_000) / 100));
    expectTexts32(new Float32Array(uniform(40_000, 7)));
    expectTexts32(
      Float32Array.of(0, -0, Number.NaN, Infinity, -Infinity, 3.4028234663852886e38, 8388607.5, 1e13, 1e-6),
    );
  });
});
