/**
 * The binary64 number nearest to w·10^q, ties to even (Lemire, Number parsing at a gigabyte per second, 2021, with the
 * proof of Mushtak and Lemire, Fast number parsing without fallback, 2023, that no product of 128 bits leaves it open).
 */
import { NONE } from './digits-in';
import { DOUBLE_TENS, POWERS128, TENS } from './memory';
import { mulHigh } from './shortest';

/** The rows of POWERS128. */
const MIN_POWER = -342;
const MAX_POWER = 308;

/**
 * Powers of ten that are doubles, and numbers that are (Clinger, How to read floating point numbers accurately, 1990). The
 * bound is not 2^53 but one that a double of all its digits is beyond, rather than now and then.
 */
const MOST_EXACT = 22;
const EXACT: u64 = 1000000000000000;

export function makeDoubleTens(): void {
  let ten: f64 = 1.0;
  for (let i = 0; i <= MOST_EXACT; i++, ten *= 10.0) store<f64>(DOUBLE_TENS + (i << 3), ten);
}

/** The bits of the number; NONE if it is an infinity. */
// @ts-ignore: decorator
@inline
export function nearest(w: u64, q: i32): u64 {
  if (w < EXACT) {
    if (<u32>(q + MOST_EXACT) <= 2 * MOST_EXACT) {
      const exact = <f64>(<i64>w);
      const ten = load<f64>(DOUBLE_TENS + (abs(q) << 3));
      return reinterpret<u64>(q < 0 ? exact / ten : exact * ten);
    }
  } else if (<u32>(q + MOST_DIVIDED) <= <u32>(MOST_DIVIDED - LEAST_DIVIDED)) {
    const bits = byQuotient(w, -q);
    if (bits != NONE) return bits;
  }
  return byProduct(w, q);
}

/** Powers of ten for which w / 10^k is between 2^-10 and 2^53, and the half of 10^k less than 2^62. */
const LEAST_DIVIDED: i32 = 4;
const MOST_DIVIDED: i32 = 18;

/**
 * Of w / 10^k by a division of doubles, which is off by one and a half units in the last place at most: half a unit of its
 * own, and what the rounding of w was. What is left over, which says by how many, is less than 2^63, and so exact modulo
 * 2^64, however far its terms are beyond. NONE where it is no less than half a unit even so; where units are smaller below
 * the number than above it; and from 2^63 on.
 */
// @ts-ignore: decorator
@inline
function byQuotient(w: u64, k: i32): u64 {
  const ten = load<u64>(TENS + (k << 3));
  const half = <i64>(ten >> 1);
  const bits = reinterpret<u64>(<f64>(<i64>w) / load<f64>(DOUBLE_TENS + (k << 3)));
  const fraction = bits & FRACTION;
  // The quotient is mantissa / 2^places.
  const places = 1023 + MANTISSA_BITS - (bits >> MANTISSA_BITS);
  const rest = <i64>((w << places) - (fraction | (FRACTION + 1)) * ten);
  const step = i64(rest > half) - i64(rest < -half);
  if (<u64>(rest - step * <i64>ten + half - 1) >= ten - 1) return NONE;
  return fraction == 0 || <i64>w < 0 ? NONE : bits + step;
}

const MANTISSA_BITS: u64 = 52;
const FRACTION: u64 = (1 << MANTISSA_BITS) - 1;
/** Bits of the upper half of the product below those of the mantissa and the one that rounds it. */
const REST: u64 = 0x1ff;
const INFINITE: i32 = 0x7ff;

function byProduct(w: u64, q: i32): u64 {
  if (w == 0 || q < MIN_POWER) return 0;
  if (q > MAX_POWER) return NONE;
  const zeros = <i32>clz(w);
  w <<= zeros;
  const row = POWERS128 + ((q - MIN_POWER) << 4);
  const ten = load<u64>(row);
  let upper = mulHigh(w, ten);
  let more: u64 = 0;
  if ((upper & REST) == REST) {
    more = mulHigh(w, load<u64>(row, 8));
    if (w * ten + more < more) upper++;
  }
  const top = <i32>(upper >> 63);
  const shift = top + 9;
  let mantissa = upper >> shift;
  // floor(log2(10^q)) for |q| <= 350.
  let exponent = ((q * 217706) >> 16) + 63 + top - zeros + 1023;
  if (exponent <= 0) {
    if (exponent < -62) return 0;
    mantissa >>= 1 - exponent;
    // What rounds up to the least normal number has its bits.
    return (mantissa + (mantissa & 1)) >> 1;
  }
  // Only such powers make products that lie halfway. What is seldom so is asked first.
  if (mantissa << shift == upper && (mantissa & 3) == 1 && q >= -4 && q <= 23 && w * ten + more <= 1) mantissa &= ~1;
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  if (mantissa >> (MANTISSA_BITS + 1)) {
    mantissa >>= 1;
    exponent++;
  }
  if (exponent >= INFINITE) return NONE;
  return (mantissa & FRACTION) | (<u64>exponent << MANTISSA_BITS);
}

/**
 * The number of fewer bits nearest to the value that the bits of a double are nearest to; NONE where that is not plain:
 * halfway between two, where the value may have been either side of it, and beyond the greatest.
 *
 * @param places bits of the mantissa
 * @param bias of its exponents
 */
// @ts-ignore: decorator
@inline
export function narrow(bits: u64, places: i32, bias: i32): u64 {
  if (<i32>(bits >> MANTISSA_BITS) <= 1023 - bias) {
    // A multiple of the least one; a power of two makes a whole number of it.
    const x = reinterpret<f64>(bits) * reinterpret<f64>(<u64>(1022 + bias + places) << MANTISSA_BITS);
    return x - floor(x) == 0.5 ? NONE : <u64>(<i64>f64.nearest(x));
  }
  const shift = MANTISSA_BITS - <u64>places;
  const half: u64 = 1 << (shift - 1);
  const rest = bits & ((half << 1) - 1);
  const rounded = (bits + half) >> shift;
  if (rest == half || <i32>(rounded >> places) > 1023 + bias) return NONE;
  return rounded - (<u64>(1023 - bias) << places);
}
