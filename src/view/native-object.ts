/**
 * The objects whose memory can be told by layout alone: which they are, and what a view of each has to know. It calls
 * no Python, and reads no element.
 */
import { dataViewOf, textOf } from '../bytes.ts';
import { LayoutMismatch, type Mismatch } from '../errors.ts';
import { internalLayouts } from '../layouts/internal.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { NPY_ARRAY_ALIGNED, NPY_ARRAY_WRITEABLE } from '../layouts/ndarraytypes.ts';
import { PyBUF_MAX_NDIM } from '../layouts/pybuffer.ts';
import { verifySizes } from '../layouts/recognise.ts';
import type { Memory } from '../memory/memory.ts';
import { dataModels, formatTarget, perTarget, type Target } from '../target.ts';
import { type ElementTypes, readElementType } from './descr.ts';
import { type BufferInfo, checkInfo, cStrides, readBufferInfo } from './py-buffer.ts';
import { baseTypes, Py_TYPE, perStaticType, type TypeAt } from './py-object.ts';
import { isCContiguous, isFContiguous } from './select.ts';
import { fieldReader, readSizes, readStruct } from './struct.ts';
import { unsound } from './unsound.ts';

/** The types that are known, an object of a subclass being one of its base's kind. */
export type BufferKind = 'memoryview' | 'bytes' | 'bytearray' | 'array' | 'ndarray';

interface Kind {
  readonly kind: BufferKind;
  /** Its type may be allocated on the heap, as those of Python programs are; that of the others is static. */
  readonly heap?: true;
  /** @throws LayoutMismatch if the type states other sizes than the target's layouts have. */
  readonly verify: (target: Target, type: TypeAt) => void;
  readonly read: (memory: Memory, address: bigint, known?: ElementTypes) => BufferInfo;
  /** How many buffers are exported from it, where it counts them itself. */
  readonly exports?: (memory: Memory, address: bigint) => number;
}

/** By `tp_name`. */
const kinds: Readonly<Record<string, Kind>> = {
  memoryview: {
    kind: 'memoryview',
    verify: (target, { basicsize, itemsize }) =>
      verifySizes(target, { 'memoryview.__basicsize__': basicsize, 'memoryview.__itemsize__': itemsize }),
    read: (memory, address) => readBufferInfo(memory, address),
  },
  bytes: {
    kind: 'bytes',
    verify: (target, { basicsize }) => verifySizes(target, { 'bytes.__basicsize__': basicsize }),
    read: readBytes,
  },
  bytearray: {
    kind: 'bytearray',
    verify: (target, { basicsize }) => verifySizes(target, { 'bytearray.__basicsize__': basicsize }),
    read: readBytearray,
    exports: (memory, address) =>
      Number(readStruct(memory, layoutsFor(memory.target).PyByteArrayObject, address).ob_exports),
  },
  'array.array': {
    kind: 'array',
    heap: true,
    verify: (target, { basicsize }) => {
      const expected = layoutsFor(target).arrayobject.size;
      if (basicsize !== expected) throw mismatch(target, { fact: 'array.__basicsize__', expected, found: basicsize });
    },
    read: readArray,
    exports: (memory, address) => Number(readStruct(memory, layoutsFor(memory.target).arrayobject, address).ob_exports),
  },
  'numpy.ndarray': {
    kind: 'ndarray',
    verify: (target, { basicsize }) => {
      const { PyArrayObject_fields: layout } = layoutsFor(target);
      // Before numpy 1.22 its last members, which are not read, were not there.
      const sizes = [layout.size, layout.offsetOf('mem_handler'), layout.offsetOf('_buffer_info')];
      if (sizes.includes(basicsize)) return;
      throw mismatch(target, { fact: 'ndarray.__basicsize__', expected: sizes.join(' or '), found: basicsize });
    },
    read: readArrayOfNumpy,
  },
};

function mismatch(target: Target, fact: Mismatch): LayoutMismatch {
  return new LayoutMismatch(formatTarget(target), [fact]);
}

/** Undefined if it is none of them. */
const known = perStaticType((memory, typeAddress): { kind: BufferKind | undefined; heap: boolean } => {
  let heap = false;
  for (const type of baseTypes(memory, typeAddress)) {
    heap ||= type.heap;
    const found = Object.hasOwn(kinds, type.name) ? kinds[type.name] : undefined;
    if (!found || (type.heap && !found.heap)) continue;
    found.verify(memory.target, type);
    return { kind: found.kind, heap };
  }
  return { kind: undefined, heap };
});

/**
 * Which of the known types a type is, or is derived from; undefined for another.
 *
 * @throws LayoutMismatch if it is one, but of other sizes than the target's layouts have.
 * @throws MemoryFault if it or one of its bases cannot be read.
 * @internal
 */
