/** What every Python object says of itself: its type and its reference count. */
import { dataViewOf, textOf } from '../bytes.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { _Py_REF_SHARED_SHIFT } from '../layouts/object.ts';
import { type Memory, readCString } from '../memory/memory.ts';
import { perTarget } from '../target.ts';
import { fieldReader, readStruct } from './struct.ts';

/**
 * The reference count of the object at an address, as C's `Py_REFCNT`. Free-threaded builds count in two places.
 *
 * @throws MemoryFault if the object cannot be read.
 */
export function Py_REFCNT(memory: Memory, address: bigint): number {
  const object = readStruct(memory, layoutsFor(memory.target).PyObject, address);
  if (object.ob_refcnt !== undefined) return Number(object.ob_refcnt);
  return Number(BigInt(object.ob_ref_local ?? 0) + ((object.ob_ref_shared ?? 0n) >> _Py_REF_SHARED_SHIFT));
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
  const type = readStruct(memory, layoutsFor(memory.target).PyTypeObject, address);
  return {
    name: textOf(readCString(memory, type.tp_name, 256)),
    basicsize: Number(type.tp_basicsize),
    itemsize: Number(type.tp_itemsize),
  };
}
