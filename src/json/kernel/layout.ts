/**
 * Digits and a decimal exponent as text, the way orjson lays it out: 0.00123, 1.23, 123.0 between bounds, 1.23e-7
 * beyond. Without a branch: an exponent's shape says what comes before the digits, where the point goes and how long
 * the text is; the exponent's own text comes from a table and is a mere comma between the bounds.
 *
 * The digits are those of an integer of fixed length: a first one, the head, and eight or sixteen in a vector. Some of
 * them at the front may be `missing`, that is zeros: the shape then is that of the exponent so much smaller.
 */
import { nonZero, writeUnsigned, ZEROS } from './digits';
import { EXPONENTS32, EXPONENTS64, SHAPES32, SHAPES64 } from './memory';

/** Exponents of the first digit that are written with neither e nor a point only after it: 1e-5 to 1e16, 1e-6 to 1e13. */
const FROM64 = -5;
const BELOW64 = 16;
const FROM32 = -6;
const BELOW32 = 13;
const MIN64 = -324;
const MAX64 = 308;
const MIN32 = -45;
const MAX32 = 38;

// A shape: 64 bytes at these offsets.
/** What comes before the digits, `-0.00000` at most, 8 bytes, and how much of it. */
const PREFIX: usize = 0;
const PREFIX_LENGTH: usize = 8;
/** Where the vector goes as it is, for what the point pushes out of the first sixteen characters. */
const TAIL: usize = 9;
/** Where the point goes; far behind the text if there is none. */
const POINT: usize = 10;
/** For the first sixteen characters: which digit of the vector each is, or none. */
const LANES: usize = 16;
/** The length of prefix and exponent apart, by how many zeros lead the 32 bits of which 16 say what digits are not zero. */
const LENGTHS: usize = 32;
const LEAST_ZEROS: usize = 16;

/** Shapes of an exponent lie side by side, by how many digits are missing; then those of negative numbers. */
export const NEXT_SHAPE = 6;
const SHAPES_EACH = 4;
const NEGATIVE: usize = SHAPES_EACH << NEXT_SHAPE;

/** The shape of binary64 numbers of this exponent of the vector's first digit but one, nothing missing. */
export function shape64(exponent: i32, negative: bool): usize {
  return SHAPES64 + (rowOf(exponent, FROM64, BELOW64 + 1) << 9) + (negative ? NEGATIVE : 0);
}

/** Up to two digits may be missing. */
export function shape32(exponent: i32, negative: bool): usize {
  return SHAPES32 + (rowOf(exponent, FROM32, BELOW32 + 2) << 9) + (negative ? NEGATIVE : 0);
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
 * Writes a number with its comma; stores up to 40 bytes.
 *
 * @param head the first digit in the first lane, else zeros
 * @param wide whether there are more than 15 digits
 */
// @ts-ignore: decorator
@inline
export function layOut(shape: usize, suffix: usize, head: v128, digits: v128, wide: bool, p: usize): usize {
  const zeros = clz(nonZero(digits));
  store<u64>(p, load<u64>(shape, PREFIX));
  p += load<u8>(shape, PREFIX_LENGTH);
  if (wide) {
    store<u16>(p, 0x3030, 16);
    v128.store(p + load<u8>(shape, TAIL), v128.or(digits, ZEROS));
  }
  v128.store(p, v128.or(v128.or(i8x16.swizzle(digits, v128.load(shape, LANES)), head), ZEROS));
  store<u8>(p + load<u8>(shape, POINT), 0x2e);
  p += load<u8>(shape + zeros, LENGTHS - LEAST_ZEROS);
  const text = load<u64>(suffix);
  store<u64>(p, text);
  return p + <usize>(text >> 56);
}

export function makeShapes(): void {
  for (let i = 0; i < 2 * SHAPES_EACH; i++) {
    const missing = i % SHAPES_EACH;
    const offset: usize = missing << NEXT_SHAPE;
    const negative = i >= SHAPES_EACH;
    // One beyond the bounds first: row 0.
    for (let exponent = BELOW64 + 8; exponent >= FROM64; exponent--) {
      makeShape(shape64(exponent, negative) + offset, exponent - missing, missing, negative, FROM64, BELOW64);
    }
    for (let exponent = BELOW32 + 8; exponent >= FROM32; exponent--) {
      makeShape(shape32(exponent, negative) + offset, exponent - missing, missing, negative, FROM32, BELOW32);
    }
  }
  makeExponents(EXPONENTS64, MIN64, MAX64, FROM64, BELOW64);
  makeExponents(EXPONENTS32, MIN32, MAX32, FROM32, BELOW32);
}

function makeShape(shape: usize, exponent: i32, missing: i32, negative: bool, from: i32, below: i32): void {
  const scientific = exponent < from || exponent >= below;
  const small = exponent < 0 && !scientific;
  const point = i32(!small);
  // Digits before the point.
  const whole = small ? 0 : scientific ? 1 : exponent + 1;
  const prefix: u64 = small ? 0x3030303030302e30 : 0; // 0.000000
  store<u64>(shape, negative ? (prefix << 8) | 0x2d : prefix, PREFIX);
  store<u8>(shape, <u8>((small ? 1 - exponent : 0) + i32(negative)), PREFIX_LENGTH);
  store<u8>(shape, <u8>max(0, 1 + point - missing), TAIL);
  store<u8>(shape, <u8>(small ? 24 : whole), POINT);
  for (let lane = 0; lane < 16; lane++) {
    const digit = lane - i32(!small && lane > whole) - 1 + missing;
    store<u8>(shape + lane, <u8>(digit < 0 ? 0xff : digit), LANES);
  }
  // 1 has no point before its exponent; 100.0 has its zeros.
  const least = scientific ? 1 : whole + 2 * point;
  for (let zeros: i32 = LEAST_ZEROS; zeros <= 32; zeros++) {
    const digits = 32 - zeros + 1 - missing;
    store<u8>(shape + zeros, <u8>(digits > whole ? digits + point : least), LENGTHS - LEAST_ZEROS);
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
