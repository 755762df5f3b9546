/**
 * numpy's element types, its dtypes, as formats: what a descriptor says of an element, read by layout. It knows neither
 * arrays nor elements. The formats are those that `Python.view` gives: plain elements as numpy's buffer protocol writes
 * them (numpy/core/src/multiarray/buffer.c), all else as `of_dtype` of `src/ffi/inside/sources.ts` does.
 */
import { internalLayouts } from '../layouts/internal.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import type { Memory } from '../memory/memory.ts';
import { dataModels } from '../target.ts';
import { baseTypes, Py_TYPE, perStaticType, readType } from './py-object.ts';
import { readStruct } from './struct.ts';
import { unsound } from './unsound.ts';
import { dictItems, readLong, readStr, readTuple } from './values.ts';

/** In characters of a format, all that is nested counted: a record of thousands of fields, and not a bomb. */
const LONGEST_FORMAT = 1 << 20;
const MAX_DEPTH = 32;

/** What is the same in descriptors of numpy 1 and 2. */
interface Descr {
  readonly kind: string;
  readonly byteorder: string;
  readonly type_num: number;
  readonly elsize: number;
  readonly typeobj: bigint;
  /** Undefined in one of a new kind, which only numpy 2 has. */
  readonly legacy: Legacy | undefined;
}

interface Legacy {
  readonly subarray: bigint;
  readonly fields: bigint;
  readonly names: bigint;
  readonly c_metadata: bigint;
}

/** The codes of numpy's numbers by `NPY_TYPES`: of the C type, and where its size is the standard's, not C's. */
const codes: readonly (string | readonly [native: string, standard: { 4: string; 8: string }])[] = [
  ...'?bBhHiI',
  ['l', { 4: 'l', 8: 'q' }],
  ['L', { 4: 'L', 8: 'Q' }],
  ...'qQfdg',
  'Zf',
  'Zd',
  'Zg',
  'O',
];
const NPY_STRING = 18;
const NPY_UNICODE = 19;
const NPY_VOID = 20;
const NPY_DATETIME = 21;
const NPY_TIMEDELTA = 22;
const NPY_HALF = 23;

/** The codes of a kind and a size, as the array interface has them. */
const interfaceCodes: Readonly<Record<string, string>> = {
  b1: '?',
  i1: 'b',
  i2: 'h',
  i4: 'i',
  i8: 'q',
  u1: 'B',
  u2: 'H',
  u4: 'I',
  u8: 'Q',
  f2: 'e',
  f4: 'f',
  f8: 'd',
  c8: 'Zf',
  c16: 'Zd',
};

/** `NPY_DATETIMEUNIT`; the unit of business days was number 3. */
const units = ['Y', 'M', 'W', undefined, 'D', 'h', 'm', 's', 'ms', 'us', 'ns', 'ps', 'fs', 'as', ''];

/** What a descriptor's type says: the sizes of its own instances, and of `numpy.dtype`'s, in bytes. */
const sizesOf = perStaticType((memory, type) => {
  const chain = [...baseTypes(memory, type)];
  const base = chain.find(({ name }) => name === 'numpy.dtype')?.basicsize;
  return { name: chain[0]?.name, own: chain[0]?.basicsize, base, heap: chain.some(({ heap }) => heap) };
});

/**
 * Reads a descriptor. Whether it is one of numpy 1, numpy 2, or of a new kind is told by the sizes that its type and
 * `numpy.dtype` state of their instances.
 *
 * @throws FormatError if it is of another type, MemoryFault if it cannot be read.
 */
function readDescr(memory: Memory, address: bigint): Descr {
  const { PyArray_DescrProto, _PyArray_DescrNumPy2, _PyArray_LegacyDescr } = layoutsFor(memory.target);
  const { name, own, base } = sizesOf(memory, Py_TYPE(memory, address));
  if (base === undefined)
    throw unsound('dtype', address, `its type is ${JSON.stringify(name)}, expected "numpy.dtype"`);
  const letters = (read: { kind: number; byteorder: number }) => ({
    kind: String.fromCharCode(read.kind),
    byteorder: String.fromCharCode(read.byteorder),
  });
  // Of 32 bits the base of numpy 2 is as large as all of numpy 1.
  if (own === _PyArray_LegacyDescr.size) {
    const read = readStruct(memory, _PyArray_LegacyDescr, address);
    return { ...read, ...letters(read), elsize: Number(read.elsize), legacy: read };
  }
  if (own === PyArray_DescrProto.size && base === own) {
    const read = readStruct(memory, PyArray_DescrProto, address);
    return { ...read, ...letters(read), legacy: read };
  }
  if (base === _PyArray_DescrNumPy2.size) {
    const read = readStruct(memory, _PyArray_DescrNumPy2, address);
    return { ...read, ...letters(read), elsize: Number(read.elsize), legacy: undefined };
  }
  throw unsound('dtype', address, `its type states ${own} bytes, and numpy.dtype ${base}`);
}

