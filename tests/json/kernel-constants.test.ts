/** What the kernels take for granted: powers, reciprocals and logarithms, worked out anew with BigInt over their domains. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
// @ts-expect-error a script, without types
import { compileKernel, kernelModule } from '../../scripts/kernel.mjs';
import { chunkEncoder } from '../../src/json/kernel.ts';
import { kernelWasm } from '../../src/json/kernel.wasm.ts';
import { maxPower, maxPower128, minPower, minPower128, powersOfTen, powersOfTen128 } from '../../src/json/powers.ts';
import { policies } from './kernel-support.ts';

test('the embedded module is what its sources compile to; if not, npm run build', async () => {
  const wasm = (await compileKernel()) as Uint8Array;
  const embedded = readFileSync(new URL('../../src/json/kernel.wasm.ts', import.meta.url), 'utf8');
  expect(embedded === kernelModule(wasm)).toBe(true);
  expect(embedded.length).toBeLessThan(40_000);
});

test('powers of ten: g - 1 <= 10^-k / 2^r < g with g of 126 bits', () => {
  const halves = powersOfTen();
  expect(halves.length).toBe(2 * 617);
  for (let k = minPower; k <= maxPower; k++) {
    const row = 2 * (k - minPower);
    const g = ((halves[row] ?? 0n) << 63n) | (halves[row + 1] ?? 0n);
    expect(g >> 125n).toBe(1n);
    const r = floorLog2Pow10(-k) - 125n;
    const [power, inverse] = [10n ** BigInt(Math.max(-k, 0)), 10n ** BigInt(Math.max(k, 0))];
    const scaled = (n: bigint): bigint => n * inverse * (r > 0n ? 1n << r : 1n);
    const exact = power * (r < 0n ? 1n << -r : 1n);
    expect(scaled(g - 1n) <= exact && exact < scaled(g)).toBe(true);
  }
});

test('powers of ten to 128 bits: what is kept of 10^q, cut off, or from 10^-27 to 10^-1 rounded up', () => {
  const halves = powersOfTen128();
  expect(halves.length).toBe(2 * 651);
  for (let q = minPower128; q <= maxPower128; q++) {
    const row = 2 * (q - minPower128);
    const kept = ((halves[row] ?? 0n) << 64n) | (halves[row + 1] ?? 0n);
    expect(kept >> 127n).toBe(1n);
    const r = floorLog2Pow10(q) - 127n;
    const [power, inverse] = [10n ** BigInt(Math.max(q, 0)), 10n ** BigInt(Math.max(-q, 0))];
    const scaled = (n: bigint): bigint => n * inverse * (r > 0n ? 1n << r : 1n);
    const exact = power * (r < 0n ? 1n << -r : 1n);
    const up = q < 0 && q >= -27;
    expect(
      up ? scaled(kept - 1n) < exact && exact < scaled(kept) : scaled(kept) <= exact && exact < scaled(kept + 1n),
    ).toBe(true);
  }
});

test('the exponent of 10^q, as the parser has it', () => {
  for (let q = minPower128; q <= maxPower128; q++) expect((BigInt(q) * 217706n) >> 16n).toBe(floorLog2Pow10(q));
});

const floorLog10Pow2 = (q: number): bigint => (BigInt(q) * 661971961083n) >> 41n;
const floorLog2Pow10 = (k: number): bigint => (BigInt(k) * 913124641741n) >> 38n;

describe('factors, worked out by the module itself from those', () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(kernelWasm, 'base64')));
  const at = (name: string): number => (exports[name] as WebAssembly.Global).value;
  const memory = new DataView(chunkEncoder('float64', [1], policies).room(1).buffer);
  chunkEncoder('float32', [1], policies);

  /** floor(2^q·10^-k·2^places), with 1 <= 2^q·10^-k < 10. */
  const gapOf = (q: number, places: number): bigint => {
    const k = Number(floorLog10Pow2(q));
    const upper = (10n ** BigInt(Math.max(-k, 0))) << BigInt(Math.max(q + places, 0));
    return upper / ((10n ** BigInt(Math.max(k, 0))) << BigInt(Math.max(-q - places, 0)));
  };
  /** The distance of a double from n / 2^places, in units of the double's own last place at most. */
  const isNearest = (value: number, n: bigint, places: number): boolean => {
    const scaled = BigInt(value * 2 ** 60) << BigInt(places - 60);
    const distance = scaled > n ? scaled - n : n - scaled;
    return distance <= (n >> 53n) + 1n;
  };

  test('float64: 66 bits of the gap, less than one off, its 10^9th as a double that is too small, how far it reaches', () => {
    for (let signed = 0; signed < 4096; signed++) {
      const biased = signed % 2048;
      const row = at('FACTORS64') + 32 * signed;
      const gap = (memory.getBigUint64(row, true) << 32n) | BigInt(memory.getUint32(row + 16, true));
      const normal = biased > 0 && biased < 2047;
      expect([0n, 1n]).toContain(gap - (normal ? gapOf(biased - 1075, 66) : 0n));
      // Five, less half of the gap, in units of 2^-28.
      expect(BigInt(memory.getUint32(row + 20, true))).toBe((5n << 28n) - (gap >> 39n));
      if (!normal) continue;
      const exact = gapOf(biased - 1075, 120);
      const about = (BigInt(memory.getFloat64(row + 8, true) * 2 ** 90) << 30n) * 10n ** 9n;
      // So much of it that the difference is more than roundings and less than what nine digits leave of 30 bits.
      expect((exact - about) * 2n ** 41n > exact && (exact - about) * 2n ** 39n < exact).toBe(true);
    }
  });

  test('float32: the gap as a double', () => {
    for (let signed = 0; signed < 512; signed++) {
      const biased = signed % 256;
      const gap = memory.getFloat64(at('FACTORS32') + 16 * signed, true);
      if (biased === 0 || biased === 255) expect(gap).toBe(0);
      else expect(isNearest(gap, gapOf(biased - 150, 120), 120)).toBe(true);
    }
  });
});

