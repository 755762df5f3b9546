/** The memory of one export: its elements, mapped when they are first wanted, and all else in snapshots. */
import { MemoryFault } from '../errors.ts';
import type { Memory, MemoryLocator } from '../memory/memory.ts';
import type { Target } from '../target.ts';
import { type BufferInfo, checkReadable, type Extent, extentOf } from '../view/py-buffer.ts';
import type { Gil } from './gil.ts';
import type { Loan } from './loans.ts';
import { mapMemory } from './native.ts';

/** From so many bytes on, what is done with them takes longer than to take the GIL once more. */
const LARGE = 1 << 16;

/** The memory of an export, live as far as its elements go; those that hang on pointers are read in snapshots. */
export class LentMemory implements Memory {
  readonly #info: BufferInfo;
  readonly #process: Memory;
  readonly #loan: Loan;
  readonly #gil: Gil;
  readonly #trusted: boolean;
  /** The elements and where they begin. */
  #low = 0n;
  #bytes: Uint8Array | undefined;

  /**
   * @param process all of this process, in snapshots
   * @param trusted whether the elements are where the exporter says, without a doubt
   */
  constructor(info: BufferInfo, process: Memory, loan: Loan, gil: Gil, trusted: boolean) {
    this.#info = info;
    this.#process = process;
    this.#loan = loan;
    this.#gil = gil;
    this.#trusted = trusted;
  }

  get live(): boolean {
    return !this.#info.suboffsets;
  }

  get target(): Target {
    return this.#process.target;
  }

  get locator(): MemoryLocator | undefined {
    return this.#process.locator;
  }

  read(address: bigint, length: number): Uint8Array {
    if (this.#info.suboffsets) return this.#process.read(address, length);
    this.#bytes ??= this.#map();
    const start = Number(address - this.#low);
    if (start < 0 || start + length > this.#bytes.length) return this.#elsewhere(address, length);
    if (length >= LARGE) this.#gil.letGo();
    if (length === this.#bytes.length) return this.#bytes;
    return this.#bytes.subarray(start, start + length);
  }

  /** What hangs on a pointer, mapped for as long as it takes to write it. */
  lend(address: bigint, length: number): Uint8Array {
    if (this.#loan.released) throw new MemoryFault(address, length, 'these bytes were given back');
    if (length === 0) return new Uint8Array();
    checkMapped(this.#process, { low: address, length });
    return mapMemory(address, length);
  }

  #elsewhere(address: bigint, length: number): Uint8Array {
    if (this.#loan.released) throw new MemoryFault(address, length, 'these bytes were given back');
    return this.#process.read(address, length);
  }

  #map(): Uint8Array {
    const extent = extentOf(this.#info);
    this.#low = extent.low;
    if (extent.length === 0 || this.#loan.released) return new Uint8Array();
    // What cannot be read must not be mapped: to touch it would end the process.
    if (!this.#trusted) checkMapped(this.#process, extent);
    const bytes = mapMemory(extent.low, extent.length);
    this.#loan.map(bytes.buffer, this);
    return bytes;
  }
}

/** A page is readable as a whole or not at all: what lies within one is asked for once. */
function checkMapped(process: Memory, { low, length }: Extent): void {
  const last = low + BigInt(length - 1);
  checkReadable(process, low / PAGE === last / PAGE ? { low, length: 1 } : { low, length });
}

/** Of the operating system, in bytes. */
const PAGE = 4096n;
