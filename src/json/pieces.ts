/** From the elements of an array to its text, piece by piece: which encoder writes it, and how it gets at the bytes. */
import { dataViewOf } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import type { Element, ElementValue } from '../view/element.ts';
import { type Elements, gatherSome, swapBytes } from '../view/gather.ts';
import { type NumberName, numberElement } from '../view/number.ts';
import { cStrides, elementCount } from '../view/py-buffer.ts';
import { isCContiguous } from '../view/select.ts';
import type { ChunkEncoder } from './chunk.ts';
import { indented } from './indent.ts';
import { chunkEncoder, hasKernel, type KernelName } from './kernel.ts';
import { takenApart } from './leaves.ts';
import { type EncodeOptions, type Policies, policiesOf } from './options.ts';
import { recordEncoder } from './record-encoder.ts';
import { Room } from './room.ts';
import { type Encodable, type Source, sourceOf } from './source.ts';
import { elementText, type Path, pathText, refusal, Where } from './text.ts';
import { textChunkEncoder } from './text-encoder.ts';

/**
 * The text in pieces that stand until the next is asked for. What is refused whatever the values are, is at once.
 *
 * @param target where they will be put: the array must not lie there
 */
export function piecesOf(
  array: Encodable,
  options: EncodeOptions | undefined,
  target?: Uint8Array,
): Iterable<Uint8Array> {
  const policies = policiesOf(options);
  const source = sourceOf(array);
  const pieces = encoded(source.parts(), planFor(source, policies), target);
  const laidOut = policies.indent > 0 ? indented(pieces, policies.indent) : pieces;
  return policies.newline ? followed(laidOut, Uint8Array.of(0x0a)) : laidOut;
}

/** Writes any part of an array. */
export interface RangeEncoder {
  /** Elements of the array. */
  readonly count: number;
  /** Of how many elements the text is best asked for at once; at least 1. */
  readonly grain: number;
  /**
   * The text of the elements from one on, up to but without another, in C order, with the brackets that are due there. It
   * stands until the next is asked for.
   */
  encode(from: number, to: number): Uint8Array;
}

/**
 * The text of an array in parts: all of them, one after the other, are the text; what lays it out (`indent`, `newline`) is
 * left to the caller.
 */
export function rangeEncoder(array: Encodable, options: EncodeOptions | undefined): RangeEncoder {
  const source = sourceOf(array);
  const plan = planFor(source, policiesOf(options));
  const { encoder } = plan;
  const each = elementCount(plan.inner);
  const room = new Room(0);
  return {
    count: elementCount(source.shape),
    grain: Math.max(1, Math.floor(encoder.most / each)),
    encode(from, to) {
      encoder.done = from * each;
      let length = 0;
      for (const piece of encoded(source.some(from, to), plan)) {
        // Most parts are one piece, which is left where it is.
        if (length === 0 && encoder.done === to * each) return piece;
        room.put(length, piece);
        length += piece.length;
      }
      return room.first(length);
    },
  };
}

/** Of the elements that a length is guessed from: at the start, in the middle and at the end. */
const SAMPLE = 256;

/** What is added to a guess, of which text that is a little longer still fits. */
const MARGIN = 1 + 1 / 16;
const MARGIN_LEAST = 1 << 16;

/** About how long the text of an array will be, in bytes, without what lays it out; 0 if a value is refused. */
export function likelyLength({ count, encode }: RangeEncoder): number {
  const some = Math.min(SAMPLE, count);
  const starts = [0, Math.floor((count - some) / 2), count - some];
  try {
    const sampled = starts.reduce((sum, from) => sum + encode(from, from + some).length, 0);
    return Math.ceil((sampled / (some * starts.length)) * count * MARGIN) + MARGIN_LEAST;
  } catch {
    return 0;
  }
}

function* followed(pieces: Iterable<Uint8Array>, last: Uint8Array): Generator<Uint8Array> {
  yield* pieces;
  yield last;
}

