import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { float16Text, float32Text, float64Text } from '../../src/json/number.ts';
import { float16FromBits, float16ToBits } from '../../src/view/float16.ts';

const digitsOf = (text: string): string =>
  text
    .replace(/e.*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');

const float64 = fc
  .bigInt({ min: 0n, max: (1n << 64n) - 1n })
  .map((bits) => new Float64Array(BigUint64Array.of(bits).buffer)[0] ?? 0);
const float32 = fc
  .integer({ min: 0, max: 2 ** 32 - 1 })
  .map((bits) => new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0);

describe('float64', () => {
  // As orjson writes them.
  test.each<[number, string]>([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-1.5, '-1.5'],
    [16777216, '16777216.0'],
    [2 ** 53, '9007199254740992.0'],
    [9999999999999998, '9999999999999998.0'],
    [1e16, '1e+16'],
    [12345678901234567000, '1.2345678901234567e+19'],
    [1e21, '1e+21'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [5e-324, '5e-324'],
    [1e-5, '0.00001'],
    [1.5e-5, '0.000015'],
    [9.9e-6, '9.9e-6'],
    [1e-7, '1e-7'],
  ])('%d is %s', (value, text) => {
    expect(float64Text(value)).toBe(text);
  });

  test('reads back to the same bits with the digits of Number.prototype.toString', () => {
    fc.assert(
      fc.property(float64, (value) => {
        fc.pre(Number.isFinite(value));
        const text = float64Text(value);
        expect(Object.is(JSON.parse(text), value)).toBe(true);
        expect(text).toMatch(/[.e]/);
        expect(digitsOf(text)).toBe(digitsOf(String(value)));
      }),
      { numRuns: 20_000 },
    );
  });
});

/** Whether some decimal of so many digits rounds to the value: the two nearest are the only candidates. */
function existsWith(digits: number, value: number, round: (value: number) => number): boolean {
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential(40).split('e');
  const scale = Number(exponent) - (digits - 1);
  const below = BigInt(mantissa.replace('.', '').slice(0, digits));
  return [below, below + 1n].some((n) => round(Number(`${n}e${scale}`)) === Math.abs(value));
}

describe('float32', () => {
  test.each<[number, string]>([
    [1, '1.0'],
    [0.1, '0.1'],
    [16777216, '16777216.0'],
    [1e13, '1e+13'],
    [1e-6, '0.000001'],
    [1e-7, '1e-7'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [1.401298464324817e-45, '1e-45'],
    // 2^-103, where the nearest decimal of seven digits rounds elsewhere.
    [2 ** -103, '9.8607613e-32'],
  ])('%d is %s', (value, text) => {
    expect(float32Text(Math.fround(value))).toBe(text);
  });

  const holds = (value: number): void => {
    const text = float32Text(value);
    expect(Object.is(Math.fround(JSON.parse(text)), value)).toBe(true);
    const digits = digitsOf(text).length;
    if (digits > 1) expect([value, existsWith(digits - 1, value, Math.fround)]).toEqual([value, false]);
  };

  test('reads back to the same bits, and no shorter text does', () => {
    fc.assert(
      fc.property(float32, (value) => {
        fc.pre(Number.isFinite(value) && value !== 0);
        holds(value);
      }),
      { numRuns: 20_000 },
    );
  });

  test('so does every power of two, below which the gap is half as wide', () => {
    for (let exponent = -149; exponent <= 127; exponent++) holds(2 ** exponent);
  });
});

test('float16: all 65,536 read back to the same bits, and no shorter text does', () => {
  const round = (value: number): number => float16FromBits(float16ToBits(value));
  for (let bits = 0; bits < 65_536; bits++) {
    const value = float16FromBits(bits);
    if (!Number.isFinite(value)) continue;
    const text = float16Text(value);
    if (float16ToBits(JSON.parse(text)) !== bits) throw new Error(`0x${bits.toString(16)} is not ${text}`);
    const digits = digitsOf(text).length;
    if (digits > 1 && existsWith(digits - 1, value, round)) throw new Error(`${text} could be shorter`);
  }
  expect(float16Text(65504)).toBe('65500.0');
});
