/**
 * What many memoryviews of this process say of themselves. Those we own need no read that survives a fault: they live,
 * and a live object can be read where it lies. All that they point to elsewhere is read in snapshots. For a single one
 * a snapshot costs less: a window of this length weighs on the garbage collector.
 */
import { dataViewOf } from '../bytes.ts';
import type { Memory } from '../memory/memory.ts';
import { pagedMemory } from '../memory/paged.ts';
import { type BufferInfo, type MemoryviewBytes, readBufferInfo } from '../view/py-buffer.ts';
import { mapMemory } from './native.ts';

/** Windows are mapped at multiples of this, so that many objects share one; some of their pages may be nobody's. */
const WINDOW = 1 << 18;
/** More than the largest memoryview, one of 64 dimensions, which may begin at the end of a window. */
const OVERLAP = 1 << 12;

/**
 * Reads and checks the Py_buffers of memoryviews that are owned: nothing of the windows but
 * their bytes is touched, and nobody else has them.
 *
 * @param memory all of this process
 * @throws as `readBufferInfo`, for the first that is not sound.
 */
export function readOwned(memory: Memory, memoryviews: readonly bigint[]): BufferInfo[] {
  const paged = pagedMemory(memory);
  const formats: MemoryviewBytes['formats'] = new Map();
  const windows = new Map<number, DataView>();
  return memoryviews.map((memoryview) => {
    const index = Math.floor(Number(memoryview) / WINDOW);
    const start = index * WINDOW;
    let bytes = windows.get(index);
    if (!bytes) {
      bytes = dataViewOf(mapMemory(BigInt(start), WINDOW + OVERLAP));
      windows.set(index, bytes);
    }
    return readBufferInfo(paged, memoryview, { bytes, base: Number(memoryview) - start, formats });
  });
}
