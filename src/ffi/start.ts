/**
 * From an installation to a running interpreter in this process. The order is what worked on CPython 3.8 to 3.15:
 * refuse a second, open, promote, configure, start, bootstrap, verify, let the GIL go.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dataViewOf, textOf } from '../bytes.ts';
import { LayoutMismatch } from '../errors.ts';
import { type BuildFacts, recogniseTarget, verifyLayouts } from '../layouts/recognise.ts';
import { parseTarget } from '../layouts/targets.ts';
import { type Memory, readCString } from '../memory/memory.ts';
import { processMemory } from '../memory/process.ts';
import { formatTarget, type Target } from '../target.ts';
import { mapBoard } from './board.ts';
import { Gil } from './gil.ts';
import { bootstrap, type Routine, routines } from './inside/bootstrap.ts';
import { PendingDecrefs } from './lending/pending-decrefs.ts';
import { type OpenedBefore, openBefore } from './linking/before.ts';
import { bindFunctions, mapMemory, openLibrary } from './native.ts';
import type { PythonInstallation } from './probe.ts';
import { type Api, formerNames, loaderSymbols, pythonSymbols } from './symbols.ts';

/** An interpreter that runs in this process. */
export interface Interpreter {
  readonly installation: PythonInstallation;
  readonly target: Target;
  readonly api: Api<typeof pythonSymbols>;
  readonly gil: Gil;
  /** The references that were given back and are dropped a little later. */
  readonly pendingDecrefs: PendingDecrefs;
  readonly memory: Memory;
  /** Who holds buffers from JavaScript, in words. */
  pins: () => string;
  /** The addresses of our routines in Python. */
  readonly routines: Readonly<Record<Routine, bigint>>;
  /** The address of None. */
  readonly none: bigint;
  /** The address of a list of the types whose buffers are where they say. */
  readonly trusted: bigint;
  /** What Python and Node both see. */
  readonly board: Int32Array;
  /** Where bytes of JavaScript lie. */
  addressOf(bytes: Uint8Array): bigint;
  /** Where a function of this process begins, 0 if there is none of that name. */
  symbol(name: string): bigint;
}

/** ffi-rs keeps its libraries by name for all of the process, those of other packages too. */
export const PROGRAM = 'memview:program';
const LIBPYTHON = 'memview:libpython';

/** Where the interpreter keeps our routines; the number changes when they do. */
const RECORD = 'memview 3';

const RTLD_DEFAULT = 0n;
const RTLD_NOW = 0x2;
const RTLD_NOLOAD = 0x4;
const RTLD_GLOBAL = 0x100;
/** Python's own number of the mode in which an expression is compiled. */
export const Py_eval_input = 258;
/** Python's own number of the mode in which a module's text is compiled. */
export const Py_file_input = 257;

/** A library of this process, and what can be called in it. */
interface Opened {
  readonly loader: Api<typeof loaderSymbols>;
  readonly api: Api<typeof pythonSymbols>;
  /** What `dlsym` takes. */
  readonly handle: bigint;
}

/**
 * Loads and starts a Python in this process.
 *
 * @throws Error if another libpython is here already, or the start failed; LayoutMismatch if the layouts do not fit.
 */
