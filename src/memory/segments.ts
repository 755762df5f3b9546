/** A memory made of pieces, each at its address. */
import { hex, MemoryFault } from '../errors.ts';
import type { Target } from '../target.ts';
import { byAddress, lastAtOrBelow, type Mapping } from './mapping.ts';
import { checkRange, type Memory } from './memory.ts';

/** Bytes that lie at an address. */
export interface Segment {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/**
 * Pieces of memory, live: what is read is the piece itself. A read must lie within one piece.
 *
 * @param beneath asked where no piece lies; without it such a read is a fault
 * @throws RangeError if two segments overlap.
 * @example
 * ```ts
 * import { parseTarget, segmentMemory } from 'memview';
 * const memory = segmentMemory([{ address: 0x1000n, bytes: new Uint8Array([1, 2, 3]) }], parseTarget('3.13-lp64'));
 * console.log(memory.read(0x1001n, 2)[0]); // 2
 * ```
 */
export function segmentMemory(segments: Iterable<Segment>, target: Target, beneath?: Memory): Memory {
  const sorted = [...segments].sort(byAddress);
  const ends = sorted.map(({ address, bytes }) => address + BigInt(bytes.length));
  for (const [i, { address }] of sorted.entries()) {
    const before = ends[i - 1];
    if (before !== undefined && before > address) {
      throw new RangeError(`two segments overlap at ${hex(address)}; cut or join them first`);
    }
  }
  return {
    target,
    live: true,
    mappings: () => [...sorted.map(mappingOf), ...(beneath?.mappings?.() ?? [])].sort(byAddress),
    read(address, length) {
      checkRange(address, length);
      const i = lastAtOrBelow(sorted, address);
      const segment = sorted[i];
      const end = ends[i];
      if (segment && end !== undefined && address + BigInt(length) <= end) {
        const start = Number(address - segment.address);
        if (segment.bytes.length >= start + length) return segment.bytes.subarray(start, start + length);
        throw new MemoryFault(address, length, 'the bytes of this segment were given back');
      }
      if (beneath) return beneath.read(address, length);
      throw new MemoryFault(address, length, 'no segment holds all of it');
    },
  };
}

function mappingOf({ address, bytes }: Segment): Mapping {
  return { address, length: bytes.length, readable: true, writable: true, executable: false, path: '', offset: 0 };
}
