// An extension module in C that deflates by libz: of what Node exports too.
#include <Python.h>
#include <zlib.h>

static PyObject *packed(PyObject *self, PyObject *args) {
  unsigned char text[4096] = {1, 2, 3}, out[4096], back[4096];
  uLongf length = sizeof out, whole = sizeof back;
  if (compress2(out, &length, text, sizeof text, 9) != Z_OK || uncompress(back, &whole, out, length) != Z_OK)
    return PyErr_SetString(PyExc_RuntimeError, "zlib failed"), NULL;
  return Py_BuildValue("slk", zlibVersion(), (long)memcmp(text, back, sizeof text), crc32(0, back, whole));
}

static PyMethodDef methods[] = {{"packed", packed, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "memview_packer", NULL, -1, methods};

PyMODINIT_FUNC PyInit_memview_packer(void) {
  PyObject *module = PyModule_Create(&definition);
#ifdef Py_GIL_DISABLED
  PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
#endif
  return module;
}
