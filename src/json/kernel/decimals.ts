/**
 * binary64 numbers that are a whole number of tenths, hundredths, … and of nine digits at most, as people and sensors
 * write them. n / 10^d, correctly rounded, is the number itself: then n·10^-d is a decimal that reads back to it, and of
 * fifteen digits or fewer there is only one (Steele and White, 1990). So this is the shortest but for zeros at its end.
 * Its text is looked up, four digits at a time.
 */
import { writeAny64 } from './float64';
import { FRACTIONS, HEADS } from './memory';
import { placeOf, writeZerosBefore } from './sparse';
import { writeFour, writeUpTo8 } from './tables';

/** What n is below: what is before the point then has eight digits at most. */
const BELOW: f64 = 1000000000.0;
const MOST_DECIMALS = 7;
/** Smaller ones are written with an exponent; not even a zero is tried where there may be some. */
const LEAST: f64 = 1e-5;
/** What is added to a whole number for its bits to be the lower ones. */
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

/**
 * Leaves at HEADS what is before the point and what is behind it, as four digits or eight; or -1 twice, where the samples
 * were no sample.
 *
 * @param filled 10^4 or 10^8
 */
function split(from: usize, count: i32, filled: f64): void {
  const ten = f64x2.splat(power);
  const scale = f64x2.splat(filled / power);
  const below = f64x2.splat(BELOW);
  const unit = f64x2.splat(UNIT);
  const above = f64x2.splat(least);
  let heads = HEADS;
  for (const end = from + (count << 3); from < end; from += 16) {
    const value = f64x2.abs(v128.load(from));
    const n = f64x2.nearest(f64x2.mul(value, ten));
    const right = v128.and(
      v128.and(f64x2.lt(n, below), f64x2.ge(value, above)),
      f64x2.eq(f64x2.div(n, ten), value),
    );
    // No n / 10^d is so near to a whole number that it is rounded to it.
    const whole = f64x2.floor(value);
    const fraction = f64x2.mul(f64x2.sub(n, f64x2.mul(whole, ten)), scale);
    const both = i32x4.shuffle(f64x2.add(whole, unit), f64x2.add(fraction, unit), 0, 4, 2, 6);
    v128.store(heads, v128.or(both, v128.not(right)));
    heads += 16;
  }
}

// @ts-ignore: decorator
@inline
export function writeDecimals(from: usize, count: i32, sparse: bool, src: usize, p: usize): usize {
  return decimals > 4 ? write(from, count, true, sparse, src, p) : write(from, count, false, sparse, src, p);
}

// @ts-ignore: decorator
@inline
function write(from: usize, count: i32, eight: bool, sparse: bool, src: usize, p: usize): usize {
  split(from, count, eight ? 1e8 : 1e4);
  for (let i = 0; i < count << 3; i += 8) {
    if (sparse) p = writeZerosBefore(i >> 3, p);
    const bits = load<u64>(from + i);
    const fraction = load<i32>(i, HEADS + 4);
    if (fraction < 0) {
      p = writeAny64(bits, src + (sparse ? placeOf(i >> 3) << 3 : i), p);
      continue;
    }
    store<u8>(p, 0x2d);
    p = writeUpTo8(load<u32>(i, HEADS), p + <usize>(bits >> 63));
    let four: u32 = fraction;
    if (eight) {
      const upper = four / 10000;
      const lower = four - upper * 10000;
      if (lower != 0) {
        store<u8>(p, 0x2e);
        writeFour(upper, p + 1);
        // Without its point.
        const text = load<u64>(lower << 3, FRACTIONS);
        store<u64>(p, text >> 8, 5);
        p += 4 + <usize>(text >> 56);
        continue;
      }
      four = upper;
    }
    const text = load<u64>(four << 3, FRACTIONS);
    store<u64>(p, text);
    p += <usize>(text >> 56);
  }
  return p;
}
