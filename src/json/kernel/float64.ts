/**
 * binary64 to its shortest decimal, at full speed whatever the values are: no branch depends on them but one that is
 * taken for special numbers and for about one in 3,000 of the others, which go to shortest.ts.
 *
 * As in Schubfach (Giulietti, 2021), c·2^q is scaled to x = c·s with s = 2^q·10^-k, k such that 1 <= s < 10, which is the
 * gap to the next number: a multiple of ten within s / 2 of x has a digit less, and there is at most one; else the
 * integer next to x is the answer. Unlike there, x is not multiplied out. A product of doubles gives its upper digits
 * u = x / 10^9, or one less; then x - u·10^9 is exact in products modulo 2^64, with 34 bits of its fraction.
 *
 * From there on four numbers share a vector: of the ones and their fraction 32 bits say all. Each step is a loop over a
 * run, for a single one is a chain of latency so long that too little of the next number fits into a processor's window.
 */
import { digits16, spreadAll, TEXT_ZEROS } from './digits';
import { layOut17, makeShapes, shape64, suffix64 } from './layout';
import { DIGITS, EIGHTS, FACTORS64, HEADS, POWERS, REACHES, RESTS, SCRATCH, UPPERS, VECTORS } from './memory';
import { writeNonFinite } from './policy';
import { exponent, floorLog10Pow2, floorLog2Pow10, MIN_K, shortest } from './shortest';
import { placeOf, writeZerosBefore } from './sparse';

const FRACTION: u64 = 0x000fffffffffffff;
const HIDDEN: u64 = 0x0010000000000000;
/** The exponent bits of 2^52, whose last place is 1. */
const UNIT: u64 = 0x4330000000000000;
/** A sum with 2^31 has 31 bits before the point; the other 21 are shifted out. */
const ABOVE: f64 = 2147483648.0;
const ABOVE_PLACES = 21;

/** Bits of the fraction of x without its upper digits; and of its ones alone, which with these have 32 bits. */
const PLACES = 34;
const FEWER = 28;
const HALF: i32 = 1 << (FEWER - 1);
const FIVE: i32 = 5 << FEWER;
/** 10 << FEWER, as a factor modulo 2^32. */
const TEN: u32 = 0xa0000000;
/**
 * In units of 2^-28 x is too small by less than 2^16: 2^15 for the lower bits of c that meet no correction, 2^15 for the
 * bits of s beyond 66. The middle is added, and what lies nearer to a boundary is not decided here.
 */
const MIDDLE: i32 = 1 << 15;
const DOUBT: i32 = (1 << 15) + 8;

// A row of FACTORS64: 32 bytes at these offsets.
/** The gap s, in units of 2^-34. */
const GAP: usize = 0;
/** s / 10^9 as a double, less about 2^-40 of it, so that the upper digits are never too large, and seldom too small. */
const ABOUT: usize = 8;
const TOO_SMALL: f64 = 1.0 / 1099511627776.0;
/** What the gap has beyond that, in units of 2^-66. */
const CORRECTION: usize = 16;
/** How far from five the ones are if a multiple of ten is just within reach: 5 - s / 2. */
const REACH: usize = 20;
/** Where the shape and the suffix of the text are, if x has 17 digits and if it has 16. */
const SHAPE: usize = 24;
const SUFFIX: usize = 26;
const NEXT_TEXT: usize = 4;

/** Digits of x: 17, the first of which may be missing. */
const LENGTH = 17;
/** From the digits of a number to the next one's: 17, and zeros. */
const STEP: usize = 32;
const LAST: usize = 16;

export function makeFactors64(): void {
  makeShapes();
  makeConstants();
  for (let signed = 0; signed < 4096; signed++) {
    const biased = signed & 0x7ff;
    const negative = signed != biased;
    const row = FACTORS64 + (signed << 5);
    store<u32>(row, FIVE, REACH);
    const q = biased - 1075;
    // Of a zero k is such that the first digit, which is missing, has the exponent 1.
    const k = biased == 0 ? 2 - LENGTH : floorLog10Pow2(q);
    for (let missing = 0; missing < 2; missing++) {
      const first = k + LENGTH - 1 - missing;
      store<u16>(row + missing * NEXT_TEXT, <u16>shape64(first, negative), SHAPE);
      store<u16>(row + missing * NEXT_TEXT, <u16>suffix64(first), SUFFIX);
    }
    // A gap of 0 is always in doubt.
    if (biased == 0 || biased == 0x7ff) continue;
    const power = POWERS + ((k - MIN_K) << 4);
    const g1 = load<u64>(power);
    // g1 has 63 bits, one of them before the point, where s has 1 to 4; of what is beyond the gap 32 bits are kept.
    const h = q + floorLog2Pow10(-k);
    const gap = g1 >> (62 - PLACES - h);
    const beyond = (g1 << (4 + h)) | (load<u64>(power, 8) >> (59 - h));
    store<u64>(row, gap, GAP);
    store<u32>(row, <u32>beyond, CORRECTION);
    store<f64>(row, (<f64>g1 / <f64>(<u64>1 << (62 - h)) / 1e9) * (1.0 - TOO_SMALL), ABOUT);
    store<u32>(row, FIVE - <u32>(gap >> (PLACES - FEWER + 1)), REACH);
  }
}

