/**
 * binary64 numbers that are a whole number of tenths, hundredths, … and of eight digits at most, as people and sensors
 * write them. n / 10^d, correctly rounded, is the number itself: then n·10^-d is a decimal that reads back to it, and of
 * fifteen digits or fewer there is only one (Steele and White, 1990). So this is the shortest but for zeros at its end.
 */
import { spreadAll } from './digits';
import { writeAny64 } from './float64';
import { DIGITS, EIGHTS, HEADS } from './memory';
import { placeOf, writeZerosBefore } from './sparse';

/** Where the digits of n end it has no more. */
const BELOW: f64 = 100000000.0;
const MOST_DECIMALS = 7;
/** Smaller ones are written with an exponent; not even a zero is tried where there may be some. */
const LEAST: f64 = 1e-5;
/** What is added to n for its bits to be the lower ones. */
const UNIT: f64 = 4503599627370496.0;

/** The decimals of the last run, which are tried first. */
let decimals: i32 = 1;
let power: f64 = 10.0;
let least: f64 = 0.0;

/** Whether some numbers of the run, and so perhaps all, have few decimals; how many is left for the loops below. */
export function areDecimals(src: usize, count: i32): bool {
  if (haveDecimals(src, count, power, least)) return true;
  let ten = 1.0;
  for (let d = 1; d <= MOST_DECIMALS; d++) {
    ten *= 10.0;
    const from = d > 5 ? LEAST : 0.0;
    if (!haveDecimals(src, count, ten, from)) continue;
    decimals = d;
    power = ten;
    least = from;
    return true;
  }
  return false;
}

const SAMPLES = 4;

function haveDecimals(src: usize, count: i32, ten: f64, from: f64): bool {
  const step = max(1, count / SAMPLES);
  for (let i = 0; i < count; i += step) {
    const value = abs(load<f64>(src + (i << 3)));
    const n = nearest(value * ten);
    if (!(n < BELOW && value >= from && n / ten == value)) return false;
  }
  return true;
}

/** Leaves n at EIGHTS and at HEADS whether it is right: not where the samples were no sample. */
function scaleDecimals(from: usize, count: i32): void {
  const ten = f64x2.splat(power);
  const below = f64x2.splat(BELOW);
  const unit = f64x2.splat(UNIT);
  const above = f64x2.splat(least);
  let eights = EIGHTS;
  let heads = HEADS;
  for (const end = from + (count << 3); from < end; from += 16) {
    const value = f64x2.abs(v128.load(from));
    const n = f64x2.nearest(f64x2.mul(value, ten));
    const right = v128.and(
      v128.and(f64x2.lt(n, below), f64x2.ge(value, above)),
      f64x2.eq(f64x2.div(n, ten), value),
    );
    const integers = f64x2.add(n, unit);
    // What is no eight digits must not be spread.
    store<u64>(eights, i64x2.extract_lane(i32x4.shuffle(v128.and(integers, right), integers, 0, 2, 0, 2), 0));
    store<u64>(heads, i64x2.extract_lane(i32x4.shuffle(right, right, 0, 2, 0, 2), 0));
    eights += 8;
    heads += 8;
  }
}

// @ts-ignore: decorator
@inline
export function writeDecimals(from: usize, count: i32, sparse: bool, src: usize, p: usize): usize {
  scaleDecimals(from, count);
  spreadAll(EIGHTS, DIGITS, count, 16);
  const whole: usize = 8 - decimals;
  const split = <u64>whole << 3;
  const lastWhole = <u64>1 << (split - 8);
  const firstDecimal = <u64>1 << split;
  for (let i = 0; i < count; i++) {
    if (sparse) p = writeZerosBefore(i, p);
    const bits = load<u64>(from + (i << 3));
    if (load<u32>(HEADS + (i << 2)) == 0) {
      p = writeAny64(bits, sparse ? src + (placeOf(i) << 3) : src + (i << 3), p);
      continue;
    }
    store<u8>(p, 0x2d);
    p += <usize>(bits >> 63);
    const digits = load<u64>(DIGITS + (i << 3));
    const text = digits | 0x3030303030303030;
    // One digit stays on either side of the point.
    const leading = ctz(digits | lastWhole) & 56;
    store<u64>(p, text >> leading);
    p += whole - <usize>(leading >> 3);
    store<u8>(p, 0x2e);
    store<u64>(p, text >> split, 1);
    p += decimals + 1 - <usize>(clz(digits | firstDecimal) >> 3);
    store<u8>(p++, 0x2c);
  }
  return p;
}
