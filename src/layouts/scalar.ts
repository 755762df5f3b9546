/** The compiled form of one scalar: how to take it from bytes that somebody else found. */
import type { DataModel } from '../target.ts';
import { sizeOfScalar } from './layout.ts';
import type { Bits, Scalar } from './vocabulary.ts';

/** Reads one scalar at a byte offset of a DataView. */
export type ScalarReader<V extends 'number' | 'bigint' = 'number' | 'bigint'> = (
  bytes: DataView,
  offset: number,
) => { number: number; bigint: bigint }[V];

type Read = (bytes: DataView, offset: number, little: boolean) => number | bigint;

const signedReads: Record<1 | 2 | 4 | 8, Read> = {
  1: (bytes, offset) => bytes.getInt8(offset),
  2: (bytes, offset, little) => bytes.getInt16(offset, little),
  4: (bytes, offset, little) => bytes.getInt32(offset, little),
  8: (bytes, offset, little) => bytes.getBigInt64(offset, little),
};

const unsignedReads: Record<1 | 2 | 4 | 8, Read> = {
  1: (bytes, offset) => bytes.getUint8(offset),
  2: (bytes, offset, little) => bytes.getUint16(offset, little),
  4: (bytes, offset, little) => bytes.getUint32(offset, little),
  8: (bytes, offset, little) => bytes.getBigUint64(offset, little),
};

/** The nearest number to a signed integer of 8 bytes, exact where it is safe; a tenth of the cost of a bigint. */
function nearestInt64(bytes: DataView, offset: number, little: boolean): number {
  const [low, high] = little ? [offset, offset + 4] : [offset + 4, offset];
  return bytes.getInt32(high, little) * 2 ** 32 + bytes.getUint32(low, little);
}

const floatReads: Record<4 | 8, Read> = {
  4: (bytes, offset, little) => bytes.getFloat32(offset, little),
  8: (bytes, offset, little) => bytes.getFloat64(offset, little),
};

const reads: Record<Scalar['encoding'], Partial<Record<number, Read>>> = {
  signed: signedReads,
  unsigned: unsignedReads,
  float: floatReads,
};

/** A reader of this scalar under a data model. The value's type is the scalar's, whatever its size here. */
export function scalarReader<V extends 'number' | 'bigint'>(type: Scalar<V>, model: DataModel): ScalarReader<V> {
  const size = sizeOfScalar(type, model);
  const signed8 = size === 8 && type.encoding === 'signed' && type.value === 'number';
  const read = signed8 ? nearestInt64 : reads[type.encoding][size];
  if (!read) throw new RangeError(`there is no ${type.encoding} number of ${size} bytes`);
  const little = model.byteOrder === 'little';
  const convert = type.value === 'bigint' ? BigInt : Number;
  return ((bytes, offset) => convert(read(bytes, offset, little))) as ScalarReader<V>;
}

/** A reader of a bit field that begins `shift` bits above the lowest of its unit; the offset is the unit's. */
export function bitsReader({ of, width }: Bits, shift: number, model: DataModel): ScalarReader<'number'> {
  const readUnit = scalarReader({ ...of, value: 'bigint' }, model);
  const narrow = of.encoding === 'signed' ? BigInt.asIntN : BigInt.asUintN;
  return (bytes, offset) => Number(narrow(width, readUnit(bytes, offset) >> BigInt(shift)));
}
