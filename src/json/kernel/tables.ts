/**
 * Text by look-up, for types of few values: an entry is the text of a value with its comma, and in its last byte how
 * long that is.
 */
import { writeUnsigned } from './digits';
import { BOOLS, FOURS, FRACTIONS, INT8S, UINT16S } from './memory';

const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;

function writeEntry(n: i32, entry: usize, size: usize): void {
  let p = entry;
  store<v128>(entry, i64x2.splat(0));
  if (n < 0) store<u8>(p++, MINUS);
  p = writeUnsigned(abs(n), p);
  store<u8>(p++, COMMA);
  const length = p - entry;
  for (; p < entry + size; p++) store<u8>(p, 0);
  store<u8>(entry + size - 1, <u8>length);
}

export function makeInt8s(): void {
  for (let i = 0; i < 256; i++) writeEntry(<i32>(<i8>i), INT8S + (i << 3), 8);
}

/** Each from the number without its last digit: 1 ms instead of 5 for all, before V8 has optimized anything. */
export function makeUint16s(below: u32): void {
  for (let n: u32 = 0; n < below; n++) {
    // Of what comes before the last digit: nothing, or an entry whose comma makes room for it.
    const before: u64 = n < 10 ? 1 << 56 : load<u64>(UINT16S + ((n / 10) << 3));
    const length = before >> 56;
    const at = (length - 1) << 3;
    const digits = before & ((1 << at) - 1);
    const last: u64 = 0x30 + (n % 10);
    store<u64>(UINT16S + (n << 3), digits | (last << at) | ((<u64>COMMA << 8) << at) | ((length + 1) << 56));
  }
}

/** Four digits of each number below 10^4, likewise: the last of a number whose first ones are looked up in UINT16S. */
export function makeFours(): void {
  store<u32>(FOURS, 0x30303030);
  for (let n: u32 = 1; n < 10000; n++) {
    store<u32>(n << 2, (load<u32>((n / 10) << 2, FOURS) >> 8) | ((0x30 + (n % 10)) << 24), FOURS);
  }
}

/** Of those digits, as they follow a point: the point, the digits without zeros at their end but the first, a comma. */
export function makeFractions(): void {
  for (let n: u32 = 0; n < 10000; n++) {
    const digits = load<u32>(n << 2, FOURS);
    const length: u64 = max(1, 4 - (clz(digits & 0x0f0f0f0f) >> 3));
    const kept = <u64>digits & ((1 << (length << 3)) - 1);
    store<u64>(n << 3, 0x2e | (kept << 8) | (<u64>COMMA << ((length + 1) << 3)) | ((length + 2) << 56), FRACTIONS);
  }
}

/** Writes n < 10^8; stores 8 bytes. */
// @ts-ignore: decorator
@inline
export function writeUpTo8(n: u32, p: usize): usize {
  if (n < 10000) {
    const text = load<u64>(n << 3, UINT16S);
    store<u64>(p, text);
    return p + <usize>(text >> 56) - 1;
  }
  const upper = <u32>((<u64>n * 109951163) >> 40);
  const text = load<u64>(upper << 3, UINT16S);
  store<u64>(p, text);
  p += <usize>(text >> 56) - 1;
  writeFour(n - upper * 10000, p);
  return p + 4;
}

/** Writes four digits of n < 10^4. */
// @ts-ignore: decorator
@inline
export function writeFour(n: u32, p: usize): void {
  store<u32>(p, load<u32>(n << 2, FOURS));
}

/** An entry of 64 bytes for each set of eight truth values; at most 48 of text. */
export function makeBools(): void {
  for (let set = 0; set < 256; set++) {
    const entry = BOOLS + (set << 6);
    let p = entry;
    for (let bit = 0; bit < 8; bit++) p = writeBool((set >> bit) & 1, p);
    store<u8>(entry + 63, <u8>(p - entry));
  }
}

/** `true,` or `false,`; stores 8 bytes. */
// @ts-ignore: decorator
@inline
export function writeBool(value: i32, p: usize): usize {
  store<u64>(p, value ? 0x2c65757274 : 0x2c65736c6166);
  return p + 6 - value;
}
