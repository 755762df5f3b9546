/**
 * binary32 to its shortest decimal, as float64.ts, but one product of 64 bits is enough: x = c·2^q·10^-k, with 36 bits of its
 * fraction. About one number in a thousand lies too near to a boundary for them, and goes to shortest.ts.
 */
import { digits16, drop, nonZero } from './digits';
import { layOut32, makeShapes } from './layout';
import { FACTORS32, POWERS } from './memory';
import { writeNonFinite } from './policy';
import { exponent, floorLog10Pow2, floorLog2Pow10, MIN_K, near, shortest } from './shortest';

const FRACTION: u32 = 0x007fffff;
const HIDDEN: u32 = 0x00800000;
/** x is held in units of 2^-36: it is less than 2^27.4. */
const PLACES = 36;
const HALF: i64 = 1 << (PLACES - 1);
const TEN: i64 = 10 << PLACES;
/** In these units x is too small by less than 2^24: c, for what is cut off the gap. */
const DOUBT: i64 = 1 << 25;

/** The gap 2^q·10^-k by biased exponent. */
export function makeFactors32(): void {
  makeShapes();
  for (let biased = 1; biased < 255; biased++) {
    const q = biased - 150;
    const k = floorLog10Pow2(q);
    const h = q + floorLog2Pow10(-k);
    store<u64>(FACTORS32 + (biased << 3), load<u64>(POWERS + ((k - MIN_K) << 4)) >> (62 - PLACES - h));
  }
}

export function float32s(src: usize, count: i32, p: usize): usize {
  const end = src + (count << 2);
  for (; src < end; src += 4) p = write32(src, p);
  return p;
}

/** Writes a number with its comma; stores up to 40 bytes. */
// @ts-ignore: decorator
@inline
function write32(src: usize, p: usize): usize {
  const bits = load<u32>(src);
  const fraction = bits & FRACTION;
  const biased = (bits >> 23) & 0xff;
  // Not for zero, subnormal numbers, powers of two, infinities and NaN.
  if (biased - 1 >= 0xfe || fraction == 0) return writeRare32(src, p);
  store<u8>(p, 0x2d);
  const start = p + (bits >> 31);
  const k = floorLog10Pow2(<i32>biased - 150);
  const gap = load<u64>(FACTORS32 + (biased << 3));
  const x = <u64>(fraction | HIDDEN) * gap;
  const tens = ((x >> PLACES) * 3435973837) >> 35;
  const ones = <i64>(x - ((tens * 10) << PLACES));
  const reach = <i64>gap >> 1;
  const belowReach = ones - reach;
  const aboveReach = TEN - ones - reach;
  const aroundHalf = (ones + HALF) << (64 - PLACES);
  if (near(belowReach, DOUBT) | near(aboveReach, DOUBT) | near(aroundHalf, DOUBT << (64 - PLACES))) return writeRare32(src, p);
  const down = belowReach >> 63;
  const up = aboveReach >> 63;
  const last = (((ones + HALF) >> PLACES) & ~(down | up)) | (10 & up);
  const decimal = <u64>(tens * 10 + last);
  const upper = <u64>(decimal >= 100000000);
  const digits = digits16(upper, decimal - upper * 100000000);
  const leading = ctz(nonZero(digits));
  return layOut32(drop(digits, leading), k + 15 - leading, start);
}

/** Any number, exactly. */
function writeRare32(src: usize, p: usize): usize {
  const bits = load<u32>(src);
  const fraction = bits & FRACTION;
  const biased = <i32>(bits >> 23) & 0xff;
  const negative = bits >> 31 != 0;
  if (biased == 0xff) return writeNonFinite(fraction != 0, negative, src, p);
  store<u8>(p, 0x2d);
  p += usize(negative);
  if (biased == 0) return writeFew(fraction, -149, false, p);
  return writeFew(fraction | HIDDEN, biased - 150, biased > 1 && fraction == 0, p);
}

/** Writes c·2^q of so few digits that they fit into one vector, laid out as binary32. */
export function writeFew(c: u64, q: i32, narrow: bool, p: usize): usize {
  if (c == 0) return layOut32(i64x2.splat(0), 0, p);
  const decimal = shortest(c, q, narrow);
  const upper = decimal / 100000000;
  const digits = digits16(upper, decimal - upper * 100000000);
  const leading = ctz(nonZero(digits));
  return layOut32(drop(digits, leading), exponent + 15 - leading, p);
}
