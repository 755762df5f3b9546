/**
 * A Python buffer as TypeScript sees it: shape, strides, elements. It joins what a Py_buffer says with a memory, and
 * knows neither where the bytes come from nor what is made of them.
 */

import { dataViewOf } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import type { Memory, MemoryLocator } from '../memory/memory.ts';
import type { Element, ElementValue, NumericTypedArray } from './element.ts';
import { parseFormat } from './format.ts';
import { type Elements, gatherApart, type NestedList, nest, step } from './gather.ts';
import { Lifetime } from './lifetime.ts';
import { readExports } from './native-object.ts';
import { type BufferInfo, cStrides, type Extent, elementCount, extentOf, type ViewSource } from './py-buffer.ts';
import { Py_REFCNT } from './py-object.ts';
import { checkIndex, type Range } from './range.ts';
import { eachIndex, scatter, scatterOne, writtenRanges } from './scatter.ts';
import { cast, isCContiguous, isFContiguous, slice, transpose } from './select.ts';
import { readStruct } from './struct.ts';
import { copyElements, noTypedArray, typedArrayOver } from './typed-array.ts';

/** An array has no more elements than V8 can hold in one piece; a list of more would take the process with it. */
const MOST_LISTED = 2 ** 27;

/** Of memory that is read in snapshots, in bytes; what reaches further is read in parts. */
const MOST_AT_ONCE = 2 ** 28;

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
  /** The view that this one is a part of, by slices and casts: its release lets go of the bytes of all of them. */
  readonly #origin: BufferView;
  #extent: Extent | undefined;
  /** Of an origin: its extent as last lent by a live memory. */
  #window: DataView | undefined;

  /** @internal */
  constructor(memory: Memory, info: BufferInfo, lifetime: Lifetime, origin?: BufferView) {
    this.#memory = memory;
    this.#info = info;
    this.#lifetime = lifetime;
    this.#origin = origin ?? this;
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
    return isCContiguous(this.#live());
  }

  /** Whether the elements lie one after the other with the first index varying fastest. */
  get fContiguous(): boolean {
    return isFContiguous(this.#live());
  }

  /** The address of the element at index 0, 0 …: C's `buf`. */
  get address(): bigint {
    return this.#live().address;
  }

  /**
   * The address of the object that was read. A view made by `Python.view` has a memoryview of its own; where the source
   * is another protocol, it is the address of the object that keeps the memory.
   */
  get object(): bigint {
    return this.#live().object;
  }

  /**
   * How the memory was learnt of: `buffer`, or another of {@link ViewSource}; `layout` where an object that is no
   * memoryview was read as it lies there. Of `__array__` it is a copy.
   */
  get source(): ViewSource {
    return this.#live().source;
  }

  /**
   * How many buffers are exported from that memoryview, bytearray or array.array, as it says now.
   *
   * @throws TypeError if it is none of these: no other object counts them.
   */
  get exports(): number {
    const { object, source } = this.#live();
    const counted = source === 'layout' ? readExports(this.#memory, object) : undefined;
    return counted ?? Number(this.#header('exports').exports);
  }

  /**
   * The state flags of that memoryview, C's `_Py_MEMORYVIEW_…`, as it says now.
   *
   * @throws TypeError if the source is not the buffer protocol.
   */
  get flags(): number {
    return this.#header('flags').flags;
  }

  /** The reference count of that object, as it says now. */
  get refcount(): number {
    return Py_REFCNT(this.#memory, this.#live().object);
  }

  /**
   * The elements as a typed array over the memory itself, in C order: a write to either is seen by both. Complex
   * numbers are pairs of it, datetime64 and timedelta64 a BigInt64Array of their counts, addresses a BigUint64Array;
   * elements for which there is no typed array (records, bytes, text, bfloat16, long double; float16 where the runtime
   * has no Float16Array) are a Uint8Array of their bytes.
   *
   * JavaScript has no read-only typed arrays: where `readonly` is true, writing to it changes what Python takes for
   * constant, and ends the process where the operating system protects the memory (a read-only `mmap`).
   *
   * @throws FormatError if no typed array has these elements in this order; the message names the remedy.
   */
  get data(): NumericTypedArray {
    const { address, shape } = this.#live();
    const element = this.element();
    if (!this.#memory.live) throw noTypedArray('its memory is read in snapshots');
    if (!this.cContiguous) throw noTypedArray('it is not C-contiguous');
    const array = typedArrayOver(this.#bytes(), address, elementCount(shape), element);
    this.#lifetime.handOut();
    return array;
  }

  /**
   * The bytes of a contiguous buffer in the order they lie in memory, whatever their format: the memory itself where
   * the memory is live, else a snapshot. As with `data`, those of a read-only buffer must not be written to.
   *
   * @throws FormatError if the buffer is not contiguous.
   */
  get bytes(): Uint8Array {
    const bytes = this.contiguous();
    this.#lifetime.handOut();
    return bytes;
  }

  /**
   * The element at an index: as many whole numbers as there are dimensions, negative ones counted from the end.
   *
   * @throws RangeError if an index is out of range, TypeError if their number is not `ndim`.
   * @throws FormatError if the format is not understood.
   */
  get(...index: number[]): ElementValue {
    const element = this.element();
    const [bytes, offset] = this.#at(index);
    return element.read(bytes, offset);
  }

  /**
   * Writes the element at an index; the last argument is the value, of the kind that `get` gives. On an error nothing
   * of it is written.
   *
   * @throws TypeError if the buffer is read-only, or the value no kind of its element.
   * @throws RangeError if an index is out of range, or the value does not fit.
   * @throws FormatError if the format is not understood.
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * const python = openPython();
   * python.exec('import ctypes; Point = type("Point", (ctypes.Structure,), {"_fields_": [("x", ctypes.c_double)]})');
   * python.exec('points = (Point * 2)()');
   * using view = python.view('points');
   * view.set(1, { x: 2.5 });
   * console.log(view.toList()); // [ { x: 0 }, { x: 2.5 } ]
   * ```
   */
  set(...indexAndValue: [...index: number[], value: ElementValue]): void {
    const element = this.element();
    const index = indexAndValue.slice(0, -1) as number[];
    const value = indexAndValue.at(-1) as ElementValue;
    this.checkWritable();
    const [bytes, offset] = this.#at(index, true);
    if (element.values === 1) {
      element.write(bytes, offset, value);
      return;
    }
    // The parts of a compound are all tried before one is written.
    const tried = new DataView(new ArrayBuffer(element.size));
    const trial = new Uint8Array(tried.buffer);
    trial.set(new Uint8Array(bytes.buffer, bytes.byteOffset + offset, element.size));
    element.write(tried, 0, value);
    // The value's getters may have released the view.
    const [place, at] = this.#at(index, true);
    new Uint8Array(place.buffer, place.byteOffset + at, element.size).set(trial);
  }

  /**
   * A part of this view, itself a view of the same memory. One range per dimension, from the first; the rest is
   * taken whole. An index removes its dimension, `null` takes all, `[start, stop, step]` is Python's slice.
   *
   * @throws RangeError if an index is out of range, a step is 0, or there are more ranges than dimensions.
   * @throws FormatError if an index would leave a pointer (a suboffset) that no dimension follows, or elements before
   * the pointer that they lie behind.
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * using view = openPython().view('memoryview(bytearray(range(6))).cast("B", (2, 3))');
   * console.log(view.slice(null, [null, null, -1]).toList()); // [ [ 2, 1, 0 ], [ 5, 4, 3 ] ]
   * ```
   */
  slice(...ranges: Range[]): BufferView {
    return this.#derive(slice(this.#memory, this.#live(), ranges));
  }

  /**
   * The view with its dimensions in another order; without arguments in the reverse order.
   *
   * @throws RangeError if the axes are not each dimension once.
   * @throws FormatError if the view has suboffsets.
   */
  transpose(...axes: number[]): BufferView {
    return this.#derive(transpose(this.#live(), axes));
  }

  /**
   * The same bytes as elements of another format, as Python's `memoryview.cast`, but to and from any format.
   *
   * @param format of PEP 3118, e.g. `<i` or `T{d:x:d:y:}`
   * @param shape in elements; by default one dimension
   * @throws FormatError if the view is not C-contiguous, its bytes are no whole number of elements, or the format is
   * not understood.
   * @throws RangeError if the shape has not as many elements, or more than 64 dimensions.
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * using view = openPython().view('bytearray(range(8))');
   * console.log(view.cast('>H', [2, 2]).toList()); // [ [ 1, 515 ], [ 1029, 1543 ] ]
   * ```
   */
  cast(format: string, shape?: readonly number[]): BufferView {
    const info = this.#live();
    const { size } = parseFormat(format, undefined, this.#memory.target);
    return this.#derive(cast(info, format, size, shape));
  }

  /**
   * The elements as nested arrays, as Python's `tolist()`; of a 0-d buffer the element.
   *
   * @throws FormatError if the format is not understood, or there are more than 2^27 elements.
   */
  toList(): NestedList {
    const { shape } = this.#live();
    const { read } = this.element();
    // Behind a dimension without elements there are none, but before it as many empty lists as it is met.
    const empty = shape.indexOf(0);
    const count = elementCount(empty < 0 ? shape : shape.slice(0, empty));
    if (count > MOST_LISTED) {
      throw new FormatError(
        `toList() of ${count} elements is more than an array holds; slice it, or use toTypedArray()`,
      );
    }
    return nest(this.scan(), read);
  }

  /**
   * A copy of the elements in C order, whatever strides, byte order or alignment they have. Where `data` would be a
   * Uint8Array, numbers are converted: float16 (without a Float16Array) and bfloat16 to a Float32Array, which holds
   * every value of theirs, long double to a Float64Array, which holds the nearest.
   *
   * @throws FormatError if the format is not understood, or there is no memory for the copy.
   */
  toTypedArray(): NumericTypedArray {
    const element = this.element();
    const elements = this.scan();
    return copyElements(elements, elementCount(elements.shape), element);
  }

  /**
   * Ends the view: afterwards every member throws `ReleasedError`. Idempotent. A view made by `slice`, `transpose` or
   * `cast` ends with its origin.
   *
   * If neither `data` nor `bytes` was taken of it, the buffer is given back to its exporter at once. The arrays that
   * were taken stay what they are, for whoever holds them: a call of Node's under way, a module's thread, code that
   * reads later. They pin the exporter until they are garbage; {@link BufferView.revoke} does not wait for that.
   *
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * const view = openPython().view('bytearray(b"abc")');
   * const response = new Response(view.bytes);
   * view.release();
   * console.log(await response.text()); // abc
   * ```
   */
  release(): void {
    this.#lifetime.release();
    this.#window = undefined;
  }

  /**
   * Ends the view and takes back what it handed out: every array taken by `data` or `bytes` has length 0 from now on, and
   * the exporter is free at once. It is for who knows that nobody reads them any more. Of a view that did not map its
   * memory for itself (of a heap, a core file, another process) it is `release`. After `release` it takes back what that
   * left.
   *
   * @throws Error if a call of Node's may still hold one of the arrays (a write, a file operation, zlib, crypto), or they
   * are an earlier view's as well; nothing has changed then. A module that reads in threads of its own after its promise
   * has settled is not seen.
   * @throws TypeError of a view made by `slice`, `transpose` or `cast`: its arrays are its origin's.
   * @example
   * ```ts
   * import { openPython } from 'memview/ffi';
   * const python = openPython();
   * python.exec('b = bytearray(b"abc")');
   * const view = python.view('b');
   * const { data } = view;
   * view.revoke();
   * python.exec('b.extend(b"d")');
   * console.log(data.length); // 0
   * ```
   */
  revoke(): void {
    this.#lifetime.revoke();
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

  /**
   * @throws TypeError if what is written would be forbidden, or lost.
   * @internal
   */
  checkWritable(): void {
    if (this.#live().readonly) throw new TypeError('this buffer is read-only: its exporter forbids writing');
    const { live, lend } = this.#memory;
    if (!live && !lend) throw new TypeError('this buffer is a snapshot: a write would be lost');
  }

  /**
   * Writes all elements; of records their fields, and not what is between.
   *
   * @param bytes of the elements, one after the other in C order
   * @throws MemoryFault if one cannot be reached; then none was written.
   * @internal
   */
  fill(bytes: Uint8Array): void {
    const info = this.#live();
    const { shape, itemsize } = info;
    if (shape.includes(0)) return;
    const ranges = writtenRanges(this.element());
    if (this.#memory.live && !info.suboffsets) {
      scatter(this.scan(), itemsize, ranges, bytes);
      return;
    }
    // Each is found before one is written.
    eachIndex(shape, (...index) => this.#at(index, true));
    let from = 0;
    eachIndex(shape, (...index) => {
      const [place, offset] = this.#at(index, true);
      scatterOne(place, offset, ranges, bytes.subarray(from, from + itemsize));
      from += itemsize;
    });
  }

  /** What one element is. @internal */
  element(): Element {
    const { format, itemsize } = this.#live();
    return parseFormat(format, itemsize, this.#memory.target);
  }

  /** As `bytes`, for who keeps it no longer than the view. @internal */
  contiguous(): Uint8Array {
    if (this.cContiguous || this.fContiguous) {
      const { buffer, byteOffset, byteLength } = this.#bytes();
      return new Uint8Array(buffer, byteOffset, byteLength);
    }
    throw new FormatError('the bytes of this buffer do not lie together; toTypedArray() copies its elements');
  }

  /** The elements within one DataView. @internal */
  scan(): Elements {
    const info = this.#live();
    if (info.suboffsets || (!this.#memory.live && this.#reach().length > MOST_AT_ONCE)) {
      const bytes = gatherApart(this.#memory, info);
      return { bytes, origin: 0, shape: info.shape, strides: cStrides(info.shape, info.itemsize) };
    }
    const origin = Number(info.address - this.#reach().low);
    return { bytes: this.#bytes(), origin, shape: info.shape, strides: info.strides };
  }

  /** Whether `scan` gives the memory itself, rather than a copy of all that the elements reach. @internal */
  lends(): boolean {
    return this.#memory.live && !this.#live().suboffsets;
  }

  /** Where another thread finds the same elements, if it can; in plain data. @internal */
  located(): { readonly locator: MemoryLocator; readonly info: BufferInfo } | undefined {
    const info = this.#live();
    const { locator } = this.#memory;
    return locator && { locator, info };
  }

  #live(): BufferInfo {
    this.#lifetime.check();
    return this.#info;
  }

  #header(asked: 'exports' | 'flags') {
    const { object, source } = this.#live();
    if (source === 'buffer')
      return readStruct(this.#memory, layoutsFor(this.#memory.target).PyMemoryViewObject, object);
    throw new TypeError(`expected a view of a memoryview, this one is of ${source}: it has no ${asked}`);
  }

  #reach(): Extent {
    this.#extent ??= extentOf(this.#info);
    return this.#extent;
  }

  /** All that the elements reach. */
  #bytes(): DataView {
    const { low, length } = this.#reach();
    if (length === 0) return dataViewOf(new Uint8Array());
    if (!this.#memory.live) return dataViewOf(this.#memory.read(low, length));
    const origin = this.#origin;
    const all = origin.#all();
    if (origin === this) return all;
    return new DataView(all.buffer, all.byteOffset + Number(low - origin.#reach().low), length);
  }

  /** Of an origin. A live memory is asked again only when it took the bytes back: a WebAssembly heap that grew. */
  #all(): DataView {
    if (this.#window?.buffer.byteLength) return this.#window;
    const { low, length } = this.#reach();
    this.#window = dataViewOf(length === 0 ? new Uint8Array() : this.#memory.read(low, length));
    return this.#window;
  }

  /** Where one element is: the bytes to read it from, or to write it to, and its offset in them. */
  #at(index: readonly number[], toWrite = false): [bytes: DataView, offset: number] {
    const info = this.#live();
    const { shape, strides, itemsize, suboffsets } = info;
    if (index.length !== shape.length) {
      throw new TypeError(`expected ${shape.length} indices, one per dimension, got ${index.length}`);
    }
    const checked = index.map((i, dimension) => checkIndex(i, shape[dimension] ?? 0, dimension));
    if (this.#memory.live && !suboffsets) {
      const offset = checked.reduce((sum, i, dimension) => sum + i * (strides[dimension] ?? 0), 0);
      return [this.#origin.#all(), Number(info.address - this.#origin.#reach().low) + offset];
    }
    const address = checked.reduce((at, i, dimension) => step(this.#memory, info, dimension, at, i), info.address);
    const memory = this.#memory;
    return [dataViewOf(toWrite && memory.lend ? memory.lend(address, itemsize) : memory.read(address, itemsize)), 0];
  }

  #derive(info: BufferInfo): BufferView {
    // Behind a pointer that was followed the elements lie elsewhere.
    const origin = this.#info.suboffsets ? undefined : this.#origin;
    return new BufferView(this.#memory, info, new Lifetime('view', this.#lifetime), origin);
  }
}
