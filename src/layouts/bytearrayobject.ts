/** Include/cpython/bytearrayobject.h since 3.9, Include/bytearrayobject.h before: `bytearray`. */
import { PyVarObject } from './object.ts';
import { anyOf, int, Py_ssize_t, pointer, struct } from './vocabulary.ts';

/** `ob_start` points at the first byte, which may lie behind `ob_bytes`; while `ob_exports` > 0 neither moves. */
const members = {
  ob_base: PyVarObject,
  ob_alloc: Py_ssize_t,
  ob_bytes: pointer('char'),
  ob_start: pointer('char'),
};

export const PyByteArrayObject_3_8 = struct('PyByteArrayObject', 'Include/bytearrayobject.h, 3.8', {
  ...members,
  ob_exports: int,
});

/** The count of exports is a `Py_ssize_t` (bpo-39573). */
export const PyByteArrayObject_3_9 = struct('PyByteArrayObject', 'Include/cpython/bytearrayobject.h, 3.9', {
  ...members,
  ob_exports: Py_ssize_t,
});

/** The bytes lie in a `bytes` object, which can be taken without a copy. */
export const PyByteArrayObject_3_15 = struct('PyByteArrayObject', 'Include/cpython/bytearrayobject.h, 3.15', {
  ...members,
  ob_exports: Py_ssize_t,
  ob_bytes_object: pointer('PyObject'),
});

export const PyByteArrayObject = anyOf(PyByteArrayObject_3_8, PyByteArrayObject_3_9, PyByteArrayObject_3_15);
