/**
 * The words in which CPython's structs are declared. A declaration says what C's says: names, types and their order.
 * It knows no offset, no size of a struct and no byte: `layout.ts` computes those under a target.
 */
import type { DataModel, DataModelName } from '../target.ts';

/** A number of at most 8 bytes. `size` is in bytes, or the data model's word that decides it. */
export interface Scalar<V extends 'number' | 'bigint' = 'number' | 'bigint'> {
  readonly kind: 'scalar';
  /** The type as C spells it. */
  readonly c: string;
  readonly size: 1 | 2 | 4 | 8 | 'pointer' | 'long' | 'wchar_t';
  readonly encoding: 'signed' | 'unsigned' | 'float';
  /** What a value is in JavaScript: `bigint` wherever some target has 64 bits. */
  readonly value: V;
  /** Of an address: the C type that lies there, or that it is a function's. */
  readonly pointee?: Pointee;
}

/** What an address leads to. */
export type Pointee = { readonly kind: 'data'; readonly c: string } | { readonly kind: 'function' };

/** What an array can hold. */
export type Item = Scalar | StructDeclaration | AnyOf;

/** A fixed-length array inside a struct. */
export interface ArrayOf<E extends Item = Item> {
  readonly kind: 'array';
  readonly of: E;
  readonly length: number;
}

/** A bit field: `width` bits of a unit of the scalar's size. */
export interface Bits {
  readonly kind: 'bits';
  readonly of: Scalar<'number'>;
  readonly width: number;
}

/** A type whose alignment is raised, as by C's `_Alignas`. */
export interface Aligned<T extends Scalar | StructDeclaration = Scalar | StructDeclaration> {
  readonly kind: 'aligned';
  /** Bytes. */
  readonly align: number;
  readonly type: T;
}

/** A field that starts where `with` starts: a member of the same anonymous union. */
export interface Overlay<T extends CType = CType> {
  readonly kind: 'overlay';
  readonly with: string;
  readonly type: T;
}

/** The members of a struct in the order of their declaration. */
export type Fields = { readonly [name: string]: CType | Overlay | undefined };

/** A struct as declared for one or more releases. */
export interface StructDeclaration<N extends string = string, F extends Fields = Fields> {
  readonly kind: 'struct';
  readonly name: N;
  /** The header and the release whose text this follows. */
  readonly source: string;
  /** The members in order, under a data model; its name too, as some platforms build CPython in ways of their own. */
  readonly fields: (model: DataModel, name: DataModelName) => F;
}

/** A struct that was declared differently over the releases; the row of a version says which one it has. */
export interface AnyOf<S extends StructDeclaration = StructDeclaration> {
  readonly kind: 'anyOf';
  readonly name: string;
  readonly declarations: readonly S[];
}

/** Any of the declarations of a struct. */
export type OneOf<A> = A extends AnyOf<infer S> ? S : never;

/** Which declaration a name stands for, e.g. `PyObject` in a given release and build. */
export type Declarations = { readonly [name: string]: StructDeclaration };

/** Any type a field can have. */
export type CType = Scalar | ArrayOf | Bits | Aligned | StructDeclaration | AnyOf;

function scalar<V extends 'number' | 'bigint'>(
  c: string,
  size: Scalar['size'],
  encoding: Scalar['encoding'],
  value: V,
  pointee?: Pointee,
): Scalar<V> {
  return Object.freeze({ kind: 'scalar', c, size, encoding, value, ...(pointee && { pointee }) });
}

