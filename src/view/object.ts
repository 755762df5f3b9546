/** From the address of a Python object to a view of its buffer: the one place that branches on the object's type. */
import { hex, LayoutMismatch, MemoryFault } from '../errors.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { verifySizes } from '../layouts/recognise.ts';
import { parseTarget, targets } from '../layouts/targets.ts';
import type { Memory } from '../memory/memory.ts';
import { formatTarget } from '../target.ts';
import { BufferView } from './buffer-view.ts';
import { Lifetime } from './lifetime.ts';
import { checkReadable, extentOf, readBufferInfo } from './py-buffer.ts';
import { Py_TYPE, readType } from './py-object.ts';
import { readPointer } from './struct.ts';

/** The addresses of `PyMemoryView_Type` that were met and checked, by the memory they lie in. */
const checked = new WeakMap<Memory, Set<bigint>>();

/**
 * A view of the Python object at an address, in any memory. The object must stay alive while the view is used:
 * a view of memory that Python may free is made by `Python.view`, which keeps it.
 *
 * @param memory where the object lies
 * @param address of a memoryview (in Python, `id(m)`)
 * @throws TypeError if the object is of another type.
 * @throws LayoutMismatch if the layouts of the memory's target do not describe the object's type.
 * @throws ReleasedError if the memoryview was released.
 * @throws FormatError if its metadata contradict themselves.
 * @throws MemoryFault if the object or a pointer in it cannot be read.
 */
export function viewObject(memory: Memory, address: bigint): BufferView {
  checkType(memory, address);
  const info = readBufferInfo(memory, address);
  checkReadable(memory, extentOf(info));
  return new BufferView(memory, info, new Lifetime('view'));
}

function checkType(memory: Memory, address: bigint): void {
  const known = checked.get(memory) ?? new Set();
  const typeAddress = Py_TYPE(memory, address);
  if (known.has(typeAddress)) return;
  if (typeName(memory, address) !== 'memoryview') throw otherBuild(memory, address) ?? notAMemoryview(memory, address);
  if (verifyTypes(memory, address)) checked.set(memory, known.add(typeAddress));
}

/** The name of an object's type, undefined where its pointers lead nowhere. */
function typeName(memory: Memory, address: bigint): string | undefined {
  try {
    return readType(memory, Py_TYPE(memory, address)).name;
  } catch (error) {
    if (error instanceof MemoryFault) return undefined;
    throw error;
  }
}

/** @throws MemoryFault if what is there is not even an object. */
function notAMemoryview(memory: Memory, address: bigint): TypeError {
  const name = JSON.stringify(readType(memory, Py_TYPE(memory, address)).name);
  return new TypeError(`expected a memoryview at ${hex(address)}, got ${name}; pass memoryview(object)`);
}

/** The error that says so, if the object is a memoryview of another build of the same release. */
function otherBuild(memory: Memory, address: bigint): LayoutMismatch | undefined {
  const { version, model } = memory.target;
  const expected = layoutsFor(memory.target).PyObject.offsetOf('ob_type');
  const builds = targets.map(parseTarget).filter((target) => target.version === version && target.model === model);
  for (const target of builds) {
    const found = layoutsFor(target).PyObject.offsetOf('ob_type');
    if (found === expected) continue;
    const asThat: Memory = { target, live: memory.live, read: (at, length) => memory.read(at, length) };
    if (typeName(asThat, address) !== 'memoryview') continue;
    const fact = `offset of ob_type in a memoryview, which is one of ${formatTarget(target)}`;
    return new LayoutMismatch(formatTarget(memory.target), [{ fact, expected, found }]);
  }
  return undefined;
}

/**
 * Compares what the live types of a memoryview and of its managed buffer say with the layouts.
 *
 * @returns false if this memoryview has no managed buffer any more, so that another has to be asked
 */
function verifyTypes(memory: Memory, address: bigint): boolean {
  const { target } = memory;
  const type = readType(memory, Py_TYPE(memory, address));
  verifySizes(target, { 'memoryview.__basicsize__': type.basicsize, 'memoryview.__itemsize__': type.itemsize });
  // Only now is it known where `mbuf` lies.
  const mbuf = readPointer(memory, address + BigInt(layoutsFor(target).PyMemoryViewObject.offsetOf('mbuf')));
  if (mbuf === 0n) return false;
  verifySizes(target, { 'managedbuffer.__basicsize__': readType(memory, Py_TYPE(memory, mbuf)).basicsize });
  return true;
}
