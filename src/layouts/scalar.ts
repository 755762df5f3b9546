/** The compiled form of one scalar: how to take it from bytes that somebody else found. */
import type { DataModel } from '../target.ts';
import { sizeOfScalar } from './layout.ts';
import type { Scalar } from './vocabulary.ts';

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

/** A reader of this scalar under a data model. The value's type is the scalar's, whatever its size here. */
export function scalarReader<V extends 'number' | 'bigint'>(type: Scalar<V>, model: DataModel): ScalarReader<V> {
  const read = (type.signed ? signedReads : unsignedReads)[sizeOfScalar(type, model)];
  const little = model.byteOrder === 'little';
  const convert = type.value === 'bigint' ? BigInt : Number;
  return ((bytes, offset) => convert(read(bytes, offset, little))) as ScalarReader<V>;
}
