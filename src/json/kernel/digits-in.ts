/** Digits to integers, by how many there are and where they end: no loop over digits, no branch on any of them. */
import { PARSING, TENS } from './memory';

/** In place of a number: there is none, or none that is known here. */
export const NONE: u64 = u64.MAX_VALUE;

/** At PARSING: 16 bytes of zeros and 32 of ones, so that a load at + n keeps the last n lanes. */
const ONES: usize = 16;
const ZEROS: usize = 48;
const NINES: usize = 64;
const THOUSANDS: usize = 80;
const TEN_THOUSANDS: usize = 96;
export const COMMAS: usize = 112;
export const BRACKETS: usize = 128;
export const POINTS: usize = 144;

/** The vectors are loaded because V8 makes each constant anew in a loop. */
export function makeVectors(): void {
  v128.store(PARSING, i64x2.splat(0));
  v128.store(PARSING, i64x2.splat(-1), ONES);
  v128.store(PARSING, i64x2.splat(-1), ONES + 16);
  v128.store(PARSING, i8x16.splat(0x30), ZEROS);
  v128.store(PARSING, i8x16.splat(9), NINES);
  v128.store(PARSING, i16x8(1000, 100, 10, 1, 1000, 100, 10, 1), THOUSANDS);
  v128.store(PARSING, i16x8(10000, 10000, 1, 1, 10000, 10000, 1, 1), TEN_THOUSANDS);
  v128.store(PARSING, i8x16.splat(0x2c), COMMAS);
  v128.store(PARSING, i8x16.splat(0x5d), BRACKETS);
  v128.store(PARSING, i8x16.splat(0x2e), POINTS);
  let ten: u64 = 1;
  for (let i = 0; i < 20; i++, ten *= 10) store<u64>(TENS + (i << 3), ten);
}

const ASCII: u64 = 0x3030303030303030;

/** Whether each of eight bytes is 0 to 9. A carry out of a byte comes of one that is not. */
// @ts-ignore: decorator
@inline
function areDigits(x: u64): bool {
  return (((x + 0x7676767676767676) | x) & 0x8080808080808080) == 0;
}

/** Twos, fours, eights by multiplication (Lemire and Langdale, Parsing gigabytes of JSON per second, 2019, section 3.1.2). */
// @ts-ignore: decorator
@inline
function eight(x: u64): u64 {
  x = (x * 2561) >> 8;
  x = ((x & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((x & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

/** The last n digits before `end`, 1 to 8; NONE if one is no digit. */
// @ts-ignore: decorator
@inline
export function upTo8(end: usize, n: usize): u64 {
  const x = (load<u64>(end - 8) ^ ASCII) & load<u64>(PARSING + n, 8);
  return areDigits(x) ? eight(x) : NONE;
}

/** The last n of the sixteen before `end` as bytes, zeros before them. */
// @ts-ignore: decorator
@inline
function last16(end: usize, n: usize): v128 {
  return v128.and(v128.xor(v128.load(end - 16), v128.load(PARSING, ZEROS)), v128.load(PARSING + n));
}

// @ts-ignore: decorator
@inline
function areAllDigits(digits: v128): bool {
  return !v128.any_true(i8x16.sub_sat_u(digits, v128.load(PARSING, NINES)));
}

// @ts-ignore: decorator
@inline
function sixteen(digits: v128): u64 {
  const thousands = v128.load(PARSING, THOUSANDS);
  const first = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(digits), thousands);
  const last = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(digits), thousands);
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(first, last), v128.load(PARSING, TEN_THOUSANDS));
  const upper = <u64>i64x2.extract_lane(eights, 0);
  const lower = <u64>i64x2.extract_lane(eights, 1);
  return ((upper >> 32) + (upper & 0xffffffff)) * 100000000 + (lower >> 32) + (lower & 0xffffffff);
}

/** What is before the last sixteen digits of a number that may be beyond 64 bits. */
const BEYOND: u64 = 1844;

/** Digits before the last sixteen, and those; NONE if that may be beyond 64 bits. */
// @ts-ignore: decorator
@inline
function joined(upper: u64, lower: u64): u64 {
  // What is NONE already is beyond.
  if (upper >= BEYOND) return NONE;
  return upper * 10000000000000000 + lower;
}

/** The last n before `end`; NONE if there is none, one is no digit, or they are more than 24, or 1844·10^16 and more. */
// @ts-ignore: decorator
@inline
export function digits(end: usize, n: usize): u64 {
  if (n - 1 < 8) return upTo8(end, n);
  if (n - 1 >= 24) return NONE;
  const last = last16(end, n);
  if (!areAllDigits(last)) return NONE;
  const lower = sixteen(last);
  return n <= 16 ? lower : joined(upTo8(end - 16, n - 16), lower);
}

/** The same, without a branch on whether there are more than sixteen: of a double's digits one cannot tell. */
// @ts-ignore: decorator
@inline
export function decimals(end: usize, n: usize): u64 {
  if (n - 1 < 8) return upTo8(end, n);
  if (n - 1 >= 24) return NONE;
  const last = last16(end, n);
  const before = (load<u64>(end - 24) ^ ASCII) & load<u64>(PARSING + n - 8);
  return areAllDigits(last) && areDigits(before) ? joined(eight(before), sixteen(last)) : NONE;
}

/** The same where it is not worth as many instructions. */
export function someDigits(end: usize, n: usize): u64 {
  return digits(end, n);
}
