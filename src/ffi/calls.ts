/** Calls into a running interpreter: every failure is a PythonError, every result a reference that the caller owns. */
import type { Helper } from './bootstrap.ts';
import { PythonError } from './python-error.ts';
import { type Interpreter, readPyBytes } from './start.ts';

/** Python's C API as the rest needs it: holds the GIL, checks each result. Addresses are of owned references. */
export class Calls {
  readonly #interpreter: Interpreter;

  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
  }

  /** Compiles and runs code in `__main__`. */
  run(code: string, mode: number): bigint {
    const { api, globals } = this.#hold();
    const compiled = this.#owned(api.Py_CompileString(checkCode(code), '<memview>', mode));
    const value = api.PyEval_EvalCode(compiled, globals, globals);
    api.Py_DecRef(compiled);
    return this.#owned(value);
  }

  /** A module, imported if it was not. */
  importModule(name: string): bigint {
    return this.#owned(this.#hold().api.PyImport_ImportModule(checkCode(name)));
  }

  /** An attribute of an object. */
  attribute(object: bigint, name: string): bigint {
    return this.#owned(this.#hold().api.PyObject_GetAttrString(object, checkCode(name)));
  }

  /** The result of a call with positional arguments, which stay the caller's. */
  call(callable: bigint, args: readonly bigint[]): bigint {
    return this.#owned(this.#callRaw(callable, args));
  }

  /** A new memoryview of an object, which keeps its buffer exported. */
  memoryView(object: bigint): bigint {
    return this.#owned(this.#hold().api.PyMemoryView_FromObject(object));
  }

  /** An object's `str()`. */
  text(object: bigint): string {
    return JSON.parse(this.#answer(this.#owned(this.#help('text', object)))) as string;
  }

  /** Ends what runs in Python, as its exit would. What is raised is dropped: nobody is left to tell. */
  finish(): void {
    const { api, globals } = this.#hold();
    const result = this.#help('finish', globals);
    if (result) api.Py_DecRef(result);
    else api.PyErr_Clear();
  }

  /** Gives a reference back. */
  release(object: bigint): void {
    this.#hold().api.Py_DecRef(object);
  }

  #hold(): Interpreter {
    this.#interpreter.gil.hold();
    return this.#interpreter;
  }

  #callRaw(callable: bigint, args: readonly bigint[]): bigint {
    const { api } = this.#hold();
    const tuple = this.#owned(api.PyTuple_New(args.length));
    for (const [i, arg] of args.entries()) {
      // The tuple takes over a reference.
      api.Py_IncRef(arg);
      api.PyTuple_SetItem(tuple, i, arg);
    }
    const result = api.PyObject_CallObject(callable, tuple);
    api.Py_DecRef(tuple);
    return result;
  }

  #help(helper: Helper, object: bigint): bigint {
    const { api, helpers } = this.#hold();
    return this.#callRaw(api.PyDict_GetItemString(helpers, helper), [object]);
  }

  #answer(bytes: bigint): string {
    const { api, memory } = this.#interpreter;
    const text = readPyBytes(api, memory, bytes);
    api.Py_DecRef(bytes);
    return text;
  }

  #owned(object: bigint): bigint {
    if (object === 0n) throw this.#raised();
    return object;
  }

  /** Takes the exception that is set. One that even its description raises is named so. */
  #raised(): Error {
    const { api } = this.#interpreter;
    const [type, value, traceback] = [Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(8)] as const;
    api.PyErr_Fetch(type, value, traceback);
    api.PyErr_NormalizeException(type, value, traceback);
    const [kind, error, trace] = [type, value, traceback].map((slot) => slot.readBigUInt64LE());
    if (!error) return new Error('Python failed without an exception; this is a bug of an extension module');
    if (trace) api.PyException_SetTraceback(error, trace);
    const description = this.#help('describe', error);
    if (!description) api.PyErr_Clear();
    const [name, message, text] = description
      ? (JSON.parse(this.#answer(description)) as [string, string, string])
      : ['BaseException', 'an exception that could not be described', ''];
    for (const object of [kind, error, trace]) if (object) api.Py_DecRef(object);
    return new PythonError(name, message, text);
  }
}

/** What C takes as text: UTF-8 up to a NUL. */
function checkCode(code: string): string {
  if (typeof code !== 'string') throw new TypeError(`expected Python as a string, got ${typeof code}`);
  if (code.includes('\0')) throw new TypeError('expected Python without a NUL character; write it as \\0 in a literal');
  if (!code.isWellFormed()) throw new TypeError('expected well-formed Unicode; write a lone surrogate as \\ud800');
  return code;
}
