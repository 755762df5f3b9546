/**
 * binary32 to its shortest decimal, as float64.ts, but in doubles and two at a time: x = c·2^q·10^-k < 2^27.4 is one
 * product, wrong by less than 2^-24. What lies nearer to a boundary, about one in a million, goes to shortest.ts.
 */
import { digits16, drop, nonZero, spreadAll, TEXT_ZEROS } from './digits';
import { layOut15, makeShapes, MOST_MISSING32, shape32, suffix32 } from './layout';
import { DIGITS, EIGHTS, FACTORS32, HEADS, POWERS, VECTORS } from './memory';
import { writeNonFinite } from './policy';
import { exponent, floorLog10Pow2, floorLog2Pow10, MIN_K, shortest } from './shortest';

const FRACTION: u32 = 0x007fffff;
const HIDDEN: u32 = 0x00800000;
/** x is too small or large by less than 2^-53 of it, twice. What lies nearer to a boundary is not decided here. */
const DOUBT: f64 = 1.0 / 8388608.0;
/** What is added to a whole number for its bits to be the lower ones. */
const UNIT: f64 = 4503599627370496.0;

// A row of FACTORS32: 16 bytes at these offsets.
/** The gap 2^q·10^-k as a double. */
const GAP: usize = 0;
/** Where the shapes of the text are, by how many digits are missing, and the suffix if none is. */
const SHAPE: usize = 8;
const SUFFIX: usize = 14;

/** Digits of x: nine, the first two of which may be missing. */
const LENGTH = 9;

/** How many numbers each of the loops takes. */
const RUN = 128;
const RARE: u32 = 0x100;
const LAST_BITS = 4;
const LAST = 15;

export function makeFactors32(): void {
  makeShapes();
  makeConstants();
  for (let signed = 0; signed < 512; signed++) {
    const biased = signed & 0xff;
    // These stay zero: a gap of 0 is always in doubt.
    if (biased == 0 || biased == 0xff) continue;
    const row = FACTORS32 + (signed << 4);
    const q = biased - 150;
    const k = floorLog10Pow2(q);
    const h = q + floorLog2Pow10(-k);
    store<f64>(row, <f64>load<u64>(POWERS + ((k - MIN_K) << 4)) / <f64>(<u64>1 << (62 - h)), GAP);
    for (let missing = 0; missing <= MOST_MISSING32; missing++) {
      store<u16>(row + (missing << 1), <u16>shape32(k + LENGTH - 1 - missing, signed != biased, missing), SHAPE);
    }
    store<u16>(row, <u16>suffix32(k + LENGTH - 1), SUFFIX);
  }
}

export function float32s(src: usize, count: i32, p: usize): usize {
  while (count > 0) {
    const run = min(count, RUN);
    scale(src, run);
    spreadAll(EIGHTS, DIGITS, run, 16);
    p = write(src, run, p);
    src += run << 2;
    count -= run;
  }
  return p;
}

// Vectors at these offsets, loaded because V8 makes each constant anew in a loop.
const TENTHS: usize = 128;
const TENS: usize = 144;
const FIVES: usize = 160;
const HALVES: usize = 176;
const DOUBTS: usize = 192;
const UNITS: usize = 208;
const LOWER: usize = 224;
const SIXTEENS: usize = 240;

function makeConstants(): void {
  v128.store(VECTORS, f64x2.splat(0.1), TENTHS);
  v128.store(VECTORS, f64x2.splat(10), TENS);
  v128.store(VECTORS, f64x2.splat(5), FIVES);
  v128.store(VECTORS, f64x2.splat(0.5), HALVES);
  v128.store(VECTORS, f64x2.splat(DOUBT), DOUBTS);
  v128.store(VECTORS, f64x2.splat(UNIT), UNITS);
  v128.store(VECTORS, i64x2.splat(0xffffffff), LOWER);
  v128.store(VECTORS, f64x2.splat(16), SIXTEENS);
}

/** Leaves the digits of each number: eight at EIGHTS, at HEADS the last one and how many are missing. */
function scale(src: usize, count: i32): void {
  let eights = EIGHTS;
  let heads = HEADS;
  for (const end = src + (count << 2); src < end; src += 16) {
    const c = v128.or(v128.and(v128.load(src), i32x4.splat(FRACTION)), i32x4.splat(HIDDEN));
    const ab = shortenTwo(f64x2.convert_low_i32x4_s(c), gaps(src));
    const cd = shortenTwo(f64x2.convert_low_i32x4_s(i32x4.shuffle(c, c, 2, 3, 2, 3)), gaps(src + 8));
    const decimals = i32x4.shuffle(ab, cd, 0, 2, 4, 6);
    const doubts = i32x4.shuffle(ab, cd, 1, 3, 5, 7);
    const tens = i32x4.shr_u(decimals, LAST_BITS);
    v128.store(eights, tens);
    const missing = i32x4.add(i32x4.gt_s(i32x4.splat(10000000), tens), i32x4.gt_s(i32x4.splat(1000000), tens));
    const rest = v128.or(i32x4.neg(missing), v128.and(doubts, i32x4.splat(RARE)));
    const last = v128.and(decimals, i32x4.splat(LAST));
    v128.store(heads, i32x4.shuffle(last, rest, 0, 4, 1, 5));
    v128.store(heads, i32x4.shuffle(last, rest, 2, 6, 3, 7), 16);
    eights += 16;
    heads += 32;
  }
}

