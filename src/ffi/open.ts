/** Opening the one Python of this process. */
import { isMainThread } from 'node:worker_threads';
import { choosePython } from './discover.ts';
import { finishAtExit } from './exit.ts';
import { realpath } from './files.ts';
import { checkLimits, type Limits, setLimits } from './limits.ts';
import type { PythonInstallation } from './probe.ts';
import { type Bounds, Python } from './python.ts';
import { type Interpreter, runningInterpreter, startInterpreter } from './start.ts';

/** What {@link openPython} may be told. */
export interface OpenOptions extends Limits {
  /**
   * Which Python: a version (`3.12`, `3.13t`), the path of an executable, of a venv or of a prefix, or the name of a
   * command. By default the one of the shell: the active venv, else `python3` on the PATH.
   */
  readonly python?: string;
  /**
   * About how many bytes the arrays of released views may pin before garbage collections are asked for; by default 256
   * MiB. Nothing is refused beyond it, but for four times as many within one stretch of code, in which nothing can be
   * collected: there `data` and `bytes` throw. Of the first call.
   */
  readonly pinnedBytes?: number;
}

const PINNED_BYTES = 256 << 20;

interface Running {
  readonly interpreter: Interpreter;
  readonly bounds: Bounds;
  python: Python;
}

/** What is running, for a second copy of this package. Code with other globals finds it through the interpreter. */
const RUNNING = Symbol.for('memview.python');

const shared = globalThis as { [RUNNING]?: Running };

/**
 * Loads a Python into this process and starts it; later calls give the same one. There is one per process: a second
 * copy of this package gives it too, and so does code that has globals of its own, such as each file of jest's tests.
 *
 * @throws PythonNotFound if there is no such Python; the message says what was tried and why it failed.
 * @throws Error if another Python runs in this process already, or this is a worker thread.
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
  const bounds = { pinnedBytes: checkBytes(options?.pinnedBytes ?? PINNED_BYTES) };
  if (!isMainThread) {
    throw new Error(
      'the Python API belongs to the main thread and is refused in a worker; ' +
        'give the worker python.memory.locator and the address of an object, and it can view that',
    );
  }
  const limits = options ?? {};
  checkLimits(limits);
  const found = shared[RUNNING] ?? join(bounds);
  if (found && python !== undefined) requireSame(found.interpreter.installation, choosePython(python));
  const running = found ?? start(choosePython(python), bounds);
  setLimits(running.interpreter.board, limits);
  if (running.python.closed) running.python = new Python(running.interpreter, running.bounds);
  return running.python;
}

function checkBytes(bytes: number): number {
  if (typeof bytes !== 'number') throw new TypeError(`expected a number as pinnedBytes, got ${typeof bytes}`);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new RangeError(`expected a whole number of bytes above 0 as pinnedBytes, got ${bytes}`);
}

function join(bounds: Bounds): Running | undefined {
  const interpreter = runningInterpreter();
  return interpreter && keep(interpreter, bounds);
}

function start(installation: PythonInstallation, bounds: Bounds): Running {
  const running = keep(startInterpreter(installation), bounds);
  finishAtExit(running.interpreter, () => running.python.finish());
  return running;
}

function keep(interpreter: Interpreter, bounds: Bounds): Running {
  const running: Running = { interpreter, bounds, python: new Python(interpreter, bounds) };
  shared[RUNNING] = running;
  return running;
}

function requireSame(running: PythonInstallation, wanted: PythonInstallation): void {
  const [here, there] = [running, wanted].map(({ libpython = '', prefix }) => [libpython, prefix].map(realpath));
  if (`${here}` === `${there}`) return;
  throw new Error(
    `cannot open ${wanted.executable}: ${running.executable} runs in this process, which has room for one Python. ` +
      'Open the other in another process',
  );
}
