/*
 * The structs to measure, by the names that C gives them. Only their names are listed: make.mjs takes the members from
 * the compiler's debug information, so that a release which adds, drops or renames one cannot go unnoticed.
 */
#ifndef GOLDEN_ONLY_NUMPY1
GOLDEN_STRUCT(PyObject)
GOLDEN_STRUCT(PyVarObject)
GOLDEN_STRUCT(PyTypeObject)
GOLDEN_STRUCT(PyBufferProcs)
GOLDEN_STRUCT(Py_buffer)
GOLDEN_STRUCT(_PyManagedBufferObject)
GOLDEN_STRUCT(PyMemoryViewObject)
GOLDEN_STRUCT(PyBytesObject)
GOLDEN_STRUCT(PyByteArrayObject)
GOLDEN_STRUCT(PyASCIIObject)
GOLDEN_STRUCT(PyCompactUnicodeObject)
GOLDEN_STRUCT(PyUnicodeObject)
GOLDEN_STRUCT(PyLongObject)
GOLDEN_STRUCT(PyFloatObject)
GOLDEN_STRUCT(PyTupleObject)
GOLDEN_STRUCT(PyListObject)
GOLDEN_STRUCT(PyDictObject)
GOLDEN_STRUCT(arrayobject)
#ifdef GOLDEN_NUMPY
GOLDEN_STRUCT(PyArrayObject_fields)
GOLDEN_STRUCT(PyArray_DescrProto)
GOLDEN_STRUCT(_PyArray_DescrNumPy2)
GOLDEN_STRUCT(_PyArray_LegacyDescr)
#endif
#else
GOLDEN_STRUCT(PyArrayObject_fields)
GOLDEN_STRUCT(PyArray_Descr)
#endif
