/** BufferView → JSON. Knows views, elements and text; nothing of Python or of where the bytes come from. */
import { concatenate } from '../bytes.ts';
import { FormatError, JsonEncodeError } from '../errors.ts';
import { BufferView } from '../view/buffer-view.ts';
import type { ElementName, ElementValue } from '../view/element.ts';
import { float16Text, float32Text, float64Text } from './number.ts';

/** How values are written for which JSON has more than one text, or none. */
export interface EncodeOptions {
  /**
   * NaN and the infinities, which JSON lacks: as `null` (the default, as orjson and JSON.stringify), as the strings
   * `"NaN"`, `"Infinity"`, `"-Infinity"`, as the bare words that Python's json reads (`literal`), or as an error.
   */
  readonly nonFinite?: 'null' | 'string' | 'literal' | 'error';
}

const nonFinitePolicies = ['null', 'string', 'literal', 'error'] as const;

/** The element types whose values are written as they are. */
const written = /^(bool|u?int\d+|b?float\d+|pointer)$/;

type NumberText = (value: number) => string;

const numberTexts: Partial<Record<ElementName, NumberText>> = {
  float16: float16Text,
  bfloat16: float32Text,
  float32: float32Text,
  float64: float64Text,
};

/** Text is handed on once it is this long, in characters, so that memory stays flat however large the buffer is. */
const CHUNK = 1 << 16;
/** Elements of one row that are written before the length of the text is looked at. */
const RUN = 1024;

/**
 * The JSON of a buffer: nested arrays, UTF-8, without white space. Integers are exact at 64 bits; floats have the
 * shortest digits that read back to the same bits in their width.
 *
 * @throws FormatError if the format of the view is not understood.
 * @throws JsonEncodeError at NaN or an infinity under `nonFinite: 'error'`; the message says where.
 * @example
 * ```ts
 * import { encodeJson } from 'memview';
 * import { openPython } from 'memview/ffi';
 * using view = openPython().view('memoryview(bytearray(b"abc"))');
 * console.log(new TextDecoder().decode(encodeJson(view))); // [97,98,99]
 * ```
 */
export function encodeJson(view: BufferView, options: EncodeOptions = {}): Uint8Array {
  return concatenate([...encodeJsonChunks(view, options)]);
}

/**
 * The same JSON in pieces of about 64 KiB, each its own memory. The view must not be released before the end.
 *
 * @throws as {@link encodeJson}, and ReleasedError if the view is released before the last piece.
 */
export function* encodeJsonChunks(view: BufferView, options: EncodeOptions = {}): Generator<Uint8Array> {
  const utf8 = new TextEncoder();
  let text = '';
  for (const piece of pieces(view, writerFor(view, options))) {
    text += piece;
    if (text.length < CHUNK) continue;
    yield utf8.encode(text);
    text = '';
  }
  yield utf8.encode(text);
}

type Write = (bytes: DataView, offset: number, path: readonly number[]) => string;

function writerFor(view: BufferView, { nonFinite = 'null' }: EncodeOptions): Write {
  if (!(view instanceof BufferView)) throw new TypeError(`expected a BufferView, got ${typeof view}`);
  if (!nonFinitePolicies.includes(nonFinite)) {
    throw new TypeError(`nonFinite is one of ${nonFinitePolicies.join(', ')}; got ${String(nonFinite)}`);
  }
  const element = view.element();
  if (!written.test(element.name)) {
    throw new FormatError(
      `there is no JSON for elements of ${element.name} yet (format ${JSON.stringify(view.format)})`,
    );
  }
  const numberText = numberTexts[element.name];
  const textOf = (value: ElementValue, path: readonly number[]): string => {
    if (!numberText || typeof value !== 'number') return String(value);
    if (Number.isFinite(value)) return numberText(value);
    if (nonFinite === 'null') return 'null';
    if (nonFinite === 'string') return `"${value}"`;
    if (nonFinite === 'literal') return String(value);
    const place = path.map((i) => `[${i}]`).join('');
    throw new JsonEncodeError(`JSON has no ${value}, found at $${place}; pass nonFinite 'null', 'string' or 'literal'`);
  };
  return (bytes, offset, path) => textOf(element.read(bytes, offset), path);
}

function* pieces(view: BufferView, write: Write): Generator<string> {
  let elements = view.scan();
  const { shape, strides } = elements;
  const last = shape.length - 1;
  const path = shape.map(() => 0);

  /** While a piece was in other hands the view may have been released, or a WebAssembly heap have grown. */
  const resume = (): void => {
    view.element();
    if (elements.bytes.buffer.byteLength === 0) elements = view.scan();
  };

  function* row(dimension: number, offset: number): Generator<string> {
    const size = shape[dimension] ?? 0;
    const stride = strides[dimension] ?? 0;
    let open = '[';
    for (let i = 0; i < size; open = ',') {
      resume();
      if (dimension < last) {
        path[dimension] = i;
        yield open;
        yield* row(dimension + 1, offset + i++ * stride);
        continue;
      }
      let text = '';
      for (const end = Math.min(size, i + RUN); i < end; i++) {
        path[dimension] = i;
        text += (text ? ',' : open) + write(elements.bytes, offset + i * stride, path);
      }
      yield text;
    }
    yield size === 0 ? '[]' : ']';
  }

  if (last < 0) yield write(elements.bytes, elements.origin, path);
  else yield* row(0, elements.origin);
}
