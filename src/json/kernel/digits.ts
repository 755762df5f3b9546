/** Integers to decimal digits, sixteen at a time: divide and conquer in the lanes of a vector, no branch, no table. */
import { DROP } from './memory';

export const ZEROS: v128 = i8x16.splat(0x30);

/**
 * The digits of a, then those of b, most significant first, each as a byte of 0 to 9; a and b < 10^8.
 *
 * Quotients by multiplication with a rounded-up reciprocal (Granlund and Montgomery, Division by Invariant Integers
 * using Multiplication, 1994), each exact in its domain: n / 10^4 for n < 10^8, n / 100 for n < 10^4, n / 10 for
 * n < 100. tests/json/kernel-constants.test.ts tries all.
 */
// @ts-ignore: decorator
@inline
export function digits16(a: u64, b: u64): v128 {
  return spread(i64x2.replace_lane(i64x2.splat(fours(a)), 1, fours(b)));
}

/** n < 10^8 as two numbers of four digits, the upper one in the lower half. */
// @ts-ignore: decorator
@inline
export function fours(n: u64): u64 {
  const upper = (n * 109951163) >> 40;
  return (n << 32) - upper * ((10000 << 32) - 1);
}

/** Four numbers < 10^4 in 32 bits each to sixteen digits. */
// @ts-ignore: decorator
@inline
export function spread(n: v128): v128 {
  const upper = i32x4.shr_u(i32x4.dot_i16x8_s(n, i32x4.splat(10486)), 20);
  const twos = i32x4.add(i32x4.shl(n, 16), i32x4.mul(upper, i32x4.splat(1 - 6553600)));
  const tens = i16x8.shr_u(i16x8.mul(twos, i16x8.splat(103)), 10);
  return i16x8.add(i16x8.shl(twos, 8), i16x8.mul(tens, i16x8.splat(1 - 2560)));
}

/** The upper four digits of four numbers < 10^8. */
// @ts-ignore: decorator
@inline
export function upperFours(n: v128): v128 {
  const reciprocal = i32x4.splat(109951163);
  const lower = i64x2.shr_u(i64x2.extmul_low_i32x4_u(n, reciprocal), 40);
  const upper = i64x2.shr_u(i64x2.extmul_high_i32x4_u(n, reciprocal), 40);
  return i32x4.shuffle(lower, upper, 0, 2, 4, 6);
}

/** A bit for each of sixteen digits that is not zero. */
// @ts-ignore: decorator
@inline
export function nonZero(digits: v128): i32 {
  return i8x16.bitmask(i8x16.ne(digits, i8x16.splat(0)));
}

/** The digits without the first n, zeros behind. */
// @ts-ignore: decorator
@inline
export function drop(digits: v128, n: usize): v128 {
  return i8x16.swizzle(digits, v128.load(DROP + n));
}

export function makeDrops(): void {
  for (let i: usize = 0; i < 32; i++) store<u8>(DROP + i, i < 16 ? <u8>i : 0xff);
}

/** Writes n < 10^16 at p; returns the end. Stores up to 16 bytes. */
// @ts-ignore: decorator
@inline
export function write16(n: u64, p: usize): usize {
  const upper = n / 100000000;
  const digits = digits16(upper, n - upper * 100000000);
  // The last digit stays, even a zero.
  const leading = ctz(nonZero(digits) | 0x8000);
  v128.store(p, v128.or(drop(digits, leading), ZEROS));
  return p + 16 - leading;
}

/** Writes any n at p; returns the end. Stores up to 20 bytes. */
export function writeUnsigned(n: u64, p: usize): usize {
  const top = n / 10000000000000000;
  if (top == 0) return write16(n, p);
  p = write16(top, p);
  n -= top * 10000000000000000;
  const upper = n / 100000000;
  v128.store(p, v128.or(digits16(upper, n - upper * 100000000), ZEROS));
  return p + 16;
}
