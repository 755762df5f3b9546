/**
 * binary64 to its shortest decimal, at full speed whatever the values are: no branch depends on them but one that is
 * taken for special numbers and for about one in 2^29 of the others, which go to shortest.ts.
 *
 * As in Schubfach (Giulietti, 2021), c·2^q is scaled to x = c·s with s = 2^q·10^-k, k such that 1 <= s < 10, which is the
 * gap to the next number: a multiple of ten within s / 2 of x has a digit less, and there is at most one; else the
 * integer next to x is the answer. Unlike there, x is not multiplied out. Its lower 64 bits come from products modulo
 * 2^64, with 57 bits of the fraction of s and 32 more as a correction; that leaves out multiples of 128, and these come
 * from one product of doubles, which is wrong by less than half of that.
 *
 * Two loops over a run: a single one is a chain of 150 cycles of latency in 270 instructions, and too little of the next
 * number fits into a processor's window to fill it (24 ns, against 13).
 */
import { digits16, spread, upperFours } from './digits';
import { layOut, makeShapes, NEXT_SHAPE, shape64, suffix64 } from './layout';
import { DIGITS, FACTORS64, HEADS, POWERS } from './memory';
import { writeNonFinite } from './policy';
import { exponent, floorLog10Pow2, floorLog2Pow10, MIN_K, near, shortest } from './shortest';

const FRACTION: u64 = 0x000fffffffffffff;
const HIDDEN: u64 = 0x0010000000000000;
/** The exponent bits of 2^52, whose last place is 1. */
const UNIT: u64 = 0x4330000000000000;
/** Of what x is modulo ten. */
const PLACES = 57;
const HALF: i64 = 1 << (PLACES - 1);
const FIVE: i64 = 5 << PLACES;
/**
 * In units of 2^-57 x is too small by less than 2^22: 2^21 for the lower bits of c that meet no correction, 2^21 for the
 * bits of s beyond 89. What lies nearer to a boundary, by far, is not decided here.
 */
const DOUBT_BITS = 25;
const DOUBT: i64 = 1 << DOUBT_BITS;

// A row of FACTORS64: 32 bytes at these offsets.
/** The gap s, in units of 2^-57, then of 2^-89. */
const GAP: usize = 0;
const CORRECTION: usize = 8;
/** s / 32 as a double. */
const ABOUT: usize = 16;
/** Where the shape and the suffix of the text are. */
const SHAPE: usize = 24;
const SUFFIX: usize = 28;

/** Digits of x: 17, the first of which may be missing. */
const LENGTH = 17;

/** How many numbers each of the loops takes. */
const RUN = 128;
const RARE: u32 = 0x100;

export function makeFactors64(): void {
  makeShapes();
  for (let biased = 0; biased < 2047; biased++) {
    const row = FACTORS64 + (biased << 5);
    const q = biased - 1075;
    const k = biased == 0 ? 1 - LENGTH + 1 : floorLog10Pow2(q);
    if (biased == 0) {
      // Zero, whose digits are missing as well. The others of this exponent have no use for this.
      for (let i: usize = 0; i < 32; i += 8) store<u64>(row + i, 0);
    } else {
      const power = POWERS + ((k - MIN_K) << 4);
      const g1 = load<u64>(power);
      // g1 has 63 bits, one of them before the point, where s has 1 to 4.
      const cut = 5 - (q + floorLog2Pow10(-k));
      store<u64>(row, g1 >> cut, GAP);
      store<u64>(row, (((g1 << (32 - cut)) & 0xffffffff) | (load<u64>(power, 8) >> (31 + cut))), CORRECTION);
      store<f64>(row, <f64>g1 / <f64>(<u64>1 << (62 - (5 - cut))) / 32.0, ABOUT);
    }
    store<u32>(row, <u32>shape64(k + LENGTH - 1), SHAPE);
    store<u32>(row, <u32>suffix64(k + LENGTH - 1), SUFFIX);
  }
}

export function float64s(src: usize, count: i32, p: usize): usize {
  while (count > 0) {
    const run = min(count, RUN);
    scale(src, run);
    p = write(src, run, p);
    src += run << 3;
    count -= run;
  }
  return p;
}

