/**
 * What memoryviews of this process say of themselves. Those we own need no read that survives a fault: they live, and
 * a live object can be read where it lies, and so can its exporter, which it keeps. What an exporter says in C, of
 * its format and its memory, is read in snapshots, unless its type is one of CPython's own.
 */
import { dataViewOf } from '../../bytes.ts';
import { layoutsFor } from '../../layouts/layouts.ts';
import type { Memory } from '../../memory/memory.ts';
import { pagedMemory } from '../../memory/paged.ts';
import { type BufferInfo, readBufferInfo } from '../../view/py-buffer.ts';
import { fieldReader } from '../../view/struct.ts';
import { mapMemory } from '../native.ts';

/** Windows are mapped at multiples of this, so that many objects share one; some of their pages may be nobody's. */
const WINDOW = 1 << 18;
/** More than the largest memoryview, one of 64 dimensions, which may begin at the end of a window. */
const OVERLAP = 1 << 12;
/** V8 takes each window for memory of its own that it could free. */
const MOST_WINDOWS = 64;

/** A Py_buffer, and whether its elements are where it says without a doubt. */
export interface Header {
  readonly info: BufferInfo;
  readonly trusted: boolean;
  /** The address of the object whose memory it is, which the owner keeps; 0 where only the owner is known. */
  readonly exporter: number;
  /** The address of what keeps the memory: a memoryview, or the list of what another source has given. */
  readonly owner: bigint;
}

/** Reads memoryviews that are owned: nothing of the windows but their bytes is touched, and nobody else has them. */
export class Memoryviews {
  readonly #memory: Memory;
  readonly #trusted: ReadonlySet<number>;
  readonly #exporter: (bytes: DataView, base: number) => number;
  readonly #type: (bytes: DataView, base: number) => number;
  readonly #windows = new Map<number, DataView>();
  /** Of trusted exporters: string literals of C, which stay. */
  readonly #formats = new Map<bigint, string>();

  /**
   * @param memory all of this process
   * @param trusted the addresses of types whose instances export what is there
   */
  constructor(memory: Memory, trusted: readonly bigint[]) {
    this.#memory = memory;
    this.#trusted = new Set(trusted.map(Number));
    const { PyMemoryViewObject, PyObject } = layoutsFor(memory.target);
    this.#exporter = fieldReader(PyMemoryViewObject, 'view.obj', 'number');
    this.#type = fieldReader(PyObject, 'ob_type', 'number');
  }

  /**
   * Reads and checks the Py_buffer of a memoryview.
   *
   * @throws as `readBufferInfo`
   */
  read(memoryview: bigint): Header {
    return this.#read(memoryview, undefined, undefined);
  }

  /** The same of many, which then share what is read of others. */
  readAll(memoryviews: readonly bigint[]): Header[] {
    const paged = pagedMemory(this.#memory);
    const formats = new Map<bigint, string>();
    return memoryviews.map((memoryview) => this.#read(memoryview, paged, formats));
  }

  #read(memoryview: bigint, paged: Memory | undefined, formats: Map<bigint, string> | undefined): Header {
    const at = Number(memoryview);
    const bytes = this.#window(at);
    const base = at % WINDOW;
    const exporter = this.#exporter(bytes, base);
    const trusted = exporter !== 0 && this.#trusted.has(this.#type(this.#window(exporter), exporter % WINDOW));
    const known = { bytes, base, formats: trusted ? this.#formats : formats };
    return { info: readBufferInfo(paged ?? this.#memory, memoryview, known), trusted, exporter, owner: memoryview };
  }

  #window(address: number): DataView {
    const index = Math.floor(address / WINDOW);
    const known = this.#windows.get(index);
    if (known) return known;
    const window = dataViewOf(mapMemory(BigInt(index * WINDOW), WINDOW + OVERLAP));
    const oldest = this.#windows.keys().next();
    if (this.#windows.size === MOST_WINDOWS && !oldest.done) this.#windows.delete(oldest.value);
    this.#windows.set(index, window);
    return window;
  }
}
