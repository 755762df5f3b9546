/**
 * Text by look-up, for types of few values: an entry is the text of a value with its comma, and in its last byte how
 * long that is.
 */
import { writeUnsigned } from './digits';
import { BOOLS, INT8S, UINT16S } from './memory';

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
export function makeUint16s(): void {
  for (let n: u32 = 0; n < 65536; n++) {
    // Of what comes before the last digit: nothing, or an entry whose comma makes room for it.
    const before: u64 = n < 10 ? 1 << 56 : load<u64>(UINT16S + ((n / 10) << 3));
    const length = before >> 56;
    const at = (length - 1) << 3;
    const digits = before & ((1 << at) - 1);
    const last: u64 = 0x30 + (n % 10);
    store<u64>(UINT16S + (n << 3), digits | (last << at) | ((<u64>COMMA << 8) << at) | ((length + 1) << 56));
  }
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
