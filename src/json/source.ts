/** What can be written as JSON: which elements it has, and where their bytes are. It knows no text. */
import { dataViewOf } from '../bytes.ts';
import { parseTarget } from '../layouts/targets.ts';
import type { Target } from '../target.ts';
import { BufferView } from '../view/buffer-view.ts';
import { describe, type Element, type NumericTypedArray } from '../view/element.ts';
import { parseFormat } from '../view/format.ts';
import type { Elements } from '../view/gather.ts';
import { type NumberName, numberElement } from '../view/number.ts';
import { cStrides, elementCount } from '../view/py-buffer.ts';
import type { Range } from '../view/range.ts';
import { hostIsLittle } from '../view/typed-array.ts';
import { checkShape } from './options.ts';

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
  /** The same of the elements from one on, up to but without another, counted in C order. */
  readonly some: (from: number, to: number) => Iterable<() => Elements>;
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
 * @throws FormatError if its format is not understood.
 * @throws RangeError if its shape and format do not fit its data.
 */
export function sourceOf(value: Encodable): Source {
  if (value instanceof BufferView) return ofView(value);
  if (isTypedArray(value)) return ofArray(value, [value.length], elementOf(value));
  if (typeof value === 'object' && value !== null && isTypedArray(value.data) && Array.isArray(value.shape)) {
    return ofNumericArray(value);
  }
  throw new TypeError(`expected a BufferView, a typed array or { data, shape }, got ${describe(value)}`);
}

function isTypedArray(value: unknown): value is NumericTypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

const tag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;

/** The name of a typed array's class, of this realm or of another, whatever the array itself says. */
export function classOf(value: unknown): string | undefined {
  return tag?.call(value);
}

function elementOf(array: NumericTypedArray): Element {
  return numberElement(arrays[classOf(array) as string] as NumberName, hostIsLittle);
}

function ofArray(array: NumericTypedArray, shape: readonly number[], element: Element): Source {
  const { byteLength } = array;
  const strides = cStrides(shape, element.size);
  const all = (): Elements => {
    if (array.byteLength === byteLength) return { bytes: dataViewOf(array), origin: 0, shape, strides };
    throw new TypeError(
      `the typed array was of ${byteLength} bytes, now it is of ${array.byteLength}: it was detached or resized`,
    );
  };
  const { size } = element;
  const some = (from: number, to: number) => [
    (): Elements => ({ ...all(), origin: from * size, shape: [to - from], strides: [size] }),
  ];
  return { element, shape, parts: () => [all], some };
}

/** Formats whose size depends on the machine (`l`, `n`, `P`) may come from any; these have all sizes there are. */
const machines = (hostIsLittle ? ['3.14-lp64', '3.14-llp64', '3.14-ilp32'] : ['3.14-lp64be']).map(parseTarget);
/** Whose sizes a format has where nothing else says which. */
export const machine = machines[0] as Target;

function ofNumericArray({ data, shape: given, format }: Exclude<Encodable, BufferView | NumericTypedArray>): Source {
  const shape = checkShape(given);
  const count = elementCount(shape);
  if (format === undefined) {
    if (data.length === count) return ofArray(data, shape, elementOf(data));
    throw new RangeError(`expected data of ${count} elements, as shape [${shape}] has, got ${data.length}`);
  }
  if (typeof format !== 'string') throw new TypeError(`expected a format as a string, got ${describe(format)}`);
  const arrayClass = classOf(data);
  // What toTypedArray() makes of long doubles: the nearest doubles.
  const asDoubles = arrayClass === 'Float64Array' ? format.replace(/^[@^]?(Z?)[gG]$/, '$1d') : format;
  const elements: Element[] = [];
  for (const one of machines) {
    const element = parseFormat(asDoubles, undefined, one);
    if (element.size * count === data.byteLength) return ofArray(data, shape, element);
    elements.push(element);
  }
  // Numbers that have no typed array of their own are kept in another: float16 in a Float32Array.
  const kept = elements.find(({ converted }) => converted === arrayClass);
  if (kept && data.length === count * partsOf(kept)) return ofArray(narrowed(data, kept), shape, kept);
  const sizes = [...new Set(elements.map(({ size }) => size * count))].join(' or ');
  const said = `format ${JSON.stringify(format)} and shape [${shape}] take ${sizes} bytes of data`;
  throw new RangeError(`${said}, got a ${arrayClass} of ${data.byteLength}`);
}