/** C's `char`, a byte of text: read without a sign, which C leaves to the platform. */
export const char = scalar('char', 1, 'unsigned', 'number');
/** C's `unsigned char`. */
export const unsigned_char = scalar('unsigned char', 1, 'unsigned', 'number');
/** C's `short`, 16 bits in every data model. */
export const short = scalar('short', 2, 'signed', 'number');
/** C's `unsigned short`, 16 bits in every data model. */
export const unsigned_short = scalar('unsigned short', 2, 'unsigned', 'number');
/** C's `int`, 32 bits in every data model. */
export const int = scalar('int', 4, 'signed', 'number');
/** C's `unsigned int`, 32 bits in every data model. */
export const unsigned_int = scalar('unsigned int', 4, 'unsigned', 'number');
/** C's `long`: 4 bytes on Windows, the size of a pointer elsewhere. */
export const long = scalar('long', 'long', 'signed', 'bigint');
/** C's `unsigned long`: 4 bytes on Windows, the size of a pointer elsewhere. */
export const unsigned_long = scalar('unsigned long', 'long', 'unsigned', 'bigint');
/** C's `wchar_t`, a code unit: 2 bytes on Windows, 4 elsewhere; read without a sign, which C leaves to the platform. */
export const wchar_t = scalar('wchar_t', 'wchar_t', 'unsigned', 'number');
/** C's `float`, IEEE 754 binary32. */
export const float = scalar('float', 4, 'float', 'number');
/** C's `double`, IEEE 754 binary64; aligned to 4 on i386 Linux. */
export const double = scalar('double', 8, 'float', 'number');
/** 8 bits, signed. */
export const int8_t = scalar('int8_t', 1, 'signed', 'number');
/** 16 bits, signed. */
export const int16_t = scalar('int16_t', 2, 'signed', 'number');
/** 32 bits, signed. */
export const int32_t = scalar('int32_t', 4, 'signed', 'number');
/** 8 bits, unsigned. */
export const uint8_t = scalar('uint8_t', 1, 'unsigned', 'number');
/** 16 bits, unsigned. */
export const uint16_t = scalar('uint16_t', 2, 'unsigned', 'number');
/** 32 bits, unsigned. */
export const uint32_t = scalar('uint32_t', 4, 'unsigned', 'number');
/** 64 bits, signed; aligned to 4 on i386 Linux. */
export const int64_t = scalar('int64_t', 8, 'signed', 'bigint');
/** 64 bits, unsigned; aligned to 4 on i386 Linux. */
export const uint64_t = scalar('uint64_t', 8, 'unsigned', 'bigint');
/** C's `size_t`, as wide as a pointer. */
export const size_t = scalar('size_t', 'pointer', 'unsigned', 'bigint');
/** An unsigned integer as wide as a pointer. */
export const uintptr_t = scalar('uintptr_t', 'pointer', 'unsigned', 'bigint');
/** Python's signed size, as wide as a pointer. */
export const Py_ssize_t = scalar('Py_ssize_t', 'pointer', 'signed', 'bigint');
/** Python's hash value, as wide as a pointer. */
export const Py_hash_t = typedef('Py_hash_t', Py_ssize_t);

/** Another name for a scalar, as C's `typedef` gives it. */
export function typedef<V extends 'number' | 'bigint'>(c: string, { size, encoding, value }: Scalar<V>): Scalar<V> {
  return scalar(c, size, encoding, value);
}

/** A pointer to the C type named, e.g. `pointer('PyTypeObject')`. Its value is an address. */
export function pointer(to: string): Scalar<'bigint'> {
  return scalar(`${to} *`, 'pointer', 'unsigned', 'bigint', { kind: 'data', c: to });
}

/** A pointer to a function, by the name of its typedef, e.g. `callback('destructor')`. */
export function callback(typedef: string): Scalar<'bigint'> {
  return scalar(typedef, 'pointer', 'unsigned', 'bigint', { kind: 'function' });
}

/** A fixed-length array. C's trailing `[1]` of unknown length is declared as C does, with length 1. */
export function array<E extends Item>(of: E, length: number): ArrayOf<E> {
  return Object.freeze({ kind: 'array', of, length });
}

/**
 * A bit field of `width` bits, e.g. `bits(unsigned_int, 2)` for C's `unsigned int interned:2`.
 *
 * @throws RangeError if the type is no integer of a fixed size, or has not so many bits.
 */
export function bits(of: Scalar<'number'>, width: number): Bits {
  if (of.encoding === 'float' || typeof of.size !== 'number') {
    throw new RangeError(`expected an integer type of a fixed size for a bit field, got ${of.c}`);
  }
  const most = of.size * 8;
  if (!Number.isInteger(width) || width < 1 || width > most) {
    throw new RangeError(`a bit field of ${of.c} has 1 to ${most} bits, got ${width}`);
  }
  return Object.freeze({ kind: 'bits', of, width });
}

/** A type aligned to at least so many bytes. */
export function aligned<T extends Scalar | StructDeclaration>(align: number, type: T): Aligned<T> {
  return Object.freeze({ kind: 'aligned', align, type });
}

/**
 * A member of an anonymous union, starting where the earlier field `other` starts. That has to be where C would align
 * this member too: the layout is refused where it is not.
 */
