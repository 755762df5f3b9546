/**
 * A target: which CPython release, which build of it, and which C data model. Everything a layout depends on,
 * and nothing else: no bytes, no addresses.
 */

/** The releases whose headers are known, oldest first. */
export const versions = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14', '3.15'] as const;

/** A CPython release, as `major.minor`. */
export type Version = (typeof versions)[number];

/** What C leaves to the platform: the sizes and alignments, in bytes, that decide every offset. */
export interface DataModel {
  readonly byteOrder: 'little' | 'big';
  /** Size of a pointer, of `size_t` and of `Py_ssize_t`. */
  readonly pointer: 4 | 8;
  readonly long: 4 | 8;
  /** Alignment of 8-byte scalars (`int64_t`, `double`) inside a struct. */
  readonly align8: 4 | 8;
  readonly wchar_t: 2 | 4;
}

/**
 * The data models, by the name they have in a target's tag. `ilp32` is the System V i386 ABI, where 8-byte scalars
 * align to 4; `armhf`, `wasm32` and `win32` align them to 8.
 */
export const dataModels = {
  lp64: { byteOrder: 'little', pointer: 8, long: 8, align8: 8, wchar_t: 4 },
  lp64be: { byteOrder: 'big', pointer: 8, long: 8, align8: 8, wchar_t: 4 },
  llp64: { byteOrder: 'little', pointer: 8, long: 4, align8: 8, wchar_t: 2 },
  ilp32: { byteOrder: 'little', pointer: 4, long: 4, align8: 4, wchar_t: 4 },
  armhf: { byteOrder: 'little', pointer: 4, long: 4, align8: 8, wchar_t: 4 },
  wasm32: { byteOrder: 'little', pointer: 4, long: 4, align8: 8, wchar_t: 4 },
  win32: { byteOrder: 'little', pointer: 4, long: 4, align8: 8, wchar_t: 2 },
} as const satisfies Record<string, DataModel>;

/** The name of a data model: `lp64`, `llp64`, `wasm32` … */
export type DataModelName = keyof typeof dataModels;

/** A CPython release × build × data model. */
export interface Target {
  readonly version: Version;
  /** Built with `--disable-gil` (PEP 703); 3.13 and later. */
  readonly freeThreaded: boolean;
  /** Built with `--with-pydebug`; changes no struct that memview reads. */
  readonly debug: boolean;
  /** Built with `--with-trace-refs`; two pointers before every object until 3.12, never with `freeThreaded`. */
  readonly traceRefs: boolean;
  readonly model: DataModelName;
}

const modelNames = Object.keys(dataModels) as DataModelName[];

/** The first release that has a free-threaded build (PEP 703). */
const firstFreeThreaded = versions.indexOf('3.13');

function hasFreeThreaded(version: Version): boolean {
  return versions.indexOf(version) >= firstFreeThreaded;
}

function* everyTarget(): Generator<Target> {
  for (const model of modelNames) {
    for (const version of versions) {
      for (const freeThreaded of hasFreeThreaded(version) ? [false, true] : [false]) {
        for (const traceRefs of freeThreaded ? [false] : [false, true]) {
          for (const debug of [false, true]) yield { version, freeThreaded, debug, traceRefs, model };
        }
      }
    }
  }
}

/**
 * The tag of a target, `<version>[t][-debug][-tracerefs]-<model>`: the inverse of {@link parseTarget}.
 *
 * @example
 * ```ts
 * import { formatTarget } from 'memview';
 * const target = { version: '3.13', freeThreaded: true, debug: false, traceRefs: false, model: 'lp64' } as const;
 * console.log(formatTarget(target)); // 3.13t-lp64
 * ```
 */
export function formatTarget(target: Target): string {
  const free = target.freeThreaded ? 't' : '';
  const debug = target.debug ? '-debug' : '';
  const traceRefs = target.traceRefs ? '-tracerefs' : '';
  return `${target.version}${free}${debug}${traceRefs}-${target.model}`;
}

const byTag: ReadonlyMap<string, Target> = new Map(
  [...everyTarget()].map((target) => [formatTarget(target), Object.freeze(target)]),
);

/** The tags of all targets that have layouts, e.g. `3.8-lp64`, `3.13t-debug-lp64`, `3.14-wasm32`. */
export const targets: readonly string[] = [...byTag.keys()];

/**
 * The target that a tag names.
 *
 * @param tag `<version>[t][-debug][-tracerefs]-<model>`
 * @throws RangeError if no target has this tag; the message says which part is unknown and what would be known.
 * @example
 * ```ts
 * import { parseTarget } from 'memview';
 * console.log(parseTarget('3.13t-debug-lp64').freeThreaded); // true
 * ```
 */
export function parseTarget(tag: string): Target {
  const target = byTag.get(tag);
  if (target) return target;
  throw new RangeError(`unknown target ${JSON.stringify(tag)}: ${whyUnknown(String(tag))}`);
}

function whyUnknown(tag: string): string {
  const parts = /^(?<version>\d+\.\d+)(?<free>t)?(?:-debug)?(?<traceRefs>-tracerefs)?-(?<model>\w+)$/.exec(tag)?.groups;
  const { version, free, traceRefs, model } = parts ?? {};
  if (!version || !model) return 'expected <version>[t][-debug][-tracerefs]-<model>, for example 3.13-lp64';
  if (!(versions as readonly string[]).includes(version)) return `expected a version of ${versions.join(', ')}`;
  if (!(model in dataModels)) return `expected a data model of ${modelNames.join(', ')}`;
  if (free && traceRefs) return 'no free-threaded build traces references; leave out "t" or "-tracerefs"';
  return 'free-threaded builds begin with 3.13; leave out the "t"';
}