/** Numbers of one element. */
function partsOf({ name }: Element): 1 | 2 {
  return name === 'complex32' ? 2 : 1;
}

function narrowed(data: NumericTypedArray, element: Element): NumericTypedArray {
  const { size, write } = element;
  const parts = partsOf(element);
  const bytes = new Uint8Array((data.length / parts) * size);
  const target = dataViewOf(bytes);
  for (let i = 0; i < data.length; i += parts) {
    const [re = 0, im] = data.slice(i, i + parts);
    write(target, (i / parts) * size, im === undefined ? re : { re: re as number, im: im as number });
  }
  return bytes;
}

/** Where a view cannot lend its memory it is copied, in parts of about so many bytes. */
const PART = 1 << 20;

function ofView(view: BufferView): Source {
  return {
    element: view.element(),
    shape: view.shape,
    parts: () => (view.lends() ? [elementsOf(view)] : eachOf(split(view))),
    some: (from, to) => eachOf(within(view, from, to)),
  };
}

function elementsOf(view: BufferView): () => Elements {
  let elements: Elements | undefined;
  return () => {
    // Throws if the view was released.
    view.element();
    if (!elements || elements.bytes.buffer.byteLength === 0) elements = view.scan();
    return elements;
  };
}

function* eachOf(views: Iterable<BufferView>): Generator<() => Elements> {
  for (const view of views) yield elementsOf(view);
}

/** Some elements as views that follow one another: whole rows together, and of others what is asked for. */
function* within(view: BufferView, from: number, to: number): Generator<BufferView> {
  const inner = elementCount(view.shape.slice(1));
  if (view.ndim === 0) yield view;
  else {
    for (let at = from; at < to; ) {
      const row = Math.floor(at / inner);
      const rows = at % inner === 0 ? Math.floor((to - at) / inner) : 0;
      const end = rows > 0 ? (row + rows) * inner : Math.min(to, (row + 1) * inner);
      if (rows > 0) yield view.slice([row, row + rows]);
      else yield* within(view.slice(row), at - row * inner, end - row * inner);
      at = end;
    }
  }
}

/** The least that is read apart, in bytes: a page of the operating system. */
const PAGE = 4096;

/**
 * Parts of a view that follow one another in C order, none of which reaches much further than {@link PART}. Where a later
 * dimension has the larger stride, parts would reach as far as the whole, which then is the only one.
 */
function* split(view: BufferView, ranges: readonly Range[] = []): Generator<BufferView> {
  const { shape, strides, itemsize, suboffsets } = view;
  const [size, ...inner] = shape.slice(ranges.length);
  const [stride = 0, ...innerStrides] = strides.slice(ranges.length).map(Math.abs);
  // Where pointers are followed, what is read is what there is.
  const reach = suboffsets
    ? elementCount(inner) * itemsize
    : inner.reduce((sum, length, i) => sum + Math.max(length - 1, 0) * (innerStrides[i] ?? 0), itemsize);
  const step = suboffsets ? reach : Math.max(stride, reach);
  if (size === undefined || shape.includes(0) || size * step <= PART || innerStrides.some((other) => other > step)) {
    yield ranges.length > 0 ? view.slice(...ranges) : view;
    return;
  }
  // What lies far apart is not read with all that is between.
  const far = stride >= PAGE && stride > 4 * reach;
  const count = far ? 1 : Math.max(1, Math.floor(PART / step));
  for (let i = 0; i < size; i += count) {
    const range: Range = [i, Math.min(i + count, size)];
    if (reach > PART) yield* split(view, [...ranges, range]);
    else yield view.slice(...ranges, range);
  }
}
