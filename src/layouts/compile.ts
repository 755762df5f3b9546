/** A layout compiled to a typed-struct class: every field at its computed offset, in the target's byte order. */
import type { Buffer } from 'buffer';
import { Struct } from 'typed-struct';
import { dataViewOf } from '../bytes.ts';
import { type DataModel, dataModels } from '../target.ts';
import type { FieldLayout, Layout } from './layout.ts';
import { bitsReader, scalarReader } from './scalar.ts';
import type { Scalar } from './vocabulary.ts';

/** A typed-struct class. An instance shows the fields of the Buffer it is given, without a copy. */
export interface StructClass<V> {
  /** Bytes of one instance. */
  readonly baseSize: number;
  /** @param raw a Buffer of at least `baseSize` bytes */
  new (raw: Buffer): V;
  /** The offset of a field of its own, in bytes. */
  getOffsetOf(name: string & keyof V): number;
  /** The Buffer behind an instance. */
  raw(instance: V): Buffer;
}

/** The part of typed-struct's fluent builder that is used, free of the types it accumulates. */
interface Builder {
  seek(bytes: number): Builder;
  compile(name: string): unknown;
  Struct(name: string, nested: unknown): Builder;
  Custom(name: string, size: number, get: (type: string, bytes: Buffer) => unknown): Builder;
}

/** @internal */
export function compileStruct<V>(layout: Layout): StructClass<V> {
  const model = dataModels[layout.target.model];
  const builder = new Struct(layout.name) as unknown as Builder;
  let position = 0;
  for (const field of layout.fields) {
    seek(builder, field.offset - position);
    add(builder, field, model);
    position = field.offset + field.size;
  }
  seek(builder, layout.size - position);
  return builder.compile(layout.name) as StructClass<V>;
}

/** typed-struct reads a seek by 0 as "to the end". */
function seek(builder: Builder, bytes: number): void {
  if (bytes !== 0) builder.seek(bytes);
}

function add(builder: Builder, field: FieldLayout, model: DataModel): void {
  const { name, size, type, layout } = field;
  if (type.kind === 'bits') {
    const read = bitsReader(type, field.shift, model);
    builder.Custom(name, size, (_, bytes) => read(dataViewOf(bytes), 0));
  } else if (type.kind === 'array') {
    const item = size / type.length;
    const read = itemReader(field, model);
    builder.Custom(name, size, (_, bytes) =>
      Array.from({ length: type.length }, (_, i) => read(bytes.subarray(i * item, (i + 1) * item))),
    );
  } else if (layout) {
    builder.Struct(name, layout.Struct);
  } else if (type.kind === 'scalar') {
    const method = methodOf(type, size, model);
    // A 4-byte Py_ssize_t is a bigint too, so that a field's type never depends on the target.
    const read = scalarReader(type, model);
    if (method) (builder as unknown as Record<string, (name: string) => Builder>)[method]?.(name);
    else builder.Custom(name, size, (_, bytes) => read(dataViewOf(bytes), 0));
  }
}

/** typed-struct's method for a scalar, or undefined where it has none of that size and value. */
function methodOf({ encoding, value }: Scalar, size: number, { byteOrder }: DataModel): string | undefined {
  const order = byteOrder === 'little' ? 'LE' : 'BE';
  if (encoding === 'float') return `Float${size * 8}${order}`;
  const signed = encoding === 'signed';
  if (value === 'bigint') return size === 8 ? `${signed ? 'BigInt64' : 'BigUInt64'}${order}` : undefined;
  return `${signed ? 'Int' : 'UInt'}${size * 8}${size === 1 ? '' : order}`;
}

function itemReader({ type, layout }: FieldLayout, model: DataModel): (bytes: Buffer) => unknown {
  if (layout) return (bytes) => new layout.Struct(bytes);
  if (type.kind !== 'array' || type.of.kind !== 'scalar') throw new TypeError('an array holds scalars or structs');
  const read = scalarReader(type.of, model);
  return (bytes) => read(dataViewOf(bytes), 0);
}
