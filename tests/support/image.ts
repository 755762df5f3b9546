/** Images of memoryviews, laid out in segments as CPython of a target would: what a memory dump would hold. */
import type { Layout } from '../../src/layouts/layout.ts';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import type { Memory } from '../../src/memory/memory.ts';
import { type Segment, segmentMemory } from '../../src/memory/segments.ts';
import { dataModels } from '../../src/target.ts';

/** What the image shall say; what is left out is as CPython would have it for a contiguous buffer of bytes. */
export interface Image {
  readonly tag?: string;
  readonly format?: string | null;
  readonly itemsize?: number;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[] | null;
  readonly suboffsets?: readonly number[];
  readonly readonly?: boolean;
  readonly flags?: number;
  /** Of the first element, from the start of `data`. */
  readonly offset?: number;
  readonly data?: Uint8Array;
  readonly typeName?: string;
  /** What the type of the managed buffer says of its size. */
  readonly managedBasicsize?: number;
  /** Fields of PyMemoryViewObject to be written last, by their path. */
  readonly fields?: Readonly<Record<string, bigint>>;
}

export const OBJECT = 0x10000n;
export const DATA = 0x40000n;
const TYPE = 0x20000n;
const NAME = 0x30000n;
const FORMAT = 0x31000n;
const MANAGED = 0x4000n;
const MANAGED_TYPE = 0x6000n;
const MANAGED_NAME = 0x8000n;

/** A memory with a memoryview at {@link OBJECT} whose data are at {@link DATA}. */
export function imageMemory(image: Image): Memory {
  return segmentMemory(imageSegments(image), parseTarget(image.tag ?? '3.13-lp64'));
}

/** The pieces of such a memory. */
export function imageSegments(image: Image): Segment[] {
  const { tag = '3.13-lp64', itemsize = 1, typeName = 'memoryview', readonly = false, flags = 0, offset = 0 } = image;
  const { format = 'B', data = new Uint8Array(64), shape = [data.length / itemsize], suboffsets } = image;
  const { managedBasicsize } = image;
  const target = parseTarget(tag);
  const { pointer, byteOrder } = dataModels[target.model];
  const { PyObject, PyMemoryViewObject: layout, PyTypeObject, _PyManagedBufferObject } = layoutsFor(target);
  const strides = image.strides === undefined ? contiguous(shape, itemsize) : image.strides;
  const lists = [shape, strides ?? [], suboffsets ?? []];
  const at = layout.offsetOf('ob_array');
  const size = at + pointer * lists.flat().length;

  const object = new DataView(new ArrayBuffer(Math.max(size, layout.size)));
  const put = (view: DataView, where: Layout, path: string, value: bigint): void => {
    const field = where.find(path as never);
    write(view, field.offset, field.size, value, byteOrder === 'little');
  };
  const array = (before: number): bigint => OBJECT + BigInt(at + before * pointer);
  const nbytes = shape.reduce((product, n) => product * n, itemsize);
  const values: Record<string, bigint> = {
    [`ob_base.ob_base.${PyObject.has('ob_refcnt') ? 'ob_refcnt' : 'ob_ref_local'}`]: 1n,
    'ob_base.ob_base.ob_type': TYPE,
    mbuf: MANAGED,
    flags: BigInt(flags),
    'view.buf': DATA + BigInt(offset),
    'view.len': BigInt(nbytes),
    'view.itemsize': BigInt(itemsize),
    'view.readonly': readonly ? 1n : 0n,
    'view.ndim': BigInt(shape.length),
    'view.format': format === null ? 0n : FORMAT,
    'view.shape': array(0),
    'view.strides': strides === null ? 0n : array(shape.length),
    'view.suboffsets': suboffsets ? array(shape.length + (strides?.length ?? 0)) : 0n,
    ...image.fields,
  };
  for (const [path, value] of Object.entries(values)) put(object, layout, path, value);
  lists.flat().forEach((n, i) => {
    write(object, at + i * pointer, pointer, BigInt(n), byteOrder === 'little');
  });
  const typeOf = (name: bigint, basicsize: number, itemsize: number): Uint8Array => {
    const type = new DataView(new ArrayBuffer(PyTypeObject.size));
    put(type, PyTypeObject, 'tp_name', name);
    put(type, PyTypeObject, 'tp_basicsize', BigInt(basicsize));
    put(type, PyTypeObject, 'tp_itemsize', BigInt(itemsize));
    return new Uint8Array(type.buffer);
  };
  const managed = new DataView(new ArrayBuffer(_PyManagedBufferObject.size));
  put(managed, _PyManagedBufferObject, 'ob_base.ob_type', MANAGED_TYPE);
  return [
    { address: OBJECT, bytes: new Uint8Array(object.buffer) },
    { address: TYPE, bytes: typeOf(NAME, at, pointer) },
    { address: NAME, bytes: cString(typeName) },
    { address: MANAGED, bytes: new Uint8Array(managed.buffer) },
    { address: MANAGED_TYPE, bytes: typeOf(MANAGED_NAME, managedBasicsize ?? _PyManagedBufferObject.size, 0) },
    { address: MANAGED_NAME, bytes: cString('managedbuffer') },
    { address: FORMAT, bytes: cString(format ?? '') },
    { address: DATA, bytes: data },
  ];
}

function contiguous(shape: readonly number[], itemsize: number): number[] {
  return shape.map((_, i) => shape.slice(i + 1).reduce((product, n) => product * n, itemsize));
}

/** With nothing behind its NUL. */
function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

function write(view: DataView, offset: number, size: number, value: bigint, little: boolean): void {
  if (size === 8) view.setBigUint64(offset, BigInt.asUintN(64, value), little);
  else if (size === 4) view.setUint32(offset, Number(BigInt.asUintN(32, value)), little);
  else throw new RangeError(`a field of ${size} bytes is not written here`);
}
