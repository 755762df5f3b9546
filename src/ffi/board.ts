/**
 * A few numbers that Python and Node both see, without a call and without the GIL: `inside/ends.ts` writes most of
 * them. All copies of this package in the process have the same ones.
 */
import { layoutsFor } from '../layouts/layouts.ts';
import type { Memory } from '../memory/memory.ts';
import { readStruct } from '../view/struct.ts';
import { mapMemory } from './native.ts';

/** The places, by their index. */
export const board = {
  /** Not 0 if there is something to look at after a call. */
  news: 0,
  /** 1 in a process that was forked from this one. */
  forked: 1,
  /** Where bytes come for signals that Python has a handler for: a descriptor, 0 as long as there is none. */
  wakeup: 2,
  /** 1 if somebody listens there. */
  listened: 3,
  /** How many ms the exit may take on Python's account, -1 for as many as it takes. */
  exitWithin: 4,
  /** How many runs may be under way at once. */
  threads: 5,
} as const;

const LENGTH = 8;

/** @param bytes the address of a bytearray that stays where it is */
export function mapBoard(memory: Memory, bytes: bigint): Int32Array {
  const { ob_start } = readStruct(memory, layoutsFor(memory.target).PyByteArrayObject, bytes);
  const { buffer, byteOffset } = mapMemory(ob_start, 4 * LENGTH);
  return new Int32Array(buffer, byteOffset, LENGTH);
}
