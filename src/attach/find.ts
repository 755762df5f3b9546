/**
 * Every live buffer object of a memory: found by the pointers to its type, and reported only if all that it says of
 * itself holds. It does not know where the memory comes from.
 */
import { FormatError, LayoutMismatch, MemoryFault, ReleasedError } from '../errors.ts';
import { Py_TPFLAGS_HEAPTYPE } from '../layouts/typeobject.ts';
import { type Memory, orUndefined } from '../memory/memory.ts';
import { formatTarget } from '../target.ts';
import type { BufferView } from '../view/buffer-view.ts';
import type { ElementTypes } from '../view/descr.ts';
import { type BufferKind, bufferKind, readInfo } from '../view/native-object.ts';
import { viewObject } from '../view/object.ts';
import { type BufferInfo, checkReadable, elementCount, extentOf } from '../view/py-buffer.ts';
import { isAlive, Py_REFCNT, Py_TYPE, readTypeFlags } from '../view/py-object.ts';
import { type Exported, isObject, soundness } from './soundness.ts';
import { type SweepProgress, searchable, Window } from './sweep.ts';
import { candidatesOf, findTypeOfTypes, typeKind, typeNameAt } from './types.ts';

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

/** How far a search has come. */
export interface FindProgress extends SweepProgress {
  /** How many buffers were found, also those that a limit leaves out. */
  found: number;
  /** Bytes of those whose memory is not another object's. */
  bytes: number;
}

/** How `findBuffers` searches. */
export interface FindOptions {
  /** Buffers of fewer bytes are left out; 0 by default. */
  readonly minBytes?: number;
  /** The names of the types whose objects are wanted, as {@link FoundBuffer} has them; all by default. */
  readonly types?: readonly string[];
  /** Only so many are kept and given, the biggest: each takes some 300 bytes. All by default. */
  readonly limit?: number;
  /** Called every 128 KiB; nothing is searched meanwhile. */
  readonly onProgress?: (progress: Readonly<FindProgress>) => void;
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
 * @throws TypeError if the memory does not say what is mapped, or an option is of another type.
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
  const { minBytes = 0, limit = Number.POSITIVE_INFINITY, types, onProgress } = options;
  checkNumber('minBytes', minBytes, 'a number of bytes');
  checkNumber('limit', limit, 'a number of buffers');
  const wanted = types === undefined ? undefined : namesOf(types);
  const largest = new Largest(limit);
  const search = new Search(memory, onProgress);
  const { progress } = search;
  let fault: MemoryFault | undefined;
  try {
    for (const buffer of search.run()) {
      if (buffer.nbytes < minBytes || wanted?.has(buffer.type) === false) continue;
      progress.found++;
      if (!buffer.exporter) progress.bytes += buffer.nbytes;
      largest.add(buffer);
    }
  } catch (error) {
    if (!(error instanceof MemoryFault)) throw error;
    fault = error;
  }
  yield* largest.all();
  if (!fault) return;
  const { done, total, found } = progress;
  const reason = `${fault.reason}, after ${done} of ${total} bytes were searched: the ${found} buffers found are a part`;
  throw new MemoryFault(fault.address, fault.length, reason, { cause: fault, ended: fault.ended });
}

function checkNumber(name: string, value: number, what: string): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new TypeError(`expected ${what} as ${name}, 0 or more, got ${String(value)}`);
}

function namesOf(types: readonly string[]): ReadonlySet<string> {
  // What is iterated of a string are its characters.
  if (Array.isArray(types) && types.every((name) => typeof name === 'string')) return new Set(types);
  throw new TypeError(`expected an array of names as types, such as ['bytes', 'numpy.ndarray'], got ${String(types)}`);
}

/** The largest of many buffers: at most twice as many as are wanted, and 1000, are kept at a time. */
class Largest {
  readonly #limit: number;
  #kept: FoundBuffer[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(buffer: FoundBuffer): void {
    this.#kept.push(buffer);
    if (this.#kept.length > 2 * this.#limit + 1000) this.#kept = this.all();
  }

  /** The biggest first. */
  all(): FoundBuffer[] {
    this.#kept.sort((a, b) => b.nbytes - a.nbytes || (a.address < b.address ? -1 : 1));
    return this.#limit < this.#kept.length ? this.#kept.slice(0, this.#limit) : this.#kept;
  }
}

