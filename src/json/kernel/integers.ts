/**
 * Integers of 32 and 64 bits. A block is looked at first, and takes the loop of the largest magnitude in it: text by
 * look-up below 2^16; eight digits at a time, without a branch, below 2^26 and for all 32 bits, but by look-up of four
 * where samples have as many; else twenty, by look-up of four. A block without a negative number is one of the unsigned
 * type.
 */
import { digits16, spreadAll, writeTrimmed, writeUnsigned } from './digits';
import { DIGITS, EIGHTS, HEADS, PREFIXES, UINT16S } from './memory';
import { bigInteger, ERROR, NUMBER, refuse, STRING } from './policy';
import { Loop } from './rows';
import { writeTiny, writeUint16 } from './small';
import { writeFour, writeUpTo8 } from './tables';

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
  const many = most > 65534 && haveManyDigits<T>(end - count * sizeof<T>(), count);
  return negative ? loopFor<S>(most, many) : loopFor<U>(most, many);
}

const SAMPLES = 8;

/** Whether some numbers of a block, and so perhaps most, have five digits or more. */
function haveManyDigits<T>(src: usize, count: i32): bool {
  const step = max(1, count / SAMPLES);
  for (let i = 0; i < count; i += step) {
    if (magnitudeOf<T>(src + i * sizeof<T>()) < 10000) return false;
  }
  return true;
}

function loopFor<T>(most: u64, many: bool): Loop {
  if (most < 65535) return (src: usize, count: i32, p: usize) => tinyIntegers<T>(src, count, p);
  // 2^26 < 10^8
  if (most < 67108864) {
    if (many) return (src: usize, count: i32, p: usize) => fourDigitsAndMore<T>(src, count, p);
    return (src: usize, count: i32, p: usize) => eightDigitIntegers<T>(src, count, p);
  }
  if (sizeof<T>() == 4) return (src: usize, count: i32, p: usize) => anyIntegers32<T>(src, count, p);
  // Of -2^53 `most` has 2^53 - 1.
  const all = bigInteger == NUMBER || most < MAX_SAFE;
  if (all) return (src: usize, count: i32, p: usize) => anyIntegers64<T>(src, count, true, p);
  return (src: usize, count: i32, p: usize) => anyIntegers64<T>(src, count, false, p);
}

/** |n| < 2^16. */
function tinyIntegers<T>(src: usize, count: i32, p: usize): usize {
  const end = src + count * sizeof<T>();
  for (; src < end; src += sizeof<T>()) p = isSigned<T>() ? writeTiny(load<i32>(src), p) : writeUint16(load<u32>(src), p);
  return p;
}

/** |n| < 10^8, most of them 10^4 or more: what comes before the last four digits by look-up, then those. */
function fourDigitsAndMore<T>(src: usize, count: i32, p: usize): usize {
  for (const end = src + count * sizeof<T>(); src < end; src += sizeof<T>()) {
    const n = load<i32>(src);
    const magnitude = <u32>(isSigned<T>() ? abs(n) : n);
    if (isSigned<T>()) p = writeSign(n >>> 31, p);
    p = writeUpTo8(magnitude, p);
    store<u8>(p++, COMMA);
  }
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

/** Ten digits: the sign and the first two from a table, then eight. */
function anyIntegers32<T>(src: usize, count: i32, p: usize): usize {
  for (; count > 0; count -= RUN) {
    const run = min(count, RUN);
    splitTen<T>(src, run);
    spreadAll(EIGHTS, DIGITS, run, 16);
    for (let i = 0; i < run << 2; i += 4) {
      const entry = load<u32>(i, HEADS);
      const text = load<u64>(entry, PREFIXES);
      store<u32>(p, <u32>text);
      p += <usize>(text >> 56);
      const digits = load<u64>(i << 1, DIGITS);
      const zeros = ctz(digits | load<u64>(entry, PREFIXES + STOP));
      store<u64>(p, (digits | 0x3030303030303030) >> (zeros & 56));
      p += 8 - <usize>(zeros >> 3);
      store<u8>(p++, COMMA);
    }
    src += run << 2;
  }
  return p;
}

// An entry of PREFIXES, 16 bytes: a sign and what comes before eight digits, their length in the eighth byte; then a bit
// where zeros before the eight digits end: they stay behind other digits, and the last one stays.
const STOP: usize = 8;

/** For up to 42, the first digits of 2^32, and their negatives. */
export function makePrefixes(): void {
  for (let n: u32 = 0; n < 128; n++) {
    const entry = PREFIXES + (n << 4);
    const upper = n & 63;
    let p = entry;
    if (upper != n) store<u8>(p++, MINUS);
    if (upper > 0) p = writeUnsigned(upper, p);
    store<u8>(entry, <u8>(p - entry), 7);
    store<u64>(entry, upper > 0 ? 1 : 1 << 63, STOP);
  }
}

/** Leaves the lower eight digits of the magnitudes at EIGHTS, the entry of the upper two at HEADS. */
// @ts-ignore: decorator
@inline
function splitTen<T>(src: usize, count: i32): void {
  // (n·factor) >> 57 is n / 10^8 for n < 2^32.
  const factor = i32x4.splat(1441151881);
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    const some = v128.load(src + i);
    const n = isSigned<T>() ? i32x4.abs(some) : some;
    const a = i64x2.shr_u(i64x2.extmul_low_i32x4_u(n, factor), 57);
    const b = i64x2.shr_u(i64x2.extmul_high_i32x4_u(n, factor), 57);
    const upper = i32x4.shuffle(a, b, 0, 2, 4, 6);
    let entries = i32x4.shl(upper, 4);
    if (isSigned<T>()) entries = v128.or(entries, i32x4.shl(i32x4.shr_u(some, 31), 10));
    v128.store(HEADS + i, entries);
    v128.store(EIGHTS + i, i32x4.sub(n, i32x4.mul(upper, i32x4.splat(100000000))));
  }
}

/** Twenty digits, each four from a table; `all` whether a number of any size may be written. */
// @ts-ignore: decorator
@inline
function anyIntegers64<T>(src: usize, count: i32, all: bool, p: usize): usize {
  for (const end = src + (count << 3); src < end; src += 8) {
    const magnitude = magnitudeOf<T>(src);
    if (!all && magnitude > MAX_SAFE) {
      p = writeBig(magnitude, isSigned<T>() && load<i64>(src) < 0, src, p);
      continue;
    }
    if (isSigned<T>()) p = writeSign(<u32>(load<u64>(src) >> 63), p);
    const high = magnitude / 100000000;
    const top = <u32>(high / 100000000);
    if (top == 0) {
      p = writeTrimmed(digits16(high, magnitude - high * 100000000), p);
      store<u8>(p++, COMMA);
      continue;
    }
    const text = load<u64>(UINT16S + (<usize>top << 3));
    store<u64>(p, text);
    p += <usize>(text >> 56) - 1;
    writeEight(<u32>high - top * 100000000, p);
    writeEight(<u32>magnitude - <u32>high * 100000000, p + 8);
    store<u8>(p, COMMA, 16);
    p += 17;
  }
  return p;
}

/** Writes eight digits of n < 10^8. */
// @ts-ignore: decorator
@inline
function writeEight(n: u32, p: usize): void {
  const upper = <u32>((<u64>n * 109951163) >> 40);
  writeFour(upper, p);
  writeFour(n - upper * 10000, p + 4);
}

// @ts-ignore: decorator
@inline
function magnitudeOf<T>(element: usize): u64 {
  if (sizeof<T>() == 4) return isSigned<T>() ? <u64>(<u32>abs(load<i32>(element))) : <u64>load<u32>(element);
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