export function startInterpreter(installation: PythonInstallation): Interpreter {
  const { libpython, executable, version, target: tag } = installation;
  if (!libpython || !tag) throw new Error(`${executable} cannot be loaded: ${installation.problem}`);
  refuseSecond(libpython);
  const opened = openPythonLibrary(libpython, installation.before);
  const { loader, api, handle } = opened;
  const memory = processMemory('self', parseTarget(tag));
  if (api.Py_IsInitialized() !== 0) {
    throw new Error(`${libpython} is running in this process already, started by other code; memview must start it`);
  }
  const running = textOf(readCString(memory, api.Py_GetVersion()));
  if (/^\d+\.\d+\.\d+/.exec(running)?.[0] !== version) {
    throw new Error(
      `${libpython} is Python ${running}, but ${executable} is ${version}; install the two from one source`,
    );
  }
  configure(loader, handle, memory);
  api.Py_SetProgramName(executable);
  api.Py_InitializeEx(0);
  const globals = mainGlobals(api);
  const space = evaluate(api, bootstrap(installation), globals);
  const failed = bytesIn(api, memory, space, 'failed');
  if (failed) throw new Error(`Python ${version} did not start:\n${failed}`);
  const target = verify(tag, JSON.parse(bytesIn(api, memory, space, 'facts')) as BuildFacts);
  restoreFlag(api, memory, space);
  api.PyDict_SetItemString(api.PyInterpreterState_GetDict(api.PyInterpreterState_Main()), RECORD, space);
  const interpreter = interpreterOf(installation, target, opened, space);
  // From here on other threads of Python may run.
  api.PyEval_SaveThread();
  return interpreter;
}

/**
 * The interpreter that memview runs in this process already, started by code that shares no globals with this: each
 * file of jest's tests, for one, has its own. What is to be known of it the interpreter itself keeps.
 */
export function runningInterpreter(): Interpreter | undefined {
  const libpython = [...mappedLibraries()].find(isLibpython);
  if (libpython === undefined) return undefined;
  const opened = openPythonLibrary(libpython);
  const { api } = opened;
  if (api.Py_IsInitialized() === 0) return undefined;
  const state = api.PyGILState_Ensure();
  const space = api.PyDict_GetItemString(api.PyInterpreterState_GetDict(api.PyInterpreterState_Main()), RECORD);
  const found = space === 0n ? undefined : joined(opened, space);
  api.PyGILState_Release(state);
  return found;
}

/** @param space found in the interpreter, by who holds the GIL */
function joined(opened: Opened, space: bigint): Interpreter {
  const { api } = opened;
  const bytes = api.PyDict_GetItemString(space, 'installation');
  // Only the record says of which target the memory is; none is needed to read what C gives the address of.
  const anyTarget = processMemory('self', parseTarget('3.8-lp64'));
  const installation = JSON.parse(readPyBytes(api, anyTarget, bytes)) as PythonInstallation;
  return interpreterOf(installation, parseTarget(installation.target ?? ''), opened, space);
}

function openPythonLibrary(libpython: string, before: readonly OpenedBefore[] = []): Opened {
  openLibrary(PROGRAM, '');
  const loader = bindFunctions(PROGRAM, loaderSymbols);
  openBefore(loader, before);
  openLibrary(LIBPYTHON, libpython);
  promote(loader, libpython);
  const handle = loader.dlopen(libpython, RTLD_NOW | RTLD_NOLOAD);
  const names = resolve(loader, handle, libpython);
  return { loader, handle, api: bindFunctions(LIBPYTHON, pythonSymbols, (name) => names[name]) };
}

function mainGlobals(api: Api<typeof pythonSymbols>): bigint {
  return api.PyModule_GetDict(api.PyImport_AddModule('__main__'));
}

/**
 * @param space the namespace of the bootstrap, which lives as long as the interpreter, and so does what it holds
 */
function interpreterOf(
  installation: PythonInstallation,
  target: Target,
  { api, loader }: Opened,
  space: bigint,
): Interpreter {
  const pendingDecrefs = new PendingDecrefs(api, target);
  const memory = processMemory('self', ofThisMachine(target));
  const entries = routines.map((name) => [name, api.PyDict_GetItemString(space, name)] as const);
  return {
    installation,
    target: ofThisMachine(target),
    api,
    gil: new Gil(api, () => pendingDecrefs.settle()),
    pendingDecrefs,
    pins: () => '',
    memory,
    routines: Object.fromEntries(entries) as Record<Routine, bigint>,
    none: api.PyDict_GetItemString(space, 'nothing'),
    trusted: api.PyDict_GetItemString(space, 'trusted'),
    board: mapBoard(memory, api.PyDict_GetItemString(space, 'board_bytes')),
    addressOf: (bytes) => loader.memmove(bytes, bytes, 0),
    symbol: (name) => loader.dlsym(RTLD_DEFAULT, name),
  };
}

