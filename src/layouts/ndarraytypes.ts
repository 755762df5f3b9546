/** numpy's numpy/ndarraytypes.h: arrays and their element types. */
import { PyObject } from './object.ts';
import { array, char, int, Py_hash_t, Py_ssize_t, pointer, struct, typedef, uint64_t } from './vocabulary.ts';

const npy_intp = typedef('npy_intp', Py_ssize_t);
const npy_hash_t = typedef('npy_hash_t', Py_hash_t);
const npy_uint64 = typedef('npy_uint64', uint64_t);

/** The last two members are newer than the others: `_buffer_info` of numpy 1.20, `mem_handler` of 1.22. */
export const PyArrayObject_fields = struct('PyArrayObject_fields', 'numpy/ndarraytypes.h, 1.22', {
  ob_base: PyObject,
  data: pointer('char'),
  nd: int,
  dimensions: pointer('npy_intp'),
  strides: pointer('npy_intp'),
  base: pointer('PyObject'),
  descr: pointer('PyArray_Descr'),
  flags: int,
  weakreflist: pointer('PyObject'),
  _buffer_info: pointer('void'),
  mem_handler: pointer('PyObject'),
});

/** What descriptors of numpy 1 and 2 have in common. */
const shared = { ob_base: PyObject, typeobj: pointer('PyTypeObject'), kind: char, type: char, byteorder: char };

/** `PyArray_Descr` of numpy 1, under the name that numpy 2's header keeps it by. */
export const PyArray_DescrProto = struct('PyArray_DescrProto', 'numpy/ndarraytypes.h, 1.7', {
  ...shared,
  flags: char,
  type_num: int,
  elsize: int,
  alignment: int,
  subarray: pointer('struct _arr_descr'),
  fields: pointer('PyObject'),
  names: pointer('PyObject'),
  f: pointer('PyArray_ArrFuncs'),
  metadata: pointer('PyObject'),
  c_metadata: pointer('NpyAuxData'),
  hash: npy_hash_t,
});

const members_2_0 = {
  ...shared,
  _former_flags: char,
  type_num: int,
  flags: npy_uint64,
  elsize: npy_intp,
  alignment: npy_intp,
  metadata: pointer('PyObject'),
  hash: npy_hash_t,
  reserved_null: array(pointer('void'), 2),
};

/** `PyArray_Descr` of numpy 2. */
export const _PyArray_DescrNumPy2 = struct('_PyArray_DescrNumPy2', 'numpy/ndarraytypes.h, 2.0', members_2_0);

/** What numpy's own types have in numpy 2: records and subarrays among them. */
export const _PyArray_LegacyDescr = struct('_PyArray_LegacyDescr', 'numpy/ndarraytypes.h, 2.0', {
  ...members_2_0,
  subarray: pointer('struct _arr_descr'),
  fields: pointer('PyObject'),
  names: pointer('PyObject'),
  c_metadata: pointer('NpyAuxData'),
});

/** A bit of `flags` of an array: C-contiguous. */
export const NPY_ARRAY_C_CONTIGUOUS = 0x0001;
/** A bit of `flags` of an array: Fortran-contiguous. */
export const NPY_ARRAY_F_CONTIGUOUS = 0x0002;
/** A bit of `flags` of an array: it frees its data. */
export const NPY_ARRAY_OWNDATA = 0x0004;
/** A bit of `flags` of an array: data and strides are aligned for the element type. */
export const NPY_ARRAY_ALIGNED = 0x0100;
/** A bit of `flags` of an array: its data may be written. */
export const NPY_ARRAY_WRITEABLE = 0x0400;
