/** Include/cpython/floatobject.h since 3.10, Include/floatobject.h before: `float`. */
import { PyObject } from './object.ts';
import { double, struct } from './vocabulary.ts';

export const PyFloatObject = struct('PyFloatObject', 'Include/floatobject.h, 3.8', {
  ob_base: PyObject,
  ob_fval: double,
});