/** How C stores a long double is not Python's to say: of the data models that leave it open, the processor decides. */
function ofThisMachine(target: Target): Target {
  if (process.arch === 'x64' || process.arch === 'ia32') return { ...target, longDouble: 'x87' };
  if (process.platform === 'darwin') return { ...target, longDouble: 'binary64' };
  // PowerPC pairs two doubles, which is neither.
  return process.arch === 'ppc64' ? target : { ...target, longDouble: 'binary128' };
}

/** Two libpythons in one process run inside each other, or crash. */
function refuseSecond(libpython: string): void {
  const wanted = realpathSync(libpython);
  for (const mapped of mappedLibraries()) {
    if (!isLibpython(mapped) || mapped === wanted) continue;
    throw new Error(
      `cannot load ${wanted}: ${mapped} is in this process already, and a process has room for one Python. ` +
        'Use that one, or another process',
    );
  }
}

function isLibpython(path: string): boolean {
  return /^libpython\d\.\d+[a-z]*\.so/.test(path.slice(path.lastIndexOf('/') + 1));
}

/** The files mapped into this process; none where there is no `/proc` to say so. */
function mappedLibraries(): Set<string> {
  if (!existsSync('/proc/self/maps')) return new Set();
  const paths = readFileSync('/proc/self/maps', 'utf8').matchAll(/ (\/.*)$/gm);
  return new Set([...paths].flatMap(([, path]) => (path ? [path] : [])));
}

/** A library opened by ffi-rs is RTLD_LOCAL, so that extension modules would not find Python's own symbols. */
function promote(loader: Api<typeof loaderSymbols>, libpython: string): void {
  if (loader.dlopen(libpython, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) !== 0n) return;
  throw new Error(`cannot make the symbols of ${libpython} visible to extension modules: dlopen failed`);
}

/** What the library calls each function. A missing one is better met here than in the middle of the work. */
function resolve(
  loader: Api<typeof loaderSymbols>,
  handle: bigint,
  libpython: string,
): Record<keyof typeof pythonSymbols, string> {
  const names = Object.keys(pythonSymbols) as (keyof typeof pythonSymbols)[];
  const resolved = names.map((name) => {
    const candidates = [name, formerNames[name] ?? name];
    return [name, candidates.find((candidate) => loader.dlsym(handle, candidate) !== 0n)] as const;
  });
  const missing = resolved.flatMap(([name, exported]) => (exported === undefined ? [name] : []));
  if (missing.length > 0) throw new Error(`${libpython} lacks ${missing.join(', ')}; expected a CPython 3.8 or later`);
  return Object.fromEntries(resolved) as Record<keyof typeof pythonSymbols, string>;
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

/**
 * `sys.flags.no_site` back to 0: `site` was only put off. Children that `multiprocessing` spawns are started with the
 * flags of their parent, and would find no packages.
 */
function restoreFlag(api: Api<typeof pythonSymbols>, memory: Memory, space: bigint): void {
  const index = JSON.parse(bytesIn(api, memory, space, 'flag')) as number;
  const zero = api.PyDict_GetItemString(space, 'zero');
  // The struct takes over a reference.
  api.Py_IncRef(zero);
  api.PyStructSequence_SetItem(api.PyDict_GetItemString(space, 'flags'), index, zero);
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
  return textOf(memory.read(api.PyBytes_AsString(bytes), api.PyBytes_Size(bytes)));
}

/** The live interpreter against the layouts of the installation's target. */
function verify(tag: string, facts: BuildFacts): Target {
  const target = recogniseTarget(facts);
  verifyLayouts(target, facts);
  const found = formatTarget(target);
  if (found !== tag) throw new LayoutMismatch(tag, [{ fact: 'build', expected: tag, found }]);
  return target;
}