class Search {
  readonly progress: FindProgress = { done: 0, total: 0, unread: 0, found: 0, bytes: 0 };
  readonly #memory: Memory;
  readonly #tell: (() => void) | undefined;
  /** The types that are looked for, by their addresses. */
  readonly #roles = new Map<bigint, Role>();
  /** An object as it is a moment after it was found. */
  readonly #now: Window;
  readonly #header = new Uint8Array(HEADER);
  readonly #names = new Map<bigint, string>();
  /** Of numpy's descriptors: arrays by the thousand have the same. */
  readonly #elementTypes: ElementTypes = new Map();

  constructor(memory: Memory, tell: FindOptions['onProgress']) {
    this.#memory = memory;
    this.#now = new Window(memory);
    this.#tell = tell && (() => tell(this.progress));
  }

  *run(): Generator<FoundBuffer> {
    const { ranges, size, missing } = searchable(this.#memory);
    this.progress.unread = missing;
    const typeOfTypes = findTypeOfTypes(this.#memory, ranges);
    if (typeOfTypes === undefined) throw noTypes(this.#memory);
    this.#roles.set(typeOfTypes, 'type');
    this.progress.total = 2 * size;
    // What is found first are types; they, and types of types of one's own, are what is looked for next.
    for (let wanted = [typeOfTypes]; wanted.length > 0; ) {
      this.progress.total = Math.max(this.progress.total, this.progress.done + size);
      const next: bigint[] = [];
      const candidates = candidatesOf(this.#memory, ranges, wanted, this.progress, this.#tell);
      for (const { address, type, near } of candidates) {
        const role = this.#roles.get(type);
        if (role === 'type') {
          const found = this.#roles.has(address) ? undefined : this.#roleOf(near, address);
          if (!found) continue;
          this.#roles.set(address, found);
          next.push(address);
        } else if (role) {
          const buffer = this.#examine(near, address, role);
          if (buffer) yield buffer;
        }
      }
      wanted = next;
    }
  }

  /** What the type at an address, if there is one, is for the search. */
  #roleOf(near: Memory, address: bigint): Role | undefined {
    const type = isAlive(near, address) ? typeKind(near, address) : undefined;
    if (type === 'metaclass') return typeNameAt(near, address) === undefined ? undefined : 'type';
    return type && kindOf(near, address);
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
    const info = readable(memory, address, kind, this.#elementTypes);
    if (!info) return undefined;
    const released = info === 'released';
    const { format = '', itemsize = 0, shape = [], strides = [], readonly = true } = released ? {} : info;
    return new Found(this.#memory, {
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
    });
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

/** A class, so that a million of them share their shape and the method. */
class Found implements FoundBuffer {
  readonly address: bigint;
  readonly type: string;
  readonly format: string;
  readonly itemsize: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly nbytes: number;
  readonly readonly: boolean;
  readonly refcount: number;
  readonly exports: number | undefined;
  readonly exporter: FoundBuffer['exporter'];
  readonly released: boolean;
  readonly #memory: Memory;

  constructor(memory: Memory, facts: Omit<FoundBuffer, 'view'>) {
    this.#memory = memory;
    this.address = facts.address;
    this.type = facts.type;
    this.format = facts.format;
    this.itemsize = facts.itemsize;
    this.shape = facts.shape;
    this.strides = facts.strides;
    this.nbytes = facts.nbytes;
    this.readonly = facts.readonly;
    this.refcount = facts.refcount;
    this.exports = facts.exports;
    this.exporter = facts.exporter;
    this.released = facts.released;
  }

  view(): BufferView {
    return viewObject(this.#memory, this.address);
  }
}

/** The kind of buffers that a type is of; a class that only has the name of such a type is none. */
function kindOf(memory: Memory, type: bigint): BufferKind | undefined {
  try {
    return bufferKind(memory, type);
  } catch (error) {
    const isClass = error instanceof LayoutMismatch && (readTypeFlags(memory, type) & Py_TPFLAGS_HEAPTYPE) !== 0n;
    if (isClass || error instanceof MemoryFault) return undefined;
    throw error;
  }
}

/** What is read at once of an object, in bytes: its struct, and what the collector writes before it. */
const HEADER = 256;
const BEFORE = 16n;

/** What a buffer says of itself, undefined if it contradicts itself or its elements cannot be read. */
function readable(
  memory: Memory,
  address: bigint,
  kind: BufferKind,
  known: ElementTypes,
): BufferInfo | 'released' | undefined {
  try {
    const info = readInfo(memory, address, kind, known);
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
