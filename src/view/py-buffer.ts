/** The Py_buffer inside a memoryview: read, checked, and turned into what a view needs to know. */

import { dataViewOf, textOf } from '../bytes.ts';
import { FormatError, hex, ReleasedError } from '../errors.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { _Py_MEMORYVIEW_RELEASED } from '../layouts/memoryobject.ts';
import { type Py_buffer, PyBUF_MAX_NDIM } from '../layouts/pybuffer.ts';
import { scalarReader } from '../layouts/scalar.ts';
import { Py_ssize_t, type ValueOf } from '../layouts/vocabulary.ts';
import { type Memory, readCString } from '../memory/memory.ts';
import { dataModels, perTarget } from '../target.ts';
import { fieldReader, readSizes, readStruct } from './struct.ts';
import { unsound } from './unsound.ts';

/**
 * How an object's memory is learnt of: by the buffer protocol (PEP 3118), numpy's array interface in either form, DLPack
 * for tensors in the CPU's memory, or, as the last resort, by the copy that `__array__()` makes.
 */
export const viewSources = ['buffer', '__array_interface__', '__array_struct__', '__dlpack__', '__array__'] as const;

/** One of them. */
export type ViewProtocol = (typeof viewSources)[number];

/**
 * How the memory of a view was learnt of: by a protocol, which Python was asked for, or, with `layout`, by reading the
 * object itself where nobody can be asked: bytes, bytearray, array.array and numpy.ndarray of any memory.
 */
export type ViewSource = ViewProtocol | 'layout';

