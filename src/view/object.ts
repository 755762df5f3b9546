/** From the address of a Python object to a view of its buffer: the one place that branches on the object's type. */
import { hex, LayoutMismatch, type Mismatch } from '../errors.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import type { Memory } from '../memory/memory.ts';
import { dataModels, formatTarget } from '../target.ts';
import { BufferView } from './buffer-view.ts';
import { Lifetime } from './lifetime.ts';
import { readBufferInfo } from './py-buffer.ts';
import { Py_TYPE, readType } from './py-object.ts';

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
  return new BufferView(memory, readBufferInfo(memory, address), new Lifetime('view'));
}

function checkType(memory: Memory, address: bigint): void {
  const known = checked.get(memory) ?? new Set();
  const typeAddress = Py_TYPE(memory, address);
  if (known.has(typeAddress)) return;
  const { name, basicsize, itemsize } = readType(memory, typeAddress);
  if (name !== 'memoryview') {
    throw new TypeError(
      `expected a memoryview at ${hex(address)}, got ${JSON.stringify(name)}; pass memoryview(object)`,
    );
  }
  const expected = layoutsFor(memory.target).PyMemoryViewObject.offsetOf('ob_array');
  const { pointer } = dataModels[memory.target.model];
  const mismatches: Mismatch[] = [];
  if (basicsize !== expected) mismatches.push({ fact: 'memoryview.__basicsize__', expected, found: basicsize });
  if (itemsize !== pointer) mismatches.push({ fact: 'memoryview.__itemsize__', expected: pointer, found: itemsize });
  if (mismatches.length > 0) throw new LayoutMismatch(formatTarget(memory.target), mismatches);
  checked.set(memory, known.add(typeAddress));
}
