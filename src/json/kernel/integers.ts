/**
 * Integers of 32 and 64 bits. A block is looked at first, and takes the loop of the largest magnitude in it: text by
 * look-up below 2^16; eight digits at a time, without a branch, below 2^26 and for all 32 bits; else sixteen. A block
 * without a negative number is one of the unsigned type.
 */
import { digits16, spreadAll, writeTrimmed, writeUnsigned, ZEROS } from './digits';
import { DIGITS, EIGHTS, HEADS, UINT16S } from './memory';
import { bigInteger, ERROR, NUMBER, refuse, STRING } from './policy';
import { Loop } from './rows';
import { writeTiny, writeUint16 } from './small';

const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const QUOTE: u8 = 0x22;
const MAX_SAFE: u64 = 9007199254740991;

/** The loop for a block of T; S and U are the signed and the unsigned type of its size. */
export function integerLoop<T, S, U>(src: usize, count: i32): Loop {
  const end = src + count * sizeof<T>();
  // All bits of the magnitudes; of a negative n, of -n - 1.
  let magnitudes = i64x2.splat(0);
  let signs = i64x2.splat(0);
  for (; src + 16 <= end; src += 16) {
    const some = v128.load(src);
    const sign = sizeof<T>() == 4 ? i32x4.shr_s(some, 31) : i64x2.lt_s(some, i64x2.splat(0));
    if (isSigned<T>()) signs = v128.or(signs, sign);
    magnitudes = v128.or(magnitudes, isSigned<T>() ? v128.xor(some, sign) : some);
  }
  let most: u64 = i64x2.extract_lane(magnitudes, 0) | i64x2.extract_lane(magnitudes, 1);
  if (sizeof<T>() == 4) most = (most | (most >> 32)) & 0xffffffff;
  let negative = v128.any_true(signs);
  for (; src < end; src += sizeof<T>()) {
    const n = load<T>(src);
    if (isSigned<T>()) negative = negative || n < 0;
    most |= isSigned<T>() ? <u64>(n < 0 ? ~n : n) : <u64>n;
  }
  return negative ? loopFor<S>(most) : loopFor<U>(most);
}

function loopFor<T>(most: u64): Loop {
  if (most < 65535) return (src: usize, count: i32, p: usize) => tinyIntegers<T>(src, count, p);
  // 2^26 < 10^8
  if (most < 67108864) return (src: usize, count: i32, p: usize) => eightDigitIntegers<T>(src, count, p);
  if (sizeof<T>() == 4) return (src: usize, count: i32, p: usize) => anyIntegers32<T>(src, count, p);
  return (src: usize, count: i32, p: usize) => anyIntegers64<T>(src, count, p);
}

/** |n| < 2^16. */
function tinyIntegers<T>(src: usize, count: i32, p: usize): usize {
  const end = src + count * sizeof<T>();
  for (; src < end; src += sizeof<T>()) p = isSigned<T>() ? writeTiny(load<i32>(src), p) : writeUint16(load<u32>(src), p);
  return p;
}

/** How many numbers each of the loops takes at a time. */
const RUN = 128;

/** |n| < 10^8. */
function eightDigitIntegers<T>(src: usize, count: i32, p: usize): usize {
  for (; count > 0; count -= RUN) {
    const run = min(count, RUN);
    magnitudes<T>(src, run);
    spreadAll(EIGHTS, DIGITS, run, 16);
    for (let i = 0; i < run; i++) {
      if (isSigned<T>()) p = writeSign(load<i32>(src + i * sizeof<T>()) >>> 31, p);
      const digits = load<u64>(DIGITS + (i << 3));
      // The last digit stays, even a zero.
      const leading = ctz(digits | (1 << 63)) & 56;
      store<u64>(p, (digits | 0x3030303030303030) >> leading);
      p += 8 - <usize>(leading >> 3);
      store<u8>(p++, COMMA);
    }
    src += run * sizeof<T>();
  }
  return p;
}

/** Leaves the magnitudes at EIGHTS. */
// @ts-ignore: decorator
@inline
function magnitudes<T>(src: usize, count: i32): void {
  const end = EIGHTS + (count << 2);
  for (let eights: usize = EIGHTS; eights < end; eights += 16) {
    let n = v128.load(src);
    if (sizeof<T>() == 8) n = i32x4.shuffle(n, v128.load(src, 16), 0, 2, 4, 6);
    v128.store(eights, isSigned<T>() ? i32x4.abs(n) : n);
    src += 4 * sizeof<T>();
  }
}

