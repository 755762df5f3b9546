/**
 * A Python buffer as TypeScript sees it: shape, strides, elements. It joins what a Py_buffer says with a memory, and
 * knows neither where the bytes come from nor what is made of them.
 */

import { dataViewOf } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import type { Memory } from '../memory/memory.ts';
import type { ElementValue, NumericTypedArray } from './element.ts';
import { type Format, parseFormat } from './format.ts';
import { type Elements, gatherPil, step, walk } from './gather.ts';
import { Lifetime } from './lifetime.ts';
import { type BufferInfo, cStrides, type Extent, elementCount, extentOf } from './py-buffer.ts';
import { Py_REFCNT } from './py-object.ts';
import { checkIndex, type Range, take } from './range.ts';
import { readStruct } from './struct.ts';
import { noTypedArray, typedArrayFor, typedArrayOver } from './typed-array.ts';

/** Elements nested as deep as the buffer has dimensions; of a 0-d buffer the element itself. */
export type NestedList = ElementValue | NestedList[];

/**
 * A borrowed view of a Python buffer, without a copy. Made by `viewObject`, or by `view` of a Python in this process.
 *
 * Shapes count elements; strides and suboffsets are bytes, as in a `Py_buffer`. After {@link BufferView.release}
 * every member throws `ReleasedError`.
 *
 * @example
 * ```ts
 * import { openPython } from 'memview/ffi';
 * const python = openPython();
 * using view = python.view('memoryview(bytearray(range(6))).cast("B", (2, 3))');
 * console.log(view.shape, view.get(1, 2)); // [ 2, 3 ] 5
 * ```
 */
export class BufferView {
  readonly #memory: Memory;
  readonly #info: BufferInfo;
  readonly #lifetime: Lifetime;
  #extent: Extent | undefined;
  /** The extent as last lent by a live memory. */
  #window: DataView | undefined;

  /** @internal */
  constructor(memory: Memory, info: BufferInfo, lifetime: Lifetime) {
    this.#memory = memory;
    this.#info = info;
    this.#lifetime = lifetime;
  }

  /** The format of PEP 3118, e.g. `d` for doubles of the machine. */
  get format(): string {
    return this.#live().format;
  }

  /** Bytes of one element. */
  get itemsize(): number {
    return this.#live().itemsize;
  }

  /** How many dimensions; 0 for a single element. */
  get ndim(): number {
    return this.#live().shape.length;
  }

  /** Elements along each dimension. */
  get shape(): readonly number[] {
    return this.#live().shape;
  }

  /** Bytes from one element to the next along each dimension; negative where it runs backwards. */
  get strides(): readonly number[] {
    return this.#live().strides;
  }

  /** For each dimension the bytes to add after following a pointer there, or a negative number; mostly undefined. */
  get suboffsets(): readonly number[] | undefined {
    return this.#live().suboffsets;
  }

  /** Bytes of all elements together, which strides may spread over more. */
  get nbytes(): number {
    const { shape, itemsize } = this.#live();
    return elementCount(shape) * itemsize;
  }

  /** Whether the exporter forbids writing. `set` then refuses; `data` and `bytes` cannot. */
  get readonly(): boolean {
    return this.#live().readonly;
  }

  /** Whether the elements lie one after the other with the last index varying fastest. */
  get cContiguous(): boolean {
    const { shape, strides, itemsize, suboffsets } = this.#live();
    return !suboffsets && isContiguous(shape, strides, itemsize);
  }

  /** Whether the elements lie one after the other with the first index varying fastest. */
  get fContiguous(): boolean {
    const { shape, strides, itemsize, suboffsets } = this.#live();
    return !suboffsets && isContiguous(shape.toReversed(), strides.toReversed(), itemsize);
  }

  /** The address of the element at index 0, 0 …: C's `buf`. */
  get address(): bigint {
    return this.#live().address;
  }

  /** The address of the memoryview that was read. A view made by `Python.view` has one of its own. */
  get object(): bigint {
    return this.#live().object;
  }

