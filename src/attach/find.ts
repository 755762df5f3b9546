/**
 * Every live buffer object of a memory: found by the pointers to its type, and reported only if all that it says of
 * itself holds. It does not know where the memory comes from.
 */
import { FormatError, LayoutMismatch, MemoryFault, ReleasedError } from '../errors.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import type { Memory } from '../memory/memory.ts';
import { formatTarget } from '../target.ts';
import type { BufferView } from '../view/buffer-view.ts';
import { type BufferKind, bufferKind, readInfo } from '../view/native-object.ts';
import { viewObject } from '../view/object.ts';
import { type BufferInfo, checkReadable, elementCount, extentOf } from '../view/py-buffer.ts';
import { Py_REFCNT, Py_TYPE } from '../view/py-object.ts';
import { type Exported, isAlive, isObject, soundness } from './soundness.ts';
import { chunksOf, modelOf, pointersTo, type SweepProgress, searchable, Window } from './sweep.ts';
import { findTypeOfTypes, orUndefined, typeKind, typeNameAt } from './types.ts';

/** An object that holds or exports a buffer. Shapes count elements; strides and sizes are bytes. */
export interface FoundBuffer {
  readonly address: bigint;
  /** The name of its type, C's `tp_name`: `memoryview`, `numpy.ndarray`, or that of a subclass. */
  readonly type: string;
  /** Of PEP 3118; empty of a released memoryview, which has no buffer any more. */
  readonly format: string;
  readonly itemsize: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Of all elements together. */
  readonly nbytes: number;
  readonly readonly: boolean;
  readonly refcount: number;
  /** How many buffers are exported from it; undefined where the type does not count them. */
  readonly exports: number | undefined;
  /** Whose memory it is, where it is that of another object. */
  readonly exporter: { readonly address: bigint; readonly type: string } | undefined;
  /** Whether it is a memoryview that was released. */
  readonly released: boolean;
  /**
   * A view of it, as `viewObject` gives it.
   *
   * @throws ReleasedError of a released memoryview.
   * @throws MemoryFault if the object is not there any more.
   */
  view(): BufferView;
}

/** How `findBuffers` searches. */
export interface FindOptions {
  /** Buffers of fewer bytes are left out; 0 by default. */
  readonly minBytes?: number;
  /** Called every 128 KiB; nothing is searched meanwhile. */
  readonly onProgress?: (progress: Readonly<SweepProgress>) => void;
}

/** What a word that points to a type is for the search. */
type Role = BufferKind | 'type';

/**
 * Every live object that is a memoryview, bytes, bytearray, array.array or numpy.ndarray, or of a subclass, the
 * biggest first. All that is mapped is read, at least twice: for the types, then for their objects.
 *
 * A process runs on while it is searched. An object is reported only if it said the same a second time; it may be gone
 * the moment after.
 *
 * @throws TypeError if the memory does not say what is mapped, or `minBytes` is no number.
 * @throws MemoryFault if the process ends meanwhile: after all that was found has been given, which then is a part.
 * @throws LayoutMismatch if no `type` of the target's layouts is found.
 * @example
 * ```ts
 * import { spawn } from 'node:child_process';
 * import { once } from 'node:events';
 * import { openPython } from 'memview/ffi';
 * import { findBuffers, processMemory } from 'memview/node';
 * const code = 'kept = bytearray(5000); print("ready", flush=True); input()';
 * const child = spawn(openPython().installation.executable, ['-c', code]);
 * await once(child.stdout, 'data');
 * for (const { type, nbytes } of findBuffers(processMemory(child.pid!), { minBytes: 5000 })) {
 *   if (type === 'bytearray') console.log(nbytes); // 5000
 * }
 * child.kill();
 * ```
 */
export function* findBuffers(memory: Memory, options: FindOptions = {}): Generator<FoundBuffer> {
  const { minBytes = 0, onProgress } = options;
  if (typeof minBytes !== 'number' || Number.isNaN(minBytes)) {
    throw new TypeError(`expected a number of bytes as minBytes, got ${String(minBytes)}`);
  }
  const found: FoundBuffer[] = [];
  const search = new Search(memory, onProgress);
  let fault: MemoryFault | undefined;
  try {
    for (const buffer of search.run()) if (buffer.nbytes >= minBytes) found.push(buffer);
  } catch (error) {
    if (!(error instanceof MemoryFault)) throw error;
    fault = error;
  }
  yield* found.sort((a, b) => b.nbytes - a.nbytes || (a.address < b.address ? -1 : 1));
  if (!fault) return;
  const { done, total } = search.progress;
  const reason = `${fault.reason}, after ${done} of ${total} bytes were searched: the ${found.length} buffers found are a part`;
  throw new MemoryFault(fault.address, fault.length, reason, { cause: fault });
}

class Search {
  readonly progress: SweepProgress = { done: 0, total: 0, unread: 0 };
  readonly #memory: Memory;
  readonly #tell: (() => void) | undefined;
  /** The types that are looked for, by their addresses. */
  readonly #roles = new Map<bigint, Role>();
  /** The piece that is searched, and an object as it is a moment later. */
  readonly #near: Window;
  readonly #now: Window;
  readonly #header = new Uint8Array(HEADER);
  readonly #names = new Map<bigint, string>();
  readonly #seen = new Set<bigint>();

