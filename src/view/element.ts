/** What one element of a buffer is: how its bytes become a JavaScript value and back. One row per element type. */
import { float16FromBits, float16ToBits } from './float16.ts';

/** A value of a numeric buffer: bigint for 64-bit integers, boolean for `?`, number for all else. */
export type ElementValue = number | bigint | boolean;

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

/** The name of an element type, as numpy names it. */
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
  | 'float32'
  | 'float64';

/** One row of the table: reads and writes at a byte offset of a DataView. */
export interface Element {
  readonly name: ElementName;
  /** In bytes. */
  readonly size: number;
  /** The global class of the typed array with the same elements; a runtime may lack Float16Array. */
  readonly array: string;
  readonly read: (bytes: DataView, offset: number, little: boolean) => ElementValue;
  readonly write: (bytes: DataView, offset: number, value: ElementValue, little: boolean) => void;
}

/** A whole number between two bounds, as number or bigint. */
function whole(value: ElementValue, low: bigint, high: bigint, name: ElementName): bigint {
  if (typeof value !== 'bigint' && !Number.isInteger(value)) {
    throw new TypeError(`expected a whole number for ${name}, got ${describe(value)}`);
  }
  const integer = BigInt(value);
  if (integer < low || integer > high) throw new RangeError(`expected ${low} to ${high} for ${name}, got ${integer}`);
  return integer;
}

/** A number that keeps being finite in the width it is stored in. */
function real(value: ElementValue, most: number, name: ElementName): number {
  if (typeof value !== 'number') throw new TypeError(`expected a number for ${name}, got ${describe(value)}`);
  if (Number.isFinite(value) && Math.abs(value) >= most) {
    throw new RangeError(`expected a magnitude below ${most} for ${name}, got ${value}; store an Infinity if meant`);
  }
  return value;
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : `${typeof value} ${String(value)}`;
}

function integer(name: ElementName, size: number, signed: boolean, array: string, access: string): Element {
  const bits = BigInt(size * 8);
  const low = signed ? -(1n << (bits - 1n)) : 0n;
  const high = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  const big = size === 8;
  const read = DataView.prototype[`get${access}` as 'getInt32'] as (offset: number, little: boolean) => number;
  const write = DataView.prototype[`set${access}` as 'setInt32'] as (o: number, v: unknown, little: boolean) => void;
  return {
    name,
    size,
    array,
    read: (bytes, offset, little) => read.call(bytes, offset, little),
    write: (bytes, offset, value, little) => {
      const checked = whole(value, low, high, name);
      write.call(bytes, offset, big ? checked : Number(checked), little);
    },
  };
}

/** The smallest magnitude that rounds to an infinity: half a unit above the greatest finite number. */
const FLOAT16_OVERFLOW = 65520;
const FLOAT32_OVERFLOW = 2 ** 128 - 2 ** 103;

/** The element types, by name. */
export const elements: Readonly<Record<ElementName, Element>> = {
  bool: {
    name: 'bool',
    size: 1,
    array: 'Uint8Array',
    read: (bytes, offset) => bytes.getUint8(offset) !== 0,
    write: (bytes, offset, value) => {
      if (typeof value !== 'boolean') throw new TypeError(`expected true or false for bool, got ${describe(value)}`);
      bytes.setUint8(offset, value ? 1 : 0);
    },
  },
  int8: integer('int8', 1, true, 'Int8Array', 'Int8'),
  uint8: integer('uint8', 1, false, 'Uint8Array', 'Uint8'),
  int16: integer('int16', 2, true, 'Int16Array', 'Int16'),
  uint16: integer('uint16', 2, false, 'Uint16Array', 'Uint16'),
  int32: integer('int32', 4, true, 'Int32Array', 'Int32'),
  uint32: integer('uint32', 4, false, 'Uint32Array', 'Uint32'),
  int64: integer('int64', 8, true, 'BigInt64Array', 'BigInt64'),
  uint64: integer('uint64', 8, false, 'BigUint64Array', 'BigUint64'),
  float16: {
    name: 'float16',
    size: 2,
    array: 'Float16Array',
    read: (bytes, offset, little) => float16FromBits(bytes.getUint16(offset, little)),
    write: (bytes, offset, value, little) =>
      bytes.setUint16(offset, float16ToBits(real(value, FLOAT16_OVERFLOW, 'float16')), little),
  },
  float32: {
    name: 'float32',
    size: 4,
    array: 'Float32Array',
    read: (bytes, offset, little) => bytes.getFloat32(offset, little),
    write: (bytes, offset, value, little) => bytes.setFloat32(offset, real(value, FLOAT32_OVERFLOW, 'float32'), little),
  },
  float64: {
    name: 'float64',
    size: 8,
    array: 'Float64Array',
    read: (bytes, offset, little) => bytes.getFloat64(offset, little),
    write: (bytes, offset, value, little) =>
      bytes.setFloat64(offset, real(value, Number.POSITIVE_INFINITY, 'float64'), little),
  },
};
