/**
 * Integers of 32 and 64 bits. A block is looked at first, and takes the loop of the largest magnitude in it: text by
 * look-up below 2^16; eight digits at a time, without a branch, below 2^26 and for all 32 bits; else sixteen.
 */
import { digits16, spreadAll, writeTrimmed, writeUnsigned, ZEROS } from './digits';
import { DIGITS, EIGHTS, HEADS, UINT16S } from './memory';
import { bigInteger, ERROR, NUMBER, refuse, STRING } from './policy';
import { writeTiny, writeUint16 } from './small';

const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const QUOTE: u8 = 0x22;
const MAX_SAFE: u64 = 9007199254740991;

/** The loops for a block. */
export const enum Loop {
  /** 0 <= n < 2^16 */
  TinyUnsigned,
  /** |n| < 2^16 */
  Tiny,
  /** |n| < 2^26 < 10^8 */
  Eight,
  Any,
}

// @ts-ignore: decorator
@inline
export function integerLoop<T>(src: usize, count: i32): Loop {
  const end = src + count * sizeof<T>();
  // All bits of the numbers, and of the magnitudes; of a negative n as of -n - 1.
  let all = i64x2.splat(0);
  let magnitudes = i64x2.splat(0);
  for (; src + 16 <= end; src += 16) {
    const some = v128.load(src);
    all = v128.or(all, some);
    const signs = sizeof<T>() == 4 ? i32x4.shr_s(some, 31) : i64x2.shr_s(some, 63);
    if (isSigned<T>()) magnitudes = v128.or(magnitudes, v128.xor(some, signs));
  }
  let bits = fold<T>(all);
  let most = fold<T>(magnitudes);
  for (; src < end; src += sizeof<T>()) {
    const n = load<T>(src);
    bits |= <u64>n;
    if (isSigned<T>()) most |= <u64>(n < 0 ? ~n : n);
  }
  if (!isSigned<T>()) most = bits;
  if (bits < 65536) return Loop.TinyUnsigned;
  return most < 65535 ? Loop.Tiny : most < 67108864 ? Loop.Eight : Loop.Any;
}

// @ts-ignore: decorator
@inline
function fold<T>(all: v128): u64 {
  const bits: u64 = i64x2.extract_lane(all, 0) | i64x2.extract_lane(all, 1);
  return sizeof<T>() == 4 ? (bits | (bits >> 32)) & 0xffffffff : bits;
}

export function tinyUnsignedIntegers<T>(src: usize, count: i32, p: usize): usize {
  const end = src + count * sizeof<T>();
  for (; src < end; src += sizeof<T>()) p = writeUint16(load<u32>(src), p);
  return p;
}

export function tinyIntegers<T>(src: usize, count: i32, p: usize): usize {
  const end = src + count * sizeof<T>();
  for (; src < end; src += sizeof<T>()) p = writeTiny(<i32>load<T>(src), p);
  return p;
}

/** How many numbers each of the loops takes at a time. */
const RUN = 128;

/** |n| < 10^8. */
export function eightDigitIntegers<T>(src: usize, count: i32, p: usize): usize {
  for (; count > 0; count -= RUN) {
    const run = min(count, RUN);
    magnitudes<T>(src, run);
    spreadAll(EIGHTS, DIGITS, run);
    for (let i = 0; i < run; i++) {
      const sign = isSigned<T>() ? <usize>(<i32>load<T>(src + i * sizeof<T>()) >> 31) : 0;
      const digits = load<u64>(DIGITS + (i << 3));
      // The last digit stays, even a zero.
      const leading = ctz(digits | (1 << 63)) & 56;
      store<u8>(p, MINUS);
      p -= sign;
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
export function anyIntegers32<T>(src: usize, count: i32, p: usize): usize {
  for (; count > 0; count -= RUN) {
    const run = min(count, RUN);
    for (let i = 0; i < run; i++) {
      const n = <i64>load<T>(src + (i << 2));
      const magnitude = isSigned<T>() ? <u64>abs(n) : <u64>n;
      const upper = magnitude / 100000000;
      store<u32>(EIGHTS + (i << 2), <u32>(magnitude - upper * 100000000));
      store<u32>(HEADS + (i << 2), <u32>upper);
    }
    spreadAll(EIGHTS, DIGITS, run);
    for (let i = 0; i < run; i++) {
      const sign = isSigned<T>() ? <usize>(load<i32>(src + (i << 2)) >> 31) : 0;
      const upper = load<u32>(HEADS + (i << 2));
      const digits = load<u64>(DIGITS + (i << 3));
      // Behind other digits zeros stay.
      const leading = ctz(digits | select<u64>(1, 1 << 63, upper != 0)) & 56;
      store<u8>(p, MINUS);
      p -= sign;
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

/** Twenty digits: the first four from the table, then sixteen. */
export function anyIntegers64<T>(src: usize, count: i32, p: usize): usize {
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
    spreadAll(EIGHTS, DIGITS, run << 1);
    for (let i = 0; i < run; i++) {
      const element = src + (i << 3);
      if (bigInteger != NUMBER && magnitudeOf<T>(element) > MAX_SAFE) {
        p = writeBig(magnitudeOf<T>(element), isSigned<T>() && load<i64>(element) < 0, element, p);
        continue;
      }
      store<u8>(p, MINUS);
      p += isSigned<T>() ? <usize>(load<u64>(element) >> 63) : 0;
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

function writeBig(magnitude: u64, negative: bool, element: usize, p: usize): usize {
  if (bigInteger == ERROR) refuse(element);
  if (bigInteger == STRING) store<u8>(p++, QUOTE);
  if (negative) store<u8>(p++, MINUS);
  p = writeUnsigned(magnitude, p);
  if (bigInteger == STRING) store<u8>(p++, QUOTE);
  store<u8>(p, COMMA);
  return p + 1;
}
