/** Include/cpython/object.h: the type of types, and the slots by which a type exports buffers. */
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

/** A bit of `tp_flags` (Include/object.h): allocated at run time. */
export const Py_TPFLAGS_HEAPTYPE = 1n << 9n;
/** A bit of `tp_flags`: `PyType_Ready` has completed the type. */
export const Py_TPFLAGS_READY = 1n << 12n;
/** A bit of `tp_flags`: instances are tracked by the garbage collector. */
export const Py_TPFLAGS_HAVE_GC = 1n << 14n;
/** A bit of `tp_flags`: `int` or a subclass of it. */
export const Py_TPFLAGS_LONG_SUBCLASS = 1n << 24n;
/** A bit of `tp_flags`: `list` or a subclass of it. */
export const Py_TPFLAGS_LIST_SUBCLASS = 1n << 25n;
/** A bit of `tp_flags`: `tuple` or a subclass of it. */
export const Py_TPFLAGS_TUPLE_SUBCLASS = 1n << 26n;
/** A bit of `tp_flags`: `bytes` or a subclass of it. */
export const Py_TPFLAGS_BYTES_SUBCLASS = 1n << 27n;
/** A bit of `tp_flags`: `str` or a subclass of it. */
export const Py_TPFLAGS_UNICODE_SUBCLASS = 1n << 28n;
/** A bit of `tp_flags`: `dict` or a subclass of it. */
export const Py_TPFLAGS_DICT_SUBCLASS = 1n << 29n;
/** A bit of `tp_flags`: `type` or a subclass of it. */
export const Py_TPFLAGS_TYPE_SUBCLASS = 1n << 31n;

/** The buffer protocol's two functions (PEP 3118), where `tp_as_buffer` points. */
export const PyBufferProcs = struct('PyBufferProcs', 'Include/cpython/object.h, 3.8', {
  bf_getbuffer: callback('getbufferproc'),
  bf_releasebuffer: callback('releasebufferproc'),
});
