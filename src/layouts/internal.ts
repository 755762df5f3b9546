/**
 * Structs that no public header of CPython shows, and some of numpy's headers: what a reader needs who cannot call
 * Python. They are no part of the tables that `tests/golden/` proves from headers; live interpreters prove them in
 * `tests/native/cases/objects.ts`.
 */
import { perTarget, type Target } from '../target.ts';
import { computeLayouts, type LayoutOf } from './layout.ts';
import { PyMutex, PyObject } from './object.ts';
import { declarationsOf, versions } from './versions.ts';
import {
  anyOf,
  array,
  callback,
  char,
  int,
  type OneOf,
  Py_hash_t,
  Py_ssize_t,
  pointer,
  struct,
  uint8_t,
  uint32_t,
} from './vocabulary.ts';

/** Indices as wide as `dk_size` needs follow it, then `dk_nentries` entries, and room for `dk_usable` more. */
const PyDictKeysObject_3_8 = struct('PyDictKeysObject', 'Objects/dict-common.h, 3.8', {
  dk_refcnt: Py_ssize_t,
  dk_size: Py_ssize_t,
  dk_lookup: callback('dict_lookup_func'),
  dk_usable: Py_ssize_t,
  dk_nentries: Py_ssize_t,
});

const head_3_11 = { dk_refcnt: Py_ssize_t, dk_log2_size: uint8_t, dk_log2_index_bytes: uint8_t, dk_kind: uint8_t };
const tail_3_11 = { dk_version: uint32_t, dk_usable: Py_ssize_t, dk_nentries: Py_ssize_t };

/** `1 << dk_log2_index_bytes` bytes of indices follow it; `dk_kind` says which entries follow these. */
const PyDictKeysObject_3_11 = struct('PyDictKeysObject', 'Include/internal/pycore_dict.h, 3.11', {
  ...head_3_11,
  ...tail_3_11,
});

const PyDictKeysObject_3_13_freethreaded = struct(
  'PyDictKeysObject',
  'Include/internal/pycore_dict.h, 3.13, Py_GIL_DISABLED',
  { ...head_3_11, dk_mutex: PyMutex, ...tail_3_11 },
);

const PyDictKeysObject = anyOf(PyDictKeysObject_3_8, PyDictKeysObject_3_11, PyDictKeysObject_3_13_freethreaded);

/** A value of `dk_kind`: keys of any type, whose hash stands before them. */
export const DICT_KEYS_GENERAL = 0;
/** A value of `dk_kind`: all keys are strings, which know their hash, and are shared by dicts with values apart. */
export const DICT_KEYS_SPLIT = 2;

const PyDictKeyEntry = struct('PyDictKeyEntry', 'Include/internal/pycore_dict.h, 3.11; Objects/dict-common.h, 3.8', {
  me_hash: Py_hash_t,
  me_key: pointer('PyObject'),
  me_value: pointer('PyObject'),
});

const PyDictUnicodeEntry = struct('PyDictUnicodeEntry', 'Include/internal/pycore_dict.h, 3.11', {
  me_key: pointer('PyObject'),
  me_value: pointer('PyObject'),
});

/** Where `ma_values` of a dict points. Before 3.11 these are bare pointers, which C gives no name. */
const PyDictValues_3_8 = struct('PyDictValues', 'Include/internal/pycore_dict.h, 3.11', {
  values: array(pointer('PyObject'), 1),
});

/** How many there are stands before them; the order of insertion lies behind. */
const PyDictValues_3_13 = struct('PyDictValues', 'Include/internal/pycore_dict.h, 3.13', {
  capacity: uint8_t,
  size: uint8_t,
  embedded: uint8_t,
  valid: uint8_t,
  values: array(pointer('PyObject'), 1),
});

const PyDictValues = anyOf(PyDictValues_3_8, PyDictValues_3_13);

