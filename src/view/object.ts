/** From the address of a Python object to a view of its buffer. What each type has to say is in `native-object.ts`. */
import { hex, LayoutMismatch, MemoryFault } from '../errors.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { verifySizes } from '../layouts/recognise.ts';
import { parseTarget, targets } from '../layouts/targets.ts';
import type { Memory } from '../memory/memory.ts';
import { formatTarget } from '../target.ts';
import { BufferView } from './buffer-view.ts';
import { Lifetime } from './lifetime.ts';
import { type BufferKind, bufferKind, readInfo } from './native-object.ts';
import { type BufferInfo, checkReadable, extentOf } from './py-buffer.ts';
import { isAlive, Py_TYPE, readType } from './py-object.ts';
import { readPointer } from './struct.ts';
import { settled, watched } from './watched.ts';

/** The memories in which a memoryview's managed buffer was met and checked. */
const checked = new WeakSet<Memory>();

/**
 * A view of the Python object at an address, in any memory: no Python is called, the object is read as it lies there.
 * It must stay alive while the view is used; a view of memory that Python may free is made by `Python.view`, which
 * keeps it. In the memory of another process that runs on, each read of elements is followed by a look whether the
 * object is still what was viewed.
 *
 * @param memory where the object lies
 * @param address of a memoryview, bytes, bytearray, array.array or numpy.ndarray, or an object of a subclass of them
 * (in Python, `id(object)`)
 * @throws TypeError if the object is of another type.
 * @throws LayoutMismatch if the layouts of the memory's target do not describe the object's type.
 * @throws ReleasedError if it is a memoryview that was released.
 * @throws FormatError if its metadata contradict themselves.
 * @throws MemoryFault if the object or a pointer in it cannot be read, or it changed again and again meanwhile.
 * @example
 * ```ts
 * import { viewObject } from 'memview';
 * import { openPython } from 'memview/ffi';
 * const python = openPython();
 * using array = python.eval('__import__("array").array("d", [1.5, 2.5])');
 * console.log(viewObject(python.memory, array.address).toList()); // [ 1.5, 2.5 ]
 * ```
 */
export function viewObject(memory: Memory, address: bigint): BufferView {
  if (memory.changing) return viewChanging(memory, address);
  return viewOf(memory, look(memory, address).info);
}

function viewOf(memory: Memory, info: BufferInfo): BufferView {
  checkReadable(memory, extentOf(info));
  return new BufferView(memory, info, new Lifetime('view'));
}

/** A view that looks after each read of elements whether they were still those of the object. */
function viewChanging(memory: Memory, address: bigint): BufferView {
  const seen = settled(address, () => look(memory, address), show);
  const before = show(seen);
  return viewOf(
    watched(memory, () => show(look(memory, address)) === before),
    seen.info,
  );
}

/** An object at a moment. */
interface Seen {
  readonly type: bigint;
  readonly info: BufferInfo;
}

function look(memory: Memory, address: bigint): Seen {
  const type = Py_TYPE(memory, address);
  const kind = kindOf(memory, address, type);
  if (mayBeFreed(memory) && !isAlive(memory, address)) throw freed(memory, address);
  return { type, info: readInfo(memory, address, kind) };
}

/** Whether nobody keeps alive what is viewed. Of what was freed all but the first bytes may still say what it was. */
function mayBeFreed({ live, lend }: Memory): boolean {
  return !live && !lend;
}

function freed({ target }: Memory, address: bigint): MemoryFault {
  const { size } = layoutsFor(target).PyObject;
  return new MemoryFault(address, size, 'it says what a freed object says: its reference count is none');
}

function show({ type, info }: Seen): string {
  const { source, format, itemsize, readonly, shape, strides, suboffsets = [] } = info;
  return [type, info.address, source, itemsize, readonly, shape, strides, suboffsets, format].join('|');
}

function kindOf(memory: Memory, address: bigint, type: bigint): BufferKind {
  let kind: BufferKind | undefined;
  try {
    kind = bufferKind(memory, type);
  } catch (error) {
    if (error instanceof MemoryFault) throw otherBuild(memory, address) ?? error;
    throw error;
  }
  if (!kind) throw otherBuild(memory, address) ?? notABuffer(memory, address, type);
  if (kind === 'memoryview' && !checked.has(memory) && verifyManaged(memory, address)) checked.add(memory);
  return kind;
}

/** @throws MemoryFault if what is there is not even an object. */
function notABuffer(memory: Memory, address: bigint, type: bigint): Error {
  if (mayBeFreed(memory) && !isAlive(memory, address)) return freed(memory, address);
  const name = JSON.stringify(readType(memory, type).name);
  const known = 'memoryview, bytes, bytearray, array.array or numpy.ndarray';
  return new TypeError(`expected a ${known} at ${hex(address)}, got ${name}`);
}

/** The error that says so, if the object is one of another build of the same release. */
function otherBuild(memory: Memory, address: bigint): LayoutMismatch | undefined {
  const { version, model } = memory.target;
  const expected = layoutsFor(memory.target).PyObject.offsetOf('ob_type');
  const builds = targets.map(parseTarget).filter((target) => target.version === version && target.model === model);
  for (const target of builds) {
    const found = layoutsFor(target).PyObject.offsetOf('ob_type');
    if (found === expected) continue;
    const kind = kindUnder({ target, live: memory.live, read: (at, length) => memory.read(at, length) }, address);
    if (!kind) continue;
    const fact = `offset of ob_type in a ${kind}, which is one of ${formatTarget(target)}`;
    return new LayoutMismatch(formatTarget(memory.target), [{ fact, expected, found }]);
  }
  return undefined;
}

/** The kind of an object, if it is of the memory's target. */
function kindUnder(memory: Memory, address: bigint): BufferKind | undefined {
  try {
    return bufferKind(memory, Py_TYPE(memory, address));
  } catch (error) {
    if (error instanceof MemoryFault || error instanceof LayoutMismatch) return undefined;
    throw error;
  }
}

/**
 * Compares what the live type of a memoryview's managed buffer says with the layouts.
 *
 * @returns false if this memoryview has no managed buffer any more, so that another has to be asked
 */
function verifyManaged(memory: Memory, address: bigint): boolean {
  const { target } = memory;
  const mbuf = readPointer(memory, address + BigInt(layoutsFor(target).PyMemoryViewObject.offsetOf('mbuf')));
  if (mbuf === 0n) return false;
  verifySizes(target, { 'managedbuffer.__basicsize__': readType(memory, Py_TYPE(memory, mbuf)).basicsize });
  return true;
}
