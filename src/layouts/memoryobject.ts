/** Include/cpython/memoryobject.h since 3.12, Include/memoryobject.h before: memoryview and what it manages. */
import { PyObject, PyVarObject } from './object.ts';
import { Py_buffer } from './pybuffer.ts';
import { array, int, Py_hash_t, Py_ssize_t, pointer, struct } from './vocabulary.ts';

/** Access to the exporter is blocked: every memoryview of it was released. */
export const _Py_MANAGED_BUFFER_RELEASED = 0x001;
/** The format string belongs to the managed buffer. */
export const _Py_MANAGED_BUFFER_FREE_FORMAT = 0x002;

/** The one buffer obtained from the exporter, shared by all memoryviews of it. */
export const _PyManagedBufferObject = struct('_PyManagedBufferObject', 'Include/memoryobject.h, 3.8', {
  ob_base: PyObject,
  flags: int,
  exports: Py_ssize_t,
  master: Py_buffer,
});

/** `release()` was called: the pointers of `view` must not be followed. */
export const _Py_MEMORYVIEW_RELEASED = 0x001;
/** C-contiguous. */
export const _Py_MEMORYVIEW_C = 0x002;
/** Fortran-contiguous. */
export const _Py_MEMORYVIEW_FORTRAN = 0x004;
/** ndim is 0. */
export const _Py_MEMORYVIEW_SCALAR = 0x008;
/** Has suboffsets. */
export const _Py_MEMORYVIEW_PIL = 0x010;
/** Since 3.12: the memoryview may not be exported again. */
export const _Py_MEMORYVIEW_RESTRICTED = 0x020;

/** `ob_array` holds shape, strides and suboffsets; `ob_size` its length, which is not always 3 × ndim. */
export const PyMemoryViewObject = struct('PyMemoryViewObject', 'Include/memoryobject.h, 3.8', {
  ob_base: PyVarObject,
  mbuf: pointer('_PyManagedBufferObject'),
  hash: Py_hash_t,
  flags: int,
  exports: Py_ssize_t,
  view: Py_buffer,
  weakreflist: pointer('PyObject'),
  ob_array: array(Py_ssize_t, 1),
});
