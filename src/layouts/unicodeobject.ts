/** Include/cpython/unicodeobject.h: `str` (PEP 393). */
import { PyObject } from './object.ts';
import {
  aligned,
  anyOf,
  bits,
  Py_hash_t,
  Py_ssize_t,
  pointer,
  struct,
  union,
  unsigned_char,
  unsigned_int,
} from './vocabulary.ts';

const HEADER = 'Include/cpython/unicodeobject.h';

/** C pads each of these to 32 bits with an unnamed field, which a unit of 32 bits does by itself. */
const state_3_8 = struct('struct', `${HEADER}, 3.8`, {
  interned: bits(unsigned_int, 2),
  kind: bits(unsigned_int, 3),
  compact: bits(unsigned_int, 1),
  ascii: bits(unsigned_int, 1),
  ready: bits(unsigned_int, 1),
});

const bits_3_12 = {
  interned: bits(unsigned_int, 2),
  kind: bits(unsigned_int, 3),
  compact: bits(unsigned_int, 1),
  ascii: bits(unsigned_int, 1),
  statically_allocated: bits(unsigned_int, 1),
};

const state_3_12 = struct('struct', `${HEADER}, 3.12`, bits_3_12);

const state_3_14 = struct('_PyUnicodeObject_state', `${HEADER}, 3.14`, bits_3_12);

/** `interned` is a byte of its own, to be read atomically; Microsoft's rules then give the bits a unit of their own. */
const state_3_14_freethreaded = struct('_PyUnicodeObject_state', `${HEADER}, 3.14, Py_GIL_DISABLED`, {
  ...bits_3_12,
  interned: unsigned_char,
});

const head = { ob_base: PyObject, length: Py_ssize_t, hash: Py_hash_t };

/** The characters of an ASCII string follow it, at its size. */
export const PyASCIIObject_3_8 = struct('PyASCIIObject', `${HEADER}, 3.8`, {
  ...head,
  state: state_3_8,
  wstr: pointer('wchar_t'),
});

/** `wstr` is gone (PEP 623). */
export const PyASCIIObject_3_12 = struct('PyASCIIObject', `${HEADER}, 3.12`, { ...head, state: state_3_12 });

export const PyASCIIObject_3_14 = struct('PyASCIIObject', `${HEADER}, 3.14`, {
  ...head,
  state: aligned(4, state_3_14),
});

export const PyASCIIObject_3_14_freethreaded = struct('PyASCIIObject', `${HEADER}, 3.14, Py_GIL_DISABLED`, {
  ...head,
  state: aligned(4, state_3_14_freethreaded),
});

export const PyASCIIObject = anyOf(
  PyASCIIObject_3_8,
  PyASCIIObject_3_12,
  PyASCIIObject_3_14,
  PyASCIIObject_3_14_freethreaded,
);

const compact = { _base: PyASCIIObject, utf8_length: Py_ssize_t, utf8: pointer('char') };

export const PyCompactUnicodeObject_3_8 = struct('PyCompactUnicodeObject', `${HEADER}, 3.8`, {
  ...compact,
  wstr_length: Py_ssize_t,
});

/** `wstr_length` is gone (PEP 623). */
export const PyCompactUnicodeObject_3_12 = struct('PyCompactUnicodeObject', `${HEADER}, 3.12`, compact);

export const PyCompactUnicodeObject = anyOf(PyCompactUnicodeObject_3_8, PyCompactUnicodeObject_3_12);

/** The characters in the smallest kind that holds them all. */
const data = union('union', `${HEADER}, 3.8`, {
  any: pointer('void'),
  latin1: pointer('Py_UCS1'),
  ucs2: pointer('Py_UCS2'),
  ucs4: pointer('Py_UCS4'),
});

export const PyUnicodeObject = struct('PyUnicodeObject', `${HEADER}, 3.8`, { _base: PyCompactUnicodeObject, data });

/** A value of `state.kind`: one byte per character, up to U+00FF. */
export const PyUnicode_1BYTE_KIND = 1;
/** A value of `state.kind`: two bytes per character, up to U+FFFF. */
export const PyUnicode_2BYTE_KIND = 2;
/** A value of `state.kind`: four bytes per character. */
export const PyUnicode_4BYTE_KIND = 4;