/** Those that were read before, for who reads thousands of arrays in one go. */
export type ElementTypes = Map<string, ElementType>;

/** What an array has to know of its elements. */
export interface ElementType {
  readonly format: string;
  readonly itemsize: number;
}

/**
 * The elements that numpy's descriptor at an address describes. What no format can say, a dtype of another package or a
 * name with a colon, is in brackets, or bytes without a meaning.
 *
 * @param aligned whether the elements lie where C would put them: then numbers are C's, without a mark
 * @param known what was read before of the same memory; what is read is added
 * @throws FormatError if it contradicts itself, MemoryFault if it cannot be read.
 */
export function readElementType(memory: Memory, address: bigint, aligned: boolean, known?: ElementTypes): ElementType {
  const key = `${address} ${aligned}`;
  const before = known?.get(key);
  if (before) return before;
  const descr = readDescr(memory, address);
  if (descr.elsize < 0 || !Number.isSafeInteger(descr.elsize))
    throw unsound('dtype', address, `elsize is ${descr.elsize}`);
  const format = plainFormat(memory, descr, aligned) ?? compoundFormat(memory, descr, address);
  const type = { format, itemsize: descr.elsize };
  known?.set(key, type);
  return type;
}

function compoundFormat(memory: Memory, descr: Descr, address: bigint): string {
  try {
    return new Formatter(memory).format(descr, address, 0);
  } catch (error) {
    // Names that are no strings, fields that are no tuple.
    if (error instanceof TypeError) throw unsound('dtype', address, error.message);
    throw error;
  }
}

/** Of an element for which the buffer protocol has a code; undefined for all else. */
function plainFormat({ target }: Memory, descr: Descr, aligned: boolean): string | undefined {
  const { type_num, elsize, byteorder, legacy } = descr;
  if (legacy?.subarray !== 0n) return undefined;
  const native = byteorder === '=' && aligned;
  const code = codes[type_num];
  const longDouble = code === 'g' || code === 'Zg';
  const mark = native || byteorder === '|' ? '' : longDouble && byteorder === '=' ? '^' : byteorder;
  if (type_num === NPY_STRING) return `${elsize}s`;
  if (type_num === NPY_UNICODE) return `${mark}${elsize / 4}w`;
  if (type_num === NPY_HALF) return `${mark}e`;
  if (code === undefined || typeof code === 'string') return code && `${mark}${code}`;
  return `${mark}${native ? code[0] : code[1][dataModels[target.model].long]}`;
}

/** Writes the format of one descriptor and all that are nested in it. */
class Formatter {
  readonly #memory: Memory;
  /** What was written before, by the descriptor's address: the same is mostly nested many times. */
  readonly #written = new Map<bigint, string>();
  #left = LONGEST_FORMAT;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** @param depth how deep it is nested */
  format(descr: Descr, address: bigint, depth: number): string {
    if (depth > MAX_DEPTH) throw unsound('dtype', address, `it is nested deeper than ${MAX_DEPTH} levels`);
    const { legacy } = descr;
    if (legacy && legacy.subarray !== 0n) return this.#subarray(legacy.subarray, depth);
    const names = legacy && descr.type_num === NPY_VOID ? this.#tuple(legacy.names) : undefined;
    if (legacy && names) return this.#record(legacy.fields, names, descr.elsize, address, depth);
    const leaf = this.#leaf(descr, address);
    this.#spend(leaf.length, address);
    return leaf;
  }

