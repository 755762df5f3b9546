/**
 * Points in time: counts of a unit since 1970, to RFC 3339 as orjson writes it, six digits of a second or none; nine where
 * six would lose some. Calendar arithmetic after Hinnant ("chrono-compatible low-level date algorithms", 2013), in unsigned
 * 32 bits from year 0 on: years beyond 0 to 9999 are refused.
 */
import { digits16 } from './digits';
import { refuse } from './policy';

const NAT: i64 = i64.MIN_VALUE;
/** Days from 0000-01-01 to 1970-01-01, and from there to 10000-01-01. */
const DAYS_BEFORE: i64 = 719528;
const DAYS_AFTER: i64 = 2932897;

/** Of the unit: how many seconds it has, or else what divides a second. */
let seconds: i64 = 1;
let perSecond: i64 = 1;

/** @param unit seconds of a unit, or minus what divides a second */
export function setUnit(unit: i32): void {
  seconds = unit > 0 ? unit : 1;
  perSecond = unit > 0 ? 1 : -unit;
}

export function times(src: usize, count: i32, p: usize): usize {
  const end = src + (count << 3);
  for (; src < end; src += 8) p = writeTime(load<i64>(src), src, p);
  return p;
}

// @ts-ignore: decorator
@inline
function floorDiv(n: i64, by: i64): i64 {
  const quotient = n / by;
  return quotient - i64(quotient * by > n);
}

function writeTime(count: i64, src: usize, p: usize): usize {
  if (count == NAT) {
    store<u64>(p, 0x2c6c6c756e); // null,
    return p + 5;
  }
  const whole = perSecond == 1 ? count : floorDiv(count, perSecond);
  const fraction = <u32>(count - whole * perSecond);
  const perDay = 86400 / seconds;
  // A week is more than a day.
  const day = perDay == 0 ? whole * 7 : floorDiv(whole, perDay);
  // A week's count may be too large for the product.
  if (day < -DAYS_BEFORE || day >= DAYS_AFTER || abs(whole) > i64.MAX_VALUE / 8) {
    refuse(src);
    return p;
  }
  const second = perDay == 0 ? 0 : <u32>((whole - day * perDay) * seconds);
  // An era of 400 years more, lest anything be negative: 0000-01-01 is in the year that began in March before.
  const days = <u32>(day + 719468 + 146097);
  const era = days / 146097;
  const dayOfEra = days - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const fromMarch = (5 * dayOfYear + 2) / 153;
  const dayOfMonth = dayOfYear - (153 * fromMarch + 2) / 5 + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 - 400 + u32(month <= 2);

  const minutes = second / 60;
  const hours = minutes / 60;
  const date = (year * 100 + month) * 100 + dayOfMonth;
  const clock = (hours * 100 + (minutes - hours * 60)) * 100 + (second - minutes * 60);
  const digits = digits16(date, clock);
  store<u8>(p, 0x22);
  // YYYY-MM-DDTHH:MM of YYYYMMDD00HHMMSS, then :SS; a lane of none leaves the mark's own bits.
  const head = i8x16.swizzle(digits, i8x16(0, 1, 2, 3, 16, 4, 5, 16, 6, 7, 16, 10, 11, 16, 12, 13));
  const marks = i8x16(0x30, 0x30, 0x30, 0x30, 0x2d, 0x30, 0x30, 0x2d, 0x30, 0x30, 0x54, 0x30, 0x30, 0x3a, 0x30, 0x30);
  v128.store(p, v128.or(head, marks), 1);
  store<u8>(p, 0x3a, 17);
  store<u16>(p, i16x8.extract_lane_u(digits, 7) | 0x3030, 18);
  p += 20;
  if (fraction != 0) {
    const nano = fraction * <u32>(1000000000 / perSecond);
    const upper = nano / 100000000;
    const fractions = v128.or(digits16(upper, nano - upper * 100000000), i8x16.splat(0x30));
    store<u8>(p, 0x2e);
    // Nine digits from the eighth of sixteen on.
    v128.store(p, i8x16.swizzle(fractions, i8x16(7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0)), 1);
    p += 1 + (nano % 1000 == 0 ? 6 : 9);
  }
  store<u16>(p, 0x2c22); // ",
  return p + 2;
}
