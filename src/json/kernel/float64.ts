/**
 * binary64 to its shortest decimal, at full speed whatever the values are: no branch depends on them but one that is
 * taken for special numbers and for about one in 2^32 of the others, which go to shortest.ts.
 *
 * As in Schubfach (Giulietti, 2021), c·2^q is scaled to x = c·2^q·10^-k, with k such that the gap to the next number is
 * s = 2^q·10^-k, 1 <= s < 10: a multiple of ten within s / 2 of x has a digit less, and there is at most one; else the
 * integer next to x is the answer. Unlike there, x is not multiplied out to 128 bits and more. With 61 bits of 10^-k, and 32
 * more as a correction, its lower 64 bits come from products modulo 2^64; that leaves out multiples of 16·2^h, where
 * 2^h <= s < 2^(h+1), and these come from one product of doubles, which is wrong by less than half of that.
 */
import { digits16, drop } from './digits';
import { layOut64, makeShapes } from './layout';
import { FACTORS64, POWERS } from './memory';
import { writeNonFinite } from './policy';
import { exponent, floorLog10Pow2, floorLog2Pow10, MAX_K, MIN_K, near, shortest } from './shortest';

const FRACTION: u64 = 0x000fffffffffffff;
const HIDDEN: u64 = 0x0010000000000000;
/** The exponent bits of 2^52, whose last place is 1. */
const UNIT: u64 = 0x4330000000000000;
/** x modulo ten is held in units of 2^-59, so that it has a sign. */
const HALF: i64 = 1 << 58;
const TEN: i64 = 10 << 59;
/**
 * In these units x is too small by less than 2^25: 2^21 for the lower bits of c that meet no correction, 2^21 for the bits
 * of 10^-k beyond 93, 1 for its shift, all times 2^(h-1). What lies nearer to a boundary is not decided here.
 */
const DOUBT: i64 = 1 << 26;

export function makeFactors64(): void {
  makeShapes();
  for (let k = MIN_K; k <= MAX_K; k++) {
    const power = POWERS + ((k - MIN_K) << 4);
    const g1 = load<u64>(power);
    const g0 = load<u64>(power, 8);
    const row = FACTORS64 + (k - MIN_K) * 24;
    store<u64>(row, g1 >> 2);
    store<u64>(row, ((g1 & 3) << 30) | (g0 >> 33), 8);
    // Of x the multiples of 2^(h+2) are wanted.
    store<f64>(row, <f64>g1 * (1.0 / 18446744073709551616.0), 16);
  }
}

export function float64s(src: usize, count: i32, p: usize): usize {
  const end = src + (count << 3);
  for (; src < end; src += 8) p = write64(src, p);
  return p;
}

/** Writes a number with its comma; stores up to 40 bytes. */
// @ts-ignore: decorator
@inline
export function write64(src: usize, p: usize): usize {
  const bits = load<u64>(src);
  const fraction = bits & FRACTION;
  const biased = <i32>(bits >> 52) & 0x7ff;
  // Not for zero, subnormal numbers, powers of two, infinities and NaN.
  if (<u32>(biased - 1) >= 0x7fe || fraction == 0) return writeRare64(src, p);
  store<u8>(p, 0x2d);
  const start = p + <usize>(bits >> 63);
  const q = biased - 1075;
  const k = floorLog10Pow2(q);
  const h = <u64>(q + floorLog2Pow10(-k));
  const row = FACTORS64 + <usize>(k - MIN_K) * 24;
  const c = fraction | HIDDEN;
  const factor = load<u64>(row);

  // x / 2^(h+2), to the next integer: 2^50 <= x / 2^(h+2) < 2^52, so the sum's last place is 1.
  const about = reinterpret<u64>(reinterpret<f64>(fraction | UNIT) * load<f64>(row, 16) + 4503599627370496.0) - UNIT;
  // What x has beyond that, in units of 2^(h-60), exact modulo 2^64 and less than 2^63.
  const rest = c * factor + (((c >> 21) * load<u64>(row, 8)) >> 11) - (about << 62);
  const x = (about << (h + 2)) + <u64>(<i64>rest >> (60 - h));

  const upper = x / 100000000;
  const lower = x - upper * 100000000;
  const tens = (lower * 3435973837) >> 35;
  const ones = <i64>((lower - tens * 10) << 59) + <i64>((rest << (h + 4)) >> 5);
  const reach = <i64>((factor << h) >> 2);
  const belowReach = ones - reach;
  const aboveReach = TEN - ones - reach;
  const aroundHalf = (ones + HALF) << 5;
  if (near(belowReach, DOUBT) | near(aboveReach, DOUBT) | near(aroundHalf, DOUBT << 5)) return writeRare64(src, p);
  // V8 makes a branch of a select, and this one is a coin that is tossed.
  const down = belowReach >> 63;
  const up = aboveReach >> 63;
  const last = (((ones + HALF) >> 59) & ~(down | up)) | (10 & up);
  // Up to 10^8.
  const rounded = tens * 10 + last;
  const carry = <u64>(rounded >= 100000000);
  const nine = upper + carry;
  const first = (nine * 1441151881) >> 57;
  const digits = digits16(nine - first * 100000000, rounded - carry * 100000000);
  const missing = <i32>(first == 0);
  return layOut64(
    <u32>first | (i8x16.extract_lane_u(digits, 0) & -missing),
    drop(digits, missing),
    k + 16 - missing,
    start,
  );
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
  if (biased == 0 && fraction == 0) return layOut64(0, i64x2.splat(0), 0, p);
  let digits = biased == 0 ? shortest(fraction, -1074, false) : shortest(fraction | HIDDEN, biased - 1075, biased > 1 && fraction == 0);
  let power = exponent + 16;
  for (; digits < 10000000000000000; power--) digits *= 10;
  const first = digits / 10000000000000000;
  digits -= first * 10000000000000000;
  const upper = digits / 100000000;
  return layOut64(<u32>first, digits16(upper, digits - upper * 100000000), power, p);
}
