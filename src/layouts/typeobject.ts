/** Include/cpython/object.h: the type of types. */
import { PyVarObject } from './object.ts';
import {
  anyOf,
  callback,
  Py_ssize_t,
  pointer,
  struct,
  uint16_t,
  unsigned_char,
  unsigned_int,
  unsigned_long,
} from './vocabulary.ts';

/** The slots every release since 3.8 begins with. */
const slots_3_8 = {
  ob_base: PyVarObject,
  tp_name: pointer('char'),
  tp_basicsize: Py_ssize_t,
  tp_itemsize: Py_ssize_t,
  tp_dealloc: callback('destructor'),
  tp_vectorcall_offset: Py_ssize_t,
  tp_getattr: callback('getattrfunc'),
  tp_setattr: callback('setattrfunc'),
  tp_as_async: pointer('PyAsyncMethods'),
  tp_repr: callback('reprfunc'),
  tp_as_number: pointer('PyNumberMethods'),
  tp_as_sequence: pointer('PySequenceMethods'),
  tp_as_mapping: pointer('PyMappingMethods'),
  tp_hash: callback('hashfunc'),
  tp_call: callback('ternaryfunc'),
  tp_str: callback('reprfunc'),
  tp_getattro: callback('getattrofunc'),
  tp_setattro: callback('setattrofunc'),
  tp_as_buffer: pointer('PyBufferProcs'),
  tp_flags: unsigned_long,
  tp_doc: pointer('char'),
  tp_traverse: callback('traverseproc'),
  tp_clear: callback('inquiry'),
  tp_richcompare: callback('richcmpfunc'),
  tp_weaklistoffset: Py_ssize_t,
  tp_iter: callback('getiterfunc'),
  tp_iternext: callback('iternextfunc'),
  tp_methods: pointer('PyMethodDef'),
  tp_members: pointer('PyMemberDef'),
  tp_getset: pointer('PyGetSetDef'),
  tp_base: pointer('PyTypeObject'),
  tp_dict: pointer('PyObject'),
  tp_descr_get: callback('descrgetfunc'),
  tp_descr_set: callback('descrsetfunc'),
  tp_dictoffset: Py_ssize_t,
  tp_init: callback('initproc'),
  tp_alloc: callback('allocfunc'),
  tp_new: callback('newfunc'),
  tp_free: callback('freefunc'),
  tp_is_gc: callback('inquiry'),
  tp_bases: pointer('PyObject'),
  tp_mro: pointer('PyObject'),
  tp_cache: pointer('PyObject'),
  tp_subclasses: pointer('void'),
  tp_weaklist: pointer('PyObject'),
  tp_del: callback('destructor'),
  tp_version_tag: unsigned_int,
  tp_finalize: callback('destructor'),
  tp_vectorcall: callback('vectorcallfunc'),
};

export const PyTypeObject_3_8 = struct('PyTypeObject', 'Include/cpython/object.h, 3.8', {
  ...slots_3_8,
  tp_print: callback('printfunc'),
});

export const PyTypeObject_3_9 = struct('PyTypeObject', 'Include/cpython/object.h, 3.9', slots_3_8);

const slots_3_12 = { ...slots_3_8, tp_watched: unsigned_char };

export const PyTypeObject_3_12 = struct('PyTypeObject', 'Include/cpython/object.h, 3.12', slots_3_12);

const slots_3_13 = { ...slots_3_12, tp_versions_used: uint16_t };

export const PyTypeObject_3_13 = struct('PyTypeObject', 'Include/cpython/object.h, 3.13', slots_3_13);

export const PyTypeObject_3_15 = struct('PyTypeObject', 'Include/cpython/object.h, 3.15', {
  ...slots_3_13,
  _tp_iteritem: callback('_Py_iteritemfunc'),
});

export const PyTypeObject = anyOf(
  PyTypeObject_3_8,
  PyTypeObject_3_9,
  PyTypeObject_3_12,
  PyTypeObject_3_13,
  PyTypeObject_3_15,
);