  constructor(memory: Memory, tell: FindOptions['onProgress']) {
    this.#memory = memory;
    this.#near = new Window(memory);
    this.#now = new Window(memory);
    this.#tell = tell && (() => tell(this.progress));
  }

  *run(): Generator<FoundBuffer> {
    const ranges = searchable(this.#memory);
    const size = ranges.reduce((sum, { length }) => sum + length, 0);
    const before = BigInt(layoutsFor(this.#memory.target).PyObject.offsetOf('ob_type'));
    const type = findTypeOfTypes(this.#memory, ranges);
    if (type === undefined) throw noTypes(this.#memory);
    this.#roles.set(type, 'type');
    this.progress.total = 2 * size;
    // What is found first are types; they, and types of types of one's own, are what is looked for next.
    for (let wanted = [type]; wanted.length > 0; ) {
      this.progress.total = Math.max(this.progress.total, this.progress.done + size);
      const find = pointersTo(wanted, modelOf(this.#memory));
      const next: bigint[] = [];
      for (const chunk of chunksOf(this.#memory, ranges, this.progress, this.#tell)) {
        const hits = find(chunk);
        if (hits.length === 0) continue;
        const near = this.#near.show(chunk);
        for (const { offset, value } of hits) {
          const address = chunk.address + BigInt(offset) - before;
          const role = this.#roles.get(value);
          if (role === 'type') {
            const found = this.#roles.has(address) ? undefined : this.#roleOf(near, address);
            if (!found) continue;
            this.#roles.set(address, found);
            next.push(address);
          } else if (role && !this.#seen.has(address)) {
            const buffer = this.#examine(near, address, role);
            if (!buffer) continue;
            this.#seen.add(address);
            yield buffer;
          }
        }
      }
      wanted = next;
    }
  }

  /** What the type at an address, if there is one, is for the search. */
  #roleOf(near: Memory, address: bigint): Role | undefined {
    const type = isAlive(near, address) ? typeKind(near, address) : undefined;
    if (type === 'metaclass') return typeNameAt(near, address) === undefined ? undefined : 'type';
    return type && orUndefined(() => bufferKind(near, address));
  }

  /** The buffer at an address, undefined if what is there is none. */
  #examine(near: Memory, address: bigint, kind: BufferKind): FoundBuffer | undefined {
    const first = this.#read(near, address, kind);
    if (!first || !this.#memory.changing) return first;
    // The piece was read a while ago, and not in one moment.
    const now = orUndefined(() => this.#headerAt(address - BEFORE));
    const again = this.#read(now ?? this.#memory, address, kind);
    return again && isSame(first, again) ? again : undefined;
  }

  #headerAt(address: bigint): Memory {
    if (this.#memory.readInto) this.#memory.readInto(address, this.#header);
    else this.#header.set(this.#memory.read(address, HEADER));
    return this.#now.show({ address, bytes: this.#header });
  }

  #read(memory: Memory, address: bigint, kind: BufferKind): FoundBuffer | undefined {
    const exported = orUndefined(() => (isObject(memory, address) ? soundness[kind](memory, address) : undefined));
    if (!exported) return undefined;
    const info = readable(memory, address, kind);
    if (!info) return undefined;
    const released = info === 'released';
    const { format = '', itemsize = 0, shape = [], strides = [], readonly = true } = released ? {} : info;
    return {
      address,
      type: this.#nameOf(Py_TYPE(memory, address)) ?? '?',
      format,
      itemsize,
      shape,
      strides,
      nbytes: released ? 0 : elementCount(shape) * itemsize,
      readonly,
      refcount: Py_REFCNT(memory, address),
      exports: exported.exports,
      exporter: this.#exporterOf(exported),
      released,
      view: () => viewObject(this.#memory, address),
    };
  }

  #exporterOf({ exporter }: Exported): FoundBuffer['exporter'] {
    if (exporter === 0n) return undefined;
    const type = orUndefined(() => Py_TYPE(this.#memory, exporter));
    return { address: exporter, type: (type === undefined ? undefined : this.#nameOf(type)) ?? '?' };
  }

  #nameOf(type: bigint): string | undefined {
    const name = this.#names.get(type) ?? typeNameAt(this.#memory, type);
    if (name !== undefined) this.#names.set(type, name);
    return name;
  }
}

/** What is read at once of an object, in bytes: its struct, and what the collector writes before it. */
const HEADER = 256;
const BEFORE = 16n;

/** What a buffer says of itself, undefined if it contradicts itself or its elements cannot be read. */
function readable(memory: Memory, address: bigint, kind: BufferKind): BufferInfo | 'released' | undefined {
  try {
    const info = readInfo(memory, address, kind);
    checkReadable(memory, extentOf(info));
    return info;
  } catch (error) {
    if (error instanceof ReleasedError) return 'released';
    if (error instanceof MemoryFault || error instanceof FormatError) return undefined;
    throw error;
  }
}

/** Whether two readings of an object agree in all that does not change while it is used. */
function isSame(a: FoundBuffer, b: FoundBuffer): boolean {
  const parts = ({ type, format, shape, strides, released }: FoundBuffer): string =>
    [type, format, shape, strides, released].join('|');
  return parts(a) === parts(b);
}

function noTypes(memory: Memory): LayoutMismatch {
  const fact = 'an object that is its own type and called "type"';
  return new LayoutMismatch(formatTarget(memory.target), [{ fact, expected: 'one', found: 'none' }]);
}
