/**
 * The parsers' entry: JSON text at INPUT to elements at OUTPUT, a piece at a time. Only what is plain is known here:
 * numbers, truth values and null in arrays that are as they should be. At anything else it stops, and TypeScript reads one
 * token, or says what is wrong with it. Text of as many bytes as INPUT has makes no more elements than OUTPUT holds.
 */
import { makeVectors } from './digits-in';
import { DIMENSIONS, INPUT, INPUT_SIZE } from './memory';
import { makeDoubleTens } from './nearest';
import { at, bools, ENDED, floats, integers, moveTo, put, start, STOPPED } from './runs';
import { afterSpaces } from './spaces';

/** Numbered as TypeScript's side does: what the elements are. */
const enum Kind {
  Integer,
  Float,
  Bool,
}

/** Likewise: what may come next. */
const enum Phase {
  /** A value or an array. */
  Value,
  /** The same, or the end of the array that has just begun. */
  First,
  /** A comma, or the end of the array. */
  After,
}

/** Likewise: why it stopped. At the end of the text, or of what is seen of it; at something that is not plain. */
const MORE = 0;
const OTHER = 1;

const COMMA: u8 = 0x2c;
const OPEN: u8 = 0x5b;
const CLOSE: u8 = 0x5d;
/** Of a dimension: how many items its arrays have, -1 if that is not known yet, and how many the open one has. */
const COUNT: usize = 8;
const NEXT: usize = 16;

let depth: i32 = 0;
let phase: i32 = 0;

export function preparePlain(): void {
  makeVectors();
  makeDoubleTens();
}

export function parsedDepth(): i32 {
  return depth;
}

export function parsedPhase(): i32 {
  return phase;
}

/** How many bytes of the text were taken. */
export function parsedBytes(): i32 {
  return <i32>(at - INPUT);
}

/** Behind the last element. */
export function parsedEnd(): i32 {
  return <i32>put;
}

/**
 * @param length of the text, in bytes
 * @param dimensions how deep the elements lie; at least 1
 * @param open arrays that are open
 * @param shift the binary logarithm of the size of an element
 * @param least of integers, the greatest magnitude of a negative one
 * @param most of integers, the greatest
 * @param places of floats, the bits of their mantissa
 * @param nulls of floats, whether null is one: NaN
 */
export function parse(
  length: i32,
  dimensions: i32,
  open: i32,
  next: i32,
  kind: i32,
  shift: i32,
  least: u64,
  most: u64,
  places: i32,
  nulls: bool,
): i32 {
  const end = INPUT + length;
  start();
  depth = open;
  phase = next;
  while (toToken(end)) {
    const p = at;
    const c = load<u8>(p);
    if (phase == Phase.After) {
      if (c == COMMA) phase = Phase.Value;
      else if (c != CLOSE || !close()) return OTHER;
    } else if (c == CLOSE && phase == Phase.First) {
      if (!close()) return OTHER;
    } else {
      const dimension = DIMENSIONS + <usize>depth * NEXT;
      const outer = dimension - NEXT;
      // Not known, or as good as: more than the text can have.
      const open = depth > 0 && load<f64>(outer) >= 0;
      const left = open ? load<f64>(outer) - load<f64>(outer, COUNT) : <f64>INPUT_SIZE;
      if (left <= 0) return OTHER;
      if (depth < dimensions) {
        if (c != OPEN) return OTHER;
        store<f64>(dimension, 0, COUNT);
        depth++;
        phase = Phase.First;
      } else {
        const before = put;
        const room = put + (<usize>min(left, <f64>INPUT_SIZE) << shift);
        let ended: i32;
        if (kind == Kind.Integer) ended = integers(p, end, room, shift, least, most);
        else if (kind == Kind.Float) ended = floats(p, end, room, shift, places, nulls);
        else ended = bools(p, end, room);
        const count = (put - before) >> shift;
        store<f64>(outer, load<f64>(outer, COUNT) + <f64>count, COUNT);
        if (count > 0) phase = ended == ENDED ? Phase.After : Phase.Value;
        if (ended == STOPPED) return OTHER;
        if (ended != ENDED) return MORE;
        continue;
      }
    }
    moveTo(p + 1);
    if (depth == 0) return OTHER;
  }
  return MORE;
}

function toToken(end: usize): bool {
  moveTo(afterSpaces(at, end));
  return at < end;
}

/** Whether the innermost open array may end here: it has as many items as it should. */
function close(): bool {
  const dimension = DIMENSIONS + <usize>(depth - 1) * NEXT;
  const count = load<f64>(dimension, COUNT);
  const size = load<f64>(dimension);
  if (size < 0) store<f64>(dimension, count);
  else if (size != count) return false;
  depth--;
  if (depth > 0) store<f64>(dimension - NEXT, load<f64>(dimension - NEXT, COUNT) + 1, COUNT);
  phase = Phase.After;
  return true;
}
