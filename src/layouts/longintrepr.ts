/** Include/cpython/longintrepr.h since 3.11, Include/longintrepr.h before: `int`. */
import { PyObject, PyVarObject } from './object.ts';
import { anyOf, array, struct, typedef, uint32_t, uintptr_t, unsigned_short } from './vocabulary.ts';

/** 30 bits in 32, or 15 in 16. Least significant first. */
const digit30 = typedef('digit', uint32_t);
const digit15 = typedef('digit', unsigned_short);

/**
 * `ob_size` counts the digits and has the sign. Digits have 30 bits where pointers have 64, else 15 by default; Pyodide
 * is configured with `--enable-big-digits=30`.
 */
export const PyLongObject_3_8 = struct('PyLongObject', 'Include/longintrepr.h, 3.8', ({ pointer }, model) => ({
  ob_base: PyVarObject,
  ob_digit: array(pointer === 8 || model === 'wasm32' ? digit30 : digit15, 1),
}));

/** Digits have 30 bits everywhere by default (bpo-45569). */
export const PyLongObject_3_11 = struct('PyLongObject', 'Include/cpython/longintrepr.h, 3.11', {
  ob_base: PyVarObject,
  ob_digit: array(digit30, 1),
});

const _PyLongValue = struct('_PyLongValue', 'Include/cpython/longintrepr.h, 3.12', {
  lv_tag: uintptr_t,
  ob_digit: array(digit30, 1),
});

/** `lv_tag` has the sign in its two lowest bits and counts the digits above {@link _PyLong_NON_SIZE_BITS}. */
export const PyLongObject_3_12 = struct('PyLongObject', 'Include/cpython/longintrepr.h, 3.12', {
  ob_base: PyObject,
  long_value: _PyLongValue,
});

export const PyLongObject = anyOf(PyLongObject_3_8, PyLongObject_3_11, PyLongObject_3_12);

/** The bits of `lv_tag` below the number of digits. */
export const _PyLong_NON_SIZE_BITS = 3n;
/** The bits of `lv_tag` that hold the sign: 0 positive, 1 zero, 2 negative. */
export const _PyLong_SIGN_MASK = 3n;
