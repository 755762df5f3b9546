/** Truth values and integers of 8 and 16 bits: tables of text (tables.ts), so a value is a load, a store and a sum. */
import { BOOLS, INT8S, UINT16S } from './memory';
import { writeBool } from './tables';

/** Any byte but 0 is true, as in C. */
export function bools(src: usize, count: i32, p: usize): usize {
  const end = src + count;
  for (; src + 8 <= end; src += 8) {
    const entry = BOOLS + ((i8x16.bitmask(i8x16.ne(v128.load64_zero(src), i64x2.splat(0))) & 0xff) << 6);
    v128.store(p, v128.load(entry));
    v128.store(p, v128.load(entry, 16), 16);
    v128.store(p, v128.load(entry, 32), 32);
    p += load<u8>(entry, 63);
  }
  for (; src < end; src++) p = writeBool(i32(load<u8>(src) != 0), p);
  return p;
}

export function int8s(src: usize, count: i32, p: usize): usize {
  return entries(INT8S, src, count, p);
}

/** The table of uint16 serves its first 256 values. */
export function uint8s(src: usize, count: i32, p: usize): usize {
  return entries(UINT16S, src, count, p);
}

// @ts-ignore: decorator
@inline
function entries(table: usize, src: usize, count: i32, p: usize): usize {
  const end = src + count;
  for (; src + 4 <= end; src += 4) {
    const four = load<u32>(src);
    p = writeEntry(table + ((four & 0xff) << 3), p);
    p = writeEntry(table + (((four >> 8) & 0xff) << 3), p);
    p = writeEntry(table + (((four >> 16) & 0xff) << 3), p);
    p = writeEntry(table + ((four >> 24) << 3), p);
  }
  for (; src < end; src++) p = writeEntry(table + (<usize>load<u8>(src) << 3), p);
  return p;
}

export function uint16s(src: usize, count: i32, p: usize): usize {
  const end = src + (count << 1);
  for (; src < end; src += 2) p = writeUint16(load<u16>(src), p);
  return p;
}

export function int16s(src: usize, count: i32, p: usize): usize {
  const end = src + (count << 1);
  for (; src < end; src += 2) p = writeTiny(<i32>load<i16>(src), p);
  return p;
}

/** Writes n with its comma, n < 2^16. */
// @ts-ignore: decorator
@inline
export function writeUint16(n: u32, p: usize): usize {
  return writeEntry(UINT16S + (n << 3), p);
}

/** Writes n with its comma, |n| < 2^16. */
// @ts-ignore: decorator
@inline
export function writeTiny(n: i32, p: usize): usize {
  const sign = n >> 31;
  store<u8>(p, 0x2d);
  return writeEntry(UINT16S + (((n ^ sign) - sign) << 3), p - sign);
}

// @ts-ignore: decorator
@inline
function writeEntry(entry: usize, p: usize): usize {
  const text = load<u64>(entry);
  store<u64>(p, text);
  return p + <usize>(text >> 56);
}
