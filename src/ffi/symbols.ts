/**
 * The C functions that are called, as one table: what each returns and takes. Calls are checked against it, for a
 * wrong argument in C is a crash.
 */

/** What crosses the border: an address, a word, a `Py_ssize_t`, an `int`, a UTF-8 or wide string, a Buffer to be filled. */
export type Kind = 'pointer' | 'word' | 'size' | 'int' | 'text' | 'wide' | 'buffer' | 'void';

/** A result followed by the parameters. */
export type Signature = readonly [result: Kind, ...parameters: Kind[]];

/** Functions of libpython, exported by every release since 3.8. Sources: the C API reference of each. */
export const pythonSymbols = {
  Py_GetVersion: ['pointer'],
  Py_IsInitialized: ['int'],
  Py_SetProgramName: ['void', 'wide'],
  Py_InitializeEx: ['void', 'int'],
  PyEval_SaveThread: ['pointer'],
  PyGILState_Ensure: ['int'],
  PyGILState_Release: ['void', 'int'],
  Py_IncRef: ['void', 'pointer'],
  Py_DecRef: ['void', 'pointer'],
  Py_CompileString: ['pointer', 'text', 'text', 'int'],
  PyEval_EvalCode: ['pointer', 'pointer', 'pointer', 'pointer'],
  PyImport_AddModule: ['pointer', 'text'],
  PyImport_ImportModule: ['pointer', 'text'],
  PyModule_GetDict: ['pointer', 'pointer'],
  PyDict_GetItemString: ['pointer', 'pointer', 'text'],
  PyObject_GetAttrString: ['pointer', 'pointer', 'text'],
  PyObject_VectorcallDict: ['pointer', 'pointer', 'buffer', 'size', 'pointer'],
  PyObject_GetItem: ['pointer', 'pointer', 'pointer'],
  PySequence_SetItem: ['int', 'pointer', 'size', 'pointer'],
  PyDict_SetItemString: ['int', 'pointer', 'text', 'pointer'],
  PyDict_DelItemString: ['int', 'pointer', 'text'],
  PyStructSequence_SetItem: ['void', 'pointer', 'size', 'pointer'],
  PyInterpreterState_Main: ['pointer'],
  PyInterpreterState_GetDict: ['pointer', 'pointer'],
  PyTuple_New: ['pointer', 'size'],
  PyObject_GC_UnTrack: ['void', 'pointer'],
  PyUnicode_FromString: ['pointer', 'text'],
  PyByteArray_FromStringAndSize: ['pointer', 'buffer', 'size'],
  PyBytes_Size: ['size', 'pointer'],
  PyBytes_AsString: ['pointer', 'pointer'],
  PyMemoryView_FromObject: ['pointer', 'pointer'],
  PyErr_Fetch: ['void', 'buffer', 'buffer', 'buffer'],
  PyErr_NormalizeException: ['void', 'buffer', 'buffer', 'buffer'],
  PyException_SetTraceback: ['int', 'pointer', 'pointer'],
  PyErr_Clear: ['void'],
  PyErr_CheckSignals: ['int'],
} as const satisfies Record<string, Signature>;

/** What a function was called before, where a release has it under that name only. */
export const formerNames: Readonly<Partial<Record<keyof typeof pythonSymbols, string>>> = {
  // 3.8
  PyObject_VectorcallDict: '_PyObject_FastCallDict',
};

/** Functions of the C library: how a library is made global, and where a global variable lies. */
export const loaderSymbols = {
  dlopen: ['pointer', 'text', 'int'],
  dlsym: ['pointer', 'pointer', 'text'],
  memmove: ['pointer', 'buffer', 'buffer', 'size'],
} as const satisfies Record<string, Signature>;

/** Functions of POSIX's timers; what glibc calls a timer may be negative. */
export const timerSymbols = {
  timer_create: ['int', 'int', 'buffer', 'buffer'],
  timer_settime: ['int', 'word', 'int', 'buffer', 'pointer'],
} as const satisfies Record<string, Signature>;

type Value<K extends Kind> = {
  pointer: bigint;
  word: bigint;
  size: number;
  int: number;
  text: string;
  wide: string;
  buffer: Uint8Array;
  void: undefined;
}[K];

type Arguments<P extends readonly Kind[]> = { -readonly [I in keyof P]: Value<P[I]> };

/** The TypeScript function for a signature. */
export type Callable<S extends Signature> = S extends readonly [infer R extends Kind, ...infer P extends Kind[]]
  ? (...args: Arguments<P>) => Value<R>
  : never;

/** The TypeScript functions for a table of signatures. */
export type Api<T extends Record<string, Signature>> = { readonly [K in keyof T]: Callable<T[K]> };
