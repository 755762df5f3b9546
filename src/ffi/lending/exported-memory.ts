/** The memory of one export: its elements, mapped when they are first wanted, and all else in snapshots. */
import { constants } from 'node:buffer';
import { FormatError, MemoryFault, ReleasedError } from '../../errors.ts';
import type { Memory, MemoryLocator } from '../../memory/memory.ts';
import type { Target } from '../../target.ts';
import { Lifetime } from '../../view/lifetime.ts';
import { type BufferInfo, checkReadable, type Extent } from '../../view/py-buffer.ts';
import type { Gil } from '../gil.ts';
import { mapMemory } from '../native.ts';
import type { Export } from './export.ts';
import type { Ledger } from './ledger.ts';

/** From so many bytes on, what is done with them takes longer than to take the GIL once more. */
const LARGE = 1 << 16;

/** What an exported memory is made of. */
export interface Lent {
  readonly info: BufferInfo;
  /** Whether the elements are where the exporter says, without a doubt. */
  readonly trusted: boolean;
  /** All of this process, in snapshots. */
  readonly process: Memory;
  readonly entry: Export;
  readonly ledger: Ledger;
  readonly gil: Gil;
}

/**
 * The memory of an export, live as far as its elements go; those that hang on pointers are read in snapshots. It is the
 * lifetime of its view as well: it holds the ArrayBuffer, which the export must not.
 */
export class ExportedMemory extends Lifetime implements Memory {
  readonly #lent: Lent;
  readonly #extent: Extent;
  /** The elements. */
  #bytes: Uint8Array | undefined;

  constructor(lent: Lent) {
    super('view');
    this.#lent = lent;
    this.#extent = lent.entry.extent;
    lent.entry.watch(this);
  }

  /** What one ArrayBuffer cannot show (4 GiB on Node 20) is read in snapshots, and written to piece by piece. */
  get live(): boolean {
    return !this.#lent.info.suboffsets && this.#extent.length <= constants.MAX_LENGTH;
  }

  get target(): Target {
    return this.#lent.process.target;
  }

  get locator(): MemoryLocator | undefined {
    return this.#lent.process.locator;
  }

  override get released(): boolean {
    return this.#lent.entry.released;
  }

  override check(): void {
    this.#lent.entry.check();
    if (this.#bytes?.length === 0 && this.#extent.length > 0) {
      throw new ReleasedError(
        'the memory of this view was transferred, and the view with it has come to its end: transfer(), or a byte stream, ' +
          'has taken its ArrayBuffer. Take a new view, and give away a copy',
      );
    }
  }

  override handOut(): void {
    const { info, entry } = this.#lent;
    if (!this.live && !info.suboffsets) {
      throw new FormatError(
        `this runtime has no ArrayBuffer of ${this.#extent.length} bytes, which the view was made over; view the part ` +
          'sliced in Python, or copy it by toTypedArray()',
      );
    }
    entry.handOut();
  }

  override release(): void {
    this.#bytes = undefined;
    this.#lent.entry.release();
  }

  override revoke(): void {
    this.#lent.entry.revoke();
    this.#bytes = undefined;
  }

  read(address: bigint, length: number): Uint8Array {
    const { process, gil } = this.#lent;
    if (!this.live) return process.read(address, length);
    this.#bytes ??= this.#map();
    const start = Number(address - this.#extent.low);
    if (start < 0 || start + length > this.#bytes.length) return this.#elsewhere(address, length);
    if (length >= LARGE) gil.letGo();
    if (length === this.#bytes.length) return this.#bytes;
    return this.#bytes.subarray(start, start + length);
  }

  /** What hangs on a pointer, mapped for as long as it takes to write it. */
  lend(address: bigint, length: number): Uint8Array {
    if (this.released) throw givenBack(address, length);
    if (length === 0) return new Uint8Array();
    checkMapped(this.#lent.process, { low: address, length });
    return mapMemory(address, length);
  }

  #elsewhere(address: bigint, length: number): Uint8Array {
    this.check();
    return this.#lent.process.read(address, length);
  }

  #map(): Uint8Array {
    const { trusted, process, entry, ledger } = this.#lent;
    const extent = this.#extent;
    if (extent.length === 0 || this.released) return new Uint8Array();
    const left = ledger.leftOf(entry);
    if (left) {
      const [lender, buffer] = left;
      entry.borrow(lender);
      return new Uint8Array(buffer, 0, extent.length);
    }
    // What cannot be read must not be mapped: to touch it would end the process.
    if (!trusted) checkMapped(process, extent);
    const bytes = mapMemory(extent.low, extent.length);
    entry.show(bytes.buffer);
    return bytes;
  }
}

function givenBack(address: bigint, length: number): MemoryFault {
  return new MemoryFault(address, length, 'these bytes were given back');
}

/** A page is readable as a whole or not at all: what lies within one is asked for once. */
function checkMapped(process: Memory, { low, length }: Extent): void {
  const last = low + BigInt(length - 1);
  checkReadable(process, low / PAGE === last / PAGE ? { low, length: 1 } : { low, length });
}

/** Of the operating system, in bytes. */
const PAGE = 4096n;
