/** The Python of this process: runs code, holds objects, lends views of their buffers. */
import { ReleasedError } from '../errors.ts';
import type { Memory } from '../memory/memory.ts';
import type { Target } from '../target.ts';
import { BufferView } from '../view/buffer-view.ts';
import type { ViewProtocol } from '../view/py-buffer.ts';
import { Calls } from './calls.ts';
import { exportOf } from './lending/export.ts';
import { ExportedMemory } from './lending/exported-memory.ts';
import { type Ledger, ledgerOf } from './lending/ledger.ts';
import { type PinnedExport, pinnedExports, tellOf } from './lending/pinned-exports.ts';
import { pin, shareable } from './lending/shareable.ts';
import { closedBeforeEnd, openedPost, postOf } from './post.ts';
import type { PythonInstallation } from './probe.ts';
import { PyRef, type RefOwner } from './ref.ts';
import { type Borrowed, Borrower, checkSources } from './sources.ts';
import { type Interpreter, Py_eval_input, Py_file_input } from './start.ts';

/** What {@link Python.view} and {@link Python.views} may be told. */
export interface ViewOptions {
  /** Demand a buffer that may be written to. By default a view is as writable as its exporter. */
  readonly writable?: boolean;
  /**
   * The protocols that may tell of the memory, by default all: the buffer protocol; where that has nothing or says
   * too little of the elements (datetime64 of numpy, bfloat16), numpy's array interface in either form, DLPack, and
   * at last `__array__()`, which makes a copy. `view.source` says which it was.
   */
  readonly sources?: readonly ViewProtocol[];
}

/** What {@link Python.share} may be told. */
export interface ShareOptions {
  /** Give Python a copy of its own, which neither side sees the other write to. */
  readonly copy?: boolean;
}

/** What {@link Python.run} may be told. */
export interface RunOptions {
  /** Ends the wait when it is aborted, and raises KeyboardInterrupt in the code. */
  readonly signal?: AbortSignal;
}

/** What a Python is bounded by. */
export interface Bounds {
  /** On the bytes that arrays of released views pin, in bytes. */
  readonly pinnedBytes: number;
}

