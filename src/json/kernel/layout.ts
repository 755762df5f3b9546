/**
 * Digits and a decimal exponent as text, the way orjson lays it out: 0.00123, 1.23, 123.0 between bounds, 1.23e-7
 * beyond. Without a branch: the shape of the first digit's exponent says what comes before the digits, where the point
 * goes and how long the text is; the exponent's own text comes from a table and is a mere comma between the bounds.
 */
import { nonZero, writeUnsigned } from './digits';
import { EXPONENTS32, EXPONENTS64, SHAPES32, SHAPES64 } from './memory';

/**
 * Exponents of the first digit that are written without an `e`: numbers from 1e-5 to below 1e16; of binary32 from 1e-6
 * to below 1e13.
 */
const FROM64 = -5;
const BELOW64 = 16;
const FROM32 = -6;
const BELOW32 = 13;
const MIN64 = -324;
const MAX64 = 308;
const MIN32 = -45;
const MAX32 = 38;

/** From the shape of a number to that of its negative. */
const NEGATIVE: usize = 64;
export const MOST_MISSING32 = 2;

// A shape: 64 bytes at these offsets.
/** What comes before the digits, `-0.00000` at most, 8 bytes, and how much of it. */
const PREFIX: usize = 0;
const PREFIX_LENGTH: usize = 8;
/** Where the point goes; far behind the text if the prefix has it. */
const POINT: usize = 9;
/** For the first sixteen characters after the prefix: which digit each is, or none, a zero. */
const LANES: usize = 16;
/** The length of prefix and exponent apart, by how many zeros lead the 32 bits that say which digits are not zero. */
const LENGTHS: usize = 32;
const LEAST_ZEROS: usize = 12;

/** Digits that do not come in the vector: from here on. */
const TAIL: usize = 10;
const ZEROS64: u64 = 0x3030303030303030;

/** The shape of binary64 numbers whose first digit has this exponent. */
export function shape64(exponent: i32, negative: bool): usize {
  return SHAPES64 + (rowOf(exponent, FROM64, BELOW64) << 7) + (negative ? NEGATIVE : 0);
}

/** Of binary32 numbers, before whose first digit up to two may be missing: those before it are zeros. */
export function shape32(exponent: i32, negative: bool, missing: i32): usize {
  return SHAPES32 + (rowOf(exponent, FROM32, BELOW32) << 9) + (missing << 7) + (negative ? NEGATIVE : 0);
}

/** Row 0 is of those that stay beyond the bounds. */
function rowOf(exponent: i32, from: i32, below: i32): usize {
  return exponent >= from && exponent < below ? exponent - from + 1 : 0;
}

export function suffix64(exponent: i32): usize {
  return EXPONENTS64 + ((exponent - MIN64) << 3);
}

export function suffix32(exponent: i32): usize {
  return EXPONENTS32 + ((exponent - MIN32) << 3);
}

/**
 * Writes a number of up to 17 digits that lie at `digits`, zeros behind, with its comma; stores up to 40 bytes.
 *
 * @param zeros '0' in each lane
 */
// @ts-ignore: decorator
@inline
export function layOut17(shape: usize, suffix: usize, digits: usize, zeros: v128, p: usize): usize {
  const first = v128.load(digits);
  const last = load<u64>(digits, TAIL);
  const start = p + load<u8>(shape, PREFIX_LENGTH);
  store<u64>(p, load<u64>(shape, PREFIX));
  store<u64>(start, last | ZEROS64, TAIL + 1);
  return finish(shape, suffix, first, nonZero(first) | (<i32>(last >> 48) << 16), zeros, start);
}

/** Writes a number of up to 15 digits, likewise. */
// @ts-ignore: decorator
@inline
export function layOut15(shape: usize, suffix: usize, digits: v128, zeros: v128, p: usize): usize {
  store<u64>(p, load<u64>(shape, PREFIX));
  return finish(shape, suffix, digits, nonZero(digits), zeros, p + load<u8>(shape, PREFIX_LENGTH));
}

// @ts-ignore: decorator
@inline
function finish(shape: usize, suffix: usize, digits: v128, some: i32, zeros: v128, p: usize): usize {
  v128.store(p, v128.or(i8x16.swizzle(digits, v128.load(shape, LANES)), zeros));
  store<u8>(p + load<u8>(shape, POINT), 0x2e);
  p += load<u8>(shape + clz(some), LENGTHS - LEAST_ZEROS);
  const text = load<u64>(suffix);
  store<u64>(p, text);
  return p + <usize>(text >> 56);
}

export function makeShapes(): void {
  for (let i = 0; i < 2; i++) {
    const negative = i != 0;
    // One beyond the bounds first: row 0.
    for (let exponent = BELOW64; exponent >= FROM64; exponent--) {
      makeShape(shape64(exponent, negative), exponent, negative, 0, FROM64, BELOW64);
    }
    for (let exponent = BELOW32; exponent >= FROM32; exponent--) {
      for (let missing = 0; missing <= MOST_MISSING32; missing++) {
        makeShape(shape32(exponent, negative, missing), exponent, negative, missing, FROM32, BELOW32);
      }
    }
  }
  makeExponents(EXPONENTS64, MIN64, MAX64, FROM64, BELOW64);
  makeExponents(EXPONENTS32, MIN32, MAX32, FROM32, BELOW32);
}

function makeShape(shape: usize, exponent: i32, negative: bool, missing: i32, from: i32, below: i32): void {
  const scientific = exponent < from || exponent >= below;
  const small = exponent < 0 && !scientific;
  // Digits before the point. Characters are one more than digits: of 0.00123 the 0 before them is it, of 0.123 the point.
  const whole = small ? 0 : scientific ? 1 : exponent + 1;
  const prefix: u64 = small ? 0x3030303030302e30 : 0; // 0.000000
  store<u64>(shape, negative ? (prefix << 8) | 0x2d : prefix, PREFIX);
  store<u8>(shape, <u8>((small ? -exponent : 0) + i32(negative)), PREFIX_LENGTH);
  store<u8>(shape, <u8>(exponent < -1 && small ? 24 : whole), POINT);
  for (let lane = 0; lane < 16; lane++) {
    store<u8>(shape + lane, <u8>(small && lane == 0 ? 0xff : lane - i32(lane > whole) + missing), LANES);
  }
  // 1 has no point before its exponent; 100.0 has its zeros.
  const least = scientific ? 1 : whole + 2;
  for (let zeros: i32 = LEAST_ZEROS; zeros <= 32; zeros++) {
    const digits = min(17, 32 - zeros) - missing;
    store<u8>(shape + zeros, <u8>(digits > whole ? digits + 1 : least), LENGTHS - LEAST_ZEROS);
  }
}

function makeExponents(table: usize, least: i32, most: i32, from: i32, below: i32): void {
  for (let exponent = least; exponent <= most; exponent++) {
    const entry = table + ((exponent - least) << 3);
    let p = entry;
    if (exponent < from || exponent >= below) {
      store<u16>(p, exponent < 0 ? 0x2d65 : 0x2b65); // e- or e+
      p = writeUnsigned(abs(exponent), p + 2);
    }
    store<u8>(p++, 0x2c);
    store<u8>(entry, <u8>(p - entry), 7);
  }
}
