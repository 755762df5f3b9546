/** Modules/arraymodule.c, which no header shows: `array.array`. */
import { PyVarObject } from './object.ts';
import { Py_ssize_t, pointer, struct } from './vocabulary.ts';

/** `ob_size` counts elements; `ob_descr` says their type code and size. */
export const arrayobject = struct('arrayobject', 'Modules/arraymodule.c, 3.8', {
  ob_base: PyVarObject,
  ob_item: pointer('char'),
  allocated: Py_ssize_t,
  ob_descr: pointer('struct arraydescr'),
  weakreflist: pointer('PyObject'),
  ob_exports: Py_ssize_t,
});