export function bufferKind(memory: Memory, typeAddress: bigint): BufferKind | undefined {
  return known(memory, typeAddress).kind;
}

const byKind = new Map(Object.values(kinds).map((each) => [each.kind, each]));

/**
 * What a view of an object has to know, its elements not read.
 *
 * @param kind of the object, as {@link bufferKind} says of its type
 * @param known element types of numpy that were read before of the same memory
 * @throws ReleasedError if it is a memoryview that was released.
 * @throws FormatError if it contradicts itself.
 * @throws MemoryFault if it or a pointer in it cannot be read.
 * @internal
 */
export function readInfo(memory: Memory, address: bigint, kind: BufferKind, known?: ElementTypes): BufferInfo {
  return (byKind.get(kind) as Kind).read(memory, address, known);
}

/**
 * How many buffers are exported from an object, as it says now; undefined for those that do not count.
 *
 * @throws MemoryFault if it cannot be read.
 * @internal
 */
export function readExports(memory: Memory, address: bigint): number | undefined {
  const kind = bufferKind(memory, Py_TYPE(memory, address));
  return kind && byKind.get(kind)?.exports?.(memory, address);
}

/** One dimension of elements one after the other. */
function row(object: bigint, address: bigint, count: bigint, format: string, itemsize: number): BufferInfo {
  return checkInfo({
    address,
    object,
    source: 'layout',
    format,
    itemsize,
    readonly: false,
    shape: [Number(count)],
    strides: [itemsize],
    suboffsets: undefined,
  });
}

/** Bound once: a process has a hundred thousand of them. */
const bytesReaders = perTarget((target) => {
  const { PyVarObject, PyBytesObject } = layoutsFor(target);
  const length = fieldReader(PyVarObject, 'ob_size', 'bigint');
  return { size: PyVarObject.size, length, first: BigInt(PyBytesObject.offsetOf('ob_sval')) };
});

function readBytes(memory: Memory, address: bigint): BufferInfo {
  const { size, length, first } = bytesReaders(memory.target);
  const count = length(dataViewOf(memory.read(address, size)));
  return { ...row(address, address + first, count, 'B', 1), readonly: true };
}

function readBytearray(memory: Memory, address: bigint): BufferInfo {
  const { ob_base, ob_start } = readStruct(memory, layoutsFor(memory.target).PyByteArrayObject, address);
  return row(address, ob_start, ob_base.ob_size, 'B', 1);
}

/** The code is the format, but for wide characters: PEP 3118 has another letter where they are of four bytes. */
function readArray(memory: Memory, address: bigint): BufferInfo {
  const { ob_base, ob_item, ob_descr } = readStruct(memory, layoutsFor(memory.target).arrayobject, address);
  const { typecode, itemsize } = readStruct(memory, internalLayouts(memory.target).arraydescr, ob_descr);
  const letters = typecode.slice(0, typecode.includes(0) ? typecode.indexOf(0) : typecode.length);
  const code = textOf(Uint8Array.from(letters));
  if (!/^[a-zA-Z]+$/.test(code) || itemsize < 1 || itemsize > 32) {
    throw unsound('array.array', address, `its code is ${JSON.stringify(code)}, and its itemsize ${itemsize}`);
  }
  const wide = code === 'u' && dataModels[memory.target.model].wchar_t === 4;
  return row(address, ob_item, ob_base.ob_size, wide ? 'w' : code, itemsize);
}

function readArrayOfNumpy(memory: Memory, address: bigint, known?: ElementTypes): BufferInfo {
  const { data, nd, dimensions, strides, descr, flags } = readStruct(
    memory,
    layoutsFor(memory.target).PyArrayObject_fields,
    address,
  );
  if (nd < 0 || nd > PyBUF_MAX_NDIM) {
    throw unsound('numpy.ndarray', address, `nd is ${nd}, expected 0 to ${PyBUF_MAX_NDIM}`);
  }
  const { format, itemsize } = readElementType(memory, descr, (flags & NPY_ARRAY_ALIGNED) !== 0, known);
  const info = checkInfo({
    address: data,
    object: address,
    source: 'layout',
    format,
    itemsize,
    readonly: (flags & NPY_ARRAY_WRITEABLE) === 0,
    shape: nd === 0 ? [] : readSizes(memory, dimensions, nd),
    strides: nd === 0 ? [] : readSizes(memory, strides, nd),
    suboffsets: undefined,
  });
  return { ...info, strides: contiguousStrides(info) };
}

/** As numpy's buffers have them: the stride of a dimension without a second element may be any in the array itself. */
function contiguousStrides(info: BufferInfo): readonly number[] {
  const { shape, strides, itemsize } = info;
  if (isCContiguous(info)) return cStrides(shape, itemsize);
  return isFContiguous(info) ? cStrides(shape.toReversed(), itemsize).reverse() : strides;
}
