/** Arrays → JSON: the text in one piece, in chunks, or in a buffer of the caller's. It knows no element. */
import { copyOf } from '../bytes.ts';
import { describe } from '../view/element.ts';
import type { EncodeOptions } from './options.ts';
import { likelyLength, piecesOf, rangeEncoder } from './pieces.ts';
import { Room } from './room.ts';
import { classOf, type Encodable } from './source.ts';

/**
 * The JSON of an array: nested arrays, UTF-8, without white space unless `indent` asks for it. Integers are exact at 64
 * bits; floats have the shortest digits that read back to the same bits in their width.
 *
 * Its memory is its own: it begins where its `buffer` does, which of texts over 64 MiB may be up to an eighth longer.
 * Where the text need not be kept in one piece, {@link encodeJsonChunks} takes less of it, and {@link encodeJsonInto} none.
 *
 * @throws FormatError if the format is not understood, or has no JSON: references to Python objects.
 * @throws JsonEncodeError at a value that an option refuses; the message says where.
 * @throws ReleasedError if the view was released.
 * @throws TypeError if it is no array, or an option not one.
 * @throws RangeError if there is no memory for the text.
 * @example
 * ```ts
 * import { encodeJson } from 'memview';
 * import { openPython } from 'memview/ffi';
 * using view = openPython().view('memoryview(bytearray(b"abc"))');
 * console.log(new TextDecoder().decode(encodeJson(view))); // [97,98,99]
 * ```
 */
export function encodeJson(array: Encodable, options?: EncodeOptions): Uint8Array {
  const pieces = piecesOf(array, options)[Symbol.iterator]();
  const first = pieces.next();
  if (first.done) return new Uint8Array();
  // What is encoded next may be written over it. Most arrays are one piece.
  const begun = copyOf(first.value);
  const likely = begun.length >= SHORT ? guessed(array, options) : 0;
  const next = pieces.next();
  return next.done ? begun : gathered([begun, next.value], pieces, likely);
}

/** A text that may well be the only one of an array, in bytes. */
const SHORT = 1 << 16;
/** Elements of which it takes a hundredth of the time to guess how long their text will be. */
const MANY = 1 << 16;

/** About how long the text will be, in bytes; 0 where that is not worth a guess. */
function guessed(array: Encodable, options: EncodeOptions | undefined): number {
  const encoder = rangeEncoder(array, options);
  return encoder.count > MANY ? likelyLength(encoder) : 0;
}

/** Where texts are put together, so that only their copy touches pages anew. It may be collected. */
let kept: WeakRef<Room> | undefined;
/** Of that memory, in bytes. A longer text is not copied: pages that are new to the process take longer than the copy. */
const MOST_KEPT = 1 << 26;

function gathered(begun: readonly Uint8Array[], rest: Iterator<Uint8Array>, likely: number): Uint8Array {
  const short = likely <= MOST_KEPT;
  const room = (short && kept?.deref()) || new Room(likely);
  // Whoever encodes meanwhile has another.
  if (short) kept = undefined;
  let length = 0;
  const add = (piece: Uint8Array): void => {
    room.put(length, piece);
    length += piece.length;
  };
  for (const piece of begun) add(piece);
  for (let next = rest.next(); !next.done; next = rest.next()) add(next.value);
  if (room.size > MOST_KEPT) return room.give(length);
  kept = new WeakRef(room);
  return room.copy(length);
}

/**
 * The same JSON in pieces of at most 256 KiB, each its own memory, made when it is asked for: `Readable.from` and
 * `ReadableStream.from` stream it, no faster than it is read. The view must not be released before the end.
 *
 * @throws as {@link encodeJson}; what concerns single values when their piece is asked for.
 * @throws ReleasedError if the view is released before the last piece.
 * @example
 * ```ts
 * import { encodeJsonChunks } from 'memview';
 * const response = new Response(ReadableStream.from(encodeJsonChunks(Float64Array.of(0.1, 2))));
 * console.log(await response.text()); // [0.1,2.0]
 * ```
 */
export function encodeJsonChunks(array: Encodable, options?: EncodeOptions): Generator<Uint8Array, void, undefined> {
  return copies(piecesOf(array, options));
}

/** Of a chunk, in bytes. */
const MOST = 1 << 18;

function* copies(pieces: Iterable<Uint8Array>): Generator<Uint8Array, void, undefined> {
  for (const piece of pieces) {
    const own = copyOf(piece);
    if (own.length <= MOST) yield own;
    else for (let at = 0; at < own.length; at += MOST) yield own.slice(at, at + MOST);
  }
}

/**
 * The same JSON, written into a buffer of the caller's from its start. It must not be memory of the array.
 *
 * @returns how many bytes it is
 * @throws as {@link encodeJson}
 * @throws RangeError if the target is too small; the message says how many bytes are needed. What fits was written.
 * @example
 * ```ts
 * import { encodeJsonInto } from 'memview';
 * const target = new Uint8Array(64);
 * const length = encodeJsonInto(Int32Array.of(1, -2), target);
 * console.log(new TextDecoder().decode(target.subarray(0, length))); // [1,-2]
 * ```
 */
export function encodeJsonInto(array: Encodable, target: Uint8Array, options?: EncodeOptions): number {
  if (classOf(target) !== 'Uint8Array')
    throw new TypeError(`expected a Uint8Array to write into, got ${describe(target)}`);
  let length = 0;
  for (const piece of piecesOf(array, options, target)) {
    const room = target.length - length;
    if (room > 0) target.set(piece.length <= room ? piece : piece.subarray(0, room), length);
    length += piece.length;
  }
  if (length <= target.length) return length;
  throw new RangeError(`expected a target of at least ${length} bytes for this array, got ${target.length}`);
}