  #nested(address: bigint, depth: number): string {
    const before = this.#written.get(address);
    if (before !== undefined) this.#spend(before.length, address);
    const format = before ?? this.format(readDescr(this.#memory, address), address, depth + 1);
    this.#written.set(address, format);
    return format;
  }

  #spend(length: number, address: bigint): void {
    this.#left -= length;
    if (this.#left < 0) throw unsound('dtype', address, `its format is longer than ${LONGEST_FORMAT} characters`);
  }

  /** Undefined for NULL and None. */
  #tuple(address: bigint): bigint[] | undefined {
    if (address === 0n || readType(this.#memory, Py_TYPE(this.#memory, address)).name === 'NoneType') return undefined;
    return readTuple(this.#memory, address);
  }

  #subarray(at: bigint, depth: number): string {
    const { base, shape } = readStruct(this.#memory, internalLayouts(this.#memory.target)._arr_descr, at);
    const sizes = readTuple(this.#memory, shape);
    if (sizes.length > MAX_DEPTH * 2) throw unsound('dtype', at, `a subarray has ${sizes.length} dimensions`);
    const own = sizes.map((size) => String(readLong(this.#memory, size)));
    if (own.some((size) => !/^\d{1,16}$/.test(size)))
      throw unsound('dtype', at, 'a size of a subarray is negative, or huge');
    const inner = this.#nested(base, depth);
    // A subarray of subarrays is one of as many dimensions as both.
    const [, more, item] = /^\(([\d,]+)\)(.*)$/s.exec(inner) ?? [undefined, undefined, inner];
    if (own.length === 0) return inner;
    const shaped = `(${[...own, ...(more ? [more] : [])].join(',')})`;
    this.#spend(shaped.length, at);
    return `${shaped}${item}`;
  }

  #record(fields: bigint, names: readonly bigint[], elsize: number, address: bigint, depth: number): string {
    this.#spend(3 + names.length * 4, address);
    // A field with a title is there twice.
    const byName = new Map<string, bigint>();
    for (const [key, value] of dictItems(this.#memory, fields, 2 * names.length)) {
      const name = this.#nameOf(key);
      if (name !== undefined) byName.set(name, value);
    }
    let speakable = true;
    const parts = names.map((at) => {
      const name = this.#nameOf(at);
      const field = byName.get(name ?? '');
      if (name === undefined || field === undefined)
        throw unsound('dtype', address, 'a name of a field is not among its fields');
      const [descr = 0n, offset = 0n] = readTuple(this.#memory, field);
      const place = this.#offset(offset, address);
      if (name.includes(':')) speakable = false;
      this.#spend(name.length, address);
      return `#${place} ${this.#nested(descr, depth)}:${name}:`;
    });
    return speakable ? `T{${parts.join('')}#${elsize}}` : `${elsize}x`;
  }

  /** A title may be of any type. */
  #nameOf(address: bigint): string | undefined {
    try {
      return readStr(this.#memory, address);
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }

  #offset(at: bigint, address: bigint): number {
    const offset = readLong(this.#memory, at);
    if (offset >= 0n && offset <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(offset);
    throw unsound('dtype', address, `a field begins at ${offset}`);
  }

  #leaf(descr: Descr, address: bigint): string {
    const { kind, elsize, type_num, byteorder, legacy } = descr;
    const native = dataModels[this.#memory.target.model].byteOrder === 'little' ? '<' : '>';
    const mark = byteorder === '|' ? '=' : byteorder === '=' ? native : byteorder;
    if (!legacy || type_num > NPY_HALF) {
      const name = this.#nameOfType(legacy ? descr.typeobj : Py_TYPE(this.#memory, address));
      return name === 'bfloat16' && elsize === 2 ? `${byteorder === '|' ? '=' : byteorder}E` : `[${name}]`;
    }
    if (type_num === NPY_DATETIME || type_num === NPY_TIMEDELTA) {
      return `${mark}${kind}8${this.#unit(legacy.c_metadata, address)}`;
    }
    const code = interfaceCodes[`${kind}${elsize}`];
    if (code !== undefined) return `${mark}${code}`;
    if (kind === 'f' || kind === 'c') return `${mark}${kind === 'f' ? 'g' : 'Zg'}`;
    if (kind === 'U') return `${mark}${elsize / 4}w`;
    if (kind === 'S' || kind === 'V') return `${elsize}${kind === 'S' ? 's' : 'x'}`;
    if (kind === 'O') return 'O';
    throw unsound('dtype', address, `its kind is ${JSON.stringify(kind)}, expected one of biufcSUVOMm`);
  }

  /** As Python's `__name__` has it. */
  #nameOfType(type: bigint): string {
    const name = readType(this.#memory, type).name;
    return name.slice(name.lastIndexOf('.') + 1);
  }

  #unit(at: bigint, address: bigint): string {
    if (at === 0n) return '';
    const { meta } = readStruct(this.#memory, internalLayouts(this.#memory.target).PyArray_DatetimeDTypeMetaData, at);
    const unit = units[meta.base];
    if (unit === undefined || meta.num < 1)
      throw unsound('dtype', address, `its unit is ${meta.num} of number ${meta.base}`);
    return unit && `[${meta.num === 1 ? '' : meta.num}${unit}]`;
  }
}
