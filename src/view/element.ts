/**
 * What one element of a buffer is: how its bytes become a JavaScript value and back. It knows no format, which says
 * which elements there are, and no buffer.
 */
import type { Datetime64, Timedelta64, TimeUnit } from './time.ts';

/** A complex number. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/**
 * A value of a buffer. bigint for 64-bit integers and for addresses, boolean for `?`, number for other numbers,
 * {@link Complex}, `Uint8Array` for bytes, string for text, {@link Datetime64} or {@link Timedelta64}, an object for a
 * record with names, an array for one without and for a subarray.
 */
export type ElementValue =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | Complex
  | Datetime64
  | Timedelta64
  | readonly ElementValue[]
  | { readonly [name: string]: ElementValue };

/** A typed array whose elements are those of a numeric buffer. */
export type NumericTypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | (typeof globalThis extends { Float16Array: new () => infer F } ? F : never);

/** The name of an element type, as numpy names it where numpy has it. */
export type ElementName =
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64'
  | 'longdouble'
  | 'complex32'
  | 'complex64'
  | 'complex128'
  | 'clongdouble'
  | 'bytes'
  | 'str'
  | 'void'
  | 'datetime64'
  | 'timedelta64'
  | 'object'
  | 'pointer'
  | 'record'
  | 'tuple'
  | 'subarray';

/** Part of a record or of a tuple. */
export interface Field {
  /** Undefined in a tuple. */
  readonly name: string | undefined;
  readonly element: Element;
  /** In bytes from the start of the whole. */
  readonly offset: number;
  /** How many values lie there one after the other; more than 1 only in a tuple. */
  readonly repeat: number;
}

/** An element type with its byte order: reads and writes at a byte offset of a DataView. */
export interface Element {
  readonly name: ElementName;
  /** In bytes. */
  readonly size: number;
  /** The global class of the typed array that shows it: `Uint8Array` where there is none of its own. */
  readonly array: string;
  /** Bytes of one item of that typed array, several of which an element may take (a complex number: two). */
  readonly width: number;
  /** Whether the least significant byte is the first. */
  readonly little: boolean;
  /** The class of a typed array into which a copy converts the values, where copied bytes would not do. */
  readonly converted?: 'Uint8Array' | 'Float32Array' | 'Float64Array';
  /** Of a record and a tuple. */
  readonly fields?: readonly Field[];
  /** Of a subarray. */
  readonly shape?: readonly number[];
  /** Of a subarray. */
  readonly item?: Element;
  /** Of bytes: NULs fill up what is shorter, or none may be left out, or it is stored how many there are. */
  readonly bytes?: 'filled' | 'exact' | 'counted';
  /** Of datetime64 and timedelta64: what they count. */
  readonly counts?: { readonly unit: TimeUnit; readonly step: number };
  /** How many values are made of it when it is read, itself and all its parts. */
  readonly values: number;
  readonly read: (bytes: DataView, offset: number) => ElementValue;
  /** @throws TypeError or RangeError before anything of a scalar is written. */
  readonly write: (bytes: DataView, offset: number, value: ElementValue) => void;
}

/** A value as errors name it. */
export function describe(value: unknown): string {
  if (typeof value === 'number' || value === null) return String(value);
  if (typeof value === 'object' && value !== null) return `an object of ${value.constructor?.name ?? 'no class'}`;
  return `${typeof value} ${String(value)}`;
}

/** A whole number between two bounds, as number or bigint. */
export function whole(value: ElementValue, low: bigint, high: bigint, name: string): bigint {
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value))) {
    throw new TypeError(`expected a whole number for ${name}, got ${describe(value)}`);
  }
  const integer = BigInt(value);
  if (integer < low || integer > high) throw new RangeError(`expected ${low} to ${high} for ${name}, got ${integer}`);
  return integer;
}
