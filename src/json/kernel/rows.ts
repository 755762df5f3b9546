/**
 * Nested arrays: the brackets between rows. The array's dimensions lie in memory, outermost first, each with what is
 * left of it, as f64 because TypeScript writes them; the loops that write elements know nothing of them.
 */
import { DIMENSIONS } from './memory';

/** Writes `count` elements from `src` to `p`, each with a comma; returns the end. */
export type Loop = (src: usize, count: i32, p: usize) => usize;

const OPEN: u8 = 0x5b;
const CLOSE: u8 = 0x5d;
const COMMA: u8 = 0x2c;
/** Of a dimension, after its size. */
const LEFT: usize = 8;
const NEXT: usize = 16;

let dimensions: i32 = 0;
/** The innermost dimension. */
let row: usize = 0;

export function setDimensions(count: i32): void {
  dimensions = count;
  row = DIMENSIONS + (count - 1) * NEXT;
}

export function openArray(p: usize): usize {
  for (let i = 0; i < dimensions; i++) store<u8>(p++, OPEN);
  return p;
}

/**
 * Rows so short that what a loop does before its first element would take longer than the elements: their text is
 * written as if it were one row, and cut afterwards. Measured: rows of 2 take a tenth of the time, rows of 32 the same.
 */
const SHORT: f64 = 32;

export function areRowsShort(): bool {
  return dimensions > 0 && load<f64>(row) < SHORT;
}

/** Copies `count` elements' text, each with its comma, to `p`, with the brackets between rows. */
export function cutIntoRows(text: usize, count: i32, p: usize): usize {
  while (count > 0) {
    const run = inRow(count);
    count -= run;
    let left = run;
    for (;;) {
      const bytes = v128.load(text);
      v128.store(p, bytes);
      let commas = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(COMMA)));
      const found = popcnt(commas);
      if (found < left) {
        left -= found;
        text += 16;
        p += 16;
        continue;
      }
      while (--left > 0) commas &= commas - 1;
      const length = ctz(commas) + 1;
      text += length;
      p = advance(run, p + length);
      break;
    }
  }
  return p;
}

/** How many of the next `count` elements are in this row. */
// @ts-ignore: decorator
@inline
export function inRow(count: i32): i32 {
  return dimensions == 0 ? count : <i32>min(<f64>count, load<f64>(row, LEFT));
}

/** After `count` elements of a row, each with a comma: if the row is done, its brackets and the next one's. */
// @ts-ignore: decorator
@inline
export function advance(count: i32, p: usize): usize {
  // A number without an array has no comma.
  if (dimensions == 0) return p - 1;
  const left = load<f64>(row, LEFT) - <f64>count;
  store<f64>(row, left, LEFT);
  return left == 0 ? closeRow(p - 1) : p;
}

function closeRow(p: usize): usize {
  let closed = 0;
  let dimension = row;
  for (;;) {
    store<u8>(p++, CLOSE);
    closed++;
    store<f64>(dimension, load<f64>(dimension), LEFT);
    if (dimension == DIMENSIONS) return p;
    dimension -= NEXT;
    const left = load<f64>(dimension, LEFT) - 1;
    store<f64>(dimension, left, LEFT);
    if (left != 0) break;
  }
  store<u8>(p++, COMMA);
  for (; closed > 0; closed--) store<u8>(p++, OPEN);
  return p;
}
