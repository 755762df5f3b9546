/** JSON → arrays: into a typed array, or into a buffer. It knows no token. */
import { FormatError } from '../errors.ts';
import { BufferView } from '../view/buffer-view.ts';
import { describe, type Element } from '../view/element.ts';
import { parseFormat } from '../view/format.ts';
import { elementCount } from '../view/py-buffer.ts';
import { hostIsLittle, typedArrayOf } from '../view/typed-array.ts';
import { type DecodeOptions, expectationsOf } from './options.ts';
import { type Expected, type Found, Parser } from './parser.ts';
import { classOf, machine, type NumericArray } from './source.ts';
import { SHORT, Utf8, utf8Of } from './utf8.ts';

/** JSON text: a string, its UTF-8, or a Python buffer of that (bytes, bytearray, mmap, memoryview …), read where it lies. */
export type JsonText = string | Uint8Array | BufferView;

/**
 * The array that a JSON text is: nested arrays of numbers to one typed array. Numbers are rounded to the nearest of their
 * width, integers are exact at 64 bits. What {@link encodeJson} writes is read to the same bits, by the same options.
 *
 * @returns `data` in C order, in the byte order of this machine; over 64 KiB its `buffer` may be up to an eighth longer.
 * Elements that have no typed array are as `toTypedArray()` of a view has them.
 * @throws JsonDecodeError if the text is no JSON, or no regular array of such elements; it says where.
 * @throws FormatError if the format is not understood, or has no JSON; if the view's elements are not bytes or not together.
 * @throws ReleasedError if the text is a view that was released.
 * @throws TypeError if it is no text, or an option not one; RangeError if the shape is none, or there is no memory.
 * @example
 * ```ts
 * import { decodeJson } from 'memview';
 * const { data, shape, format } = decodeJson('[[1, 2.5], [3, null]]');
 * console.log(data, shape, format); // Float64Array(4) [ 1, 2.5, 3, NaN ] [ 2, 2 ] d
 * ```
 */
export function decodeJson(text: JsonText, options?: DecodeOptions): NumericArray {
  const expectations = expectationsOf(options);
  const format = nativeFormat(expectations.format);
  return numericArray(parse(text, { ...expectations, element: elementOf(format) }), format);
}

/**
 * Reads a JSON text into a buffer: all of it, or nothing. The view may be strided; of records only the fields are written.
 *
 * @param view of as many dimensions and elements as the text has
 * @param options as the text was written; format and shape are the view's
 * @throws as {@link decodeJson}; then the buffer is as it was.
 * @throws TypeError if the buffer is read-only or a snapshot.
 * @throws ReleasedError if the view was released.
 * @throws MemoryFault if it has pointers (suboffsets) that cannot be followed.
 * @example
 * ```ts
 * import { decodeJsonInto } from 'memview';
 * import { openPython } from 'memview/ffi';
 * const python = openPython();
 * python.exec('import array; numbers = array.array("d", bytes(32))');
 * using view = python.view('numbers');
 * decodeJsonInto('[0.5, 1, 2]', view.slice([1, null])); // numbers[1:]
 * console.log(view.toList()); // [ 0, 0.5, 1, 2 ]
 * ```
 */
export function decodeJsonInto(
  text: JsonText,
  view: BufferView,
  options?: Omit<DecodeOptions, 'format' | 'shape'>,
): void {
  if (!(view instanceof BufferView)) throw new TypeError(`expected a BufferView to write into, got ${describe(view)}`);
  const { policies, format, shape } = expectationsOf(options);
  if (format !== undefined || shape !== undefined) {
    throw new TypeError('expected no format and no shape: they are the view’s, whose cast() gives others');
  }
  view.checkWritable();
  const { bytes } = parse(text, { element: view.element(), shape: view.shape, policies });
  view.fill(bytes);
}

/**
 * As {@link decodeJson}, for a text that comes in pieces, cut anywhere: from a file, a request, a socket. Each is read when
 * it comes, and none is kept.
 *
 * @throws as {@link decodeJson}, when the piece comes that is wrong.
 * @example
 * ```ts
 * import { decodeJsonChunks } from 'memview';
 * const body = new Response('[[1,2],[3,4]]').body as ReadableStream<Uint8Array>;
 * const { data, shape } = await decodeJsonChunks(body, { format: 'H' });
 * console.log(data, shape); // Uint16Array(4) [ 1, 2, 3, 4 ] [ 2, 2 ]
 * ```
 */
export async function decodeJsonChunks(
  pieces: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  options?: DecodeOptions,
): Promise<NumericArray> {
  const expectations = expectationsOf(options);
  const format = nativeFormat(expectations.format);
  if (!isIterable(pieces)) {
    throw new TypeError(
      `expected the text in pieces, as an iterable of strings or Uint8Arrays, got ${describe(pieces)}`,
    );
  }
  const parser = new Parser({ ...expectations, element: elementOf(format) });
  const utf8 = new Utf8();
  for await (const piece of pieces) {
    if (typeof piece === 'string') for (const bytes of utf8.bytesOf(piece)) parser.take(bytes, false);
    else {
      parser.take(utf8.end(), false);
      parser.take(bytesOf(piece), false);
    }
  }
  parser.take(utf8.end(), true);
  return numericArray(parser.found(), format);
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

function parse(text: JsonText, expected: Expected): Found {
  if (typeof text !== 'string' || text.length < SHORT) {
    const bytes = typeof text === 'string' ? utf8Of(text) : bytesOf(text);
    const parser = new Parser(expected, bytes.length);
    parser.take(bytes, true);
    return parser.found();
  }
  const utf8 = new Utf8();
  const parser = new Parser(expected, text.length, () => new Utf8().bytesOf(text));
  for (const piece of utf8.bytesOf(text)) parser.take(piece, false);
  parser.take(utf8.end(), true);
  return parser.found();
}

/** What may be the format of text: bytes, signed or not, or characters. */
const textFormats = /^[@=<>!^]?[Bbc]$/;

function bytesOf(text: Uint8Array | BufferView): Uint8Array {
  if (classOf(text) === 'Uint8Array') return text as Uint8Array;
  if (!(text instanceof BufferView)) {
    throw new TypeError(`expected JSON as a string, a Uint8Array or a BufferView, got ${describe(text)}`);
  }
  const { format, itemsize } = text;
  if (itemsize !== 1 || !textFormats.test(format)) {
    throw new FormatError(
      `expected text as elements of one byte (B, b or c), got ${JSON.stringify(format)}; cast('B') it`,
    );
  }
  if (text.cContiguous) return text.contiguous();
  throw new FormatError('expected text whose bytes lie together, got a view with strides; toTypedArray() copies it');
}

function elementOf(format: string | undefined): Element | undefined {
  return format === undefined ? undefined : parseFormat(format, undefined, machine);
}

/** The same format in the byte order of this machine, for elements that have a typed array. */
function nativeFormat(format: string | undefined): string | undefined {
  const element = elementOf(format);
  return element && element.width > 1 && element.little !== hostIsLittle ? format?.replace(/[<>!]/g, '=') : format;
}

const inferredFormats: Readonly<Record<string, string>> = { bool: '?', int64: 'q', float64: 'd' };

function numericArray({ element, shape, bytes }: Found, format: string | undefined): NumericArray {
  const data = typedArrayOf(bytes, elementCount(shape), element);
  return { data, shape, format: format ?? (inferredFormats[element.name] as string) };
}