/** The Python running in this process. Made by {@link openPython}. */
export class Python {
  readonly #interpreter: Interpreter;
  readonly #calls: Calls;
  readonly #ledger: Ledger;
  readonly #borrower: Borrower;
  /** What references ask of this Python. */
  readonly #owner: RefOwner = {
    attribute: (object, name) => this.#ref(this.#open().attribute(object, name)),
    call: (object, args) => this.#ref(this.#open().call(object, args)),
    text: (object) => this.#open().text(object),
  };
  #closed = false;

  /** @internal */
  constructor(interpreter: Interpreter, { pinnedBytes }: Bounds) {
    this.#interpreter = interpreter;
    this.#calls = new Calls(interpreter);
    this.#ledger = ledgerOf(interpreter.gil, pinnedBytes);
    interpreter.pins = () => tellOf(pinnedExports(interpreter.memory, this.#ledger.exports()));
    this.#borrower = new Borrower(this.#calls, interpreter.trusted);
  }

  /** `major.minor.micro` */
  get version(): string {
    return this.#interpreter.installation.version;
  }

  /** Release, build and data model: what the layouts were verified for. */
  get target(): Target {
    return this.#interpreter.target;
  }

  /** The executable, prefix and libpython that were chosen. */
  get installation(): PythonInstallation {
    return this.#interpreter.installation;
  }

  /** The memory of this process, in snapshots: a bad address is a MemoryFault, not a crash. */
  get memory(): Memory {
    return this.#interpreter.memory;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** How many references and views are held and not yet given back, views whose arrays are still about among them. */
  get outstanding(): number {
    return this.#ledger.size;
  }

  /** How many references and views the garbage collector gave back since nobody had: 0 where all are released. */
  get collected(): number {
    return this.#ledger.collected;
  }

  /**
   * Runs statements in `__main__`.
   *
   * @throws PythonError if they raise; `sys.exit()` too is an error here and ends nothing.
   */
  exec(code: string): void {
    const calls = this.#open();
    calls.release(calls.run(code, Py_file_input));
  }

  /**
   * The value of an expression in `__main__`.
   *
   * @throws PythonError if it raises.
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * const python = openPython();
   * python.exec('import math');
   * console.log(String(python.eval('math.factorial(20)'))); // 2432902008176640000
   * ```
   */
  eval(expression: string): PyRef {
    const code = typeof expression === 'string' ? expression.replace(/^[ \t]+/, '') : expression;
    return this.#ref(this.#open().run(code, Py_eval_input));
  }

  /**
   * Runs code in `__main__`, in a thread of Python's, while Node's event loop goes on. The value is that of its last
   * statement, if that is an expression, else None. Several runs may be under way at once, up to `threads` of
   * {@link OpenOptions}; what they share is theirs to lock.
   *
   * An abort rejects at once, and raises KeyboardInterrupt in the code as soon as Python executes its next bytecode: a
   * call into C goes on to its end. (An interpreter without `ctypes` cannot be interrupted; it goes on unheard.)
   *
   * @throws PythonError, as a rejection, if it raises; the signal's reason if it was aborted; ReleasedError if this
   * Python was closed meanwhile.
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * const python = openPython();
   * const sum = await python.run('sum(range(10**6))');
   * console.log(String(sum)); // 499999500000
   * ```
   */
  async run(code: string, options: RunOptions = {}): Promise<PyRef> {
    this.#open();
    const signal = options?.signal;
    if (signal !== undefined && typeof signal.addEventListener !== 'function') {
      throw new TypeError(`expected an AbortSignal as signal, got ${typeof signal}`);
    }
    // On a free-threaded build the code may begin before this stretch ends.
    this.#calls.settle();
    const { object, giveBack } = await postOf(this.#interpreter).run(code, signal);
    if (!this.#closed) return this.#ref(object, giveBack);
    // The answer came, and then `close`, before this stretch.
    this.#calls.gil.soon(giveBack);
    throw closedBeforeEnd();
  }

  /**
   * A module, imported if it was not.
   *
   * @throws PythonError if the import fails.
   */
  import(name: string): PyRef {
    return this.#ref(this.#open().importModule(name));
  }

  /**
   * A view of an object's buffer, in place. The buffer stays exported until the view is released: a bytearray cannot
   * be resized meanwhile. Its elements are first read when they are asked for; where the exporter gave an address that
   * cannot be read, that is a MemoryFault.
   *
   * Not only the buffer protocol is asked: see {@link ViewOptions.sources}.
   *
   * @param object a reference, or an expression
   * @throws PythonError if the expression raises, or the object has no buffer (`TypeError`, `BufferError`).
   * @throws TypeError if a writable view of a read-only buffer is demanded.
   * @throws FormatError if the exporter's metadata contradict themselves.
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * const python = openPython();
   * python.exec('from array import array; a = array("d", [1.5, 2.5])');
   * using view = python.view('a');
   * view.data[0] = 4;
   * console.log(String(python.eval('a'))); // array('d', [4.0, 2.5])
   * ```
   */
  view(object: PyRef | string, options: ViewOptions = {}): BufferView {
    this.#open();
    const sources = checkSources(options?.sources);
    const borrowed = this.#with(object, (address) => this.#borrower.borrow(address, sources));
    checkWritable([borrowed], options);
    return this.#viewOf(borrowed);
  }

  /**
   * Views of many objects' buffers, in place, in about half the time that as many calls of `view` take. Each is
   * released by itself.
   *
   * @param objects references, or one reference or expression of an iterable
   * @throws PythonError if an object has no buffer (`TypeError`, `BufferError`); its index is said, and none is viewed.
   * @throws TypeError if writable views are demanded and one of the buffers is read-only.
   * @throws FormatError if an exporter's metadata contradict themselves.
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * const views = openPython().views('[b"ab", bytearray(3), memoryview(b"abcd")[::2]]');
   * console.log(views.map(({ nbytes }) => nbytes)); // [ 2, 3, 2 ]
   * for (const view of views) view.release();
   * ```
   */
  views(objects: Iterable<PyRef> | PyRef | string, options: ViewOptions = {}): BufferView[] {
    this.#open();
    const sources = checkSources(options?.sources);
    const borrowed =
      typeof objects === 'string' || objects instanceof PyRef
        ? this.#with(objects, (iterable) => this.#borrower.borrowAll(iterable, sources))
        : this.#borrower.borrowAll(addresses(objects), sources);
    checkWritable(borrowed, options);
    return borrowed.map((one) => this.#viewOf(one));
  }

  /**
   * A memoryview of JavaScript's memory, as writable as it is here: what either side writes, the other sees. The
   * memory stays where it is until Python has let go of the memoryview and of all that came of it, such as a numpy
   * array: so long its buffer is not collected, and it can be neither transferred nor detached any more.
   *
   * An array that a view of Python's memory handed out is answered by a memoryview of its exporter. A runtime that cannot
   * keep an ArrayBuffer in its place (Node 20 and 22) shares SharedArrayBuffers only; a copy can be had of any.
   *
   * @param array a typed array, or a DataView, whose elements are bytes
   * @throws TypeError if it is neither, or its memory may move: it is resizable, belongs to a WebAssembly.Memory, or is an
   * ArrayBuffer before Node 24.
   * @throws PythonError if this Python lacks `ctypes`, or memoryview the format (float16 before 3.12).
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * const python = openPython();
   * const samples = new Float64Array(new SharedArrayBuffer(24));
   * python.eval('lambda view: globals().update(samples=view)').call(python.share(samples));
   * python.exec('samples[1] = 20');
   * console.log(samples[1]); // 20
   * ```
   */
  share(array: ArrayBufferView, options: ShareOptions = {}): PyRef {
    const calls = this.#open();
    const copy = options?.copy ?? false;
    if (typeof copy !== 'boolean') throw new TypeError(`expected copy to be true or false, got ${typeof copy}`);
    const { format, itemsize, bytes } = shareable(array);
    if (copy) return this.#ref(calls.bytearray(bytes, format));
    // What is empty is nobody's: an array that was revoked too.
    if (bytes.length === 0) return this.#ref(postOf(this.#interpreter).share(array, 0n, itemsize, format));
    const entry = exportOf(array.buffer);
    const address = this.#interpreter.addressOf(bytes);
    if (entry) {
      const { info } = entry;
      const place = [String(address), bytes.length, itemsize, format, Number(address - info.address), info.readonly];
      return this.#ref(calls.shown(entry.owner, place));
    }
    pin(array.buffer);
    return this.#ref(postOf(this.#interpreter).share(array, address, itemsize, format));
  }

  /**
   * The buffers that Python holds still for JavaScript, and for whom: views that are not released, arrays of released
   * views that are not garbage yet, and what somebody has transferred.
   *
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * const python = openPython();
   * using view = python.view('bytearray(100)');
   * const [found] = python.exports();
   * console.log(found?.exporter, found?.nbytes, found?.heldBy); // bytearray 100 view
   * ```
   */
  exports(): PinnedExport[] {
    this.#open();
    return pinnedExports(this.memory, this.#ledger.exports());
  }

  /** How many arrays are shared with Python and not yet let go of. */
  get shared(): number {
    return openedPost(this.#interpreter)?.pinned ?? 0;
  }

  /**
   * Gives back every reference and view, and stops every run, whoever in this process took them: there is one
   * `Python`, and every caller of `openPython` has it. Leave it open unless the whole program is done with it. The
   * interpreter itself stays: CPython's extension modules do not survive a second start, so `openPython` later
   * continues with it. Idempotent.
   */
  close(): void {
    if (this.#closed) return;
    openedPost(this.#interpreter)?.stopAll();
    this.#ledger.releaseAll();
    this.#closed = true;
  }

  /** Closes, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Runs Python's atexit handlers and flushes its streams. @internal */
  finish(): void {
    this.#calls.finish();
  }

  #open(): Calls {
    if (this.#closed) throw new ReleasedError('this Python was closed; call openPython() again');
    return this.#calls;
  }

  /** @param object an owned reference, or one that `giveBack` ends */
  #ref(object: bigint, giveBack = (): void => void this.#calls.release(object)): PyRef {
    const owned = this.#ledger.own('reference', giveBack);
    const ref = new PyRef(this.#owner, object, owned);
    owned.watch(ref);
    return ref;
  }

  /** What is made of an object, which may be given as an expression. */
  #with<T>(object: PyRef | string, make: (address: bigint) => T): T {
    if (object instanceof PyRef) return make(object.address);
    if (typeof object !== 'string') {
      throw new TypeError(`expected a PyRef or a Python expression, got ${typeof object}`);
    }
    using ref = this.eval(object);
    return make(ref.address);
  }

  #viewOf(borrowed: Borrowed): BufferView {
    const { info, trusted } = borrowed;
    const ledger = this.#ledger;
    const entry = ledger.export(borrowed);
    const memory = new ExportedMemory({
      info,
      trusted,
      entry,
      ledger,
      process: this.memory,
      gil: this.#interpreter.gil,
    });
    return new BufferView(memory, info, memory);
  }
}

/** Gives all back if one of them has to be writable and is not. */
function checkWritable(borrowed: readonly Borrowed[], options: ViewOptions | undefined): void {
  if (!options?.writable || !borrowed.some(({ info }) => info.readonly)) return;
  for (const { giveBack } of borrowed) giveBack();
  throw new TypeError('expected a writable buffer, but its exporter forbids writing');
}

/** The addresses of references, each of which must be one. */
function addresses(refs: Iterable<PyRef>): bigint[] {
  if (typeof refs !== 'object' || refs === null || !(Symbol.iterator in refs)) {
    throw new TypeError(`expected PyRefs, a PyRef or a Python expression, got ${typeof refs}`);
  }
  return Array.from(refs, (ref, i) => {
    if (ref instanceof PyRef) return ref.address;
    throw new TypeError(`expected a PyRef as object ${i}, got ${typeof ref}`);
  });
}
