/**
 * The kernels' entry: elements in memory to JSON text in memory, a chunk at a time. What the numbers of the types mean
 * src/json/kernel.ts knows as well.
 */
import { makeDigits } from './digits';
import { float16s, makeFloat16s } from './float16';
import { float32s, makeFactors32 } from './float32';
import { makeFactors64 } from './float64';
import { float64s } from './floats';
import { integerLoop, makePrefixes } from './integers';
import * as memory from './memory';
import { clearOffender, offender, setPolicy } from './policy';
import { advance, areRowsShort, cutIntoRows, inRow, Loop, openArray, setDimensions } from './rows';
import { bools, int16s, int8s, uint16s, uint8s } from './small';
import { setUnit, times } from './times';
import { makeBools, makeFours, makeFractions, makeInt8s, makeUint16s } from './tables';

export const DIMENSIONS: usize = memory.DIMENSIONS;
export const MOST_DIMENSIONS: i32 = memory.MOST_DIMENSIONS;
export const POWERS: usize = memory.POWERS;
/** For the test that works them out anew. */
export const FACTORS32: usize = memory.FACTORS32;
export const FACTORS64: usize = memory.FACTORS64;
export const INPUT: usize = memory.INPUT;
export const INPUT_SIZE: usize = memory.INPUT_SIZE;
export const OUTPUT: usize = memory.OUTPUT;
export const OUTPUT_SIZE: usize = memory.OUTPUT_SIZE;
export const SLACK: usize = memory.SLACK;
export const COLUMNS: usize = memory.COLUMNS;
export const COLUMNS_SIZE: usize = memory.COLUMNS_SIZE;
export const LEAVES: usize = memory.LEAVES;
export const MOST_LEAVES: i32 = memory.MOST_LEAVES;
export const BETWEEN: usize = memory.BETWEEN;
export const BETWEEN_SIZE: usize = memory.BETWEEN_SIZE;

export const POWERS128: usize = memory.POWERS128;

export { parse, parsedBytes, parsedDepth, parsedEnd, parsedPhase, preparePlain } from './parse';
export { weave } from './weave';

/** Numbered as TypeScript's side does. */
const enum Type {
  Bool,
  Int8,
  Uint8,
  Int16,
  Uint16,
  Int32,
  Uint32,
  Int64,
  Uint64,
  Float16,
  Float32,
  Float64,
  Datetime64,
}

/** Elements whose loop is chosen together. */
const BLOCK = 512;

/** Makes the tables of a type; POWERS must be there for floats. */
export function prepare(type: i32): void {
  makeDigits();
  if (type == Type.Bool) makeBools();
  else if (type == Type.Int8) makeInt8s();
  else if (type <= Type.Uint64) {
    makeUint16s(65536);
    makePrefixes();
    makeFours();
  } else if (type == Type.Float16) makeFloat16s();
  else if (type == Type.Float32) makeFactors32();
  else if (type == Type.Float64) {
    makeFactors64();
    makeUint16s(10000);
    makeFours();
    makeFractions();
  }
}

/**
 * Encodes the next `count` elements of an array, which are at INPUT, to OUTPUT; returns the length of the text.
 * TypeScript has written at DIMENSIONS what is left of the array.
 */
export function encode(
  type: i32,
  count: i32,
  dimensions: i32,
  first: bool,
  nonFinite: i32,
  bigInteger: i32,
  unit: i32,
): i32 {
  setUnit(unit);
  setPolicy(nonFinite, bigInteger);
  clearOffender();
  setDimensions(dimensions);
  const shift = shiftOf(type);
  let src = memory.INPUT;
  let p = first ? openArray(memory.OUTPUT) : memory.OUTPUT;
  while (count > 0) {
    const block = min(count, BLOCK);
    p = encodeBlock(type, shift, src, block, p);
    src += block << shift;
    count -= block;
  }
  return <i32>(p - memory.OUTPUT);
}

/** Where at INPUT the first element lies that the policy refused in the last call, in bytes; or -1. */
export function refused(): i32 {
  return offender == 0 ? -1 : <i32>(offender - memory.INPUT);
}

/** The binary logarithm of the size of an element. */
function shiftOf(type: i32): i32 {
  if (type <= Type.Uint8) return 0;
  if (type <= Type.Uint16 || type == Type.Float16) return 1;
  return type == Type.Int32 || type == Type.Uint32 || type == Type.Float32 ? 2 : 3;
}

function encodeBlock(type: i32, shift: i32, src: usize, count: i32, p: usize): usize {
  const loop = chooseLoop(type, src, count);
  if (areRowsShort()) {
    loop(src, count, memory.TEXTS);
    return cutIntoRows(memory.TEXTS, count, p);
  }
  while (count > 0) {
    const run = inRow(count);
    p = advance(run, loop(src, run, p));
    src += run << shift;
    count -= run;
  }
  return p;
}

function chooseLoop(type: i32, src: usize, count: i32): Loop {
  switch (type) {
    case Type.Bool:
      return bools;
    case Type.Int8:
      return int8s;
    case Type.Uint8:
      return uint8s;
    case Type.Int16:
      return int16s;
    case Type.Uint16:
      return uint16s;
    case Type.Int32:
      return integerLoop<i32, i32, u32>(src, count);
    case Type.Uint32:
      return integerLoop<u32, i32, u32>(src, count);
    case Type.Int64:
      return integerLoop<i64, i64, u64>(src, count);
    case Type.Uint64:
      return integerLoop<u64, i64, u64>(src, count);
    case Type.Float16:
      return float16s;
    case Type.Float32:
      return float32s;
    case Type.Datetime64:
      return times;
    default:
      return float64s;
  }
}
