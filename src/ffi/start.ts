/**
 * From an installation to a running interpreter in this process. The order is what worked on CPython 3.8 to 3.15:
 * refuse a second, open, promote, configure, start, bootstrap, verify, let the GIL go.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { dataViewOf } from '../bytes.ts';
import { LayoutMismatch } from '../errors.ts';
import { type BuildFacts, recogniseTarget, verifyLayouts } from '../layouts/recognise.ts';
import { parseTarget } from '../layouts/targets.ts';
import { type Memory, readCString } from '../memory/memory.ts';
import { processMemory } from '../memory/process.ts';
import { formatTarget, type Target } from '../target.ts';
import { bootstrap } from './bootstrap.ts';
import { Gil } from './gil.ts';
import { bindFunctions, mapMemory, openLibrary } from './native.ts';
import type { PythonInstallation } from './probe.ts';
import { type Api, loaderSymbols, pythonSymbols } from './symbols.ts';

/** An interpreter that runs in this process. */
export interface Interpreter {
  readonly installation: PythonInstallation;
  readonly target: Target;
  readonly api: Api<typeof pythonSymbols>;
  readonly gil: Gil;
  readonly memory: Memory;
  /** The address of the dict of `__main__`. */
  readonly globals: bigint;
  /** The address of the dict of the helpers. */
  readonly helpers: bigint;
}

/** ffi-rs keeps its libraries by name for all of the process, those of other packages too. */
const PROGRAM = 'memview:program';
const LIBPYTHON = 'memview:libpython';

const RTLD_NOW = 0x2;
const RTLD_NOLOAD = 0x4;
const RTLD_GLOBAL = 0x100;
/** Python's own number of the mode in which an expression is compiled. */
export const Py_eval_input = 258;
/** Python's own number of the mode in which a module's text is compiled. */
export const Py_file_input = 257;

/**
 * Loads and starts a Python in this process.
 *
 * @throws Error if another libpython is here already, or the start failed; LayoutMismatch if the layouts do not fit.
 */
export function startInterpreter(installation: PythonInstallation): Interpreter {
  const { libpython, executable, version, target: tag } = installation;
  if (!libpython || !tag) throw new Error(`${executable} cannot be loaded: ${installation.problem}`);
  if (!isMainThread) throw new Error('Python is opened in the main thread: the Python API is refused in a worker');
  refuseSecond(libpython);
  openLibrary(PROGRAM, '');
  openLibrary(LIBPYTHON, libpython);
  const loader = bindFunctions(PROGRAM, loaderSymbols);
  promote(loader, libpython);
  const api = bindFunctions(LIBPYTHON, pythonSymbols);
  const handle = loader.dlopen(libpython, RTLD_NOW | RTLD_NOLOAD);
  requireSymbols(loader, handle, installation);
  const memory = processMemory('self', parseTarget(tag));
  if (api.Py_IsInitialized() !== 0) {
    throw new Error(`${libpython} is running in this process already, started by other code; memview must start it`);
  }
  const running = new TextDecoder().decode(readCString(memory, api.Py_GetVersion()));
  if (/^\d+\.\d+\.\d+/.exec(running)?.[0] !== version) {
    throw new Error(
      `${libpython} is Python ${running}, but ${executable} is ${version}; install the two from one source`,
    );
  }
  configure(loader, handle, memory);
  api.Py_SetProgramName(executable);
  api.Py_InitializeEx(0);
  const globals = api.PyModule_GetDict(api.PyImport_AddModule('__main__'));
  const helpers = evaluate(api, bootstrap, globals);
  const failed = bytesIn(api, memory, helpers, 'failed');
  if (failed) throw new Error(`Python ${version} did not start:\n${failed}`);
  const target = verify(tag, JSON.parse(bytesIn(api, memory, helpers, 'facts')) as BuildFacts);
  // From here on other threads of Python may run.
  api.PyEval_SaveThread();
  return { installation, target, api, gil: new Gil(api), memory, globals, helpers };
}

/** Two libpythons in one process run inside each other, or crash. */
function refuseSecond(libpython: string): void {
  const wanted = realpathSync(libpython);
  for (const mapped of mappedLibraries()) {
    if (!/^libpython\d\.\d+[a-z]*\.so/.test(mapped.slice(mapped.lastIndexOf('/') + 1)) || mapped === wanted) continue;
    throw new Error(
      `cannot load ${wanted}: ${mapped} is in this process already, and a process has room for one Python. ` +
        'Use that one, or another process',
    );
  }
}

function mappedLibraries(): Set<string> {
  const paths = readFileSync('/proc/self/maps', 'utf8').matchAll(/ (\/.*)$/gm);
  return new Set([...paths].flatMap(([, path]) => (path ? [path] : [])));
}

/** A library opened by ffi-rs is RTLD_LOCAL, so that extension modules would not find Python's own symbols. */
function promote(loader: Api<typeof loaderSymbols>, libpython: string): void {
  if (loader.dlopen(libpython, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) !== 0n) return;
  throw new Error(`cannot make the symbols of ${libpython} visible to extension modules: dlopen failed`);
}

/** A missing function is better met here than in the middle of the work. */
function requireSymbols(loader: Api<typeof loaderSymbols>, handle: bigint, { libpython }: PythonInstallation): void {
  const missing = Object.keys(pythonSymbols).filter((name) => loader.dlsym(handle, name) === 0n);
  if (missing.length > 0) throw new Error(`${libpython} lacks ${missing.join(', ')}; expected a CPython 3.8 or later`);
}

/** Sets what has to be set before the start: UTF-8, and `site` put off until extension modules load safely. */
function configure(loader: Api<typeof loaderSymbols>, handle: bigint, memory: Memory): void {
  for (const name of ['Py_UTF8Mode', 'Py_NoSiteFlag']) {
    const address = loader.dlsym(handle, name);
    if (address === 0n) throw new Error(`libpython has no variable ${name}; expected a CPython 3.8 to 3.15`);
    dataViewOf(mapMemory(address, 4)).setInt32(0, 1, true);
    if (dataViewOf(memory.read(address, 4)).getInt32(0, true) === 1) continue;
    throw new Error('this runtime copies what it should map (Electron does): views would not be the memory itself');
  }
}

/** Runs an expression that is known not to raise; before this there is nobody to describe an exception. */
function evaluate(api: Api<typeof pythonSymbols>, expression: string, globals: bigint): bigint {
  const code = api.Py_CompileString(expression, '<memview>', Py_eval_input);
  const value = code && api.PyEval_EvalCode(code, globals, globals);
  if (!value) throw new Error('Python could not run the start-up code of memview; is its standard library complete?');
  api.Py_DecRef(code);
  return value;
}

function bytesIn(api: Api<typeof pythonSymbols>, memory: Memory, namespace: bigint, name: string): string {
  const bytes = api.PyDict_GetItemString(namespace, name);
  return bytes ? readPyBytes(api, memory, bytes) : '';
}

/** The text in a bytes object. */
export function readPyBytes(api: Api<typeof pythonSymbols>, memory: Memory, bytes: bigint): string {
  return new TextDecoder().decode(memory.read(api.PyBytes_AsString(bytes), api.PyBytes_Size(bytes)));
}

/** The live interpreter against the layouts of the installation's target. */
function verify(tag: string, facts: BuildFacts): Target {
  const target = recogniseTarget(facts);
  verifyLayouts(target, facts);
  const found = formatTarget(target);
  if (found !== tag) throw new LayoutMismatch(tag, [{ fact: 'build', expected: tag, found }]);
  return target;
}
