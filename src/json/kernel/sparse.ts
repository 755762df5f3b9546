/**
 * Zeros among other numbers, without a branch for each: one pass moves the others together and notes their places, then
 * they are written as if they were all, each after the zeros before it.
 */
import { DENSE, PLACES } from './memory';

/** How many of the numbers of 64 bits are zero, by their bits: -0 is not. */
export function countZeros64(src: usize, count: i32): i32 {
  let zeros = i64x2.splat(0);
  const end = src + (count << 3);
  for (; src + 16 <= end; src += 16) zeros = i64x2.sub(zeros, i64x2.eq(v128.load(src), i64x2.splat(0)));
  return <i32>(i64x2.extract_lane(zeros, 0) + i64x2.extract_lane(zeros, 1)) + i32(src < end && load<u64>(src) == 0);
}

/** Moves the numbers that are not zero to DENSE; returns how many there are. */
export function gather64(src: usize, count: i32): i32 {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const bits = load<u64>(src + (i << 3));
    store<u64>(DENSE + (kept << 3), bits);
    store<u32>(PLACES + (kept << 2), i);
    kept += i32(bits != 0);
  }
  // Where the numbers end is where the last zeros do.
  store<u32>(PLACES + (kept << 2), count);
  return kept;
}

// @ts-ignore: decorator
@inline
export function placeOf(i: i32): i32 {
  return load<i32>(PLACES + (i << 2));
}

/** Writes the zeros between number i - 1 and number i; stores up to 64 bytes more. */
// @ts-ignore: decorator
@inline
export function writeZerosBefore(i: i32, p: usize): usize {
  const before = i == 0 ? -1 : placeOf(i - 1);
  const end = p + ((placeOf(i) - before - 1) << 2);
  const zeros = i32x4.splat(0x2c302e30); // 0.0,
  // Sixteen in any case: a branch for fewer is often predicted wrong.
  do {
    v128.store(p, zeros);
    v128.store(p, zeros, 16);
    v128.store(p, zeros, 32);
    v128.store(p, zeros, 48);
    p += 64;
  } while (p < end);
  return end;
}
