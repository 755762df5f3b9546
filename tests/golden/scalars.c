/*
 * Measures what configure would have written to pyconfig.h as SIZEOF_* and ALIGNOF_*, for the targets whose own
 * pyconfig.h is not to be had, and what numpy's build would have written as NPY_SIZEOF_*.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>
#include <wchar.h>

#define U32(value) \
    (unsigned char)((value) & 255), (unsigned char)(((value) >> 8) & 255), \
    (unsigned char)(((value) >> 16) & 255), (unsigned char)(((value) >> 24) & 255)

const unsigned char golden_scalars[] = {
    'g', 'o', 'l', 'd', 'e', 'n', '-', 's', 'c', 'a', 'l', 'a', 'r', 's', ':', '-',
#define SCALAR(name, type) U32(sizeof(type)), U32(_Alignof(type)),
#include "scalars.h"
};
