/**
 * Integers of 32 and 64 bits. A block is looked at first, and takes the loop of the largest magnitude in it: text by
 * look-up below 2^16, two numbers in one vector below 10^8 (branch-free: the leading zeros are counted and shifted out),
 * else sixteen digits at a time.
 */
import { digits16, drop, nonZero, write16, ZEROS } from './digits';
import { UINT16S } from './memory';
import { bigInteger, ERROR, NUMBER, refuse, STRING } from './policy';
import { writeTiny } from './small';

const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const QUOTE: u8 = 0x22;
const MAX_SAFE: u64 = 9007199254740991;

/** The largest magnitude of a block, or more: the magnitudes' bits are or-ed. A negative -n counts as n - 1. */
// @ts-ignore: decorator
@inline
function bits<T>(src: usize, count: i32): u64 {
  const end = src + count * sizeof<T>();
  let all = i64x2.splat(0);
  for (; src + 16 <= end; src += 16) {
    const some = v128.load(src);
    if (!isSigned<T>()) all = v128.or(all, some);
    else if (sizeof<T>() == 4) all = v128.or(all, v128.xor(some, i32x4.shr_s(some, 31)));
    else all = v128.or(all, v128.xor(some, i64x2.shr_s(some, 63)));
  }
  let rest: u64 = i64x2.extract_lane(all, 0) | i64x2.extract_lane(all, 1);
  if (sizeof<T>() == 4) rest = (rest | (rest >> 32)) & 0xffffffff;
  for (; src < end; src += sizeof<T>()) {
    const n = load<T>(src);
    rest |= isSigned<T>() ? <u64>(n < 0 ? ~n : n) : <u64>n;
  }
  return rest;
}

/** The loop for a block: 0 tiny, 1 eight digits, 2 any. */
// @ts-ignore: decorator
@inline
export function integerLoop<T>(src: usize, count: i32): i32 {
  const most = bits<T>(src, count);
  // Or-ed bits are below a power of two, so the bound is one: 2^26 < 10^8. One less than 2^16 for -2^16.
  return most < 65535 ? 0 : most < 67108864 ? 1 : 2;
}

export function tinyIntegers<T>(src: usize, count: i32, p: usize): usize {
  const end = src + count * sizeof<T>();
  for (; src < end; src += sizeof<T>()) p = writeTiny(<i32>load<T>(src), p);
  return p;
}

/** |n| < 10^8. */
export function eightDigitIntegers<T>(src: usize, count: i32, p: usize): usize {
  const end = src + count * sizeof<T>();
  for (; src < end; src += 2 * sizeof<T>()) {
    const a = <i64>load<T>(src);
    // Of an odd last one the other half is written and forgotten.
    const b = src + sizeof<T>() < end ? <i64>load<T>(src, sizeof<T>()) : 0;
    const signA = a >> 63;
    const signB = b >> 63;
    const digits = digits16((a ^ signA) - signA, (b ^ signB) - signB);
    p = writeEight(i64x2.extract_lane(digits, 0), <usize>signA, p);
    const q = writeEight(i64x2.extract_lane(digits, 1), <usize>signB, p);
    p = src + sizeof<T>() < end ? q : p;
  }
  return p;
}

// @ts-ignore: decorator
@inline
function writeEight(digits: u64, sign: usize, p: usize): usize {
  const leading = ctz(digits | (1 << 63)) & 56;
  store<u8>(p, MINUS);
  p -= sign;
  store<u64>(p, (digits >> leading) | 0x3030303030303030);
  p += 8 - <usize>(leading >> 3);
  store<u8>(p, COMMA);
  return p + 1;
}

export function anyIntegers<T>(src: usize, count: i32, p: usize): usize {
  const end = src + count * sizeof<T>();
  for (; src < end; src += sizeof<T>()) {
    const n = load<T>(src);
    let magnitude: u64;
    if (isSigned<T>()) {
      const sign = <i64>n >> 63;
      magnitude = (<i64>n ^ sign) - sign;
      if (sizeof<T>() == 8 && bigInteger != NUMBER && magnitude > MAX_SAFE) {
        p = writeBig(magnitude, sign != 0, src, p);
        continue;
      }
      store<u8>(p, MINUS);
      p -= <usize>sign;
    } else {
      magnitude = <u64>n;
      if (sizeof<T>() == 8 && bigInteger != NUMBER && magnitude > MAX_SAFE) {
        p = writeBig(magnitude, false, src, p);
        continue;
      }
    }
    p = sizeof<T>() == 4 ? write16(magnitude, p) : writeLong(magnitude, p);
    store<u8>(p++, COMMA);
  }
  return p;
}

/** Up to twenty digits. */
// @ts-ignore: decorator
@inline
function writeLong(n: u64, p: usize): usize {
  if (n < 10000000000000000) return write16(n, p);
  const top = n / 10000000000000000;
  const rest = n - top * 10000000000000000;
  const text = load<u64>(UINT16S + (<usize>top << 3));
  store<u64>(p, text);
  p += <usize>(text >> 56) - 1;
  const upper = rest / 100000000;
  v128.store(p, v128.or(digits16(upper, rest - upper * 100000000), ZEROS));
  return p + 16;
}

function writeBig(magnitude: u64, negative: bool, element: usize, p: usize): usize {
  if (bigInteger == ERROR) refuse(element);
  if (bigInteger == STRING) store<u8>(p++, QUOTE);
  if (negative) store<u8>(p++, MINUS);
  p = writeLong(magnitude, p);
  if (bigInteger == STRING) store<u8>(p++, QUOTE);
  store<u8>(p, COMMA);
  return p + 1;
}
