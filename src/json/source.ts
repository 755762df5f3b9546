/** What can be written as JSON: which elements it has, and where their bytes are. It knows no text. */
import { dataViewOf } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { parseTarget } from '../layouts/targets.ts';
import { BufferView } from '../view/buffer-view.ts';
import { describe, type Element, type NumericTypedArray } from '../view/element.ts';
import { parseFormat } from '../view/format.ts';
import type { Elements } from '../view/gather.ts';
import { type NumberName, numberElement } from '../view/number.ts';
import { cStrides, elementCount } from '../view/py-buffer.ts';
import type { Range } from '../view/range.ts';
import { hostIsLittle } from '../view/typed-array.ts';

/** Numbers in a typed array, in C order, and what they are. */
export interface NumericArray {
  readonly data: NumericTypedArray;
  /** In elements, outermost first; `[]` for a single number. */
  readonly shape: readonly number[];
  /** Of PEP 3118: `d`, `q`, `?` … */
  readonly format: string;
}

/** What can be written as JSON: a view, a typed array, or one with a shape; without a format it has its own elements. */
export type Encodable =
  | BufferView
  | NumericTypedArray
  | (Pick<NumericArray, 'data' | 'shape'> & Partial<Pick<NumericArray, 'format'>>);

/** The elements of something, in C order, part by part. */
export interface Source {
  readonly element: Element;
  readonly shape: readonly number[];
  /**
   * Parts that follow one another. Each is asked for its elements before every use of them: a view may have been released
   * in between, a WebAssembly heap have moved.
   */
  readonly parts: () => Iterable<() => Elements>;
}

const arrays: Readonly<Record<string, NumberName>> = {
  Int8Array: 'int8',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Int16Array: 'int16',
  Uint16Array: 'uint16',
  Int32Array: 'int32',
  Uint32Array: 'uint32',
  BigInt64Array: 'int64',
  BigUint64Array: 'uint64',
  Float16Array: 'float16',
  Float32Array: 'float32',
  Float64Array: 'float64',
};

/**
 * @throws TypeError if it is nothing that has elements.
 * @throws FormatError if its format is not understood, or does not fit its data.
 * @throws RangeError if its shape does not fit its data.
 */
export function sourceOf(value: Encodable): Source {
  if (value instanceof BufferView) return ofView(value);
  if (isTypedArray(value)) return ofArray(value, [value.length], elementOf(value));
  if (typeof value === 'object' && value !== null && isTypedArray(value.data) && Array.isArray(value.shape)) {
    return ofNumericArray(value);
  }
  throw new TypeError(
    `expected a BufferView, a typed array or { data, shape }, got ${value === null ? 'null' : describe(value)}`,
  );
}

function isTypedArray(value: unknown): value is NumericTypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function elementOf(array: NumericTypedArray): Element {
  return numberElement(arrays[array[Symbol.toStringTag]] as NumberName, hostIsLittle);
}

function ofArray(array: NumericTypedArray, shape: readonly number[], element: Element): Source {
  const { byteLength } = array;
  const strides = cStrides(shape, element.size);
  const all = (): Elements => {
    if (array.byteLength === byteLength) return { bytes: dataViewOf(bytesOf(array)), origin: 0, shape, strides };
    throw new TypeError(
      `the typed array was of ${byteLength} bytes, now it is of ${array.byteLength}: it was detached`,
    );
  };
  return { element, shape, parts: () => [all] };
}

function bytesOf({ buffer, byteOffset, byteLength }: NumericTypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Formats whose size depends on the machine (`l`, `n`, `P`) may come from any; these have all sizes there are. */
const machines = ['3.14-lp64', '3.14-llp64', '3.14-ilp32'].map(parseTarget);
const bigMachine = parseTarget('3.14-lp64be');

function ofNumericArray({ data, shape, format }: Exclude<Encodable, BufferView | NumericTypedArray>): Source {
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new RangeError(`expected a shape of whole numbers from 0 on, got [${shape}]`);
  }
  const count = elementCount(shape);
  if (format === undefined) return ofArray(checked(data, count, data.length), shape, elementOf(data));
  const elements = (hostIsLittle ? machines : [bigMachine]).map((machine) => parseFormat(format, undefined, machine));
  const fitting = elements.find(({ size }) => size * count === data.byteLength);
  if (fitting) return ofArray(data, shape, fitting);
  // numbers that have no typed array of their own are kept in another: float16 in a Float32Array
  const kept = elements.find(({ converted }) => converted === data[Symbol.toStringTag]);
  if (kept) return ofArray(narrowed(checked(data, count, data.length), kept), shape, kept);
  const [element] = elements as [Element];
  if (data.byteLength % element.size === 0) checked(data, count, data.byteLength / element.size);
  throw new FormatError(
    `format ${JSON.stringify(format)} has elements of ${element.size} bytes; the data is of ${data.byteLength}, the shape [${shape}]`,
  );
}

function checked(data: NumericTypedArray, expected: number, found: number): NumericTypedArray {
  if (expected === found) return data;
  throw new RangeError(`expected data of ${expected} elements, as the shape has, got ${found}`);
}

function narrowed(data: NumericTypedArray, { size, write }: Element): NumericTypedArray {
  const bytes = new Uint8Array(data.length * size);
  const target = dataViewOf(bytes);
  for (const [i, value] of data.entries()) write(target, i * size, value);
  return bytes;
}

/** Where a view cannot lend its memory it is copied, in parts of about so many bytes. */
const PART = 1 << 20;

function ofView(view: BufferView): Source {
  return {
    element: view.element(),
    shape: view.shape,
    parts: () => (view.lends() ? [elementsOf(view)] : snapshots(view)),
  };
}

function elementsOf(view: BufferView): () => Elements {
  let elements: Elements | undefined;
  return () => {
    // Throws if the view was released.
    view.element();
    if (!elements || (elements.bytes.buffer.byteLength === 0 && elements.shape.length > 0)) elements = view.scan();
    return elements;
  };
}

function* snapshots(view: BufferView): Generator<() => Elements> {
  for (const part of split(view)) yield elementsOf(part);
}

/** Parts of a view that follow one another in C order; one that is all of it where parts would reach as far as the whole. */
function* split(view: BufferView, ranges: readonly Range[] = []): Generator<BufferView> {
  const { shape, strides, itemsize } = view;
  const size = shape[ranges.length];
  const bytes = elementCount(shape.slice(ranges.length + 1)) * itemsize;
  const stride = Math.abs(strides[ranges.length] ?? 0);
  const dense = strides.slice(ranges.length + 1).every((inner) => Math.abs(inner) <= stride);
  if (size === undefined || size * bytes <= PART || !(dense || view.suboffsets)) {
    yield ranges.length > 0 ? view.slice(...ranges) : view;
    return;
  }
  const step = Math.max(1, Math.floor(PART / bytes));
  for (let i = 0; i < size; i += step) {
    const range: Range = [i, Math.min(i + step, size)];
    if (bytes > PART) yield* split(view, [...ranges, range]);
    else yield view.slice(...ranges, range);
  }
}
