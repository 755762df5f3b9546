/*
 * Measures the layout of CPython's and numpy's structs without running anything: every number is a constant in the
 * object file, found again by the marker in front of it, so that a cross compiler suffices and no linker is needed.
 *
 * make.mjs compiles it twice. The first time (GOLDEN_ENUMERATE, with debug information) it only defines one object per
 * struct, and the members are read from the debug information. The second time it includes the list of members made
 * from that, golden_fields.h, and lets the compiler evaluate sizeof, _Alignof and offsetof of each.
 */
#include <Python.h>
#include <stddef.h>

/* Python.h includes the declaration of int's object only since 3.11. */
#if PY_VERSION_HEX < 0x030B0000
#include <longintrepr.h>
#endif

#ifdef GOLDEN_NUMPY
/*
 * By default, numpy leaves out the members that its oldest supported release does not have. With this target it has
 * all of them, and still declares numpy 2's descriptor under a name of its own.
 */
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#define NPY_TARGET_VERSION NPY_1_25_API_VERSION
#include <numpy/ndarraytypes.h>
#endif
#ifdef GOLDEN_ONLY_NUMPY1
#include <numpy/ndarraytypes.h>
#endif

/*
 * array.array's object is private to Modules/arraymodule.c. This declaration is a verbatim copy from it; make.mjs
 * compares it with every source package that it can get.
 */
struct arraydescr;
typedef struct arrayobject {
    PyObject_VAR_HEAD
    char *ob_item;
    Py_ssize_t allocated;
    const struct arraydescr *ob_descr;
    PyObject *weakreflist; /* List of weak references */
    Py_ssize_t ob_exports;  /* Number of exported buffers */
} arrayobject;

#ifdef GOLDEN_ENUMERATE

#define GOLDEN_STRUCT(T) T golden_object_##T;
#include "structs.h"

#else

#define U32(value) \
    (unsigned char)((value) & 255), (unsigned char)(((value) >> 8) & 255), \
    (unsigned char)(((value) >> 16) & 255), (unsigned char)(((value) >> 24) & 255)
#define MARKER 'g', 'o', 'l', 'd', 'e', 'n', '-'

/* Sizes, alignments and offsets, in the order of golden_fields.h. */
#define STRUCT(T) U32(sizeof(T)), U32(_Alignof(T)),
#define FIELD(T, path) U32(offsetof(T, path)), U32(sizeof(((T *)0)->path)),
#define BITS(T, path, id)
const unsigned char golden_constants[] = {
    MARKER, 'c', 'o', 'n', 's', 't', 's', ':', '-',
#include "golden_fields.h"
};
#undef STRUCT
#undef FIELD
#undef BITS

/* A bit field has no offset, so define an object in which it alone is all ones, 32 bytes behind a marker. */
#define STRUCT(T)
#define FIELD(T, path)
#define BITS(T, path, id) \
    _Static_assert(32 % _Alignof(T) == 0, "no padding between the marker and the object"); \
    const struct { unsigned char marker[32]; T value; } golden_bits_##id = { \
        { MARKER, 'b', 'i', 't', 's', '-', 'o', 'f', ':', U32(id) }, { .path = -1 }, \
    };
#include "golden_fields.h"

#endif
