/**
 * Which declaration each CPython release × build has: one row each, stated as what it changes of the row before. A
 * struct is named by the release that last changed it, so a new release is a row here plus one declaration for each
 * struct it changed.
 */
import type { Target, Version } from '../target.ts';
import { arrayobject } from './arraymodule.ts';
import {
  type PyByteArrayObject,
  PyByteArrayObject_3_8,
  PyByteArrayObject_3_9,
  PyByteArrayObject_3_15,
} from './bytearrayobject.ts';
import { PyBytesObject } from './bytesobject.ts';
import { type PyDictObject, PyDictObject_3_8, PyDictObject_3_11, PyDictObject_3_14 } from './dictobject.ts';
import { PyFloatObject } from './floatobject.ts';
import { PyListObject } from './listobject.ts';
import { type PyLongObject, PyLongObject_3_8, PyLongObject_3_11, PyLongObject_3_12 } from './longintrepr.ts';
import { _PyManagedBufferObject, PyMemoryViewObject } from './memoryobject.ts';
import {
  _PyArray_DescrNumPy2,
  _PyArray_LegacyDescr,
  PyArray_DescrProto,
  PyArrayObject_fields,
} from './ndarraytypes.ts';
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
import { type PyTupleObject, PyTupleObject_3_8, PyTupleObject_3_14 } from './tupleobject.ts';
import {
  PyBufferProcs,
  type PyTypeObject,
  PyTypeObject_3_8,
  PyTypeObject_3_9,
  PyTypeObject_3_12,
  PyTypeObject_3_13,
  PyTypeObject_3_15,
} from './typeobject.ts';
import {
  type PyASCIIObject,
  PyASCIIObject_3_8,
  PyASCIIObject_3_12,
  PyASCIIObject_3_14,
  PyASCIIObject_3_14_freethreaded,
  type PyCompactUnicodeObject,
  PyCompactUnicodeObject_3_8,
  PyCompactUnicodeObject_3_12,
  PyUnicodeObject,
} from './unicodeobject.ts';
import type { Declarations, OneOf } from './vocabulary.ts';

/** The structs of one release and build, by C's names. */
export interface Row {
  readonly PyObject: OneOf<typeof PyObject>;
  readonly PyVarObject: typeof PyVarObject;
  readonly PyTypeObject: OneOf<typeof PyTypeObject>;
  readonly PyBufferProcs: typeof PyBufferProcs;
  readonly Py_buffer: typeof Py_buffer;
  readonly _PyManagedBufferObject: typeof _PyManagedBufferObject;
  readonly PyMemoryViewObject: typeof PyMemoryViewObject;
  readonly PyBytesObject: typeof PyBytesObject;
  readonly PyByteArrayObject: OneOf<typeof PyByteArrayObject>;
  readonly PyASCIIObject: OneOf<typeof PyASCIIObject>;
  readonly PyCompactUnicodeObject: OneOf<typeof PyCompactUnicodeObject>;
  readonly PyUnicodeObject: typeof PyUnicodeObject;
  readonly PyLongObject: OneOf<typeof PyLongObject>;
  readonly PyFloatObject: typeof PyFloatObject;
  readonly PyTupleObject: OneOf<typeof PyTupleObject>;
  readonly PyListObject: typeof PyListObject;
  readonly PyDictObject: OneOf<typeof PyDictObject>;
  /** The object of `array.array`. */
  readonly arrayobject: typeof arrayobject;
  /** The object of `numpy.ndarray`, from numpy 1.22 on. */
  readonly PyArrayObject_fields: typeof PyArrayObject_fields;
  /** `PyArray_Descr` of numpy 1. */
  readonly PyArray_DescrProto: typeof PyArray_DescrProto;
  /** `PyArray_Descr` of numpy 2. */
  readonly _PyArray_DescrNumPy2: typeof _PyArray_DescrNumPy2;
  readonly _PyArray_LegacyDescr: typeof _PyArray_LegacyDescr;
}

