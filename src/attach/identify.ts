/**
 * Which CPython a memory holds: found by the symbols of what is mapped there, and checked by its types. It does not
 * know where the memory comes from.
 */
import { dataViewOf, textOf } from '../bytes.ts';
import { LayoutMismatch, MemoryFault } from '../errors.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { type BuildFacts, requireEqual, verifySizes } from '../layouts/recognise.ts';
import { parseTarget } from '../layouts/targets.ts';
import { hasFreeThreaded, versions } from '../layouts/versions.ts';
import { EI_NIDENT, elfIdent, elfStructs } from '../memory/elf.ts';
import type { Mapping } from '../memory/mapping.ts';
import { type Memory, retargeted } from '../memory/memory.ts';
import {
  type DataModelName,
  dataModels,
  formatTarget,
  type LongDoubleForm,
  type Target,
  type Version,
} from '../target.ts';
import { readType } from '../view/py-object.ts';
import { readPointer } from '../view/struct.ts';
import { type Image, readImage } from './image.ts';

/** e_machine of <elf.h>, and the form of C's `long double` there. */
const machines: Readonly<Record<number, { readonly models: readonly DataModelName[]; form?: LongDoubleForm }>> = {
  3: { models: ['ilp32'], form: 'x87' },
  21: { models: ['lp64', 'lp64be'] },
  22: { models: ['lp64be'], form: 'binary128' },
  40: { models: ['armhf'], form: 'binary64' },
  62: { models: ['lp64'], form: 'x87' },
  183: { models: ['lp64'], form: 'binary128' },
  243: { models: ['lp64'], form: 'binary128' },
  258: { models: ['lp64'], form: 'binary128' },
};

/** What builtin types are called by C, and what they say that a layout knows. */
const checkedTypes = {
  PyMemoryView_Type: 'memoryview',
  _PyManagedBuffer_Type: 'managedbuffer',
  PyBytes_Type: 'bytes',
  PyByteArray_Type: 'bytearray',
  PyUnicode_Type: 'str',
  PyLong_Type: 'int',
  PyFloat_Type: 'float',
  PyTuple_Type: 'tuple',
  PyList_Type: 'list',
  PyDict_Type: 'dict',
} as const;

/**
 * The CPython of a memory, whatever target that has.
 *
 * @param name of the memory, for errors: `process 123`
 * @throws Error if there is none, or none that is known; the message says what was met, and what helps.
 * @throws LayoutMismatch if its types are not those of its release.
 * @throws MemoryFault if what has to be read cannot be.
 */
export function identify(memory: Memory, name: string): Target {
  const mappings = memory.mappings?.() ?? [];
  const { image, mapping } = pythonImage(name, memory, mappings);
  const { path } = mapping;
  const modelled = targetModel(memory, mapping, name);
  const version = versionOf(image, memory, modelled.model);
  if (!(versions as readonly string[]).includes(version)) {
    throw new Error(
      `${name} runs CPython ${version} (${path}), whose layouts are not known; known are ${versions.join(', ')}`,
    );
  }
  const build = buildOf(memory, image, { ...modelled, version: version as Version });
  if (!build) {
    const tag = formatTarget(parsed({ version: version as Version, model: modelled.model }));
    const expected = 'PyType_Type to be its own type';
    throw new LayoutMismatch(tag, [{ fact: `${path} in ${name}`, expected, found: 'another object there' }]);
  }
  verify(retargeted(memory, build), image);
  return build;
}

interface Modelled {
  readonly model: DataModelName;
  readonly longDouble?: LongDoubleForm;
}

/** The image of CPython among what is mapped. */
function pythonImage(
  name: string,
  memory: Memory,
  mappings: readonly Mapping[],
): { readonly image: Image; readonly mapping: Mapping } {
  const images = imagesOf(mappings);
  const problems: string[] = [];
  let unread = false;
  for (const mapping of images) {
    const image = attempt(() => readImage(memory, mapping.address));
    const kind = image instanceof Error ? image : attempt(() => kindOf(image));
    if (kind === 'PyPy') {
      throw new Error(`${name} runs PyPy (${mapping.path}), whose objects are others; expected a CPython`);
    }
    if (kind === 'CPython') return { image: image as Image, mapping };
    if (rankOf(mapping.path) < 2)
      problems.push(`${mapping.path}${kind ? `: ${kind.message}` : ' exports no PyType_Type'}`);
    unread ||= kind instanceof MemoryFault;
  }
  const first = mappings.find(({ path }) => path.startsWith('/'))?.path ?? 'no file at all';
  const cause = unread ? '' : 'It may be static and stripped; ';
  const remedy = "if you know which it is, pass the target: parseTarget('3.12-lp64')";
  const why =
    problems.length > 0
      ? `${problems.join('; ')}. ${cause}${remedy}`
      : `it runs ${first}, and none of the ${images.length} files it has mapped exports PyType_Type`;
  throw new Error(`found no CPython in ${name}: ${why}`);
}

/** Whose types an image exports, if any. */
function kindOf(image: Image): 'CPython' | 'PyPy' | undefined {
  if (image.addressOf('PyPyType_Type') !== undefined) return 'PyPy';
  return image.addressOf('PyType_Type') === undefined ? undefined : 'CPython';
}

/** The beginnings of the files that are mapped, those first that are a Python by their name. */
function imagesOf(mappings: readonly Mapping[]): Mapping[] {
  return mappings
    .filter(({ path, offset, readable }) => readable && offset === 0 && path.startsWith('/'))
    .sort((a, b) => rankOf(a.path) - rankOf(b.path));
}