// Vectors at these offsets, loaded because V8 makes each constant anew in a loop.
const TENTHS: usize = 256;
const TENS: usize = 272;
const MIDDLES: usize = 288;
const IN_TIES: usize = 304;
const ROUNDING: usize = 320;
const TIES: usize = 336;
const MOST: usize = 352;
const WHOLE: usize = 368;
const LEAST: usize = 384;
const DOUBTS: usize = 400;
const FIRSTS: usize = 416;
const STEPS: usize = 432;

function makeConstants(): void {
  v128.store(VECTORS, i32x4.splat(<i32>3435973837), TENTHS);
  v128.store(VECTORS, i32x4.splat(<i32>TEN), TENS);
  v128.store(VECTORS, i32x4.splat(MIDDLE - FIVE), MIDDLES);
  v128.store(VECTORS, i32x4.splat(DOUBT), DOUBTS);
  for (let i: usize = 0; i < 4; i++) store<u32>(VECTORS + (i << 2), <u32>(DIGITS + i * STEP), FIRSTS);
  v128.store(VECTORS, i32x4.splat(4 * <i32>STEP), STEPS);
  v128.store(VECTORS, i32x4.splat(HALF + MIDDLE), ROUNDING);
  v128.store(VECTORS, i32x4.splat(i32.MIN_VALUE + (DOUBT << (32 - FEWER))), TIES);
  v128.store(VECTORS, i32x4.splat(i32.MIN_VALUE + (DOUBT << (33 - FEWER))), IN_TIES);
  v128.store(VECTORS, i32x4.splat(99999999), MOST);
  v128.store(VECTORS, i32x4.splat(100000000), WHOLE);
  v128.store(VECTORS, i32x4.splat(10000000), LEAST);
}

/** Numbers at `from` as they come; `sparse` as sparse.ts left them, with the zeros between. */
// @ts-ignore: decorator
@inline
export function writeShortest64(from: usize, count: i32, sparse: bool, src: usize, p: usize): usize {
  scale(from, count);
  shorten(from, count);
  spreadAll(EIGHTS, DIGITS, count << 1, STEP);
  const zeros = v128.load(VECTORS, TEXT_ZEROS);
  for (let i = 0; i < count << 3; i += 8) {
    if (sparse) p = writeZerosBefore(i >> 3, p);
    const text = load<i32>(i, HEADS);
    if (text < 0) {
      p = writeAny64(load<u64>(from + i), src + (sparse ? placeOf(i >> 3) << 3 : i), p);
    } else {
      const shape = load<u16>(text, FACTORS64 + SHAPE);
      p = layOut17(shape, load<u16>(text, FACTORS64 + SUFFIX), load<u32>(i, HEADS + 4), zeros, p);
    }
  }
  return p;
}

/** Leaves the upper digits of each number at UPPERS, the rest in units of 2^-34 at RESTS, and its reach at REACHES. */
function scale(src: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) {
    const from = src + (i << 3);
    const rests = RESTS + (i << 3);
    const fours = i << 2;
    scaleOne(from, rests, fours);
    scaleOne(from + 8, rests + 8, fours + 4);
    scaleOne(from + 16, rests + 16, fours + 8);
    scaleOne(from + 24, rests + 24, fours + 12);
  }
}

// @ts-ignore: decorator
@inline
function scaleOne(src: usize, rest: usize, four: usize): void {
  const bits = load<u64>(src);
  const fraction = bits & FRACTION;
  const row = <usize>(bits >> 52) << 5;
  const c = fraction | HIDDEN;
  const about = reinterpret<f64>(fraction | UNIT) * load<f64>(row, FACTORS64 + ABOUT) + ABOVE;
  const upper = <u64>(<u32>(reinterpret<u64>(about) >> ABOVE_PLACES));
  const correction = (c >> 21) * <u64>load<u32>(row, FACTORS64 + CORRECTION);
  store<u32>(four, <u32>upper, UPPERS);
  store<u64>(rest, c * load<u64>(row, FACTORS64 + GAP) + (correction >> 11) - upper * (1000000000 << PLACES));
  store<u32>(four, load<u32>(row, FACTORS64 + REACH), REACHES);
}

/**
 * Leaves the digits of each number: two times eight at EIGHTS, the last one at DIGITS; at HEADS where its row says what
 * the text is, or -1 if it is in doubt, and where its first digit will be.
 */
