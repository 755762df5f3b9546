/**
 * The kernels' entry: elements in memory to JSON text in memory, a chunk at a time. What the numbers of the types mean
 * src/json/kernel.ts knows as well.
 */
import { makeDrops } from './digits';
import { float16s, makeFloat16s } from './float16';
import { float32s, makeFactors32 } from './float32';
import { makeFactors64 } from './float64';
import { float64s } from './floats';
import {
  anyIntegers32,
  anyIntegers64,
  eightDigitIntegers,
  integerLoop,
  Loop,
  NEGATIVE,
  tinyIntegers,
} from './integers';
import * as memory from './memory';
import { clearOffender, offender, setPolicy } from './policy';
import { advance, inRow, openArray, setDimensions } from './rows';
import { bools, int16s, int8s, uint16s, uint8s } from './small';
import { makeBools, makeInt8s, makeUint16s } from './tables';

export const DIMENSIONS: usize = memory.DIMENSIONS;
export const MOST_DIMENSIONS: i32 = memory.MOST_DIMENSIONS;
export const POWERS: usize = memory.POWERS;
export const INPUT: usize = memory.INPUT;
export const INPUT_SIZE: usize = memory.INPUT_SIZE;
export const OUTPUT: usize = memory.OUTPUT;
export const OUTPUT_SIZE: usize = memory.OUTPUT_SIZE;
export const SLACK: usize = memory.SLACK;

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
}

/** Elements whose loop is chosen together. */
const BLOCK = 512;

/** Makes the tables of a type; POWERS must be there for floats. */
export function prepare(type: i32): void {
  makeDrops();
  if (type == Type.Bool) makeBools();
  else if (type == Type.Int8) makeInt8s();
  else if (type <= Type.Uint64) makeUint16s();
  else if (type == Type.Float16) makeFloat16s();
  else if (type == Type.Float32) makeFactors32();
  else makeFactors64();
}

/**
 * Encodes the next `count` elements of an array, which are at INPUT, to OUTPUT; returns the length of the text.
 * TypeScript has written at DIMENSIONS what is left of the array.
 */
export function encode(type: i32, count: i32, dimensions: i32, first: bool, nonFinite: i32, bigInteger: i32): i32 {
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
  return type == Type.Int64 || type == Type.Uint64 || type == Type.Float64 ? 3 : 2;
}

function encodeBlock(type: i32, shift: i32, src: usize, count: i32, p: usize): usize {
  const loop = chooseLoop(type, src, count);
  while (count > 0) {
    const run = inRow(count);
    p = advance(run, runLoop(loop, src, run, p));
    src += run << shift;
    count -= run;
  }
  return p;
}

/** Above the types: the loops of integers of 32 and of 64 bits. */
const LOOPS32 = 16;
const LOOPS64 = 32;

function chooseLoop(type: i32, src: usize, count: i32): i32 {
  switch (type) {
    case Type.Int32:
      return LOOPS32 + integerLoop<i32>(src, count);
    case Type.Uint32:
      return LOOPS32 + integerLoop<u32>(src, count);
    case Type.Int64:
      return LOOPS64 + integerLoop<i64>(src, count);
    case Type.Uint64:
      return LOOPS64 + integerLoop<u64>(src, count);
    default:
      return type;
  }
}

function runLoop(loop: i32, src: usize, count: i32, p: usize): usize {
  switch (loop) {
    case Type.Bool:
      return bools(src, count, p);
    case Type.Int8:
      return int8s(src, count, p);
    case Type.Uint8:
      return uint8s(src, count, p);
    case Type.Int16:
      return int16s(src, count, p);
    case Type.Uint16:
      return uint16s(src, count, p);
    case LOOPS32 + Loop.Tiny:
      return tinyIntegers<u32>(src, count, p);
    case LOOPS32 + Loop.Tiny + NEGATIVE:
      return tinyIntegers<i32>(src, count, p);
    case LOOPS32 + Loop.Eight:
      return eightDigitIntegers<u32>(src, count, p);
    case LOOPS32 + Loop.Eight + NEGATIVE:
      return eightDigitIntegers<i32>(src, count, p);
    case LOOPS32 + Loop.Any:
      return anyIntegers32<u32>(src, count, p);
    case LOOPS32 + Loop.Any + NEGATIVE:
      return anyIntegers32<i32>(src, count, p);
    case LOOPS64 + Loop.Tiny:
      return tinyIntegers<u64>(src, count, p);
    case LOOPS64 + Loop.Tiny + NEGATIVE:
      return tinyIntegers<i64>(src, count, p);
    case LOOPS64 + Loop.Eight:
      return eightDigitIntegers<u64>(src, count, p);
    case LOOPS64 + Loop.Eight + NEGATIVE:
      return eightDigitIntegers<i64>(src, count, p);
    case LOOPS64 + Loop.Any:
      return anyIntegers64<u64>(src, count, p);
    case LOOPS64 + Loop.Any + NEGATIVE:
      return anyIntegers64<i64>(src, count, p);
    case Type.Float16:
      return float16s(src, count, p);
    case Type.Float32:
      return float32s(src, count, p);
    default:
      return float64s(src, count, p);
  }
}