/** 0: a libpython, 1: another Python by its name, 2: anything. */
function rankOf(path: string): number {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return /^libpython3|^libpypy/.test(file) ? 0 : /^(python|pypy)[\d.]*[a-z]*( \(deleted\))?$/.test(file) ? 1 : 2;
}

/** The data model of an image's machine. */
function targetModel(memory: Memory, { address, path }: Mapping, name: string): Modelled {
  const { bits, byteOrder } = elfIdent(memory.read(address, EI_NIDENT));
  const { Ehdr } = elfStructs(bits, byteOrder);
  const { e_machine } = Ehdr.decode(memory.read(address, Ehdr.size));
  const { models = [], form } = machines[e_machine] ?? {};
  const model = models.find(
    (each) => dataModels[each].byteOrder === byteOrder && dataModels[each].pointer * 8 === bits,
  );
  if (model) return { model, ...(form && { longDouble: form }) };
  throw new Error(
    `${path} in ${name} is for a machine of ${bits} bits, ${byteOrder}-endian, number ${e_machine} of ELF, whose data ` +
      'model is not known; pass the target',
  );
}

/** What a release is the first to export, of those that have no `Py_Version` yet; the latest first. */
const firstExports = [
  ['3.10', 'PyModule_AddObjectRef'],
  ['3.9', 'PyFrame_GetCode'],
  ['3.8', 'PyConfig_InitPythonConfig'],
] as const;

/** `major.minor`: from `Py_Version` (3.11), from the beginning of `_PyRuntime` (3.13), or by what is exported. */
function versionOf(image: Image, memory: Memory, model: DataModelName): string {
  const stated = image.addressOf('Py_Version');
  if (stated !== undefined) {
    // The name of a target only decides how a word is read.
    return versionText(readPointer(retargeted(memory, parsed({ version: '3.8', model })), stated));
  }
  const debug = debugOffsetsOf(image, memory, model);
  if (debug) return debug.version;
  return firstExports.find(([, symbol]) => image.addressOf(symbol) !== undefined)?.[0] ?? 'before 3.8';
}

/** A release as PY_VERSION_HEX has it. */
function versionText(hex: bigint): string {
  return `${(hex >> 24n) & 0xffn}.${(hex >> 16n) & 0xffn}`;
}

/** How `_PyRuntime` begins since 3.13: Include/internal/pycore_runtime.h (pycore_debug_offsets.h since 3.14). */
interface DebugOffsets {
  readonly version: string;
  readonly freeThreaded: boolean;
}

function debugOffsetsOf(image: Image, memory: Memory, model: DataModelName): DebugOffsets | undefined {
  const runtime = image.addressOf('_PyRuntime');
  if (runtime === undefined) return undefined;
  // char cookie[8]; uint64_t version; uint64_t free_threaded;
  const bytes = memory.read(runtime, 24);
  if (textOf(bytes.subarray(0, 8)) !== 'xdebugpy') return undefined;
  const little = dataModels[model].byteOrder === 'little';
  const [version, freeThreaded] = [8, 16].map((offset) => dataViewOf(bytes).getBigUint64(offset, little));
  return { version: versionText(version ?? 0n), freeThreaded: freeThreaded === 1n };
}

/** The build whose `type` is its own type; undefined if there is none. */
function buildOf(
  memory: Memory,
  image: Image,
  { version, model, longDouble }: Modelled & Pick<Target, 'version'>,
): Target | undefined {
  const type = image.addressOf('PyType_Type') as bigint;
  const debug = image.addressOf('_Py_NegativeRefcount') !== undefined;
  const builds = [{}, ...(hasFreeThreaded(version) ? [{ freeThreaded: true }] : []), { traceRefs: true }];
  for (const build of builds) {
    const target = parsed({ version, model, debug, ...build });
    const at = BigInt(layoutsFor(target).PyObject.offsetOf('ob_type'));
    const own = attempt(() => readPointer(retargeted(memory, target), type + at));
    if (own === type) return longDouble ? { ...target, longDouble } : target;
  }
  return undefined;
}

function parsed({ freeThreaded = false, debug = false, traceRefs = false, ...rest }: TargetOf): Target {
  return parseTarget(formatTarget({ freeThreaded, debug, traceRefs, ...rest }));
}

type TargetOf = Pick<Target, 'version' | 'model'> & Partial<Target>;

/** @throws LayoutMismatch if what the builtin types say, or `_PyRuntime`, is not what the target has. */
function verify(memory: Memory, image: Image): void {
  const { target } = memory;
  const found: Record<string, number> = {};
  for (const [symbol, name] of Object.entries(checkedTypes)) {
    const address = image.addressOf(symbol);
    if (address === undefined) continue;
    const { basicsize, itemsize } = readType(memory, address);
    found[`${name}.__basicsize__`] = basicsize;
    if (name === 'memoryview' || name === 'int') found[`${name}.__itemsize__`] = itemsize;
  }
  verifySizes(target, found satisfies BuildFacts['sizes']);
  const debug = debugOffsetsOf(image, memory, target.model);
  if (!debug) return;
  const fact = 'free_threaded of _Py_DebugOffsets';
  requireEqual(target, [{ fact, expected: target.freeThreaded, found: debug.freeThreaded }]);
}

/** What `read` gives, or the error that says why not. */
function attempt<T>(read: () => T): T | Error {
  try {
    return read();
  } catch (error) {
    if (error instanceof MemoryFault || (error instanceof Error && error.constructor === Error)) return error;
    throw error;
  }
}
