/** The element types that are one number, or a complex one, in either byte order: one row per type. */
import type { LongDoubleForm } from '../target.ts';
import { type Complex, describe, type Element, type ElementName, type ElementValue, whole } from './element.ts';
import { bfloat16FromBits, bfloat16ToBits, float16FromBits, float16ToBits } from './float16.ts';
import { readLongDouble, writeLongDouble } from './long-double.ts';

/** A row of the table: without a byte order, which every read and write is told. */
interface NumberType {
  readonly size: number;
  readonly array: string;
  readonly width?: number;
  readonly converted?: NonNullable<Element['converted']>;
  readonly read: (bytes: DataView, offset: number, little: boolean) => ElementValue;
  readonly write: (bytes: DataView, offset: number, value: ElementValue, little: boolean) => void;
}

function integer(name: string, size: number, signed: boolean, array: string, access: string): NumberType {
  const bits = BigInt(size * 8);
  const low = signed ? -(1n << (bits - 1n)) : 0n;
  const high = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  const read = DataView.prototype[`get${access}` as 'getInt32'] as (offset: number, little: boolean) => number;
  const write = DataView.prototype[`set${access}` as 'setInt32'] as (o: number, v: unknown, little: boolean) => void;
  return {
    size,
    array,
    read: (bytes, offset, little) => read.call(bytes, offset, little),
    write: (bytes, offset, value, little) => {
      const checked = whole(value, low, high, name);
      write.call(bytes, offset, size === 8 ? checked : Number(checked), little);
    },
  };
}

/** A number that keeps being finite in the width it is stored in. */
function real(value: ElementValue, most: number, name: string): number {
  if (typeof value !== 'number') throw new TypeError(`expected a number for ${name}, got ${describe(value)}`);
  if (Number.isFinite(value) && Math.abs(value) >= most) {
    throw new RangeError(`expected a magnitude below ${most} for ${name}, got ${value}; store an Infinity if meant`);
  }
  return value;
}

/** Two numbers of a type one after the other, the real one first (C99, 6.2.5). */
function complex(name: string, part: NumberType): NumberType {
  const { size, array, width = size, converted } = part;
  return {
    size: 2 * size,
    array,
    width,
    ...(converted && { converted }),
    read: (bytes, offset, little): Complex => ({
      re: part.read(bytes, offset, little) as number,
      im: part.read(bytes, offset + size, little) as number,
    }),
    write: (bytes, offset, value, little) => {
      const parts: unknown = typeof value === 'number' ? { re: value, im: 0 } : value;
      if (typeof parts !== 'object' || parts === null || !('re' in parts && 'im' in parts)) {
        throw new TypeError(`expected { re, im } or a number for ${name}, got ${describe(value)}`);
      }
      // Both are tried before either is written.
      const tried = new DataView(new ArrayBuffer(2 * size));
      part.write(tried, 0, parts.re as ElementValue, little);
      part.write(tried, size, parts.im as ElementValue, little);
      // Not copied from there: padding is left as it is.
      part.write(bytes, offset, parts.re as ElementValue, little);
      part.write(bytes, offset + size, parts.im as ElementValue, little);
    },
  };
}

/** The smallest magnitudes that round to an infinity: half a unit above the greatest finite number. */
const FLOAT16_OVERFLOW = 65520;
const FLOAT32_OVERFLOW = 2 ** 128 - 2 ** 103;
const BFLOAT16_OVERFLOW = 2 ** 128 - 2 ** 119;

const float16: NumberType = {
  size: 2,
  ...('Float16Array' in globalThis
    ? { array: 'Float16Array' }
    : { array: 'Uint8Array', width: 1, converted: 'Float32Array' as const }),
  read: (bytes, offset, little) => float16FromBits(bytes.getUint16(offset, little)),
  write: (bytes, offset, value, little) =>
    bytes.setUint16(offset, float16ToBits(real(value, FLOAT16_OVERFLOW, 'float16')), little),
};

const float32: NumberType = {
  size: 4,
  array: 'Float32Array',
  read: (bytes, offset, little) => bytes.getFloat32(offset, little),
  write: (bytes, offset, value, little) => bytes.setFloat32(offset, real(value, FLOAT32_OVERFLOW, 'float32'), little),
};

const float64: NumberType = {
  size: 8,
  array: 'Float64Array',
  read: (bytes, offset, little) => bytes.getFloat64(offset, little),
  write: (bytes, offset, value, little) =>
    bytes.setFloat64(offset, real(value, Number.POSITIVE_INFINITY, 'float64'), little),
};

const types = {
  bool: {
    size: 1,
    array: 'Uint8Array',
    // Any byte but 0 is true; the copy has 1 for it.
    converted: 'Uint8Array',
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
  float16,
  bfloat16: {
    size: 2,
    array: 'Uint8Array',
    width: 1,
    converted: 'Float32Array',
    read: (bytes, offset, little) => bfloat16FromBits(bytes.getUint16(offset, little)),
    write: (bytes, offset, value, little) =>
      bytes.setUint16(offset, bfloat16ToBits(real(value, BFLOAT16_OVERFLOW, 'bfloat16')), little),
  },
  float32,
  float64,
  complex32: complex('complex32', float16),
  complex64: complex('complex64', float32),
  complex128: complex('complex128', float64),
} as const satisfies Partial<Record<ElementName, NumberType>>;

/** The number types that are the same on every machine. */
export type NumberName = keyof typeof types;

function ordered(name: ElementName, type: NumberType, little: boolean): Element {
  const { size, array, width = size, converted } = type;
  return {
    name,
    size,
    array,
    width,
    little,
    ...(converted && { converted }),
    values: 1,
    read: (bytes, offset) => type.read(bytes, offset, little),
    write: (bytes, offset, value) => type.write(bytes, offset, value, little),
  };
}

/** Both byte orders of each type, the big-endian one first. */
const both = Object.fromEntries(
  Object.entries(types).map(([name, type]) => [
    name,
    [ordered(name as NumberName, type, false), ordered(name as NumberName, type, true)],
  ]),
) as unknown as Record<NumberName, readonly [big: Element, little: Element]>;

/** A number type in a byte order. */
export function numberElement(name: NumberName, little: boolean): Element {
  return both[name][little ? 1 : 0];
}

/**
 * C's `long double`, or a complex of it. Its values come as the nearest double, as Python's `float()` has them.
 *
 * @param size in bytes, padding included
 */
export function longDoubleElement(form: LongDoubleForm, size: number, isComplex: boolean, little: boolean): Element {
  if (form === 'binary64') return numberElement(isComplex ? 'complex128' : 'float64', little);
  const part: NumberType = {
    size,
    array: 'Uint8Array',
    width: 1,
    converted: 'Float64Array',
    read: (bytes, offset, low) => readLongDouble(form, bytes, offset, size, low),
    write: (bytes, offset, value, low) =>
      writeLongDouble(form, bytes, offset, real(value, Number.POSITIVE_INFINITY, 'longdouble'), size, low),
  };
  return isComplex ? ordered('clongdouble', complex('clongdouble', part), little) : ordered('longdouble', part, little);
}
