/**
 * The decimal of fewest digits that reads back to the same binary number, the nearest of those, for every finite number
 * of at most 53 bits: Schubfach (Raffaello Giulietti, The Schubfach way to render doubles, 2021, figure 7 without its
 * step for two digits at least). Exact everywhere; float64.ts and float32.ts are faster where they are certain, and come
 * here where they are not.
 */
import { POWERS } from './memory';

/** Of the decimal digits of POWERS: the first row is 10^324, the last 10^-292. */
export const MIN_K = -324;

/** The exponent of the digits that `shortest` returned last. */
export let exponent: i32 = 0;

/** floor(log10(2^q)), floor(log10(3/4 2^q)), floor(log2(10^k)): for |q| <= 1500, |k| <= 400 (ibid., section 9.9). */
// @ts-ignore: decorator
@inline
export function floorLog10Pow2(q: i32): i32 {
  return <i32>((<i64>q * 661971961083) >> 41);
}

// @ts-ignore: decorator
@inline
function floorLog10ThreeQuartersPow2(q: i32): i32 {
  return <i32>((<i64>q * 661971961083 - 274743187321) >> 41);
}

// @ts-ignore: decorator
@inline
export function floorLog2Pow10(k: i32): i32 {
  return <i32>((<i64>k * 913124641741) >> 38);
}

/** The upper half of a product. */
export function mulHigh(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const middle = a1 * b0 + ((a0 * b0) >> 32);
  return a1 * b1 + (middle >> 32) + ((a0 * b1 + (middle & 0xffffffff)) >> 32);
}

/** g·n / 2^127 rounded to odd, for g of two times 63 bits. */
function roundToOdd(g1: u64, g0: u64, n: u64): u64 {
  const z = ((g1 * n) >> 1) + mulHigh(g0, n);
  const w = mulHigh(g1, n) + (z >> 63);
  return w | (((z & 0x7fffffffffffffff) + 0x7fffffffffffffff) >> 63);
}

/**
 * The digits, as an integer, of c·2^q, 0 < c < 2^53; times ten to the `exponent` left behind.
 *
 * @param narrow whether the gap below the number is half the gap above it
 */
export function shortest(c: u64, q: i32, narrow: bool): u64 {
  const out = c & 1;
  const cb = c << 2;
  const k = narrow ? floorLog10ThreeQuartersPow2(q) : floorLog10Pow2(q);
  const h = q + floorLog2Pow10(-k) + 2;
  const row = POWERS + <usize>((k - MIN_K) << 4);
  const g1 = load<u64>(row);
  const g0 = load<u64>(row, 8);
  const vb = roundToOdd(g1, g0, cb << h);
  const vbl = roundToOdd(g1, g0, (cb - (narrow ? 1 : 2)) << h) + out;
  const vbr = roundToOdd(g1, g0, (cb + 2) << h) - out;
  const s = vb >> 2;
  exponent = k;
  if (s >= 10) {
    const ten = (s / 10) * 10;
    const under = vbl <= ten << 2;
    if (under != ((ten + 10) << 2 <= vbr)) return under ? ten : ten + 10;
  }
  const under = vbl <= s << 2;
  if (under != ((s + 1) << 2 <= vbr)) return under ? s : s + 1;
  const middle = (s << 2) + 2;
  return vb < middle || (vb == middle && (s & 1) == 0) ? s : s + 1;
}
