/** Include/object.h: what every Python object begins with. */
import type { DataModel } from '../target.ts';
import {
  aligned,
  anyOf,
  array,
  char,
  int64_t,
  overlay,
  Py_ssize_t,
  pointer,
  struct,
  uint8_t,
  uint16_t,
  uint32_t,
  uintptr_t,
} from './vocabulary.ts';

const ob_type = pointer('PyTypeObject');

/** `_PyObject_HEAD_EXTRA` of a `--with-trace-refs` build, gone from the object since 3.13 (python/cpython#108634). */
const _PyObject_HEAD_EXTRA = { _ob_next: pointer('PyObject'), _ob_prev: pointer('PyObject') };

export const PyObject_3_8 = struct('PyObject', 'Include/object.h, 3.8', { ob_refcnt: Py_ssize_t, ob_type });

export const PyObject_3_8_tracerefs = struct('PyObject', 'Include/object.h, 3.8, Py_TRACE_REFS', {
  ..._PyObject_HEAD_EXTRA,
  ob_refcnt: Py_ssize_t,
  ob_type,
});

/** Immortal objects (PEP 683): on 64 bits the reference count is also seen as two halves. */
const head_3_12 = ({ pointer }: DataModel) => ({
  ob_refcnt: Py_ssize_t,
  ...(pointer === 8 && { ob_refcnt_split: overlay('ob_refcnt', array(uint32_t, 2)) }),
  ob_type,
});

export const PyObject_3_12 = struct('PyObject', 'Include/object.h, 3.12', head_3_12);

export const PyObject_3_12_tracerefs = struct('PyObject', 'Include/object.h, 3.12, Py_TRACE_REFS', (model) => ({
  ..._PyObject_HEAD_EXTRA,
  ...head_3_12(model),
}));

/** Include/cpython/lock.h (3.13) and pylock.h (3.14): one byte. */
export const PyMutex = struct('PyMutex', 'Include/cpython/lock.h, 3.13', { _bits: uint8_t });

/** Free-threaded (PEP 703): the owning thread counts apart from the others. */
export const PyObject_3_13_freethreaded = struct('PyObject', 'Include/object.h, 3.13, Py_GIL_DISABLED', {
  ob_tid: uintptr_t,
  _padding: uint16_t,
  ob_mutex: PyMutex,
  ob_gc_bits: uint8_t,
  ob_ref_local: uint32_t,
  ob_ref_shared: Py_ssize_t,
  ob_type,
});

/** Says that objects lie at multiples of 4; holds nothing. */
const _aligner = aligned(4, char);

/** On 64 bits the reference count keeps 32; the rest became an overflow guard and flags. */
export const PyObject_3_14 = struct('PyObject', 'Include/object.h, 3.14', ({ pointer, byteOrder }) => {
  if (pointer === 4) return { ob_refcnt: Py_ssize_t, _aligner: overlay('ob_refcnt', _aligner), ob_type };
  const halves =
    byteOrder === 'little'
      ? { ob_refcnt: uint32_t, ob_overflow: uint16_t, ob_flags: uint16_t }
      : { ob_flags: uint16_t, ob_overflow: uint16_t, ob_refcnt: uint32_t };
  const first = byteOrder === 'little' ? 'ob_refcnt' : 'ob_flags';
  return { ...halves, ob_refcnt_full: overlay(first, int64_t), _aligner: overlay(first, _aligner), ob_type };
});

export const PyObject_3_14_freethreaded = struct('PyObject', 'Include/object.h, 3.14, Py_GIL_DISABLED', {
  ob_tid: uintptr_t,
  ob_flags: uint16_t,
  ob_mutex: PyMutex,
  ob_gc_bits: uint8_t,
  ob_ref_local: uint32_t,
  ob_ref_shared: Py_ssize_t,
  ob_type,
});

/** What every object begins with, as the target's release and build have it: the first member of an object's struct. */
export const PyObject = anyOf(
  PyObject_3_8,
  PyObject_3_8_tracerefs,
  PyObject_3_12,
  PyObject_3_12_tracerefs,
  PyObject_3_13_freethreaded,
  PyObject_3_14,
  PyObject_3_14_freethreaded,
);

/** The beginning of objects that vary in size, which `ob_size` counts in items. */
export const PyVarObject = struct('PyVarObject', 'Include/object.h, 3.8', { ob_base: PyObject, ob_size: Py_ssize_t });

/** The two lowest bits of a free-threaded `ob_ref_shared` are flags; the count begins above them. */
export const _Py_REF_SHARED_SHIFT = 2n;
