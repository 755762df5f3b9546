/**
 * binary64 to its shortest decimal, at full speed whatever the values are: no branch depends on them but one that is
 * taken for special numbers and for about one in 2^30 of the others, which go to shortest.ts.
 *
 * As in Schubfach (Giulietti, 2021), c·2^q is scaled to x = c·s with s = 2^q·10^-k, k such that 1 <= s < 10, which is the
 * gap to the next number: a multiple of ten within s / 2 of x has a digit less, and there is at most one; else the
 * integer next to x is the answer. Unlike there, x is not multiplied out. Its lower 64 bits come from products modulo
 * 2^64, with 57 bits of the fraction of s and 32 more as a correction; that leaves out multiples of 128, and these come
 * from one product of doubles, which is wrong by less than half of that.
 *
 * Four loops over a run: a single one is a chain of 150 cycles of latency in 270 instructions, and too little of the next
 * number fits into a processor's window to fill it (24 ns a number, in two loops 17, in four 14).
 */
import { digits16, spreadAll } from './digits';
import { layOut, makeShapes, NEXT_SHAPE, shape64, suffix64 } from './layout';
import { DIGITS, EIGHTS, FACTORS64, HEADS, POWERS, SCALED } from './memory';
import { writeNonFinite } from './policy';
import { exponent, floorLog10Pow2, floorLog2Pow10, MIN_K, near, shortest } from './shortest';
import { placeOf, writeZerosBefore } from './sparse';

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

const RARE: u32 = 0x100;

export function makeFactors64(): void {
  makeShapes();
  for (let signed = 0; signed < 4096; signed++) {
    const biased = signed & 0x7ff;
    // These stay zero: a gap of 0 is always in doubt.
    if (biased == 0 || biased == 0x7ff) continue;
    const row = FACTORS64 + (signed << 5);
    const q = biased - 1075;
    const k = floorLog10Pow2(q);
    const power = POWERS + ((k - MIN_K) << 4);
    const g1 = load<u64>(power);
    // g1 has 63 bits, one of them before the point, where s has 1 to 4.
    const cut = 5 - (q + floorLog2Pow10(-k));
    store<u64>(row, g1 >> cut, GAP);
    store<u64>(row, ((g1 << (32 - cut)) & 0xffffffff) | (load<u64>(power, 8) >> (31 + cut)), CORRECTION);
    store<f64>(row, <f64>g1 / <f64>(<u64>1 << (62 - (5 - cut))) / 32.0, ABOUT);
    store<u32>(row, <u32>shape64(k + LENGTH - 1, signed != biased), SHAPE);
    store<u32>(row, <u32>suffix64(k + LENGTH - 1), SUFFIX);
  }
}

/** Numbers at `from` as they come; `sparse` as sparse.ts left them, with the zeros between. */
// @ts-ignore: decorator
@inline
export function writeShortest64(from: usize, count: i32, sparse: bool, src: usize, p: usize): usize {
  scale(from, count);
  shorten(count);
  spreadAll(EIGHTS, DIGITS, count << 1);
  let digits = DIGITS;
  let heads = HEADS;
  for (let i = 0; i < count; i++) {
    if (sparse) p = writeZerosBefore(i, p);
    const missing = load<u32>(heads, 4);
    const bits = load<u64>(from + (i << 3));
    // A power of two has a smaller gap below it.
    if (missing >= RARE || (bits & FRACTION) == 0) {
      p = writeAny64(bits, sparse ? src + (placeOf(i) << 3) : src + (i << 3), p);
    } else {
      const row = FACTORS64 + (<usize>(bits >> 52) << 5);
      const shape = load<u32>(row, SHAPE) + (missing << NEXT_SHAPE);
      const suffix = load<u32>(row, SUFFIX) - (missing << 3);
      p = layOut(shape, suffix, v128.load32_zero(heads), v128.load(digits), true, p);
    }
    digits += 16;
    heads += 8;
  }
  return p;
}

/** Leaves x of each number at SCALED, its fraction, and how far from five a multiple of ten is within reach. */
function scale(src: usize, count: i32): void {
  let scaled = SCALED;
  for (const end = src + (count << 3); src < end; src += 32) {
    scaleOne(src, scaled);
    scaleOne(src + 8, scaled + 24);
    scaleOne(src + 16, scaled + 48);
    scaleOne(src + 24, scaled + 72);
    scaled += 96;
  }
}