/** What a Py_buffer says of its data, checked. Strides and suboffsets are bytes, the shape elements. */
export interface BufferInfo {
  /** Of the element at index 0, 0 … (C's `buf`). */
  readonly address: bigint;
  /** Of the Python object that was read. */
  readonly object: bigint;
  readonly source: ViewSource;
  readonly format: string;
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
const boundTo = perTarget((target) => {
  const { PyMemoryViewObject } = layoutsFor(target);
  return {
    // All but ob_array, which may be empty.
    size: PyMemoryViewObject.offsetOf('ob_array'),
    word: dataModels[target.model].pointer,
    item: scalarReader({ ...Py_ssize_t, value: 'number' }, dataModels[target.model]),
    items: fieldReader(PyMemoryViewObject, 'ob_base.ob_size', 'number'),
    flags: fieldReader(PyMemoryViewObject, 'flags', 'number'),
    buf: fieldReader(PyMemoryViewObject, 'view.buf', 'bigint'),
    len: fieldReader(PyMemoryViewObject, 'view.len', 'number'),
    itemsize: fieldReader(PyMemoryViewObject, 'view.itemsize', 'number'),
    readonly: fieldReader(PyMemoryViewObject, 'view.readonly', 'number'),
    ndim: fieldReader(PyMemoryViewObject, 'view.ndim', 'number'),
    format: fieldReader(PyMemoryViewObject, 'view.format', 'bigint'),
    shape: fieldReader(PyMemoryViewObject, 'view.shape', 'bigint'),
    strides: fieldReader(PyMemoryViewObject, 'view.strides', 'bigint'),
    suboffsets: fieldReader(PyMemoryViewObject, 'view.suboffsets', 'bigint'),
  };
});

/** The bytes of a memoryview with its trailing array. */
export interface MemoryviewBytes {
  readonly bytes: DataView;
  /** Where in them it begins. */
  readonly base: number;
  /** What was read of others at the same moment: the formats by their address. */
  readonly formats: Map<bigint, string> | undefined;
}

/**
 * Reads and checks the Py_buffer of the memoryview at an address. Its elements are not read.
 *
 * @param read its bytes, if they were read before
 * @throws ReleasedError if it was released.
 * @throws FormatError if its metadata contradict themselves.
 * @throws MemoryFault if a pointer to metadata cannot be followed.
 * @internal
 */
export function readBufferInfo(memory: Memory, object: bigint, read?: MemoryviewBytes): BufferInfo {
  const fields = boundTo(memory.target);
  const { bytes, base } = read ?? { bytes: dataViewOf(memory.read(object, fields.size)), base: 0 };
  if (fields.flags(bytes, base) & _Py_MEMORYVIEW_RELEASED) throw released(object);

  const ndim = fields.ndim(bytes, base);
  if (ndim < 0 || ndim > PyBUF_MAX_NDIM)
    throw unsound('memoryview', object, `ndim is ${ndim}, expected 0 to ${PyBUF_MAX_NDIM}`);
  const itemsize = count(fields.itemsize(bytes, base), 'itemsize', object);
  const len = count(fields.len(bytes, base), 'len', object);

  // Mostly they lie in the trailing array.
  const used = read ? fields.items(bytes, base) * fields.word : 0;
  const sizes = (at: bigint): number[] => {
    const offset = Number(at - object) - fields.size;
    const within = offset >= 0 && offset + ndim * fields.word <= used;
    const values = within ? new Array<number>(ndim) : readSizes(memory, at, ndim);
    for (let i = 0; i < ndim; i++) {
      if (within) values[i] = fields.item(bytes, base + fields.size + offset + i * fields.word);
      if (Number.isSafeInteger(values[i])) continue;
      throw unsound(
        'memoryview',
        object,
        `a shape, stride or suboffset is ${BigInt(values[i] ?? 0)}, expected less than 2^53`,
      );
    }
    return values;
  };

  const shapeAt = fields.shape(bytes, base);
  const shape = shapeAt === 0n || ndim === 0 ? impliedShape(ndim, len, itemsize, object) : sizes(shapeAt);
  for (const size of shape) count(size, 'shape', object);
  const nbytes = elementCount(shape) * itemsize;
  if (nbytes !== len)
    throw unsound('memoryview', object, `shape ${show(shape)} × itemsize ${itemsize} is ${nbytes} bytes, len ${len}`);

  const stridesAt = fields.strides(bytes, base);
  const strides = stridesAt === 0n ? cStrides(shape, itemsize) : sizes(stridesAt);
  const suboffsetsAt = fields.suboffsets(bytes, base);
  const suboffsets = suboffsetsAt === 0n ? undefined : sizes(suboffsetsAt);

  const info: BufferInfo = {
    address: fields.buf(bytes, base),
    object,
    source: 'buffer',
    format: readFormat(memory, fields.format(bytes, base), read?.formats),
    itemsize,
    readonly: fields.readonly(bytes, base) !== 0,
    shape,
    strides,
    suboffsets: suboffsets && followed(suboffsets),
  };
  const beyond = beyondMemory(info);
  if (beyond) throw unsound('memoryview', object, beyond);
  return info;
}

/** Suboffsets, undefined where none is followed. @internal */
export function followed(suboffsets: readonly number[]): readonly number[] | undefined {
  return suboffsets.some((offset) => offset >= 0) ? suboffsets : undefined;
}

/** In bytes. A record of thousands of fields has a long format; garbage hardly has a NUL so far off. */
const LONGEST_FORMAT = 1 << 20;

function readFormat(memory: Memory, at: bigint, known?: Map<bigint, string>): string {
  const before = known?.get(at);
  if (before !== undefined) return before;
  const format = at === 0n ? 'B' : textOf(readCString(memory, at, LONGEST_FORMAT));
  known?.set(at, format);
  return format;
}

/** Without a shape, as PEP 3118 allows: one dimension of all bytes, or none. */
function impliedShape(ndim: number, len: number, itemsize: number, object: bigint): number[] {
  if (ndim === 0) return [];
  if (ndim === 1) return [itemsize === 0 ? 0 : Math.floor(len / itemsize)];
  throw unsound('memoryview', object, `shape is NULL, which ndim ${ndim} does not allow`);
}

function count(value: number, field: string, object: bigint): number {
  if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  throw unsound('memoryview', object, `${field} is ${BigInt(value)}, expected 0 to 2^53 - 1`);
}

function show(shape: readonly number[]): string {
  return `(${shape.join(', ')})`;
}

/**
 * What is wrong with where the elements lie, if no memory has that. Numbers will do: at the far end of 64 bits, where
 * they are not exact, nothing can be read.
 */
function beyondMemory(info: BufferInfo): string | undefined {
  const { below, above } = reachOf(info);
  const [low, high] = [Number(info.address) + below, Number(info.address) + above];
  const length = above - below;
  if (low >= 0 && high <= 2 ** 64 && Number.isSafeInteger(length)) return undefined;
  return `its elements begin at ${low} and reach over ${length} bytes, which no address space has`;
}

/**
 * What others than a Py_buffer say, checked as it is.
 *
 * @throws FormatError if it contradicts itself, or no memory can be so.
 * @internal
 */
export function checkInfo(info: BufferInfo): BufferInfo {
  const { shape, strides, itemsize, source } = info;
  const wrongly = (what: string): FormatError =>
    new FormatError(`what ${source} says of a memory is not sound: ${what}`);
  if (shape.length !== strides.length) throw wrongly(`${shape.length} sizes, but ${strides.length} strides`);
  if (shape.length > PyBUF_MAX_NDIM) throw wrongly(`${shape.length} dimensions, expected 0 to ${PyBUF_MAX_NDIM}`);
  const sizes = [itemsize, ...shape];
  const wrong = sizes.find((size) => !Number.isSafeInteger(size) || size < 0) ?? strides.find(notSafe);
  if (wrong !== undefined) throw wrongly(`a size or stride is ${wrong}, expected a whole number below 2^53`);
  const beyond = beyondMemory(info);
  if (beyond) throw wrongly(beyond);
  return info;
}

function notSafe(value: number): boolean {
  return !Number.isSafeInteger(value);
}

/**
 * Reads where a buffer's elements begin and end: what lies between is then likely to be there too.
 *
 * @throws MemoryFault if it cannot be read.
 * @internal
 */
export function checkReadable(memory: Memory, { low, length }: Extent): void {
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
export function extentOf(info: BufferInfo): Extent {
  const { below, above } = reachOf(info);
  return { low: info.address + BigInt(below), length: above - below };
}

/** How far the elements reach, in bytes from the address of the first: to below, and to behind the last above. */
function reachOf({ shape, strides, itemsize, suboffsets }: BufferInfo): { below: number; above: number } {
  if (shape.includes(0)) return { below: 0, above: 0 };
  // Behind the first suboffset the strides count from another place.
  const dimensions = suboffsets ? suboffsets.findIndex((offset) => offset >= 0) + 1 : shape.length;
  let below = 0;
  let above = suboffsets ? 0 : itemsize;
  for (let i = 0; i < dimensions; i++) {
    const reach = ((shape[i] ?? 1) - 1) * (strides[i] ?? 0);
    if (reach < 0) below += reach;
    else above += reach;
  }
  return { below, above };
}
