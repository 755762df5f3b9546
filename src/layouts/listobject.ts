/** Include/cpython/listobject.h since 3.9, Include/listobject.h before: `list`. */
import { PyVarObject } from './object.ts';
import { Py_ssize_t, pointer, struct } from './vocabulary.ts';

/** `ob_item` points at `allocated` pointers, of which `ob_size` are in use. */
export const PyListObject = struct('PyListObject', 'Include/listobject.h, 3.8', {
  ob_base: PyVarObject,
  ob_item: pointer('PyObject *'),
  allocated: Py_ssize_t,
});