export function overlay<T extends CType>(other: string, type: T): Overlay<T> {
  return Object.freeze({ kind: 'overlay', with: other, type });
}

/**
 * Declares a struct as a C header does.
 *
 * @param source the header and the release it was read in
 * @param fields the members in order, or, where the header has an `#if`, a function of the data model
 * @example
 * ```ts
 * import { computeLayout, int, parseTarget, pointer, struct } from 'memview';
 * const Node = struct('Node', 'node.h', { count: int, next: pointer('Node') });
 * console.log(computeLayout(Node, parseTarget('3.13-lp64')).offsetOf('next')); // 8
 * ```
 */
export function struct<const N extends string, F extends Fields>(
  name: N,
  source: string,
  fields: F | ((model: DataModel, name: DataModelName) => F),
): StructDeclaration<N, F> {
  return Object.freeze({ kind: 'struct', name, source, fields: typeof fields === 'function' ? fields : () => fields });
}

/**
 * Declares a union: all members start where it starts.
 *
 * @param members at least one; a bit field has to be wrapped in a struct
 */
export function union<const N extends string, F extends { readonly [name: string]: CType }>(
  name: N,
  source: string,
  members: F,
): StructDeclaration<N, F> {
  const [first, ...others] = Object.keys(members);
  if (first === undefined) throw new RangeError(`the union ${name} has no member; expected at least one`);
  const overlaid = others.map((other) => [other, overlay(first, members[other] as CType)]);
  return struct(name, source, { [first]: members[first], ...Object.fromEntries(overlaid) } as F);
}

/** The declarations of one struct over the releases, to be nested where the release does not matter. */
export function anyOf<const A extends readonly [StructDeclaration, ...StructDeclaration[]]>(
  ...declarations: A
): AnyOf<A[number]> {
  return Object.freeze({ kind: 'anyOf', name: declarations[0].name, declarations });
}

/** How C spells a field's type. */
export function spell(type: CType): string {
  switch (type.kind) {
    case 'scalar':
      return type.c;
    case 'array':
      return `${spell(type.of)}[${type.length}]`;
    case 'bits':
      return `${type.of.c} : ${type.width}`;
    case 'aligned':
      return spell(type.type);
    default:
      return type.name;
  }
}

type KeyOfAny<U> = U extends unknown ? Extract<keyof U, string> : never;
type Member<U, K extends string> = U extends unknown ? (K extends keyof U ? NonNullable<U[K]> : never) : never;
/** The keys that every alternative of a union has with a type (an `#if` leaves the others out). */
type CommonKey<U> = {
  [K in Extract<keyof U, string>]: undefined extends U[K] ? never : K;
}[Extract<keyof U, string>];

/** What a field's value is in JavaScript. */
export type ValueOf<T> =
  T extends Scalar<infer V>
    ? { number: number; bigint: bigint }[V]
    : T extends ArrayOf<infer E>
      ? readonly ValueOf<E>[]
      : T extends Bits
        ? number
        : T extends Overlay<infer O>
          ? ValueOf<O>
          : T extends Aligned<infer O>
            ? ValueOf<O>
            : T extends StructDeclaration<string, infer F>
              ? StructValue<F>
              : T extends AnyOf<infer S>
                ? StructValue<FieldsOf<S>>
                : never;

/** The members of a declaration, or of any of several. */
export type FieldsOf<S> = S extends StructDeclaration<string, infer F> ? F : never;

/** The value of a struct: its fields by name. Those that only some releases or builds have are optional. */
export type StructValue<F> = { readonly [K in CommonKey<F>]: ValueOf<Member<F, K>> } & {
  readonly [K in Exclude<KeyOfAny<F>, CommonKey<F>>]?: ValueOf<Member<F, K>>;
};

type Nested<T> = NestedOf<T extends Aligned<infer O> ? O : T>;
type NestedOf<T> =
  T extends StructDeclaration<string, infer F>
    ? FieldPath<F>
    : T extends AnyOf<infer S>
      ? FieldPath<FieldsOf<S>>
      : never;

/** The dotted names of a struct's fields, nested ones included: `view`, `view.ndim` … */
export type FieldPath<F> = {
  [K in KeyOfAny<F>]: K | `${K}.${Nested<Member<F, K>>}`;
}[KeyOfAny<F>];
