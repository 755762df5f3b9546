/**
 * A target: which CPython release, which build of it, and which C data model. Everything a layout depends on,
 * and nothing else: no bytes, no addresses.
 */

/** A CPython release, as `major.minor`. Those whose headers are known are the rows of `layouts/versions.ts`. */
export type Version = `3.${number}`;

/** What C leaves to the platform: the sizes and alignments, in bytes, that decide every offset. */
export interface DataModel {
  readonly byteOrder: 'little' | 'big';
  /** Size of a pointer, of `size_t` and of `Py_ssize_t`. */
  readonly pointer: 4 | 8;
  readonly long: 4 | 8;
  /** Alignment of 8-byte scalars (`int64_t`, `double`) inside a struct. */
  readonly align8: 4 | 8;
  readonly wchar_t: 2 | 4;
  /** `long double`; without a form where machines of the model differ in it. */
  readonly longDouble: { readonly size: number; readonly align: number; readonly form?: LongDoubleForm };
  /** How bit fields are laid out: as the System V ABIs do, or as Microsoft's compilers, where types never share a unit. */
  readonly bitFields: 'sysv' | 'ms';
}

/** How a `long double` is stored: Intel's 80 bits, IEEE 754's binary128, or as a `double`. */
export type LongDoubleForm = 'x87' | 'binary128' | 'binary64';

/** A `long double` that is a `double`, and IEEE 754's binary128 as most align it. */
const asDouble = { size: 8, align: 8, form: 'binary64' } as const;
const binary128 = { size: 16, align: 16, form: 'binary128' } as const;
/** Of Linux and macOS: x87 on x86-64, binary128 or a double elsewhere. */
const either = { size: 16, align: 16 } as const;
const x87 = { size: 12, align: 4, form: 'x87' } as const;
const s390x = { ...binary128, align: 8 } as const;

/**
 * The data models, by the name they have in a target's tag. `ilp32` is the System V i386 ABI, where 8-byte scalars
 * align to 4; `armhf`, `wasm32` and `win32` align them to 8.
 */
export const dataModels = {
  lp64: { byteOrder: 'little', pointer: 8, long: 8, align8: 8, wchar_t: 4, bitFields: 'sysv', longDouble: either },
  lp64be: { byteOrder: 'big', pointer: 8, long: 8, align8: 8, wchar_t: 4, bitFields: 'sysv', longDouble: s390x },
  llp64: { byteOrder: 'little', pointer: 8, long: 4, align8: 8, wchar_t: 2, bitFields: 'ms', longDouble: asDouble },
  ilp32: { byteOrder: 'little', pointer: 4, long: 4, align8: 4, wchar_t: 4, bitFields: 'sysv', longDouble: x87 },
  armhf: { byteOrder: 'little', pointer: 4, long: 4, align8: 8, wchar_t: 4, bitFields: 'sysv', longDouble: asDouble },
  wasm32: { byteOrder: 'little', pointer: 4, long: 4, align8: 8, wchar_t: 4, bitFields: 'sysv', longDouble: binary128 },
  win32: { byteOrder: 'little', pointer: 4, long: 4, align8: 8, wchar_t: 2, bitFields: 'ms', longDouble: asDouble },
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
  /**
   * How this machine stores a `long double`, which a tag does not say: `x87` on x86-64, `binary128` on most others.
   * `openPython` states it; without it such elements of `lp64` are a FormatError.
   */
  readonly longDouble?: LongDoubleForm;
}

/** What is worked out once for each target. @internal */
export function perTarget<T>(make: (target: Target) => T): (target: Target) => T {
  const known = new WeakMap<Target, T>();
  return (target) => {
    const before = known.get(target);
    if (before !== undefined) return before;
    const made = make(target);
    known.set(target, made);
    return made;
  };
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
