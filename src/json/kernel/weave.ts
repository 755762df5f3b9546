/**
 * Records: the text of each field of many records, one field after the other, to the text of one record after the other.
 * TypeScript has written at LEAVES, for each field, what weave() walks along, 16 bytes each: where its texts are, what
 * parts them, and what is written before the field.
 */
import { LEAVES, OUTPUT } from './memory';
import { advance, openArray, setDimensions } from './rows';

const PARTED: usize = 4;
const BEFORE: usize = 8;
const BEFORE_LENGTH: usize = 12;
const NEXT: usize = 16;

/** Writes `count` records of `leaves` fields to OUTPUT; returns the length. After the fields stands what ends a record. */
export function weave(count: i32, leaves: i32, dimensions: i32, first: bool): i32 {
  setDimensions(dimensions);
  const end: usize = LEAVES + <usize>leaves * NEXT;
  let p = first ? openArray(OUTPUT) : OUTPUT;
  for (; count > 0; count--) {
    for (let leaf = LEAVES; leaf < end; leaf += NEXT) p = copyUntil(leaf, copyBefore(leaf, p));
    p = copyBefore(end, p);
    store<u8>(p, 0x2c);
    p = advance(1, p + 1);
  }
  return <i32>(p - OUTPUT);
}

// @ts-ignore: decorator
@inline
function copyBefore(leaf: usize, p: usize): usize {
  const from = load<u32>(leaf, BEFORE);
  const length = load<u32>(leaf, BEFORE_LENGTH);
  for (let i: u32 = 0; i < length; i += 16) v128.store(p + i, v128.load(from + i));
  return p + length;
}

/** Copies the next text of a field, and leaves the field at the one behind it. */
// @ts-ignore: decorator
@inline
function copyUntil(leaf: usize, p: usize): usize {
  const parted = i8x16.splat(<i8>load<u8>(leaf, PARTED));
  let text: usize = load<u32>(leaf);
  let ends = 0;
  for (;;) {
    const bytes = v128.load(text);
    v128.store(p, bytes);
    ends = i8x16.bitmask(i8x16.eq(bytes, parted));
    if (ends != 0) break;
    text += 16;
    p += 16;
  }
  const length = ctz(ends);
  store<u32>(leaf, <u32>(text + length + 1));
  return p + length;
}
