/** A memory as it is at one moment: for many small reads that lie close together. */
import { type Memory, orUndefined } from './memory.ts';

/** The least that is readable as a whole, in bytes: a page of the operating system. */
const PAGE = 4096;

/**
 * Reads of another memory, page by page, each page once. Good only where bytes are readable by whole pages (a
 * process), and as long as what is read does not change.
 */
export function pagedMemory(beneath: Memory): Memory {
  const pages = new Map<number, Uint8Array | undefined>();
  const page = (index: number): Uint8Array | undefined => {
    if (pages.has(index)) return pages.get(index);
    const bytes = orUndefined(() => beneath.read(BigInt(index * PAGE), PAGE));
    // Without Buffer's own, slower subarray.
    const plain = bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    pages.set(index, plain);
    return plain;
  };
  return {
    target: beneath.target,
    live: false,
    read(address, length) {
      const at = Number(address);
      const index = Math.floor(at / PAGE);
      const start = at - index * PAGE;
      const within = Number.isSafeInteger(at) && at >= 0 && length >= 0 && start + length <= PAGE;
      // What is no part of a readable page may still be readable, or is a fault that is to name what was asked for.
      return (within && page(index)?.subarray(start, start + length)) || beneath.read(address, length);
    },
  };
}
