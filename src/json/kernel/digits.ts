/** Integers to decimal digits, sixteen at a time: divide and conquer in the lanes of a vector, no branch, no table. */
import { DROP, VECTORS } from './memory';

const ZEROS: v128 = i8x16.splat(0x30);

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
function fours(n: u64): u64 {
  const upper = (n * 109951163) >> 40;
  return (n << 32) - upper * ((10000 << 32) - 1);
}

/**
 * Numbers < 10^8 at `eights`, four in a vector, to eight digits each at `digits`: sixteen bytes every `step` bytes.
 *
 * The vectors are loaded because V8 makes each constant anew in a loop, in three instructions.
 */
export function spreadAll(eights: usize, digits: usize, count: i32, step: usize): void {
  const reciprocal4 = v128.load(VECTORS);
  const tenThousand = v128.load(VECTORS, 16);
  const reciprocal2 = v128.load(VECTORS, 32);
  const hundred = v128.load(VECTORS, 48);
  const reciprocal1 = v128.load(VECTORS, 64);
  const ten = v128.load(VECTORS, 80);
  for (const end = eights + (count << 2); eights < end; eights += 16) {
    const n = v128.load(eights);
    const a = i64x2.shr_u(i64x2.extmul_low_i32x4_u(n, reciprocal4), 40);
    const b = i64x2.shr_u(i64x2.extmul_high_i32x4_u(n, reciprocal4), 40);
    const upper = i32x4.shuffle(a, b, 0, 2, 4, 6);
    const lower = i32x4.sub(n, i32x4.mul(upper, tenThousand));
    const ab = i32x4.shuffle(upper, lower, 0, 4, 1, 5);
    const cd = i32x4.shuffle(upper, lower, 2, 6, 3, 7);
    v128.store(digits, spreadBy(ab, reciprocal2, hundred, reciprocal1, ten));
    digits += step;
    v128.store(digits, spreadBy(cd, reciprocal2, hundred, reciprocal1, ten));
    digits += step;
  }
}

/** Four numbers < 10^4 in 32 bits each to sixteen digits. */
// @ts-ignore: decorator
@inline
function spread(n: v128): v128 {
  return spreadBy(n, i32x4.splat(10486), i32x4.splat(HUNDRED), i16x8.splat(103), i16x8.splat(TEN));
}

/** (n << 16) + (n / 100)·HUNDRED is n / 100 and n % 100 side by side; TEN likewise. */
const HUNDRED = 1 - 6553600;
const TEN: i16 = 1 - 2560;

// @ts-ignore: decorator
@inline
function spreadBy(n: v128, reciprocal2: v128, hundred: v128, reciprocal1: v128, ten: v128): v128 {
  const upper = i32x4.shr_u(i32x4.dot_i16x8_s(n, reciprocal2), 20);
  const twos = i32x4.add(i32x4.shl(n, 16), i32x4.mul(upper, hundred));
  const tens = i16x8.shr_u(i16x8.mul(twos, reciprocal1), 10);
  return i16x8.add(i16x8.shl(twos, 8), i16x8.mul(tens, ten));
}

/** Where ZEROS are, at VECTORS. */
export const TEXT_ZEROS: usize = 96;

function makeVectors(): void {
  v128.store(VECTORS, i32x4.splat(109951163));
  v128.store(VECTORS, i32x4.splat(10000), 16);
  v128.store(VECTORS, i32x4.splat(10486), 32);
  v128.store(VECTORS, i32x4.splat(HUNDRED), 48);
  v128.store(VECTORS, i16x8.splat(103), 64);
  v128.store(VECTORS, i16x8.splat(TEN), 80);
  v128.store(VECTORS, ZEROS, TEXT_ZEROS);
}

/** A bit for each of sixteen digits that is not zero. */
// @ts-ignore: decorator
@inline
export function nonZero(digits: v128): i32 {
  return i8x16.bitmask(i8x16.neg(digits));
}

/** The digits without the first n, zeros behind. */
// @ts-ignore: decorator
@inline
export function drop(digits: v128, n: usize): v128 {
  return i8x16.swizzle(digits, v128.load(DROP + n));
}

export function makeDigits(): void {
  makeVectors();
  for (let i: usize = 0; i < 32; i++) store<u8>(DROP + i, i < 16 ? <u8>i : 0xff);
}

/** Writes digits without the zeros before them, but for the last; returns the end. Stores 16 bytes. */
// @ts-ignore: decorator
@inline
export function writeTrimmed(digits: v128, p: usize): usize {
  const leading = ctz(nonZero(digits) | 0x8000);
  v128.store(p, v128.or(drop(digits, leading), ZEROS));
  return p + 16 - leading;
}

/** Writes any n at p; returns the end. Stores up to 20 bytes. */
export function writeUnsigned(n: u64, p: usize): usize {
  const high = n / 100000000;
  const top = high / 100000000;
  const digits = digits16(high - top * 100000000, n - high * 100000000);
  if (top == 0) return writeTrimmed(digits, p);
  p = writeTrimmed(digits16(0, top), p);
  v128.store(p, v128.or(digits, ZEROS));
  return p + 16;
}