/** The rest of it differs over the releases; `md_dict`, a module's globals, has always been the first. */
const PyModuleObject = struct('PyModuleObject', 'Objects/moduleobject.c, 3.8; pycore_moduleobject.h, 3.10', {
  ob_base: PyObject,
  md_dict: pointer('PyObject'),
});

const getters = { getitem: callback('getitem'), setitem: callback('setitem'), compareitems: callback('compareitems') };

const tail_array = { is_integer_type: int, is_signed: int };

/** What `ob_descr` of an `array.array` points at. */
const arraydescr_3_8 = struct('arraydescr', 'Modules/arraymodule.c, 3.8', {
  typecode: array(char, 1),
  itemsize: int,
  ...getters,
  formats: pointer('char'),
  ...tail_array,
});

/** Codes of two letters came, with a NUL behind them: complex numbers. */
const arraydescr_3_15 = struct('arraydescr', 'Modules/arraymodule.c, 3.15', {
  typecode: array(char, 3),
  itemsize: int,
  ...getters,
  ...tail_array,
});

const arraydescr = anyOf(arraydescr_3_8, arraydescr_3_15);

/** numpy's `subarray` of a descriptor: elements of `base`, a tuple of ints of them. */
const _arr_descr = struct('_arr_descr', 'numpy/ndarraytypes.h, 1.7', {
  base: pointer('PyArray_Descr'),
  shape: pointer('PyObject'),
});

const NpyAuxData = struct('NpyAuxData', 'numpy/ndarraytypes.h, 1.7', {
  free: callback('NpyAuxData_FreeFunc'),
  clone: callback('NpyAuxData_CloneFunc'),
  reserved: array(pointer('void'), 2),
});

const PyArray_DatetimeMetaData = struct('PyArray_DatetimeMetaData', 'numpy/ndarraytypes.h, 1.7', {
  base: int,
  num: int,
});

/** What `c_metadata` of a datetime64's or timedelta64's descriptor points at. */
const PyArray_DatetimeDTypeMetaData = struct('PyArray_DatetimeDTypeMetaData', 'numpy/ndarraytypes.h, 1.7', {
  base: NpyAuxData,
  meta: PyArray_DatetimeMetaData,
});

/** Those of one release and build. */
interface Internal {
  readonly PyDictKeysObject: OneOf<typeof PyDictKeysObject>;
  readonly PyDictKeyEntry: typeof PyDictKeyEntry;
  readonly PyDictUnicodeEntry: typeof PyDictUnicodeEntry;
  readonly PyDictValues: OneOf<typeof PyDictValues>;
  readonly PyModuleObject: typeof PyModuleObject;
  readonly arraydescr: OneOf<typeof arraydescr>;
  readonly _arr_descr: typeof _arr_descr;
  readonly PyArray_DatetimeDTypeMetaData: typeof PyArray_DatetimeDTypeMetaData;
}

/** The layouts of one target's internal structs, by the names C gives them. */
export type InternalLayouts = { readonly [K in keyof Internal]: LayoutOf<Internal[K]> };

function declarationsFor({ version, freeThreaded }: Target): Internal {
  const since = (first: Target['version']): boolean => versions.indexOf(version) >= versions.indexOf(first);
  const keys = freeThreaded ? PyDictKeysObject_3_13_freethreaded : PyDictKeysObject_3_11;
  return {
    PyDictKeysObject: since('3.11') ? keys : PyDictKeysObject_3_8,
    PyDictKeyEntry,
    PyDictUnicodeEntry,
    PyDictValues: since('3.13') ? PyDictValues_3_13 : PyDictValues_3_8,
    PyModuleObject,
    arraydescr: since('3.15') ? arraydescr_3_15 : arraydescr_3_8,
    _arr_descr,
    PyArray_DatetimeDTypeMetaData,
  };
}

/** The layouts of a target's internal structs. @internal */
export const internalLayouts = perTarget(
  (target): InternalLayouts => computeLayouts(declarationsFor(target), target, declarationsOf(target)),
);