// @ts-ignore: decorator
@inline
function scaleOne(src: usize, scaled: usize): void {
  const bits = load<u64>(src);
  const fraction = bits & FRACTION;
  const row = FACTORS64 + (<usize>(bits >> 52) << 5);
  const c = fraction | HIDDEN;
  const gap = load<u64>(row, GAP);
  // x / 32 to the next integer: it is less than 2^52, so the last place of the sum is 1.
  const about = reinterpret<u64>(reinterpret<f64>(fraction | UNIT) * load<f64>(row, ABOUT) + 4503599627370496.0) - UNIT;
  // What x has beyond that, in units of 2^-57, exact modulo 2^64 and less than 2^63.
  const rest = c * gap + (((c >> 21) * load<u64>(row, CORRECTION)) >> 11) - (about << 62);
  store<u64>(scaled, (about << 5) + <u64>(<i64>rest >> PLACES));
  store<u64>(scaled, (rest << (64 - PLACES)) >> (64 - PLACES), 8);
  store<u64>(scaled, <u64>FIVE - (gap >> 1), 16);
}

/** Leaves the digits of each number: two times eight at EIGHTS, at HEADS the first one and whether it is missing. */
function shorten(count: i32): void {
  let scaled = SCALED;
  let eights = EIGHTS;
  let heads = HEADS;
  for (const end = scaled + count * 24; scaled < end; scaled += 96) {
    shortenOne(scaled, eights, heads);
    shortenOne(scaled + 24, eights + 8, heads + 8);
    shortenOne(scaled + 48, eights + 16, heads + 16);
    shortenOne(scaled + 72, eights + 24, heads + 24);
    eights += 32;
    heads += 32;
  }
}

// @ts-ignore: decorator
@inline
function shortenOne(scaled: usize, eights: usize, heads: usize): void {
  const x = load<u64>(scaled);
  const upper = x / 100000000;
  const lower = x - upper * 100000000;
  const tens = (lower * 3435973837) >> 35;
  const ones = <i64>((lower - tens * 10) << PLACES) + load<i64>(scaled, 8);
  const beyondFive = ones - FIVE;
  const beyond = load<i64>(scaled, 16) - abs(beyondFive);
  const rounded = ones + HALF;
  const doubt =
    near(beyond, DOUBT) |
    i32(((rounded + DOUBT) << (64 - PLACES)) >>> (65 - PLACES + DOUBT_BITS) == 0);
  const last = select<i64>(10 & ~(beyondFive >> 63), rounded >> PLACES, beyond < 0);
  const eight = tens * 10 + last;
  const carry = <u64>(eight >= 100000000);
  const nine = upper + carry;
  const first = (nine * 1441151881) >> 57;
  store<u32>(eights, <u32>(nine - first * 100000000));
  store<u32>(eights, <u32>(eight - carry * 100000000), 4);
  store<u32>(heads, <u32>first);
  store<u32>(heads, <u32>(first == 0) | (doubt << 8), 4);
}

/** Writes any number, exactly, with its comma; `element` is where it lies. */
export function writeAny64(bits: u64, element: usize, p: usize): usize {
  const fraction = bits & FRACTION;
  const biased = <i32>(bits >> 52) & 0x7ff;
  const negative = bits >> 63 != 0;
  if (biased == 0x7ff) return writeNonFinite(fraction != 0, negative, element, p);
  if (biased == 0 && fraction == 0) return layOut(shape64(0, negative), suffix64(0), i64x2.splat(0), i64x2.splat(0), true, p);
  let digits =
    biased == 0 ? shortest(fraction, -1074, false) : shortest(fraction | HIDDEN, biased - 1075, biased > 1 && fraction == 0);
  let power = exponent + LENGTH - 1;
  for (; digits < 10000000000000000; power--) digits *= 10;
  const first = digits / 10000000000000000;
  digits -= first * 10000000000000000;
  const upper = digits / 100000000;
  const head = i8x16.replace_lane(i64x2.splat(0), 0, <u8>first);
  return layOut(shape64(power, negative), suffix64(power), head, digits16(upper, digits - upper * 100000000), true, p);
}