/** Leaves the digits of each number: two times eight at DIGITS, at HEADS the first one and whether it is missing. */
function scale(src: usize, count: i32): void {
  let digits = DIGITS;
  let heads = HEADS;
  for (const end = src + (count << 3); src < end; src += 8) {
    const bits = load<u64>(src);
    const fraction = bits & FRACTION;
    const row = FACTORS64 + ((<usize>(bits >> 52) & 0x7ff) << 5);
    const c = fraction | HIDDEN;
    const gap = load<u64>(row, GAP);

    // x / 32 to the next integer: it is less than 2^52, so the last place of the sum is 1.
    const about = reinterpret<u64>(reinterpret<f64>(fraction | UNIT) * load<f64>(row, ABOUT) + 4503599627370496.0) - UNIT;
    // What x has beyond that, in units of 2^-57, exact modulo 2^64 and less than 2^63.
    const rest = c * gap + (((c >> 21) * load<u64>(row, CORRECTION)) >> 11) - (about << 62);
    const x = (about << 5) + <u64>(<i64>rest >> PLACES);

    const upper = x / 100000000;
    const lower = x - upper * 100000000;
    const tens = (lower * 3435973837) >> 35;
    const ones = <i64>((lower - tens * 10) << PLACES) + <i64>((rest << (64 - PLACES)) >> (64 - PLACES));
    // Within the gap's half of a multiple of ten?
    const beyondFive = ones - FIVE;
    const isUpper = ~(beyondFive >> 63);
    const beyond = FIVE - <i64>(gap >> 1) - abs(beyondFive);
    const snaps = beyond >> 63;
    const rounded = ones + HALF;
    const doubt =
      near(beyond, DOUBT) |
      i32(((rounded + DOUBT) << (64 - PLACES)) >>> (65 - PLACES + DOUBT_BITS) == 0);
    // A power of two has a smaller gap below it. Zero has neither.
    const rare = (doubt | i32(fraction == 0)) & i32(bits << 1 != 0);
    const nearest = rounded >> PLACES;
    const last = nearest ^ ((nearest ^ (10 & isUpper)) & snaps);
    const eight = tens * 10 + last;
    const carry = <u64>(eight >= 100000000);
    const nine = upper + carry;
    const first = (nine * 1441151881) >> 57;
    store<u32>(digits, <u32>(nine - first * 100000000));
    store<u32>(digits, <u32>(eight - carry * 100000000), 4);
    store<u32>(heads, <u32>first);
    store<u32>(heads, <u32>(first == 0) | (rare << 8), 4);
    digits += 8;
    heads += 8;
  }
}

function write(src: usize, count: i32, p: usize): usize {
  let digits = DIGITS;
  let heads = HEADS;
  const end = src + (count << 3);
  for (; src < end; src += 16) {
    const n = v128.load(digits);
    const upper = upperFours(n);
    const lower = i32x4.sub(n, i32x4.mul(upper, i32x4.splat(10000)));
    p = writeOne(src, heads, i32x4.shuffle(upper, lower, 0, 4, 1, 5), p);
    if (src + 8 < end) p = writeOne(src + 8, heads + 8, i32x4.shuffle(upper, lower, 2, 6, 3, 7), p);
    digits += 16;
    heads += 16;
  }
  return p;
}

// @ts-ignore: decorator
@inline
function writeOne(src: usize, head: usize, fours: v128, p: usize): usize {
  const missing = load<u32>(head, 4);
  if (missing >= RARE) return writeRare64(src, p);
  const bits = load<u64>(src);
  const row = FACTORS64 + ((<usize>(bits >> 52) & 0x7ff) << 5);
  store<u8>(p, 0x2d);
  p += <usize>(bits >> 63);
  const shape = load<u32>(row, SHAPE) + (missing << NEXT_SHAPE);
  const suffix = load<u32>(row, SUFFIX) - (missing << 3);
  return layOut(shape, suffix, v128.load32_zero(head), spread(fours), true, p);
}

/** Any number, exactly. */
function writeRare64(src: usize, p: usize): usize {
  const bits = load<u64>(src);
  const fraction = bits & FRACTION;
  const biased = <i32>(bits >> 52) & 0x7ff;
  const negative = bits >> 63 != 0;
  if (biased == 0x7ff) return writeNonFinite(fraction != 0, negative, src, p);
  store<u8>(p, 0x2d);
  p += usize(negative);
  let digits =
    biased == 0 ? shortest(fraction, -1074, false) : shortest(fraction | HIDDEN, biased - 1075, biased > 1 && fraction == 0);
  let power = exponent + LENGTH - 1;
  for (; digits < 10000000000000000; power--) digits *= 10;
  const first = digits / 10000000000000000;
  digits -= first * 10000000000000000;
  const upper = digits / 100000000;
  const head = i8x16.replace_lane(i64x2.splat(0), 0, <u8>first);
  return layOut(shape64(power), suffix64(power), head, digits16(upper, digits - upper * 100000000), true, p);
}
