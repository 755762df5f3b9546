/**
 * Which target an interpreter is, from facts it states of itself, and whether the layouts of a target fit those
 * facts. The facts come from Python and need no C; how they are asked for is the caller's affair.
 */
import { LayoutMismatch, type Mismatch } from '../errors.ts';
import { type DataModelName, dataModels, formatTarget, type Target } from '../target.ts';
import { layoutsFor } from './layouts.ts';
import { parseTarget } from './targets.ts';

/** What an interpreter says of itself: the JSON that {@link pythonFacts} gives. Sizes and offsets in bytes. */
export interface BuildFacts {
  /** `major.minor` */
  readonly version: string;
  readonly byteorder: 'little' | 'big';
  readonly platform: string;
  readonly multiarch: string;
  readonly pointer: number;
  readonly long: number;
  readonly freeThreaded: boolean;
  readonly debug: boolean;
  readonly traceRefs: boolean;
  /** `memoryview.__basicsize__`, C's `offsetof(PyMemoryViewObject, ob_array)`. */
  readonly memoryviewBasicsize: number;
  /** `memoryview.__itemsize__`, C's `sizeof(Py_ssize_t)`. */
  readonly memoryviewItemsize: number;
  /** `memoryview.__weakrefoffset__`, C's `offsetof(PyMemoryViewObject, weakreflist)`. */
  readonly memoryviewWeakrefoffset: number;
  /** `__basicsize__` of the managed buffer's type, C's `sizeof(_PyManagedBufferObject)`. */
  readonly managedbufferBasicsize: number;
}

/**
 * A Python expression whose value is a dict of {@link BuildFacts}; Python 3.8 and later. A trace-refs build is known
 * only by `sys.getobjects`: neither `sys.abiflags` nor `sys.getsizeof` shows it.
 */
export const pythonFacts = `(lambda sys, gc, view: {
    "version": "%d.%d" % sys.version_info[:2],
    "byteorder": sys.byteorder,
    "platform": sys.platform,
    "multiarch": getattr(sys.implementation, "_multiarch", ""),
    "pointer": view.cast("P").itemsize,
    "long": view.cast("l").itemsize,
    "freeThreaded": "t" in getattr(sys, "abiflags", ""),
    "debug": hasattr(sys, "gettotalrefcount"),
    "traceRefs": hasattr(sys, "getobjects"),
    "memoryviewBasicsize": memoryview.__basicsize__,
    "memoryviewItemsize": memoryview.__itemsize__,
    "memoryviewWeakrefoffset": memoryview.__weakrefoffset__,
    "managedbufferBasicsize": type(gc.get_referents(view)[0]).__basicsize__,
})(__import__("sys"), __import__("gc"), memoryview(b"12345678"))`;

/**
 * The target of the interpreter that states these facts.
 *
 * @throws RangeError if its release is not known; the message names those that are.
 */
export function recogniseTarget(facts: BuildFacts): Target {
  const { version, freeThreaded, debug, traceRefs } = facts;
  const model = modelOf(facts);
  return parseTarget(formatTarget({ version: version as Target['version'], freeThreaded, debug, traceRefs, model }));
}

function modelOf({ pointer, long, byteorder, platform, multiarch }: BuildFacts): DataModelName {
  if (pointer === 4) {
    if (platform === 'emscripten' || platform === 'wasi') return 'wasm32';
    if (platform === 'win32') return 'win32';
    return multiarch.startsWith('arm') ? 'armhf' : 'ilp32';
  }
  if (byteorder === 'big') return 'lp64be';
  return long === 4 ? 'llp64' : 'lp64';
}

/**
 * Compares the layouts of a target with the facts of an interpreter.
 *
 * @throws LayoutMismatch that names every fact on which they differ.
 */
export function verifyLayouts(target: Target, facts: BuildFacts): void {
  const { PyMemoryViewObject, _PyManagedBufferObject } = layoutsFor(target);
  const model = dataModels[target.model];
  const expected: Partial<Record<keyof BuildFacts, unknown>> = {
    version: target.version,
    byteorder: model.byteOrder,
    pointer: model.pointer,
    long: model.long,
    memoryviewBasicsize: PyMemoryViewObject.offsetOf('ob_array'),
    memoryviewItemsize: model.pointer,
    memoryviewWeakrefoffset: PyMemoryViewObject.offsetOf('weakreflist'),
    managedbufferBasicsize: _PyManagedBufferObject.size,
  };
  const mismatches: Mismatch[] = [];
  for (const [fact, value] of Object.entries(expected)) {
    const found = facts[fact as keyof BuildFacts];
    if (found !== value) mismatches.push({ fact, expected: value, found });
  }
  if (mismatches.length > 0) throw new LayoutMismatch(formatTarget(target), mismatches);
}
