/**
 * ffi-rs, and nothing of Python: libraries, checked calls, memory mapped as a Buffer. The only file that imports it.
 *
 * Measured of ffi-rs 1.3.7: a call costs about 2 µs; `load` with a literal is its cheapest form; a String result of
 * NULL, a non-External given as one, or an unknown type end the process, hence the checks here.
 */
import { constants } from 'node:buffer';
import { createRequire } from 'node:module';
import type { DataType, JsExternal } from 'ffi-rs';
import { hex } from '../errors.ts';
import type { Api, Kind, Signature } from './symbols.ts';

type FfiRs = typeof import('ffi-rs');

let loaded: FfiRs | undefined;

/**
 * ffi-rs, loaded when it is first called, by the main thread alone: where the last thread that has loaded it ends, the
 * process is ended by SIGSEGV.
 */
function ffi(): FfiRs {
  loaded ??= createRequire(import.meta.url)('ffi-rs') as FfiRs;
  return loaded;
}

const dataTypes: Record<Kind, keyof typeof DataType> = {
  pointer: 'BigInt',
  word: 'BigInt',
  size: 'I64',
  int: 'I32',
  text: 'String',
  wide: 'WString',
  buffer: 'U8Array',
  void: 'Void',
};

function dataTypeOf(kind: Kind): DataType {
  return ffi().DataType[dataTypes[kind]];
}

/** Opens a shared library under a name, which must be one that no other package uses. */
export function openLibrary(library: string, path: string): void {
  ffi().open({ library, path });
}

/**
 * The functions of a library that was opened under that name.
 *
 * @param exported what the library calls a function of the table; by default the same
 */
export function bindFunctions<T extends Record<string, Signature>>(
  library: string,
  table: T,
  exported: (name: keyof T & string) => string = (name) => name,
): Api<T> {
  const { load } = ffi();
  const functions = Object.entries(table).map(([name, [result, ...parameters]]) => {
    const funcName = exported(name);
    const retType = dataTypeOf(result);
    const paramsType = parameters.map(dataTypeOf);
    const call = (...paramsValue: unknown[]): unknown => {
      if (paramsValue.length !== parameters.length) {
        throw new TypeError(`${funcName} takes ${parameters.length} arguments, got ${paramsValue.length}`);
      }
      for (let i = 0; i < parameters.length; i++) checkArgument(funcName, i, parameters[i] as Kind, paramsValue[i]);
      return load({ library, funcName, retType, paramsType, paramsValue, freeResultMemory: false });
    };
    return [name, call];
  });
  return Object.fromEntries(functions) as Api<T>;
}

function checkArgument(name: string, index: number, kind: Kind, value: unknown): void {
  if (!isOf(kind, value)) {
    throw new TypeError(`${name}: expected ${kind} as argument ${index + 1}, got ${typeof value} ${String(value)}`);
  }
}

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'pointer':
      return typeof value === 'bigint' && value >= 0n && value < 1n << 63n;
    case 'word':
      return typeof value === 'bigint' && value === BigInt.asIntN(64, value);
    case 'size':
      return Number.isSafeInteger(value);
    case 'int':
      return typeof value === 'number' && value === (value | 0);
    case 'text':
    case 'wide':
      return typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
    case 'buffer':
      return value instanceof Uint8Array;
    default:
      return false;
  }
}

/** Eight bytes of C memory, and a Buffer over them: an address written there is unwrapped to an External. */
interface Slot {
  readonly external: JsExternal;
  readonly bytes: Buffer;
}

let slot: Slot | undefined;

function makeSlot(): Slot {
  const { createExternalBuffer, createPointer, DataType } = ffi();
  const [external] = createPointer({ paramsType: [DataType.I64], paramsValue: [0] });
  if (!external) throw new Error('ffi-rs gave no pointer');
  return { external, bytes: createExternalBuffer(external, 8) };
}

/**
 * The bytes at an address of this process as an ArrayBuffer over that very memory. The caller answers for the
 * address: it must be mapped, and stay so until the ArrayBuffer is detached or dropped.
 *
 * @param length in bytes, at least 1
 * @throws RangeError if the runtime has no ArrayBuffer of that length.
 */
export function mapMemory(address: bigint, length: number): Uint8Array<ArrayBuffer> {
  if (length > constants.MAX_LENGTH) {
    throw new RangeError(
      `cannot map ${length} bytes at ${hex(address)}: this runtime maps at most ${constants.MAX_LENGTH}. ` +
        'View the buffer in parts, sliced in Python',
    );
  }
  const { buffer, byteOffset } = ffi().createExternalBuffer(externalOf(address), length);
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
}

/** An External is an address and no more. Each burdens the garbage collector, and the same arrays are viewed often. */
const externals = new Map<bigint, JsExternal>();
const MOST_EXTERNALS = 1024;

function externalOf(address: bigint): JsExternal {
  const known = externals.get(address);
  if (known) return known;
  slot ??= makeSlot();
  slot.bytes.writeBigUInt64LE(address);
  const [external] = ffi().unwrapPointer([slot.external]);
  if (!external) throw new Error('ffi-rs gave no pointer');
  if (externals.size === MOST_EXTERNALS) externals.clear();
  externals.set(address, external);
  return external;
}