const v3_8: Row = {
  PyObject: PyObject_3_8,
  PyVarObject,
  PyTypeObject: PyTypeObject_3_8,
  PyBufferProcs,
  Py_buffer,
  _PyManagedBufferObject,
  PyMemoryViewObject,
  PyBytesObject,
  PyByteArrayObject: PyByteArrayObject_3_8,
  PyASCIIObject: PyASCIIObject_3_8,
  PyCompactUnicodeObject: PyCompactUnicodeObject_3_8,
  PyUnicodeObject,
  PyLongObject: PyLongObject_3_8,
  PyFloatObject,
  PyTupleObject: PyTupleObject_3_8,
  PyListObject,
  PyDictObject: PyDictObject_3_8,
  arrayobject,
  PyArrayObject_fields,
  PyArray_DescrProto,
  _PyArray_DescrNumPy2,
  _PyArray_LegacyDescr,
};
const v3_9: Row = { ...v3_8, PyTypeObject: PyTypeObject_3_9, PyByteArrayObject: PyByteArrayObject_3_9 };
const v3_11: Row = { ...v3_9, PyLongObject: PyLongObject_3_11, PyDictObject: PyDictObject_3_11 };
const v3_12: Row = {
  ...v3_11,
  PyObject: PyObject_3_12,
  PyTypeObject: PyTypeObject_3_12,
  PyLongObject: PyLongObject_3_12,
  PyASCIIObject: PyASCIIObject_3_12,
  PyCompactUnicodeObject: PyCompactUnicodeObject_3_12,
};
const v3_13: Row = { ...v3_12, PyTypeObject: PyTypeObject_3_13 };
const v3_14: Row = {
  ...v3_13,
  PyObject: PyObject_3_14,
  PyTupleObject: PyTupleObject_3_14,
  PyASCIIObject: PyASCIIObject_3_14,
  PyDictObject: PyDictObject_3_14,
};
const v3_15: Row = { ...v3_14, PyTypeObject: PyTypeObject_3_15, PyByteArrayObject: PyByteArrayObject_3_15 };

/** Two links before every object, until 3.12. */
const traceRefs_3_8 = { PyObject: PyObject_3_8_tracerefs };
const traceRefs_3_12 = { PyObject: PyObject_3_12_tracerefs };
const freeThreaded_3_13 = { PyObject: PyObject_3_13_freethreaded };
const freeThreaded_3_14 = {
  PyObject: PyObject_3_14_freethreaded,
  PyASCIIObject: PyASCIIObject_3_14_freethreaded,
};

interface Builds {
  readonly default: Row;
  readonly traceRefs: Row;
  /** From 3.13 on. */
  readonly freeThreaded?: Row;
}

const rows: Readonly<Record<Version, Builds>> = {
  '3.8': { default: v3_8, traceRefs: { ...v3_8, ...traceRefs_3_8 } },
  '3.9': { default: v3_9, traceRefs: { ...v3_9, ...traceRefs_3_8 } },
  '3.10': { default: v3_9, traceRefs: { ...v3_9, ...traceRefs_3_8 } },
  '3.11': { default: v3_11, traceRefs: { ...v3_11, ...traceRefs_3_8 } },
  '3.12': { default: v3_12, traceRefs: { ...v3_12, ...traceRefs_3_12 } },
  '3.13': { default: v3_13, traceRefs: v3_13, freeThreaded: { ...v3_13, ...freeThreaded_3_13 } },
  '3.14': { default: v3_14, traceRefs: v3_14, freeThreaded: { ...v3_14, ...freeThreaded_3_14 } },
  '3.15': { default: v3_15, traceRefs: v3_15, freeThreaded: { ...v3_15, ...freeThreaded_3_14 } },
};

/** The releases whose headers are known, oldest first. */
export const versions = Object.keys(rows) as readonly Version[];

/** Whether a release has a free-threaded build (PEP 703). */
export function hasFreeThreaded(version: Version): boolean {
  return rows[version]?.freeThreaded !== undefined;
}

/** The declarations of a target, by name. @internal */
export function declarationsOf({ version, freeThreaded, traceRefs }: Target): Declarations {
  const builds = Object.hasOwn(rows, version) ? rows[version] : undefined;
  if (!builds)
    throw new RangeError(`the headers of CPython ${version} are not known; known are ${versions.join(', ')}`);
  const row = freeThreaded ? builds.freeThreaded : traceRefs ? builds.traceRefs : builds.default;
  // A copy, for an interface is no dictionary to TypeScript.
  if (row) return { ...row };
  throw new RangeError(`CPython ${version} has no free-threaded build; leave out freeThreaded`);
}
