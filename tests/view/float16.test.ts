import { expect, test } from '@jest/globals';
import { float16FromBits, float16ToBits } from '../../src/view/float16.ts';

/** binary16 as IEEE 754 defines it, from its three fields; independent of the code under test. */
function byDefinition(bits: number): number {
  const text = bits.toString(2).padStart(16, '0');
  const sign = text[0] === '1' ? -1 : 1;
  const exponent = Number.parseInt(text.slice(1, 6), 2);
  const fraction = [...text.slice(6)].reduce((sum, bit, i) => sum + (bit === '1' ? 2 ** -(i + 1) : 0), 0);
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

test('all 65,536 values are those of the definition, and come back to the same bits', () => {
  for (let bits = 0; bits < 65_536; bits++) {
    const value = float16FromBits(bits);
    if (!Object.is(value, byDefinition(bits))) throw new Error(`0x${bits.toString(16)} is ${value}`);
    const back = float16ToBits(value);
    if (Number.isNaN(value) ? !Number.isNaN(byDefinition(back)) : back !== bits)
      throw new Error(`0x${bits.toString(16)} came back as 0x${back.toString(16)}`);
  }
  expect(byDefinition(float16ToBits(Number.NaN))).toBeNaN();
});

test('between two neighbours the nearer is taken, half-way the even one', () => {
  for (let bits = 0; bits < 0x7c00; bits++) {
    const low = byDefinition(bits);
    const high = bits === 0x7bff ? 65_536 : byDefinition(bits + 1);
    const middle = (low + high) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    const tie = float16ToBits(middle);
    const nearLow = float16ToBits(middle - (high - low) / 1024);
    const nearHigh = float16ToBits(-(middle + (high - low) / 1024));
    if (tie !== even || nearLow !== bits || nearHigh !== ((bits + 1) | 0x8000)) {
      throw new Error(`around 0x${bits.toString(16)}: ${[tie, nearLow, nearHigh]}`);
    }
  }
  expect(float16ToBits(65_520)).toBe(0x7c00);
});