/** How the elements of a source are written. */
interface Plan {
  readonly encoder: ChunkEncoder;
  /** What the encoder takes; of a source's element there may be several, which `inner` nests. */
  readonly element: Element;
  readonly inner: readonly number[];
  /** Whether the encoder wants the least significant byte first, whatever the element has. */
  readonly little: boolean;
  /** Whether there is nothing to be read: a dimension has no elements. */
  readonly empty: boolean;
  /** How many the encoder takes, and how they are nested. */
  readonly shape: readonly number[];
}

/** Arrays without elements take no memory, so that a shape made of garbage may have any number of them. */
const MOST_EMPTY = 2 ** 27;

function planFor(source: Source, policies: Policies): Plan {
  const { element, inner } = takenApart(source.element, [], policies);
  const shape = inner.length > 0 ? [...source.shape, ...inner] : source.shape;
  const end = shape.indexOf(0);
  if (hasKernel(element.name, shape.length) && end < 0) {
    const encoder = chunkEncoder(element.name as KernelName, shape, policies);
    return { encoder, element, inner, little: true, empty: false, shape };
  }
  const where: Where = new Where(() => indexOf(one.done, shape));
  const text = elementText(element, policies, where);
  // Behind a dimension without elements there are none: what is written is the empty arrays before it.
  const outer = end < 0 ? shape : shape.slice(0, end);
  if (end >= 0 && elementCount(outer) > MOST_EMPTY) {
    throw new FormatError(`expected at most 2^27 arrays without elements, got ${elementCount(outer)}; slice it`);
  }
  const one = end < 0 ? textChunkEncoder(element.size, shape, text) : textChunkEncoder(0, outer, () => '[]');
  const compound = end < 0 && /^(record|tuple|complex\d+|datetime64)$/.test(element.name);
  const encoder = (compound && recordEncoder(element, shape, policies, one)) || one;
  return { encoder, element, inner, little: false, empty: end >= 0, shape: outer };
}

function* encoded(parts: ReturnType<Source['parts']>, plan: Plan, target?: Uint8Array): Generator<Uint8Array> {
  const { encoder, inner, empty, shape } = plan;
  for (const part of parts) {
    const total = empty ? elementCount(shape) : elementCount(part().shape) * elementCount(inner);
    for (let from = 0; from < total; from += encoder.most) {
      const elements = part();
      const count = Math.min(encoder.most, total - from);
      const room = encoder.room(count);
      if (target && overlap(elements.bytes, target)) {
        throw new RangeError('the target is memory of the array itself, which would be overwritten; take another');
      }
      if (!empty) read(elements, from, room, plan);
      const text = encoder.encode(count);
      if (encoder.refused >= 0) throw refused(plan, room, count);
      yield text;
    }
  }
}

function overlap(one: ArrayBufferView, other: ArrayBufferView): boolean {
  if (one.buffer !== other.buffer) return false;
  return one.byteOffset < other.byteOffset + other.byteLength && other.byteOffset < one.byteOffset + one.byteLength;
}

function read(elements: Elements, from: number, room: Uint8Array, { element, inner, little }: Plan): void {
  const { size } = element;
  const { bytes, origin } = elements;
  const all = inner.length > 0 ? nested(elements, inner, size) : elements;
  if (isCContiguous({ shape: all.shape, strides: all.strides, itemsize: size })) {
    room.set(new Uint8Array(bytes.buffer, bytes.byteOffset + origin + from * size, room.length));
  } else gatherSome(all, size, from, room);
  if (little && !element.little) swapBytes(room, size);
}

/** Elements that each are an array of a shape, as more dimensions. */
function nested(elements: Elements, inner: readonly number[], size: number): Elements {
  const { shape, strides } = elements;
  return { ...elements, shape: [...shape, ...inner], strides: [...strides, ...cStrides(inner, size)] };
}

function refused({ encoder, element, shape }: Plan, room: Uint8Array, count: number): Error {
  const { refused, done } = encoder;
  const { read, size } = numberElement(element.name as NumberName, true);
  const value: ElementValue = read(dataViewOf(room), (refused - (done - count)) * size);
  return refusal(value, pathText(indexOf(refused, shape)));
}

/** The index of an element in C order. */
function indexOf(element: number, shape: readonly number[]): Path {
  const index: Path = [];
  let rest = element;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i] ?? 1;
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}