/** Whether 10^k <= numerator / denominator · 2^q < 10^(k+1). */
function within(k: bigint, numerator: bigint, denominator: bigint, q: number): boolean {
  const power = (base: bigint, exponent: bigint): [bigint, bigint] =>
    exponent < 0n ? [1n, base ** -exponent] : [base ** exponent, 1n];
  const [two, half] = power(2n, BigInt(q));
  const [value, by] = [numerator * two, denominator * half];
  const [ten, tenth] = power(10n, k);
  return ten * by <= value * tenth && value * tenth < 10n * ten * by;
}

describe('logarithms', () => {
  test('of powers of two, and of three quarters of them', () => {
    for (let q = -1100; q <= 1100; q++) {
      expect(within(floorLog10Pow2(q), 1n, 1n, q)).toBe(true);
      expect(within((BigInt(q) * 661971961083n - 274743187321n) >> 41n, 3n, 4n, q)).toBe(true);
    }
  });
  test('of powers of ten', () => {
    for (let k = minPower; k <= -minPower; k++) {
      const log = floorLog2Pow10(k);
      const [ten, tenth] = [10n ** BigInt(Math.max(k, 0)), 10n ** BigInt(Math.max(-k, 0))];
      const [two, half] = log < 0n ? [1n, 1n << -log] : [1n << log, 1n];
      expect(two * tenth <= ten * half && ten * half < 2n * two * tenth).toBe(true);
    }
  });
});

/**
 * That (n·factor) >> shift is floor(n / divisor) for all 0 <= n <= most. The error n·(factor / 2^shift - 1 / divisor)
 * grows with n, so it is enough that the largest n with the largest remainder stays below the next quotient.
 */
test.each([
  ['10^4, of eight digits', 10_000n, 109_951_163n, 40n, 99_999_999n],
  ['100, of four digits', 100n, 10_486n, 20n, 9_999n],
  ['10, of two digits', 10n, 103n, 10n, 99n],
  ['10, of nine digits', 10n, 3_435_973_837n, 35n, 2n ** 32n - 1n],
  ['10^8, of ten digits', 100_000_000n, 1_441_151_881n, 57n, 2n ** 32n - 1n],
])('reciprocal of %s', (_, divisor, factor, shift, most) => {
  expect(factor * divisor).toBeGreaterThanOrEqual(1n << shift);
  const last = ((most + 1n) / divisor) * divisor - 1n;
  for (const n of [last, most]) expect((n * factor) >> shift).toBe(n / divisor);
  expect(most * factor).toBeLessThan(1n << 64n);
});
