/** Include/cpython/bytesobject.h since 3.9, Include/bytesobject.h before: `bytes`. */
import { PyVarObject } from './object.ts';
import { array, char, Py_hash_t, struct } from './vocabulary.ts';

/** `ob_sval` holds `ob_size` bytes and a zero; `ob_shash` is -1 until the hash is asked for. */
export const PyBytesObject = struct('PyBytesObject', 'Include/bytesobject.h, 3.8', {
  ob_base: PyVarObject,
  ob_shash: Py_hash_t,
  ob_sval: array(char, 1),
});
