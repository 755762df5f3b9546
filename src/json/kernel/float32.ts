/**
 * binary32 to its shortest decimal, as float64.ts, but one product of 64 bits is enough: x = c·2^q·10^-k, with 36 bits of
 * its fraction. About one number in a thousand lies too near to a boundary for them, and goes to shortest.ts.
 */
import { digits16, drop, nonZero, spreadAll } from './digits';
import { layOut, makeShapes, NEXT_SHAPE, shape32, suffix32 } from './layout';
import { DIGITS, EIGHTS, FACTORS32, HEADS, POWERS } from './memory';
import { writeNonFinite } from './policy';
import { exponent, floorLog10Pow2, floorLog2Pow10, MIN_K, near, shortest } from './shortest';

const FRACTION: u32 = 0x007fffff;
const HIDDEN: u32 = 0x00800000;
/** x is held in units of 2^-36: it is less than 2^27.4. */
const PLACES = 36;
const HALF: i64 = 1 << (PLACES - 1);
const FIVE: i64 = 5 << PLACES;
/** In these units x is too small by less than 2^24: c, for what is cut off the gap. */
const DOUBT_BITS = 25;
const DOUBT: i64 = 1 << DOUBT_BITS;

// A row of FACTORS32: 16 bytes at these offsets.
/** The gap, in units of 2^-36. */
const GAP: usize = 0;
/** Where the shape and the suffix of the text are. */
const SHAPE: usize = 8;
const SUFFIX: usize = 12;

/** Digits of x: nine, the first two of which may be missing. */
const LENGTH = 9;

/** How many numbers each of the loops takes. */
const RUN = 128;
const RARE: u32 = 0x100;

export function makeFactors32(): void {
  makeShapes();
  for (let signed = 0; signed < 512; signed++) {
    const biased = signed & 0xff;
    // These stay zero: a gap of 0 is always in doubt.
    if (biased == 0 || biased == 0xff) continue;
    const row = FACTORS32 + (signed << 4);
    const q = biased - 150;
    const k = floorLog10Pow2(q);
    const cut = 62 - PLACES - (q + floorLog2Pow10(-k));
    store<u64>(row, load<u64>(POWERS + ((k - MIN_K) << 4)) >> cut, GAP);
    store<u32>(row, <u32>shape32(k + LENGTH - 1, signed != biased), SHAPE);
    store<u32>(row, <u32>suffix32(k + LENGTH - 1), SUFFIX);
  }
}

export function float32s(src: usize, count: i32, p: usize): usize {
  while (count > 0) {
    const run = min(count, RUN);
    scale(src, run);
    spreadAll(EIGHTS, DIGITS, run);
    p = write(src, run, p);
    src += run << 2;
    count -= run;
  }
  return p;
}

/** Leaves the digits of each number: eight at EIGHTS, at HEADS the first one and how many are missing. */
function scale(src: usize, count: i32): void {
  let eights = EIGHTS;
  let heads = HEADS;
  for (const end = src + (count << 2); src < end; src += 4) {
    const bits = load<u32>(src);
    const fraction = bits & FRACTION;
    const gap = load<u64>(FACTORS32 + ((bits >> 23) << 4), GAP);
    const x = <u64>(fraction | HIDDEN) * gap;
    const tens = ((x >> PLACES) * 3435973837) >> 35;
    const ones = <i64>(x - ((tens * 10) << PLACES));
    const beyondFive = ones - FIVE;
    const isUpper = ~(beyondFive >> 63);
    const beyond = FIVE - <i64>(gap >> 1) - abs(beyondFive);
    const rounded = ones + HALF;
    const doubt =
      near(beyond, DOUBT) | i32(((rounded + DOUBT) << (64 - PLACES)) >>> (65 - PLACES + DOUBT_BITS) == 0);
    const rare = doubt | i32(fraction == 0);
    const nearest = rounded >> PLACES;
    const last = select<i64>(10 & isUpper, nearest, beyond < 0);
    const decimal = <u32>(tens * 10 + last);
    const first = u32(decimal >= 100000000);
    store<u32>(eights, decimal - first * 100000000);
    store<u32>(heads, first);
    store<u32>(heads, (1 - first + u32(decimal < 10000000)) | (rare << 8), 4);
    eights += 4;
    heads += 8;
  }
}

function write(src: usize, count: i32, p: usize): usize {
  let digits = DIGITS;
  let heads = HEADS;
  for (const end = src + (count << 2); src < end; src += 4) {
    p = load<u32>(heads, 4) < RARE ? writeOne(src, heads, v128.load64_zero(digits), p) : writeRare32(src, p);
    digits += 8;
    heads += 8;
  }
  return p;
}

// @ts-ignore: decorator
@inline
function writeOne(src: usize, head: usize, digits: v128, p: usize): usize {
  const missing = load<u32>(head, 4);
  const bits = load<u32>(src);
  const row = FACTORS32 + ((bits >> 23) << 4);
  const shape = load<u32>(row, SHAPE) + (missing << NEXT_SHAPE);
  const suffix = load<u32>(row, SUFFIX) - (missing << 3);
  return layOut(shape, suffix, v128.load32_zero(head), digits, false, p);
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
  // The head's place is the first lane of what is shifted out of the vector.
  const head = i8x16.replace_lane(i64x2.splat(0), 0, i8x16.extract_lane_u(digits, 0));
  return layOut(shape32(power, negative), suffix32(power), head, drop(digits, 1), false, p);
}
