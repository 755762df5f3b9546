/**
 * Digits and a decimal exponent as text, the way orjson lays it out: 0.00123, 1.23, 123.0 between bounds, 1.23e-7
 * beyond. Without a branch: a class of exponents has a row that says what comes before the digits, where the point goes
 * and how long the text is; the exponent's own text comes from a table and is a mere comma between the bounds.
 */
import { nonZero, writeUnsigned, ZEROS } from './digits';
import { EXPONENTS32, EXPONENTS64, SHAPES } from './memory';

/** The decimal exponents of the first digit that are written without an exponent: 1e-5 to 1e16, 1e-6 to 1e13. */
const FROM64 = -5;
const BELOW64 = 16;
const FROM32 = -6;
const BELOW32 = 13;
const MIN64 = -324;
const MAX64 = 308;
const MIN32 = -45;
const MAX32 = 38;

// Offsets into a row of 64 bytes.
/** `0.00000`, 8 bytes, and how much of it. */
const PREFIX: usize = 0;
const PREFIX_LENGTH: usize = 8;
/** With more digits than these the text is as long as they and ROOM more; else it is FIXED long. */
const FEW: usize = 9;
const ROOM: usize = 10;
const FIXED: usize = 11;
/** For all characters but the first: which digit each is, or none, and what to or it with. */
const LANES: usize = 16;
const ASCII: usize = 32;

// @ts-ignore: decorator
@inline
function shapeOf(exponent: i32, from: i32, below: i32): usize {
  const written = -i32(<u32>(exponent - from) < <u32>(below - from));
  return SHAPES + (((exponent - FROM32 + 1) & written) << 6);
}

// @ts-ignore: decorator
@inline
function lengthOf(shape: usize, digits: i32): usize {
  const many = (<i32>load<u8>(shape, FEW) - digits) >> 31;
  return (many & (digits + load<u8>(shape, ROOM))) | (~many & load<u8>(shape, FIXED));
}

/**
 * Writes seventeen digits with a comma: the first, not zero unless all are, and sixteen more. Stores up to 32 bytes.
 *
 * @param exponent of the first digit
 */
// @ts-ignore: decorator
@inline
export function layOut64(first: u32, rest: v128, exponent: i32, p: usize): usize {
  const shape = shapeOf(exponent, FROM64, BELOW64);
  const digits = 33 - clz(nonZero(rest));
  store<u64>(p, load<u64>(shape, PREFIX));
  p += load<u8>(shape, PREFIX_LENGTH);
  store<u8>(p, <u8>(first | 0x30));
  v128.store(p, v128.or(i8x16.swizzle(rest, v128.load(shape, LANES)), v128.load(shape, ASCII)), 1);
  // The seventeenth where a point has pushed it out of the vector.
  store<u8>(p, i8x16.extract_lane_u(rest, 15) | 0x30, 17);
  p += lengthOf(shape, digits);
  const suffix = load<u64>(EXPONENTS64 + ((exponent - MIN64) << 3));
  store<u64>(p, suffix);
  return p + <usize>(suffix >> 56);
}

/**
 * Writes up to fifteen digits with a comma, the first not zero unless all are. Stores up to 32 bytes.
 *
 * @param exponent of the first digit
 */
// @ts-ignore: decorator
@inline
export function layOut32(all: v128, exponent: i32, p: usize): usize {
  const shape = shapeOf(exponent, FROM32, BELOW32);
  const digits = 32 - clz(nonZero(all) | 1);
  store<u64>(p, load<u64>(shape, PREFIX));
  p += load<u8>(shape, PREFIX_LENGTH);
  // The rows are made for the digits behind the first: here each lane is one further.
  const first = v128.or(all, ZEROS);
  store<u8>(p, i8x16.extract_lane_u(first, 0));
  const rest = i8x16.shuffle(all, i64x2.splat(0), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
  v128.store(p, v128.or(i8x16.swizzle(rest, v128.load(shape, LANES)), v128.load(shape, ASCII)), 1);
  p += lengthOf(shape, digits);
  const suffix = load<u64>(EXPONENTS32 + ((exponent - MIN32) << 3));
  store<u64>(p, suffix);
  return p + <usize>(suffix >> 56);
}

export function makeShapes(): void {
  for (let exponent = FROM32 - 1; exponent < BELOW64; exponent++) {
    // Row 0 is of exponents that are written out.
    const shape = SHAPES + ((exponent - FROM32 + 1) << 6);
    const scientific = exponent < FROM32;
    const small = exponent < 0 && !scientific;
    // Digits before the point.
    const whole = small ? 0 : scientific ? 1 : exponent + 1;
    store<u64>(shape, 0x3030303030302e30, PREFIX); // 0.000000
    store<u8>(shape, <u8>(small ? 1 - exponent : 0), PREFIX_LENGTH);
    store<u8>(shape, <u8>whole, FEW);
    store<u8>(shape, <u8>(small ? 0 : 1), ROOM);
    // 1 has no point before its exponent; 100.0 has its zeros.
    store<u8>(shape, <u8>(scientific ? 1 : whole + 2), FIXED);
    for (let lane = 0; lane < 16; lane++) {
      const point = !small && lane == whole - 1;
      store<u8>(shape + lane, <u8>(point ? 0xff : lane - i32(!small && lane >= whole)), LANES);
      store<u8>(shape + lane, point ? 0x2e : 0x30, ASCII);
    }
  }
  makeExponents(EXPONENTS64, MIN64, MAX64, FROM64, BELOW64);
  makeExponents(EXPONENTS32, MIN32, MAX32, FROM32, BELOW32);
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
