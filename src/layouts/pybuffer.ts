/** Include/pybuffer.h since 3.11, Include/cpython/object.h before: the buffer protocol's own struct (PEP 3118). */
import { int, Py_ssize_t, pointer, struct } from './vocabulary.ts';

/** Identical in every release; part of the stable ABI since 3.11. */
export const Py_buffer = struct('Py_buffer', 'Include/cpython/object.h, 3.8; Include/pybuffer.h, 3.11', {
  buf: pointer('void'),
  obj: pointer('PyObject'),
  len: Py_ssize_t,
  itemsize: Py_ssize_t,
  readonly: int,
  ndim: int,
  format: pointer('char'),
  shape: pointer('Py_ssize_t'),
  strides: pointer('Py_ssize_t'),
  suboffsets: pointer('Py_ssize_t'),
  internal: pointer('void'),
});

/** The most dimensions a buffer may have. */
export const PyBUF_MAX_NDIM = 64;
