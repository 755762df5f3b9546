/** The Py_buffer inside a memoryview: read, checked, and turned into what a view needs to know. */

import { dataViewOf } from '../bytes.ts';
import { FormatError, hex, ReleasedError } from '../errors.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { _Py_MEMORYVIEW_RELEASED } from '../layouts/memoryobject.ts';
import { type Py_buffer, PyBUF_MAX_NDIM } from '../layouts/pybuffer.ts';
import type { ValueOf } from '../layouts/vocabulary.ts';
import { type Memory, readCString } from '../memory/memory.ts';
import type { Target } from '../target.ts';
import { type Format, formatOf } from './format.ts';
import { fieldReader, readSizes, readStruct } from './struct.ts';

/** What a Py_buffer says of its data, checked. Strides and suboffsets are bytes, the shape elements. */
export interface BufferInfo {
  /** Of the element at index 0, 0 … (C's `buf`). */
  readonly address: bigint;
  /** Of the Python object that was read. */
  readonly object: bigint;
  readonly format: string;
  /** The element type, undefined where the format is not understood or is not of the itemsize. */
  readonly elements: Format | undefined;
  readonly itemsize: number;
  readonly readonly: boolean;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Undefined where no dimension has one. */
  readonly suboffsets: readonly number[] | undefined;
}

/** The bytes from the lowest to the highest that elements occupy, suboffsets not followed. */
export interface Extent {
  readonly low: bigint;
  /** In bytes; 0 for an empty buffer. */
  readonly length: number;
}

/**
 * The Py_buffer inside the memoryview at an address, as C's `PyMemoryView_GET_BUFFER` gives it: pointers are
 * addresses, not followed. Unlike C's macro it refuses a released memoryview, whose pointers dangle.
 *
 * @throws ReleasedError if `release()` was called on the memoryview.
 * @throws MemoryFault if the memoryview cannot be read.
 */
export function PyMemoryView_GET_BUFFER(memory: Memory, address: bigint): ValueOf<typeof Py_buffer> {
  const { PyMemoryViewObject } = layoutsFor(memory.target);
  const { flags, view } = readStruct(memory, PyMemoryViewObject, address);
  if (flags & _Py_MEMORYVIEW_RELEASED) throw released(address);
  return view;
}

function released(address: bigint): ReleasedError {
  return new ReleasedError(`the memoryview at ${hex(address)} was released; take a new one of its exporter`);
}

/** The field readers of one target, bound once: viewing must not cost a struct instance. */
function bind(target: Target) {
  const { PyMemoryViewObject } = layoutsFor(target);
  return {
    // All but ob_array, which may be empty.
    size: PyMemoryViewObject.offsetOf('ob_array'),
    flags: fieldReader(PyMemoryViewObject, 'flags'),
    buf: fieldReader(PyMemoryViewObject, 'view.buf'),
    len: fieldReader(PyMemoryViewObject, 'view.len'),
    itemsize: fieldReader(PyMemoryViewObject, 'view.itemsize'),
    readonly: fieldReader(PyMemoryViewObject, 'view.readonly'),
    ndim: fieldReader(PyMemoryViewObject, 'view.ndim'),
    format: fieldReader(PyMemoryViewObject, 'view.format'),
    shape: fieldReader(PyMemoryViewObject, 'view.shape'),
    strides: fieldReader(PyMemoryViewObject, 'view.strides'),
    suboffsets: fieldReader(PyMemoryViewObject, 'view.suboffsets'),
  };
}

const bound = new WeakMap<Target, ReturnType<typeof bind>>();

function boundTo(target: Target): ReturnType<typeof bind> {
  const known = bound.get(target);
  if (known) return known;
  const fields = bind(target);
  bound.set(target, fields);
  return fields;
}

/**
 * Reads and checks the Py_buffer of the memoryview at an address.
 *
 * @throws ReleasedError if it was released.
 * @throws FormatError if its metadata contradict themselves.
 * @throws MemoryFault if a pointer in it cannot be followed.
 * @internal
 */
