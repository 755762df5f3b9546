/**
 * Which target an interpreter is, from facts it states of itself, and whether the layouts of a target fit those
 * facts. The facts come from Python and need no C; how they are asked for is the caller's affair.
 */
import { LayoutMismatch, type Mismatch } from '../errors.ts';
import { type DataModelName, dataModels, formatTarget, type Target } from '../target.ts';
import { digitsOf, layoutsFor } from './layouts.ts';
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
  /** What builtin types say of their instances, e.g. `memoryview.__basicsize__`; the keys are Python's spelling. */
  readonly sizes: Readonly<Record<string, number>>;
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
    "sizes": dict([
        ("%s.__basicsize__" % t.__name__, t.__basicsize__)
        for t in (memoryview, type(gc.get_referents(view)[0]), bytes, bytearray, str, int, float, tuple, list, dict)
    ] + [
        ("memoryview.__itemsize__", memoryview.__itemsize__),
        ("memoryview.__weakrefoffset__", memoryview.__weakrefoffset__),
        ("int.__itemsize__", int.__itemsize__),
    ]),
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

/** What the builtin types of a target say, as its layouts have it; the comments give C's definition of each. */
function sizesOf(target: Target): BuildFacts['sizes'] {
  const layouts = layoutsFor(target);
  const { PyMemoryViewObject, PyBytesObject } = layouts;
  const ob_digit = digitsOf(layouts);
  return {
    // offsetof(PyMemoryViewObject, ob_array), sizeof(Py_ssize_t), offsetof(PyMemoryViewObject, weakreflist)
    'memoryview.__basicsize__': PyMemoryViewObject.offsetOf('ob_array'),
    'memoryview.__itemsize__': dataModels[target.model].pointer,
    'memoryview.__weakrefoffset__': PyMemoryViewObject.offsetOf('weakreflist'),
    'managedbuffer.__basicsize__': layouts._PyManagedBufferObject.size,
    // offsetof(PyBytesObject, ob_sval) + 1
    'bytes.__basicsize__': PyBytesObject.offsetOf('ob_sval') + 1,
    'bytearray.__basicsize__': layouts.PyByteArrayObject.size,
    'str.__basicsize__': layouts.PyUnicodeObject.size,
    // offsetof(PyLongObject, ob_digit), sizeof(digit)
    'int.__basicsize__': ob_digit.offset,
    'int.__itemsize__': ob_digit.size,
    'float.__basicsize__': layouts.PyFloatObject.size,
    // sizeof(PyTupleObject) - sizeof(PyObject *)
    'tuple.__basicsize__': layouts.PyTupleObject.offsetOf('ob_item'),
    'list.__basicsize__': layouts.PyListObject.size,
    'dict.__basicsize__': layouts.PyDictObject.size,
  };
}

/**
 * Compares the layouts of a target with the facts of an interpreter.
 *
 * @throws LayoutMismatch that names every fact on which they differ.
 */
export function verifyLayouts(target: Target, facts: BuildFacts): void {
  const { byteOrder, pointer, long } = dataModels[target.model];
  const sizes = Object.entries(sizesOf(target));
  requireEqual(target, [
    { fact: 'version', expected: target.version, found: facts.version },
    { fact: 'byteorder', expected: byteOrder, found: facts.byteorder },
    { fact: 'size of a pointer', expected: pointer, found: facts.pointer },
    { fact: 'size of a long', expected: long, found: facts.long },
    ...sizes.map(([fact, expected]) => ({ fact, expected, found: facts.sizes[fact] })),
  ]);
}

/**
 * Compares the layouts of a target with what some builtin types say of their instances.
 *
 * @param found sizes as {@link BuildFacts} has them, as many as are known
 * @throws LayoutMismatch that names every one on which they differ.
 */
export function verifySizes(target: Target, found: BuildFacts['sizes']): void {
  const sizes = sizesOf(target);
  requireEqual(
    target,
    Object.entries(found).map(([fact, size]) => ({ fact, expected: sizes[fact], found: size })),
  );
}

/**
 * Refuses a target of which some facts are others than expected.
 *
 * @throws LayoutMismatch that names them.
 * @internal
 */
export function requireEqual(target: Target, facts: readonly Mismatch[]): void {
  const mismatches = facts.filter(({ expected, found }) => expected !== found);
  if (mismatches.length > 0) throw new LayoutMismatch(formatTarget(target), mismatches);
}
