/** The Python of this process: runs code, holds objects, lends views of their buffers. */
import { realpathSync } from 'node:fs';
import { ReleasedError } from '../errors.ts';
import type { Memory } from '../memory/memory.ts';
import { segmentMemory } from '../memory/segments.ts';
import type { Target } from '../target.ts';
import { BufferView } from '../view/buffer-view.ts';
import { Lifetime } from '../view/lifetime.ts';
import { type BufferInfo, extentOf, readBufferInfo } from '../view/py-buffer.ts';
import { Calls } from './calls.ts';
import { detach } from './detach.ts';
import { choosePython } from './discover.ts';
import { mapMemory } from './native.ts';
import type { PythonInstallation } from './probe.ts';
import { PyRef, type RefOwner } from './ref.ts';
import { type Interpreter, Py_eval_input, Py_file_input, startInterpreter } from './start.ts';

/** What {@link openPython} may be told. */
export interface OpenOptions {
  /**
   * Which Python: a version (`3.12`, `3.13t`), the path of an executable, of a venv or of a prefix, or the name of a
   * command. By default the one of the shell: the active venv, else `python3` on the PATH.
   */
  readonly python?: string;
}

/** What {@link Python.view} may be told. */
export interface ViewOptions {
  /** Demand a buffer that may be written to. By default a view is as writable as its exporter. */
  readonly writable?: boolean;
}

interface MappedSegment {
  readonly address: bigint;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The elements' bytes, mapped; nothing where there are none, or where they hang on pointers. */
function mapElements(info: BufferInfo): MappedSegment | undefined {
  const { low, length } = extentOf(info);
  if (length === 0 || info.suboffsets) return undefined;
  return { address: low, bytes: mapMemory(low, length) };
}

/** The Python running in this process. Made by {@link openPython}. */
export class Python {
  readonly #interpreter: Interpreter;
  readonly #calls: Calls;
  readonly #outstanding = new Set<Lifetime>();
  /** The net under `release`: gives back what became garbage. */
  readonly #net = new FinalizationRegistry<Lifetime>((lifetime) => lifetime.release());
  /** What references ask of this Python. */
  readonly #owner: RefOwner = {
    attribute: (object, name) => this.#ref(this.#open().attribute(object, name)),
    call: (object, args) => this.#ref(this.#open().call(object, args)),
    text: (object) => this.#open().text(object),
  };
  #closed = false;

  /** @internal */
  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
    this.#calls = new Calls(interpreter);
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
   * A module, imported if it was not.
   *
   * @throws PythonError if the import fails.
   */
  import(name: string): PyRef {
    return this.#ref(this.#open().importModule(name));
  }

  /**
   * A view of an object's buffer, in place. The buffer stays exported until the view is released: a bytearray cannot
   * be resized meanwhile.
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
    const calls = this.#open();
    const writable = options?.writable ?? false;
    if (object instanceof PyRef) return this.#viewOf(calls.memoryView(object.address), writable);
    if (typeof object !== 'string') {
      throw new TypeError(`expected a PyRef or a Python expression, got ${typeof object}`);
    }
    using ref = this.eval(object);
    return this.#viewOf(calls.memoryView(ref.address), writable);
  }

  /**
   * Gives back every reference and view, whoever in this process took them: there is one `Python`, and every caller
   * of `openPython` has it. Leave it open unless the whole program is done with it. The interpreter itself stays:
   * CPython's extension modules do not survive a second start, so `openPython` later continues with it. Idempotent.
   */
  close(): void {
    if (this.#closed) return;
    for (const lifetime of [...this.#outstanding]) lifetime.release();
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

  #ref(object: bigint): PyRef {
    const lifetime = this.#lend('reference', object);
    const ref = new PyRef(this.#owner, object, lifetime);
    this.#net.register(ref, lifetime, lifetime);
    return ref;
  }

  /** @param memoryview an owned reference */
  #viewOf(memoryview: bigint, writable: boolean): BufferView {
    const { info, mapped } = this.#examine(memoryview, writable);
    const memory = segmentMemory(mapped ? [mapped] : [], this.target, this.memory);
    const lifetime = this.#lend('view', memoryview, mapped?.bytes.buffer);
    // The collector comes when nothing is left that was taken from the view: no typed array, no part of it.
    this.#net.register(mapped?.bytes.buffer ?? memory, lifetime, lifetime);
    return new BufferView(memory, info, lifetime);
  }

  /** Reads, checks and maps; whatever is wrong, the reference is not lost. */
  #examine(memoryview: bigint, writable: boolean): { info: BufferInfo; mapped: MappedSegment | undefined } {
    try {
      const info = readBufferInfo(this.memory, memoryview);
      if (writable && info.readonly)
        throw new TypeError('expected a writable buffer, but its exporter forbids writing');
      return { info, mapped: mapElements(info) };
    } catch (error) {
      this.#calls.release(memoryview);
      throw error;
    }
  }

  /** From now on the object is held, until the lifetime ends. */
  #lend(what: string, object: bigint, mapped?: ArrayBuffer): Lifetime {
    // Weak, lest the set of outstanding lifetimes keep from the collector what its net waits for.
    const buffer = mapped && new WeakRef(mapped);
    const lifetime: Lifetime = new Lifetime(what, () => {
      this.#outstanding.delete(lifetime);
      this.#net.unregister(lifetime);
      const present = buffer?.deref();
      if (present) detach(present);
      this.#calls.release(object);
    });
    this.#outstanding.add(lifetime);
    return lifetime;
  }
}

/** What is running, once per process: a second copy of this module must find it too. */
const RUNNING = Symbol.for('memview.python');

interface Running {
  readonly interpreter: Interpreter;
  python: Python;
}

const shared = globalThis as { [RUNNING]?: Running };

/**
 * Loads a Python into this process and starts it; later calls give the same one. There is one per process.
 *
 * @throws PythonNotFound if there is no such Python; the message says what was tried and why it failed.
 * @throws Error if another Python runs in this process already.
 * @throws LayoutMismatch if the layouts do not describe the live interpreter: nothing of it was read.
 * @example
 * ```ts
 * import { openPython } from 'memview/ffi';
 * const python = openPython();
 * using view = python.view('b"abc"');
 * console.log(view.toList()); // [ 97, 98, 99 ]
 * ```
 */
export function openPython(options: OpenOptions = {}): Python {
  const python = options?.python;
  if (python !== undefined && typeof python !== 'string') {
    throw new TypeError(`expected a string as python, such as '3.12' or a path, got ${typeof python}`);
  }
  const running = shared[RUNNING];
  if (!running) return start(choosePython(python));
  if (python !== undefined) requireSame(running.interpreter.installation, choosePython(python));
  if (running.python.closed) running.python = new Python(running.interpreter);
  return running.python;
}

function start(installation: PythonInstallation): Python {
  const interpreter = startInterpreter(installation);
  const running: Running = { interpreter, python: new Python(interpreter) };
  shared[RUNNING] = running;
  process.once('exit', () => running.python.finish());
  return running.python;
}

function requireSame(running: PythonInstallation, wanted: PythonInstallation): void {
  const [here, there] = [running.libpython, wanted.libpython].map((path) => path && realpathSync(path));
  if (here === there && running.prefix === wanted.prefix) return;
  throw new Error(
    `cannot open ${wanted.executable}: ${running.executable} runs in this process, which has room for one Python. ` +
      'Open the other in another process',
  );
}
