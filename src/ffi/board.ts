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
  /** Where bytes come for signals that Python has a handler for: a descriptor, 0 if there is none or somebody listens. */
  wakeup: 0,
  /** How many ms the exit may take on Python's account, -1 for as many as it takes. */
  exitWithin: 1,
  /** How many runs may be under way at once. */
  threads: 2,
} as const;

const LENGTH = Object.keys(board).length;

/** @param bytes the address of a bytearray that stays where it is */
export function mapBoard(memory: Memory, bytes: bigint): Int32Array {
  const { ob_start } = readStruct(memory, layoutsFor(memory.target).PyByteArrayObject, bytes);
  const { buffer, byteOffset } = mapMemory(ob_start, 4 * LENGTH);
  return new Int32Array(buffer, byteOffset, LENGTH);
}
