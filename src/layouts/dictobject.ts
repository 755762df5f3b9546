/** Include/cpython/dictobject.h: `dict`. */
import { PyObject } from './object.ts';
import { anyOf, Py_ssize_t, pointer, struct, uint64_t } from './vocabulary.ts';

/** `ma_used` counts the items. The values lie in `ma_keys`, unless `ma_values` is not NULL: then there. */
export const PyDictObject_3_8 = struct('PyDictObject', 'Include/cpython/dictobject.h, 3.8', {
  ob_base: PyObject,
  ma_used: Py_ssize_t,
  ma_version_tag: uint64_t,
  ma_keys: pointer('PyDictKeysObject'),
  ma_values: pointer('PyObject *'),
});

export const PyDictObject_3_11 = struct('PyDictObject', 'Include/cpython/dictobject.h, 3.11', {
  ob_base: PyObject,
  ma_used: Py_ssize_t,
  ma_version_tag: uint64_t,
  ma_keys: pointer('PyDictKeysObject'),
  ma_values: pointer('PyDictValues'),
});

/** The version tag (PEP 509) went, its place holds the watchers. */
export const PyDictObject_3_14 = struct('PyDictObject', 'Include/cpython/dictobject.h, 3.14', {
  ob_base: PyObject,
  ma_used: Py_ssize_t,
  _ma_watcher_tag: uint64_t,
  ma_keys: pointer('PyDictKeysObject'),
  ma_values: pointer('PyDictValues'),
});

export const PyDictObject = anyOf(PyDictObject_3_8, PyDictObject_3_11, PyDictObject_3_14);