export function readBufferInfo(memory: Memory, object: bigint): BufferInfo {
  const fields = boundTo(memory.target);
  const bytes = dataViewOf(memory.read(object, fields.size));
  if (fields.flags(bytes) & BigInt(_Py_MEMORYVIEW_RELEASED)) throw released(object);

  const ndim = Number(fields.ndim(bytes));
  if (ndim < 0 || ndim > PyBUF_MAX_NDIM) throw damaged(object, `ndim is ${ndim}, expected 0 to ${PyBUF_MAX_NDIM}`);
  const itemsize = count(fields.itemsize(bytes), 'itemsize', object);
  const len = count(fields.len(bytes), 'len', object);

  const shape = readShape(memory, fields.shape(bytes), ndim, len, itemsize, object);
  const nbytes = elementCount(shape) * itemsize;
  if (nbytes !== len)
    throw damaged(object, `shape ${show(shape)} × itemsize ${itemsize} is ${nbytes} bytes, len ${len}`);

  const stridesAt = fields.strides(bytes);
  const strides = stridesAt === 0n ? cStrides(shape, itemsize) : readExact(memory, stridesAt, ndim, object);
  const suboffsetsAt = fields.suboffsets(bytes);
  const suboffsets = suboffsetsAt === 0n ? [] : readExact(memory, suboffsetsAt, ndim, object);

  const formatAt = fields.format(bytes);
  const format = formatAt === 0n ? 'B' : new TextDecoder().decode(readCString(memory, formatAt));
  const info: BufferInfo = {
    address: fields.buf(bytes),
    object,
    format,
    elements: formatOf(format, itemsize, memory.target),
    itemsize,
    readonly: fields.readonly(bytes) !== 0n,
    shape,
    strides,
    suboffsets: suboffsets.some((offset) => offset >= 0) ? suboffsets : undefined,
  };
  checkReadable(memory, extentOf(info), object);
  return info;
}

/** The numbers of elements, or, as PEP 3118 allows without a shape, one dimension of all bytes. */
function readShape(memory: Memory, at: bigint, ndim: number, len: number, itemsize: number, object: bigint): number[] {
  if (ndim === 0) return [];
  if (at !== 0n) return readExact(memory, at, ndim, object).map((size) => count(BigInt(size), 'shape', object));
  if (ndim === 1) return [itemsize === 0 ? 0 : Math.floor(len / itemsize)];
  throw damaged(object, `shape is NULL, which ndim ${ndim} does not allow`);
}

/** Shape, strides or suboffsets as numbers. */
function readExact(memory: Memory, at: bigint, length: number, object: bigint): number[] {
  return readSizes(memory, at, length).map((size) => {
    if (Number.isSafeInteger(Number(size))) return Number(size);
    throw damaged(object, `a shape, stride or suboffset is ${size}, expected less than 2^53`);
  });
}

function count(value: bigint, field: string, object: bigint): number {
  if (value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw damaged(object, `${field} is ${value}, expected 0 to 2^53 - 1`);
}

function damaged(object: bigint, what: string): FormatError {
  return new FormatError(`the memoryview at ${hex(object)} is not sound: ${what}. Is it one, and of this target?`);
}

function show(shape: readonly number[]): string {
  return `(${shape.join(', ')})`;
}

function checkReadable(memory: Memory, { low, length }: Extent, object: bigint): void {
  if (!Number.isSafeInteger(length) || low < 0n || low + BigInt(length) > 1n << 64n) {
    throw damaged(object, `its elements reach from ${hex(low)} over ${length} bytes, which no address space has`);
  }
  if (length === 0) return;
  memory.read(low, 1);
  memory.read(low + BigInt(length - 1), 1);
}

/** How many elements a shape has. @internal */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The strides of a C-contiguous buffer, in bytes. @internal */
export function cStrides(shape: readonly number[], itemsize: number): number[] {
  const strides = new Array<number>(shape.length);
  let stride = itemsize;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i] ?? 1;
  }
  return strides;
}

/** Where the elements lie. With suboffsets: where the first dimensions' elements or pointers lie. @internal */
export function extentOf({ address, shape, strides, itemsize, suboffsets }: BufferInfo): Extent {
  if (shape.includes(0)) return { low: address, length: 0 };
  // Behind the first suboffset the strides count from another place.
  const followed = suboffsets ? suboffsets.findIndex((offset) => offset >= 0) + 1 : shape.length;
  let below = 0;
  let above = 0;
  for (let i = 0; i < followed; i++) {
    const reach = ((shape[i] ?? 1) - 1) * (strides[i] ?? 0);
    if (reach < 0) below += reach;
    else above += reach;
  }
  return { low: address + BigInt(below), length: above - below + (suboffsets ? 0 : itemsize) };
}