// @ts-ignore: decorator
@inline
function gaps(src: usize): v128 {
  const low = v128.load64_zero(FACTORS32 + ((load<u32>(src) >> 23) << 4), GAP);
  return v128.load_lane<u64>(FACTORS32 + ((load<u32>(src, 4) >> 23) << 4), low, 1, GAP);
}

/** For each of two numbers in 64 bits: in the lower half the decimal, its last digit in four bits; else if it is in doubt. */
// @ts-ignore: decorator
@inline
function shortenTwo(c: v128, gap: v128): v128 {
  const five = v128.load(VECTORS, FIVES);
  const ten = v128.load(VECTORS, TENS);
  const half = v128.load(VECTORS, HALVES);
  const doubt = v128.load(VECTORS, DOUBTS);
  const lower = v128.load(VECTORS, LOWER);
  const x = f64x2.mul(c, gap);
  // Where a rounding makes this one more or less, `ones` is a little below 0 or above 10.
  const tens = f64x2.floor(f64x2.mul(x, v128.load(VECTORS, TENTHS)));
  const ones = f64x2.sub(x, f64x2.mul(tens, ten));
  const beyondFive = f64x2.sub(ones, five);
  const beyond = f64x2.sub(f64x2.sub(five, f64x2.mul(gap, half)), f64x2.abs(beyondFive));
  const nearest = f64x2.nearest(ones);
  const inDoubt = v128.or(
    f64x2.lt(f64x2.abs(beyond), doubt),
    f64x2.gt(f64x2.abs(f64x2.sub(ones, nearest)), f64x2.sub(half, doubt)),
  );
  const zero = i64x2.splat(0);
  const sixteen = v128.load(VECTORS, SIXTEENS);
  const multiple = v128.andnot(sixteen, f64x2.lt(beyondFive, zero));
  const last = v128.bitselect(multiple, nearest, f64x2.lt(beyond, zero));
  const decimal = f64x2.add(f64x2.add(f64x2.mul(tens, sixteen), last), v128.load(VECTORS, UNITS));
  return v128.bitselect(decimal, inDoubt, lower);
}

function write(src: usize, count: i32, p: usize): usize {
  const zeros = v128.load(VECTORS, TEXT_ZEROS);
  let digits = DIGITS;
  let heads = HEADS;
  for (const end = src + (count << 2); src < end; src += 4) {
    const missing = load<u32>(heads, 4);
    const bits = load<u32>(src);
    // A power of two has a smaller gap below it.
    if (missing >= RARE || (bits & FRACTION) == 0) {
      p = writeRare32(src, p);
    } else {
      const row = FACTORS32 + ((bits >> 23) << 4);
      const shape = load<u16>(row + (missing << 1), SHAPE);
      const nine = v128.load_lane<u8>(heads, v128.load64_zero(digits), 8);
      p = layOut15(shape, load<u16>(row, SUFFIX) - (missing << 3), nine, zeros, p);
    }
    digits += 8;
    heads += 8;
  }
  return p;
}

/** Any number, exactly. */
function writeRare32(src: usize, p: usize): usize {
  const bits = load<u32>(src);
  const fraction = bits & FRACTION;
  const biased = <i32>(bits >> 23) & 0xff;
  const negative = bits >> 31 != 0;
  if (biased == 0xff) return writeNonFinite(fraction != 0, negative, src, p);
  if (biased == 0) return writeFew(fraction, -149, false, negative, p);
  return writeFew(fraction | HIDDEN, biased - 150, biased > 1 && fraction == 0, negative, p);
}

/** Writes ±c·2^q of at most nine digits, laid out as binary32. */
export function writeFew(c: u64, q: i32, narrow: bool, negative: bool, p: usize): usize {
  let digits = i64x2.splat(0);
  let power = 0;
  if (c != 0) {
    const decimal = shortest(c, q, narrow);
    const upper = decimal / 100000000;
    const all = digits16(upper, decimal - upper * 100000000);
    const leading = ctz(nonZero(all));
    digits = drop(all, leading);
    power = exponent + 15 - leading;
  }
  return layOut15(shape32(power, negative, 0), suffix32(power), digits, i8x16.splat(0x30), p);
}
