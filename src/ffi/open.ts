/** Opening the one Python of this process. */
import { isMainThread } from 'node:worker_threads';
import { choosePython } from './discover.ts';
import { finishAtExit } from './exit.ts';
import { realpath } from './files.ts';
import { checkLimits, type Limits, setLimits } from './limits.ts';
import type { PythonInstallation } from './probe.ts';
import { Python } from './python.ts';
import { type Interpreter, runningInterpreter, startInterpreter } from './start.ts';

/** What {@link openPython} may be told. */
export interface OpenOptions extends Limits {
  /**
   * Which Python: a version (`3.12`, `3.13t`), the path of an executable, of a venv or of a prefix, or the name of a
   * command. By default the one of the shell: the active venv, else `python3` on the PATH.
   */
  readonly python?: string;
}

interface Running {
  readonly interpreter: Interpreter;
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
  if (!isMainThread) {
    throw new Error(
      'the Python API belongs to the main thread and is refused in a worker; ' +
        'give the worker python.memory.locator and the address of an object, and it can view that',
    );
  }
  const limits = options ?? {};
  checkLimits(limits);
  const found = shared[RUNNING] ?? join();
  if (found && python !== undefined) requireSame(found.interpreter.installation, choosePython(python));
  const running = found ?? start(choosePython(python));
  setLimits(running.interpreter.board, limits);
  if (running.python.closed) running.python = new Python(running.interpreter);
  return running.python;
}

function join(): Running | undefined {
  const interpreter = runningInterpreter();
  return interpreter && keep(interpreter);
}

function start(installation: PythonInstallation): Running {
  const running = keep(startInterpreter(installation));
  finishAtExit(running.interpreter, () => running.python.finish());
  return running;
}

function keep(interpreter: Interpreter): Running {
  const running: Running = { interpreter, python: new Python(interpreter) };
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