function shorten(src: usize, count: i32): void {
  const tenths = v128.load(VECTORS, TENTHS);
  const tens32 = v128.load(VECTORS, TENS);
  const middle = v128.load(VECTORS, MIDDLES);
  const rounding = v128.load(VECTORS, ROUNDING);
  const doubt = v128.load(VECTORS, DOUBTS);
  const most = v128.load(VECTORS, MOST);
  const whole = v128.load(VECTORS, WHOLE);
  const least = v128.load(VECTORS, LEAST);
  const ties = v128.load(VECTORS, TIES);
  const inTies = v128.load(VECTORS, IN_TIES);
  const zero = i64x2.splat(0);
  const step = v128.load(VECTORS, STEPS);
  let digits: usize = DIGITS;
  let firsts = v128.load(VECTORS, FIRSTS);
  for (let i = 0; i < count; i += 4) {
    const eight = i << 3;
    const four = i << 2;
    const a = v128.load(eight, RESTS);
    const b = v128.load(eight, RESTS + 16);
    const integers = i32x4.shuffle(i64x2.shr_u(a, PLACES), i64x2.shr_u(b, PLACES), 0, 2, 4, 6);
    const places = i32x4.shuffle(i64x2.shr_u(a, PLACES - FEWER), i64x2.shr_u(b, PLACES - FEWER), 0, 2, 4, 6);
    const tens = i32x4.shuffle(
      i64x2.shr_u(i64x2.extmul_low_i32x4_u(integers, tenths), 35),
      i64x2.shr_u(i64x2.extmul_high_i32x4_u(integers, tenths), 35),
      0, 2, 4, 6,
    );
    const ones = i32x4.sub(places, i32x4.mul(tens, tens32));
    const beyondFive = i32x4.add(ones, middle);
    const beyond = i32x4.sub(v128.load(four, REACHES), i32x4.abs(beyondFive));
    const rounded = i32x4.add(ones, rounding);
    // Where a multiple of ten is within reach `beyond` is negative.
    const last = v128.andnot(i32x4.shr_u(rounded, FEWER), i32x4.shr_s(beyond, 31));
    const up = i32x4.shr_s(v128.andnot(beyond, beyondFive), 31);
    const eights = i32x4.sub(tens, up);
    const carry = i32x4.gt_s(eights, most);
    const lower = i32x4.sub(eights, v128.and(carry, whole));
    const upper = i32x4.sub(v128.load(four, UPPERS), carry);
    v128.store(eight, i32x4.shuffle(upper, lower, 0, 4, 1, 5), EIGHTS);
    v128.store(eight, i32x4.shuffle(upper, lower, 2, 6, 3, 7), EIGHTS + 16);
    v128.store_lane<u32>(digits, last, 0, LAST);
    v128.store_lane<u32>(digits, last, 1, LAST + STEP);
    v128.store_lane<u32>(digits, last, 2, LAST + 2 * STEP);
    v128.store_lane<u32>(digits, last, 3, LAST + 3 * STEP);
    digits += 4 * STEP;
    // From the middle between two integers, in units of 2^-32, with the doubt below moved to the least of 32 bits.
    const tie = i32x4.add(i32x4.shl(rounded, 32 - FEWER), ties);
    const from = src + eight;
    const c = v128.load(from);
    const d = v128.load(from, 16);
    const high = i32x4.shuffle(c, d, 1, 3, 5, 7);
    // A power of two has a smaller gap below it; a zero is neither that nor in doubt.
    const low = i32x4.shuffle(c, d, 0, 2, 4, 6);
    const fraction = v128.or(i32x4.shl(high, 12), low);
    const doubtful = v128.or(
      v128.or(i32x4.eq(fraction, zero), i32x4.lt_s(i32x4.abs(beyond), doubt)),
      i32x4.lt_s(tie, inTies),
    );
    const rare = v128.andnot(doubtful, i32x4.eq(v128.or(i32x4.add(high, high), low), zero));
    const missing = i32x4.gt_s(least, upper);
    const text = v128.or(i32x4.sub(i32x4.shl(i32x4.shr_u(high, 20), 5), i32x4.shl(missing, 2)), rare);
    const first = i32x4.sub(firsts, missing);
    v128.store(eight, i32x4.shuffle(text, first, 0, 4, 1, 5), HEADS);
    v128.store(eight, i32x4.shuffle(text, first, 2, 6, 3, 7), HEADS + 16);
    firsts = i32x4.add(firsts, step);
  }
}

/** Writes any number, exactly, with its comma; `element` is where it lies. */
export function writeAny64(bits: u64, element: usize, p: usize): usize {
  const fraction = bits & FRACTION;
  const biased = <i32>(bits >> 52) & 0x7ff;
  const negative = bits >> 63 != 0;
  if (biased == 0x7ff) return writeNonFinite(fraction != 0, negative, element, p);
  let digits: u64 = 0;
  let power = 0;
  if (biased != 0 || fraction != 0) {
    digits =
      biased == 0 ? shortest(fraction, -1074, false) : shortest(fraction | HIDDEN, biased - 1075, biased > 1 && fraction == 0);
    power = exponent + LENGTH - 1;
    for (; digits < 10000000000000000; power--) digits *= 10;
  }
  const tens = digits / 10;
  const upper = tens / 100000000;
  v128.store(SCRATCH, digits16(upper, tens - upper * 100000000));
  store<u64>(SCRATCH, digits - tens * 10, LAST);
  return layOut17(shape64(power, negative), suffix64(power), SCRATCH, i8x16.splat(0x30), p);
}