/** Ten digits: the first two from the table, then eight. */
function anyIntegers32<T>(src: usize, count: i32, p: usize): usize {
  for (; count > 0; count -= RUN) {
    const run = min(count, RUN);
    splitTen<T>(src, run);
    spreadAll(EIGHTS, DIGITS, run, 16);
    for (let i = 0; i < run; i++) {
      if (isSigned<T>()) p = writeSign(load<i32>(src + (i << 2)) >>> 31, p);
      const upper = load<u32>(HEADS + (i << 2));
      const digits = load<u64>(DIGITS + (i << 3));
      // Behind other digits zeros stay.
      const leading = ctz(digits | select<u64>(1, 1 << 63, upper != 0)) & 56;
      store<u16>(p, load<u16>(UINT16S + (<usize>upper << 3)));
      p += usize(upper != 0) + usize(upper > 9);
      store<u64>(p, (digits | 0x3030303030303030) >> leading);
      p += 8 - <usize>(leading >> 3);
      store<u8>(p++, COMMA);
    }
    src += run << 2;
  }
  return p;
}

/** Leaves the lower eight digits of the magnitudes at EIGHTS, the upper two at HEADS. */
// @ts-ignore: decorator
@inline
function splitTen<T>(src: usize, count: i32): void {
  // (n·factor) >> 57 is n / 10^8 for n < 2^32.
  const factor = i32x4.splat(1441151881);
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    const n = isSigned<T>() ? i32x4.abs(v128.load(src + i)) : v128.load(src + i);
    const a = i64x2.shr_u(i64x2.extmul_low_i32x4_u(n, factor), 57);
    const b = i64x2.shr_u(i64x2.extmul_high_i32x4_u(n, factor), 57);
    const upper = i32x4.shuffle(a, b, 0, 2, 4, 6);
    v128.store(HEADS + i, upper);
    v128.store(EIGHTS + i, i32x4.sub(n, i32x4.mul(upper, i32x4.splat(100000000))));
  }
}

/** Twenty digits: the first four from the table, then sixteen. */
function anyIntegers64<T>(src: usize, count: i32, p: usize): usize {
  const all = bigInteger == NUMBER;
  for (; count > 0; count -= RUN) {
    const run = min(count, RUN);
    for (let i = 0; i < run; i++) {
      const magnitude = magnitudeOf<T>(src + (i << 3));
      const high = magnitude / 100000000;
      const top = high / 100000000;
      store<u32>(EIGHTS + (i << 3), <u32>(high - top * 100000000));
      store<u32>(EIGHTS + (i << 3), <u32>(magnitude - high * 100000000), 4);
      store<u32>(HEADS + (i << 2), <u32>top);
    }
    spreadAll(EIGHTS, DIGITS, run << 1, 16);
    for (let i = 0; i < run; i++) {
      const element = src + (i << 3);
      if (!all && magnitudeOf<T>(element) > MAX_SAFE) {
        p = writeBig(magnitudeOf<T>(element), isSigned<T>() && load<i64>(element) < 0, element, p);
        continue;
      }
      if (isSigned<T>()) p = writeSign(<u32>(load<u64>(element) >> 63), p);
      const top = load<u32>(HEADS + (i << 2));
      const digits = v128.load(DIGITS + (i << 4));
      if (top != 0) {
        const text = load<u64>(UINT16S + (<usize>top << 3));
        store<u64>(p, text);
        p += <usize>(text >> 56) - 1;
        v128.store(p, v128.or(digits, ZEROS));
        p += 16;
      } else {
        p = writeTrimmed(digits, p);
      }
      store<u8>(p++, COMMA);
    }
    src += run << 3;
  }
  return p;
}

// @ts-ignore: decorator
@inline
function magnitudeOf<T>(element: usize): u64 {
  return isSigned<T>() ? <u64>abs(load<i64>(element)) : load<u64>(element);
}

/** Without a branch: if it is none the digits go over it. */
// @ts-ignore: decorator
@inline
function writeSign(negative: u32, p: usize): usize {
  store<u8>(p, MINUS);
  return p + negative;
}

function writeBig(magnitude: u64, negative: bool, element: usize, p: usize): usize {
  if (bigInteger == ERROR) refuse(element);
  if (bigInteger == STRING) store<u8>(p++, QUOTE);
  if (negative) store<u8>(p++, MINUS);
  p = writeUnsigned(magnitude, p);
  if (bigInteger == STRING) store<u8>(p++, QUOTE);
  store<u8>(p, COMMA);
  return p + 1;
}
