/** Include/cpython/tupleobject.h: `tuple`. */
import { PyVarObject } from './object.ts';
import { anyOf, array, Py_hash_t, pointer, struct } from './vocabulary.ts';

/** `ob_item` holds `ob_size` pointers. */
export const PyTupleObject_3_8 = struct('PyTupleObject', 'Include/cpython/tupleobject.h, 3.8', {
  ob_base: PyVarObject,
  ob_item: array(pointer('PyObject'), 1),
});

/** The hash is kept; -1 until it is asked for. */
export const PyTupleObject_3_14 = struct('PyTupleObject', 'Include/cpython/tupleobject.h, 3.14', {
  ob_base: PyVarObject,
  ob_hash: Py_hash_t,
  ob_item: array(pointer('PyObject'), 1),
});

export const PyTupleObject = anyOf(PyTupleObject_3_8, PyTupleObject_3_14);
