/** Calls into a running interpreter: every failure is a PythonError, every result a reference that the caller owns. */

import { layoutsFor } from '../layouts/layouts.ts';
import type { Memory } from '../memory/memory.ts';
import { readPointers, readStruct } from '../view/struct.ts';
import { board } from './board.ts';
import type { Gil } from './gil.ts';
import type { Routine } from './inside/bootstrap.ts';
import { type ErrorRecord, PythonError } from './python-error.ts';
import { listen } from './signals.ts';
import { type Interpreter, readPyBytes } from './start.ts';

/** Python's C API as the rest needs it: holds the GIL, checks each result. Addresses are of owned references. */
export class Calls {
  readonly #interpreter: Interpreter;

  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
  }

  /** Drops what was given back and waits for Python to run next. It takes no GIL: while anything waits, that is held. */
  settle(): void {
    this.#interpreter.pendingDecrefs.settle();
  }

  get memory(): Memory {
    return this.#interpreter.memory;
  }

  /** The address of None. */
  get none(): bigint {
    return this.#interpreter.none;
  }

  get gil(): Gil {
    return this.#interpreter.gil;
  }

  /** Compiles and runs code in `__main__`. */
  run(code: string, mode: number): bigint {
    const { api, routines } = this.#hold();
    const compiled = this.#owned(api.Py_CompileString(checkCode(code), '<memview>', mode));
    const value = api.PyObject_GetItem(routines.code, compiled);
    api.Py_DecRef(compiled);
    return this.#owned(value);
  }

  /** A module, imported if it was not. */
  importModule(name: string): bigint {
    return this.#owned(this.#hold().api.PyImport_ImportModule(checkName(name, 'a module')));
  }

  /** An attribute of an object. */
  attribute(object: bigint, name: string): bigint {
    return this.#owned(this.#hold().api.PyObject_GetAttrString(object, checkName(name, 'an attribute')));
  }

  /** The result of a call with positional arguments, which stay the caller's. */
  call(callable: bigint, args: readonly bigint[]): bigint {
    return this.#owned(this.#callRaw(this.#interpreter.routines.enter, [callable, ...args]));
  }

  /** The result of one of our own routines in Python. */
  routine(name: Routine, args: readonly bigint[] = []): bigint {
    return this.#owned(this.#callRaw(this.#interpreter.routines[name], args));
  }

  /** A new memoryview of an object, which keeps its buffer exported. */
  memoryView(object: bigint): bigint {
    // What was given back stays so for the moment: no code but the exporter's runs.
    this.gil.hold();
    return this.#owned(this.#interpreter.api.PyMemoryView_FromObject(object));
  }

  /** The items of a list, which stay the list's. */
  items(list: bigint): bigint[] {
    const { ob_base, ob_item } = readStruct(this.memory, layoutsFor(this.memory.target).PyListObject, list);
    return readPointers(this.memory, ob_item, Number(ob_base.ob_size));
  }

  /** Puts None in the place of a list's item. */
  dropItem(list: bigint, index: number): void {
    const { api, none } = this.#hold();
    api.PySequence_SetItem(list, index, none);
  }

  /** Removes a key from a dict. */
  dropKey(dict: bigint, key: string): void {
    const { api } = this.#hold();
    if (api.PyDict_DelItemString(dict, key) !== 0) api.PyErr_Clear();
  }

  /** A new `str`. */
  string(text: string): bigint {
    return this.#owned(this.#hold().api.PyUnicode_FromString(text));
  }

  /** An object's `str()`. */
  text(object: bigint): string {
    return JSON.parse(this.answer(this.routine('text', [object]))) as string;
  }

  /** A memoryview of a new bytearray with a copy of the bytes, in elements of a format. */
  bytearray(bytes: Uint8Array, format: string): bigint {
    const { api } = this.#hold();
    // ffi-rs takes the address of its bytes, and of none there may be no address.
    const copy = this.#owned(
      api.PyByteArray_FromStringAndSize(bytes.length > 0 ? bytes : Buffer.alloc(1), bytes.length),
    );
    return this.#described('formed', copy, format, true);
  }

  /**
   * A memoryview of a part of the memory that an owner keeps, which it keeps in turn.
   *
   * @param place what the routine takes
   */
  shown(owner: bigint, place: readonly unknown[]): bigint {
    return this.#described('shown', owner, place, false);
  }

  /** @param taken whether the object is given back as well */
  #described(routine: Routine, object: bigint, details: unknown, taken: boolean): bigint {
    const text = this.string(JSON.stringify(details));
    try {
      return this.routine(routine, [object, text]);
    } finally {
      this.release(text);
      if (taken) this.release(object);
    }
  }

  /** The text in a bytes object, which stays the caller's. */
  bytesText(bytes: bigint): string {
    return readPyBytes(this.#hold().api, this.memory, bytes);
  }

  /** The text in a bytes object, which is given back. */
  answer(bytes: bigint): string {
    const text = this.bytesText(bytes);
    this.release(bytes);
    return text;
  }

  /** Ends what runs in Python, as its exit would. What is raised is dropped: nobody is left to tell. */
  finish(): void {
    if (!this.gil.tryHold()) return;
    const { api, routines } = this.#interpreter;
    const result = this.#callRaw(routines.finish, []);
    if (result) api.Py_DecRef(result);
    else api.PyErr_Clear();
    this.gil.end();
  }

  /**
   * Gives a reference back: it is dropped before Python's code runs again, or another thread of it.
   *
   * @returns a ticket for `takeBack`
   */
  release(object: bigint): number {
    this.gil.hold();
    return this.#interpreter.pendingDecrefs.add(object);
  }

  /** Takes back what was given back last, if the ticket is that reference's and nothing of Python ran since. */
  takeBack(ticket: number): boolean {
    return this.#interpreter.pendingDecrefs.takeBack(ticket);
  }

  #hold(): Interpreter {
    this.gil.hold();
    this.#interpreter.pendingDecrefs.settle();
    return this.#interpreter;
  }

  #callRaw(callable: bigint, args: readonly bigint[]): bigint {
    const { api } = this.#hold();
    return api.PyObject_VectorcallDict(callable, stackOf(args), args.length, 0n);
  }

  /**
   * Runs the handlers of the signals that came, if there is a Python to do so.
   *
   * @throws PythonError if one of them raises.
   */
  checkSignals(): void {
    if (!this.gil.tryHold()) return;
    const failed = this.#hold().api.PyErr_CheckSignals() !== 0;
    if (failed) throw this.#raised();
  }

  #owned(object: bigint): bigint {
    const { board: seen } = this.#interpreter;
    if (seen[board.wakeup]) listen(seen, () => this.checkSignals());
    if (object === 0n) throw this.#raised();
    return object;
  }

  /** The error that Python told of. */
  error(record: ErrorRecord): PythonError {
    return PythonError.from(record, this.#interpreter.pins);
  }

  /** The exception that is set, which is the caller's from then on; 0 if there is none. */
  #fetch(): bigint {
    const { api } = this.#interpreter;
    const slots = [Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(8)] as const;
    api.PyErr_Fetch(...slots);
    api.PyErr_NormalizeException(...slots);
    const [type, error, trace] = slots.map((slot) => slot.readBigUInt64LE()) as [bigint, bigint, bigint];
    if (error && trace) api.PyException_SetTraceback(error, trace);
    for (const object of [type, trace]) if (object) api.Py_DecRef(object);
    return error;
  }

  /** Takes the exception that is set. One that even its description raises is named so. */
  #raised(): Error {
    const { api, routines } = this.#interpreter;
    const error = this.#fetch();
    if (!error) return new Error('Python failed without an exception; this is a bug of an extension module');
    const description = this.#callRaw(routines.describe, [error]);
    if (!description) api.PyErr_Clear();
    const record: ErrorRecord = description
      ? (JSON.parse(this.answer(description)) as ErrorRecord)
      : { type: 'BaseException', message: 'an exception that could not be described' };
    api.Py_DecRef(error);
    return this.error(record);
  }
}

/** Arguments as C takes them. Never empty: ffi-rs takes the address of its bytes. */
function stackOf(args: readonly bigint[]): Buffer {
  const stack = new BigUint64Array(args.length || 1);
  stack.set(args);
  return Buffer.from(stack.buffer);
}

/** What C takes as text: UTF-8 up to a NUL. */
export function checkCode(code: string): string {
  if (typeof code !== 'string') throw new TypeError(`expected Python as a string, got ${typeof code}`);
  if (code.includes('\0')) throw new TypeError('expected Python without a NUL character; write it as \\0 in a literal');
  if (!code.isWellFormed()) throw new TypeError('expected well-formed Unicode; write a lone surrogate as \\ud800');
  return code;
}

/** The same for a name, which no escape can be written in. */
function checkName(name: string, what: string): string {
  if (typeof name !== 'string') throw new TypeError(`expected the name of ${what} as a string, got ${typeof name}`);
  if (!name.includes('\0') && name.isWellFormed()) return name;
  throw new TypeError(
    `expected the name of ${what} in well-formed Unicode without a NUL character, got ${JSON.stringify(name)}`,
  );
}
