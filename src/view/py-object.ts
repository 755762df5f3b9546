/** What every Python object says of itself: its type and its reference count. */
import { dataViewOf, textOf } from '../bytes.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { _Py_REF_SHARED_SHIFT } from '../layouts/object.ts';
import { Py_TPFLAGS_HEAPTYPE } from '../layouts/typeobject.ts';
import { type Memory, readCString } from '../memory/memory.ts';
import { perTarget } from '../target.ts';
import { fieldReader } from './struct.ts';

/**
 * The reference count of the object at an address, as C's `Py_REFCNT`. Free-threaded builds count in two places.
 *
 * @throws MemoryFault if the object cannot be read.
 */
export function Py_REFCNT(memory: Memory, address: bigint): number {
  const { size, count } = headerReaders(memory.target);
  return count(dataViewOf(memory.read(address, size)));
}

/** No object is referred to by more than the count of an immortal one. */
const MOST_REFERENCES = 2 ** 32;
/** A freed block's first word leads to the next one of its arena, which is not farther away in bytes. */
const ARENA = 1 << 20;
/** The same of mimalloc, which free-threaded builds have: a page of it lies within a segment of 32 MiB. */
const SEGMENT = 1 << 25;
/** A count below it is one, even where addresses are as small. @internal */
export const FEW_REFERENCES = 1 << 16;

/** How an object counts its references, and what else of its header an allocator writes over when it is freed. */
const headerReaders = perTarget((target) => {
  const { PyObject } = layoutsFor(target);
  const { size } = PyObject;
  const none = () => 0;
  if (PyObject.has('ob_refcnt')) {
    const overflow = PyObject.has('ob_overflow') ? fieldReader(PyObject, 'ob_overflow', 'number') : none;
    return { size, count: fieldReader(PyObject, 'ob_refcnt', 'number'), overflow, thread: none };
  }
  const local = fieldReader(PyObject, 'ob_ref_local', 'number');
  const shared = fieldReader(PyObject, 'ob_ref_shared', 'bigint');
  // A shared count may be negative, as long as the thread's own outweighs it.
  const count = (bytes: DataView): number => local(bytes) + Number(shared(bytes) >> _Py_REF_SHARED_SHIFT);
  return { size, count, overflow: none, thread: fieldReader(PyObject, 'ob_tid', 'number') };
});

/**
 * Whether the reference count of an object is that of a living one. An allocator writes where the next free block is
 * over the first word of what was freed; what else it held stays.
 *
 * @throws MemoryFault if it cannot be read.
 * @internal
 */
export function isAlive(memory: Memory, address: bigint): boolean {
  const header = headerReaders(memory.target);
  const bytes = dataViewOf(memory.read(address, header.size));
  const count = header.count(bytes);
  if (count <= 0 || count > MOST_REFERENCES) return false;
  if (count > FEW_REFERENCES && Math.abs(count - Number(address)) < ARENA) return false;
  const thread = header.thread(bytes);
  // What was moved on growing keeps its count where the first word is the thread it belongs to.
  return header.overflow(bytes) === 0 && (thread === 0 || Math.abs(thread - Number(address)) > SEGMENT);
}

/** Where in an object the address of its type lies: every look at an object begins with it. */
const typeReader = perTarget((target) => {
  const { PyObject } = layoutsFor(target);
  return { size: PyObject.size, read: fieldReader(PyObject, 'ob_type', 'bigint') };
});

/**
 * The address of an object's type, as C's `Py_TYPE`.
 *
 * @throws MemoryFault if the object cannot be read.
 */
export function Py_TYPE(memory: Memory, address: bigint): bigint {
  const { size, read } = typeReader(memory.target);
  return read(dataViewOf(memory.read(address, size)));
}

/** What a type says of its instances: its name, and their sizes in bytes. */
export interface TypeInfo {
  /** C's `tp_name`: dotted for types outside builtins. */
  readonly name: string;
  readonly basicsize: number;
  readonly itemsize: number;
}

/**
 * Reads a type object.
 *
 * @throws MemoryFault if it cannot be read, or its name is no string: then the address hardly is that of a type.
 */
export function readType(memory: Memory, address: bigint): TypeInfo {
  const { name, basicsize, itemsize } = typeAt(memory, address);
  return { name, basicsize, itemsize };
}

/** A type as it lies in a memory. */
export interface TypeAt extends TypeInfo {
  readonly address: bigint;
  /** Whether it was allocated at run time, as every class of a Python program is. */
  readonly heap: boolean;
  /** The address of the type it derives from, 0 for none. */
  readonly base: bigint;
}

const typeReaders = perTarget((target) => {
  const { PyTypeObject } = layoutsFor(target);
  return {
    size: PyTypeObject.size,
    flagsAt: PyTypeObject.find('tp_flags').offset,
    flagsSize: PyTypeObject.find('tp_flags').size,
    name: fieldReader(PyTypeObject, 'tp_name', 'bigint'),
    basicsize: fieldReader(PyTypeObject, 'tp_basicsize', 'number'),
    itemsize: fieldReader(PyTypeObject, 'tp_itemsize', 'number'),
    flags: fieldReader(PyTypeObject, 'tp_flags', 'bigint'),
    base: fieldReader(PyTypeObject, 'tp_base', 'bigint'),
  };
});

/**
 * The flags of a type, C's `tp_flags`, of which no more is read.
 *
 * @throws MemoryFault if they cannot be read.
 * @internal
 */
export function readTypeFlags(memory: Memory, address: bigint): bigint {
  const { flagsAt, flagsSize, flags } = typeReaders(memory.target);
  return flags(dataViewOf(memory.read(address + BigInt(flagsAt), flagsSize)), -flagsAt);
}

function typeAt(memory: Memory, address: bigint): TypeAt {
  const fields = typeReaders(memory.target);
  const bytes = dataViewOf(memory.read(address, fields.size));
  // Before the name is read, which may be in a memory that moves.
  const [name, base] = [fields.name(bytes), fields.base(bytes)];
  const heap = (fields.flags(bytes) & Py_TPFLAGS_HEAPTYPE) !== 0n;
  const [basicsize, itemsize] = [fields.basicsize(bytes), fields.itemsize(bytes)];
  return { address, heap, base, basicsize, itemsize, name: textOf(readCString(memory, name, 256)) };
}

/** No class has as many above it; garbage may point in a circle. */
const LONGEST_CHAIN = 64;

/**
 * A type and its bases, as `tp_base` chains them.
 *
 * @throws MemoryFault if one cannot be read.
 * @internal
 */
export function* baseTypes(memory: Memory, address: bigint): Generator<TypeAt> {
  let at = address;
  for (let i = 0; at !== 0n && i < LONGEST_CHAIN; i++) {
    const type = typeAt(memory, at);
    yield type;
    at = type.base;
  }
}

/** A search through a memory may take any number of addresses for types. */
const MOST_KEPT = 1000;

/**
 * What is found out once of each type that stays where it is and as it is, by the memory it lies in. One that was
 * allocated at run time may go, and another come in its place.
 *
 * @internal
 */
export function perStaticType<T extends { readonly heap: boolean }>(
  find: (memory: Memory, address: bigint) => T,
): (memory: Memory, address: bigint) => T {
  const known = new WeakMap<Memory, Map<bigint, T>>();
  return (memory, address) => {
    const before = known.get(memory)?.get(address);
    if (before) return before;
    const found = find(memory, address);
    if (found.heap) return found;
    const met = known.get(memory) ?? new Map<bigint, T>();
    if (met.size >= MOST_KEPT) met.clear();
    known.set(memory, met.set(address, found));
    return found;
  };
}