  /** How many buffers are exported from that memoryview, as it says now. */
  get exports(): number {
    return Number(this.#header().exports);
  }

  /** The state flags of that memoryview, C's `_Py_MEMORYVIEW_…`, as it says now. */
  get flags(): number {
    return this.#header().flags;
  }

  /** The reference count of that memoryview, as it says now. */
  get refcount(): number {
    return Py_REFCNT(this.#memory, this.#live().object);
  }

  /**
   * The elements as a typed array over the memory itself, in C order: a write to either is seen by both. JavaScript
   * has no read-only typed arrays: where `readonly` is true, writing to it changes what Python takes for constant, and
   * ends the process where the operating system protects the memory (a read-only `mmap`).
   *
   * @throws FormatError if no typed array has these elements in this order; the message names the remedy.
   */
  get data(): NumericTypedArray {
    const { address, shape } = this.#live();
    const format = this.elements();
    if (!this.#memory.live) throw noTypedArray('its memory is read in snapshots');
    if (!this.cContiguous) throw noTypedArray('it is not C-contiguous');
    return typedArrayOver(this.#bytes(), address, elementCount(shape), format);
  }

  /**
   * The bytes of a contiguous buffer in the order they lie in memory, whatever their format: the memory itself where
   * the memory is live, else a snapshot. As with `data`, those of a read-only buffer must not be written to.
   *
   * @throws FormatError if the buffer is not contiguous.
   */
  get bytes(): Uint8Array {
    if (this.cContiguous || this.fContiguous) {
      const { buffer, byteOffset, byteLength } = this.#bytes();
      return new Uint8Array(buffer, byteOffset, byteLength);
    }
    throw new FormatError('the bytes of this buffer do not lie together; toTypedArray() copies its elements');
  }

  /**
   * The element at an index: as many whole numbers as there are dimensions, negative ones counted from the end.
   *
   * @throws RangeError if an index is out of range, TypeError if their number is not `ndim`.
   * @throws FormatError if the format is not understood.
   */
  get(...index: number[]): ElementValue {
    const { element, little } = this.elements();
    const [bytes, offset] = this.#at(index);
    return element.read(bytes, offset, little);
  }

  /**
   * Writes the element at an index; the last argument is the value.
   *
   * @throws TypeError if the buffer is read-only, or the value no kind of its element.
   * @throws RangeError if an index is out of range, or the value does not fit.
   */
  set(...indexAndValue: [...index: number[], value: ElementValue]): void {
    const info = this.#live();
    const { element, little } = this.elements();
    const index = indexAndValue.slice(0, -1) as number[];
    const value = indexAndValue.at(-1) as ElementValue;
    if (info.readonly) throw new TypeError('this buffer is read-only: its exporter forbids writing');
    if (!this.#memory.live) throw new TypeError('this buffer is a snapshot: a write would be lost');
    if (info.suboffsets) throw new TypeError('cannot write through suboffsets; write to the exporter in Python');
    const [bytes, offset] = this.#at(index);
    element.write(bytes, offset, value, little);
  }

  /**
   * A part of this view, itself a view of the same memory. One range per dimension, from the first; the rest is
   * taken whole. An index removes its dimension, `null` takes all, `[start, stop, step]` is Python's slice.
   *
   * @throws RangeError if an index is out of range, a step is 0, or there are more ranges than dimensions.
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * using view = openPython().view('memoryview(bytearray(range(6))).cast("B", (2, 3))');
   * console.log(view.slice(null, [null, null, -1]).toList()); // [ [ 2, 1, 0 ], [ 5, 4, 3 ] ]
   * ```
   */
  slice(...ranges: Range[]): BufferView {
    const info = this.#withoutSuboffsets('slice');
    if (ranges.length > info.shape.length) {
      throw new RangeError(`expected at most ${info.shape.length} ranges, got ${ranges.length}`);
    }
    const taken = info.shape.map((size, dimension) => take(ranges[dimension] ?? null, size, dimension));
    const kept = taken.flatMap(({ single }, dimension) => (single ? [] : [dimension]));
    let offset = 0;
    // An empty dimension has no first element to start from.
    taken.forEach(({ start, length }, i) => {
      if (length > 0) offset += start * (info.strides[i] ?? 0);
    });
    return this.#derive({
      ...info,
      address: info.address + BigInt(offset),
      shape: kept.map((i) => taken[i]?.length ?? 0),
      strides: kept.map((i) => (info.strides[i] ?? 0) * (taken[i]?.step ?? 1)),
    });
  }

  /**
   * The view with its dimensions in another order; without arguments in the reverse order.
   *
   * @throws RangeError if the axes are not each dimension once.
   */
  transpose(...axes: number[]): BufferView {
    const info = this.#withoutSuboffsets('transpose');
    const all = [...info.shape.keys()];
    const order = axes.length === 0 ? all.toReversed() : axes.map((axis) => (axis < 0 ? axis + all.length : axis));
    if (order.toSorted((a, b) => a - b).join() !== all.join()) {
      throw new RangeError(`expected each of ${all.length} axes once, got (${axes.join(', ')})`);
    }
    const pick = (values: readonly number[]) => order.map((axis) => values[axis] ?? 0);
    return this.#derive({ ...info, shape: pick(info.shape), strides: pick(info.strides) });
  }

  /**
   * The elements as nested arrays, as Python's `tolist()`; of a 0-d buffer the element.
   *
   * @throws FormatError if the format is not understood.
   */
  toList(): NestedList {
    const { element, little } = this.elements();
    const { bytes, origin, shape, strides } = this.scan();
    const nest = (dimension: number, offset: number): NestedList => {
      const size = shape[dimension];
      if (size === undefined) return element.read(bytes, offset, little);
      const stride = strides[dimension] ?? 0;
      return Array.from({ length: size }, (_, i) => nest(dimension + 1, offset + i * stride));
    };
    return nest(0, origin);
  }

  /**
   * A copy of the elements in C order, whatever strides, byte order or alignment they have. Where the runtime has no
   * Float16Array, binary16 comes as a Float32Array, which holds every value of it.
   *
   * @throws FormatError if the format is not understood.
   */
  toTypedArray(): NumericTypedArray {
    const { element, little } = this.elements();
    const elements = this.scan();
    const copy = typedArrayFor(element, elementCount(elements.shape));
    let i = 0;
    walk(elements, (offset) => {
      const value = element.read(elements.bytes, offset, little);
      copy[i++] = typeof value === 'boolean' ? Number(value) : value;
    });
    return copy;
  }

  /**
   * Gives the buffer back to its exporter. Idempotent. Afterwards every member throws `ReleasedError`, and typed
   * arrays over memory mapped for this view have length 0. A view made by `slice` or `transpose` ends with its origin.
   */
  release(): void {
    this.#lifetime.release();
    this.#window = undefined;
  }

  /** Releases, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    if (this.#lifetime.released) return 'BufferView { released }';
    const { format, shape, strides, readonly } = this.#info;
    const access = readonly ? ', read-only' : '';
    return `BufferView { format ${JSON.stringify(format)}, shape (${shape}), strides (${strides})${access} }`;
  }

  /** How to read one element. @internal */
  elements(): Format {
    const { elements, format, itemsize } = this.#live();
    return elements ?? parseFormat(format, itemsize, this.#memory.target);
  }

  /** The elements within one DataView. @internal */
  scan(): Elements {
    const info = this.#live();
    if (info.suboffsets) {
      const bytes = gatherPil(this.#memory, info);
      return { bytes, origin: 0, shape: info.shape, strides: cStrides(info.shape, info.itemsize) };
    }
    const origin = Number(info.address - this.#reach().low);
    return { bytes: this.#bytes(), origin, shape: info.shape, strides: info.strides };
  }

  #live(): BufferInfo {
    this.#lifetime.check();
    return this.#info;
  }

  #header() {
    const { object } = this.#live();
    return readStruct(this.#memory, layoutsFor(this.#memory.target).PyMemoryViewObject, object);
  }

  #withoutSuboffsets(verb: string): BufferInfo {
    const info = this.#live();
    if (info.suboffsets) throw new FormatError(`cannot ${verb} a view with suboffsets; ${verb} it in Python`);
    return info;
  }

  #reach(): Extent {
    this.#extent ??= extentOf(this.#info);
    return this.#extent;
  }

  /** All elements. A live memory is asked again only when it took the bytes back: a WebAssembly heap that grew. */
  #bytes(): DataView {
    const { low, length } = this.#reach();
    if (this.#window?.buffer.byteLength && this.#memory.live) return this.#window;
    this.#window = dataViewOf(length === 0 ? new Uint8Array() : this.#memory.read(low, length));
    return this.#window;
  }

  /** Where one element is: the bytes to read it from, and its offset in them. */
  #at(index: readonly number[]): [bytes: DataView, offset: number] {
    const info = this.#live();
    const { shape, strides, itemsize, suboffsets } = info;
    if (index.length !== shape.length) {
      throw new TypeError(`expected ${shape.length} indices, one per dimension, got ${index.length}`);
    }
    const checked = index.map((i, dimension) => checkIndex(i, shape[dimension] ?? 0, dimension));
    if (this.#memory.live && !suboffsets) {
      const offset = checked.reduce((sum, i, dimension) => sum + i * (strides[dimension] ?? 0), 0);
      return [this.#bytes(), Number(info.address - this.#reach().low) + offset];
    }
    const address = checked.reduce((at, i, dimension) => step(this.#memory, info, dimension, at, i), info.address);
    return [dataViewOf(this.#memory.read(address, itemsize)), 0];
  }

  #derive(info: BufferInfo): BufferView {
    return new BufferView(this.#memory, info, new Lifetime('view', this.#lifetime));
  }
}

function isContiguous(shape: readonly number[], strides: readonly number[], itemsize: number): boolean {
  if (shape.includes(0)) return true;
  const expected = cStrides(shape, itemsize);
  return shape.every((size, i) => size === 1 || strides[i] === expected[i]);
}
