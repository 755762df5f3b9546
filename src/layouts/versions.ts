/**
 * Which declaration each CPython release × build has: one row each. A struct is named by the release that last
 * changed it, so a new release is a row here plus one declaration for each struct it changed.
 */
import type { Target, Version } from '../target.ts';
import { _PyManagedBufferObject, PyMemoryViewObject } from './memoryobject.ts';
import {
  type PyObject,
  PyObject_3_8,
  PyObject_3_8_tracerefs,
  PyObject_3_12,
  PyObject_3_12_tracerefs,
  PyObject_3_13_freethreaded,
  PyObject_3_14,
  PyObject_3_14_freethreaded,
  PyVarObject,
} from './object.ts';
import { Py_buffer } from './pybuffer.ts';
import {
  type PyTypeObject,
  PyTypeObject_3_8,
  PyTypeObject_3_9,
  PyTypeObject_3_12,
  PyTypeObject_3_13,
  PyTypeObject_3_15,
} from './typeobject.ts';
import type { AnyOf } from './vocabulary.ts';

type OneOf<A> = A extends AnyOf<infer S> ? S : never;

/** The structs of one release and build, by C's names. */
export interface Row {
  readonly PyObject: OneOf<typeof PyObject>;
  readonly PyVarObject: typeof PyVarObject;
  readonly PyTypeObject: OneOf<typeof PyTypeObject>;
  readonly Py_buffer: typeof Py_buffer;
  readonly _PyManagedBufferObject: typeof _PyManagedBufferObject;
  readonly PyMemoryViewObject: typeof PyMemoryViewObject;
}

const v3_8: Row = {
  PyObject: PyObject_3_8,
  PyVarObject,
  PyTypeObject: PyTypeObject_3_8,
  Py_buffer,
  _PyManagedBufferObject,
  PyMemoryViewObject,
};
const v3_8_tracerefs: Row = { ...v3_8, PyObject: PyObject_3_8_tracerefs };
const v3_9: Row = { ...v3_8, PyTypeObject: PyTypeObject_3_9 };
const v3_9_tracerefs: Row = { ...v3_9, PyObject: PyObject_3_8_tracerefs };
const v3_12: Row = { ...v3_9, PyObject: PyObject_3_12, PyTypeObject: PyTypeObject_3_12 };
const v3_12_tracerefs: Row = { ...v3_12, PyObject: PyObject_3_12_tracerefs };
const v3_13: Row = { ...v3_12, PyTypeObject: PyTypeObject_3_13 };
const v3_13_freethreaded: Row = { ...v3_13, PyObject: PyObject_3_13_freethreaded };
const v3_14: Row = { ...v3_13, PyObject: PyObject_3_14 };
const v3_14_freethreaded: Row = { ...v3_14, PyObject: PyObject_3_14_freethreaded };
const v3_15: Row = { ...v3_14, PyTypeObject: PyTypeObject_3_15 };
const v3_15_freethreaded: Row = { ...v3_15, PyObject: PyObject_3_14_freethreaded };

interface Builds {
  readonly default: Row;
  readonly traceRefs: Row;
  readonly freeThreaded?: Row;
}

const rows: Readonly<Record<Version, Builds>> = {
  '3.8': { default: v3_8, traceRefs: v3_8_tracerefs },
  '3.9': { default: v3_9, traceRefs: v3_9_tracerefs },
  '3.10': { default: v3_9, traceRefs: v3_9_tracerefs },
  '3.11': { default: v3_9, traceRefs: v3_9_tracerefs },
  '3.12': { default: v3_12, traceRefs: v3_12_tracerefs },
  '3.13': { default: v3_13, traceRefs: v3_13, freeThreaded: v3_13_freethreaded },
  '3.14': { default: v3_14, traceRefs: v3_14, freeThreaded: v3_14_freethreaded },
  '3.15': { default: v3_15, traceRefs: v3_15, freeThreaded: v3_15_freethreaded },
};

/** @internal */
export function rowOf({ version, freeThreaded, traceRefs }: Target): Row {
  const builds = rows[version];
  const row = freeThreaded ? builds.freeThreaded : traceRefs ? builds.traceRefs : builds.default;
  if (!row) throw new RangeError(`CPython ${version} has no free-threaded build`);
  return row;
}
