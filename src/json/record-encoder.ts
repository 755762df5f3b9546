/**
 * Writes arrays of records: the fields are written by the kernels, one after the other for a whole chunk of records, and
 * woven into the records' text. It knows which fields there are; how they are written others know.
 */
import { concatenate, dataViewOf } from '../bytes.ts';
import type { Element } from '../view/element.ts';
import { gather, swapBytes } from '../view/gather.ts';
import type { ChunkEncoder } from './chunk.ts';
import {
  chunkEncoder,
  hasKernel,
  type Kernel,
  type KernelName,
  kernel,
  kernelsRun,
  longestText,
  timeUnits,
  writeDimensions,
} from './kernel.ts';
import { type Leaf, leavesOf } from './leaves.ts';
import type { Policies } from './options.ts';
import { type ElementText, elementText, Where } from './text.ts';

/** How the texts of a field are made, for many records. */
interface Column extends Leaf {
  /** Undefined where there is no kernel. */
  readonly numbers: ChunkEncoder | undefined;
  readonly text: ElementText | undefined;
  /** Of one text, in bytes, with what parts it from the next. */
  readonly longest: number;
  readonly parted: number;
}

const COMMA = 0x2c;
/** No text of JSON has a line feed in it. */
const LINE_FEED = 0x0a;

const utf8 = new TextEncoder();

/**
 * The longest text of a field without a kernel, and the line feed behind it, in bytes: of bytes and strings all
 * escaped, of the others two doubles as {"re":…,"im":…}, 62.
 */
function longestOf({ name, size }: Element): number {
  return /^(bytes|void|str)$/.test(name) ? 6 * size + 3 : 64;
}

/**
 * An encoder for an array of records of a shape, none of its sizes 0; undefined where records are too large for it.
 *
 * @param one writes the same element by element: what is refused it refuses, in the order of the records
 */
export function recordEncoder(
  element: Element,
  shape: readonly number[],
  policies: Policies,
  one: ChunkEncoder,
): ChunkEncoder | undefined {
  const parts = kernelsRun(shape.length) ? leavesOf(element, policies, kernel().at.MOST_LEAVES) : undefined;
  if (!parts) return undefined;
  const where = new Where(() => []);
  const columns = parts.leaves.map(({ before, element, offset }): Column => {
    const { name, counts } = element;
    const unit = name === 'datetime64' && counts?.step === 1 ? timeUnits[counts.unit] : undefined;
    if (!hasKernel(name, 1) && unit === undefined) {
      const text = elementText(element, policies, where);
      return { before, element, offset, numbers: undefined, text, longest: longestOf(element), parted: LINE_FEED };
    }
    const numbers = chunkEncoder(name as KernelName, [ENDLESS], policies, unit);
    const longest = longestText(name as KernelName);
    return { before, element, offset, numbers, text: undefined, longest, parted: COMMA };
  });
  const encoder = new RecordEncoder(element.size, shape, columns, parts.after, one);
  return encoder.most > 0 ? encoder : undefined;
}

/** More numbers than there are, so that no bracket ends them. */
const ENDLESS = 2 ** 52;

/** Records of a chunk. */
const MOST = 1024;

class RecordEncoder implements ChunkEncoder {
  readonly most: number;
  done = 0;
  readonly refused = -1;
  readonly #kernel: Kernel;
  readonly #size: number;
  readonly #shape: readonly number[];
  readonly #columns: readonly Column[];
  readonly #between: Uint8Array;
  /** By field, then behind the last: where in `between` its text begins, and how long it is. */
  readonly #places: readonly (readonly [at: number, length: number])[];
  readonly #one: ChunkEncoder;
  /** That of `one`, which may have to write what is in it. */
  #room: Uint8Array = new Uint8Array();

  constructor(size: number, shape: readonly number[], columns: readonly Column[], after: string, one: ChunkEncoder) {
    this.#kernel = kernel();
    const { at } = this.#kernel;
    const between = [...columns.map(({ before }) => before), after].map((text) => utf8.encode(text));
    this.#between = concatenate(between);
    const { length: end } = this.#between;
    this.#places = between.map(({ length }, i) => {
      const before = between.slice(0, i).reduce((sum, text) => sum + text.length, 0);
      return [at.BETWEEN + before, length];
    });
    const texts = columns.reduce((sum, { longest }) => sum + longest, 0);
    const brackets = 2 * shape.length + 1;
    const fits = Math.min(
      (at.COLUMNS_SIZE - at.SLACK) / texts,
      (at.OUTPUT_SIZE - at.SLACK - brackets) / (texts + end + brackets),
    );
    this.most = end + at.SLACK > at.BETWEEN_SIZE ? 0 : Math.min(MOST, Math.floor(fits));
    this.#size = size;
    this.#shape = shape;
    this.#columns = columns;
    this.#one = one;
  }

  room(count: number): Uint8Array {
    this.#room = this.#one.room(count);
    return this.#room;
  }

  encode(count: number): Uint8Array {
    const { memory, at, weave } = this.#kernel;
    if (!this.#writeColumns(count)) return this.#oneByOne(count);
    memory.set(this.#between, at.BETWEEN);
    writeDimensions(this.#kernel, this.#shape, this.done);
    const length = weave(count, this.#columns.length, this.#shape.length, this.done === 0);
    this.done += count;
    return memory.subarray(at.OUTPUT, at.OUTPUT + length);
  }

  /** The texts of all fields, and at LEAVES where they are; false if a policy refuses one. */
  #writeColumns(count: number): boolean {
    const { at, leaves } = this.#kernel;
    let end = at.COLUMNS;
    for (const [i, column] of this.#columns.entries()) {
      const [before, length] = this.#places[i] as readonly [number, number];
      leaves.set([end, column.parted, before, length], 4 * i);
      const written = column.numbers
        ? this.#numbers(column, column.numbers, count, end)
        : this.#texts(column, count, end);
      if (written < 0) return false;
      end += written;
    }
    const [before, length] = this.#places.at(-1) as readonly [number, number];
    leaves.set([0, 0, before, length], 4 * this.#columns.length);
    return true;
  }

  /** Writes the texts of a field that has a kernel; returns their length. */
  #numbers({ element, offset }: Column, numbers: ChunkEncoder, count: number, to: number): number {
    const { memory } = this.#kernel;
    const room = numbers.room(count);
    const all = { bytes: dataViewOf(this.#room), origin: offset, shape: [count], strides: [this.#size] };
    gather(all, element.size, room);
    if (!element.little) swapBytes(room, element.size);
    numbers.done = 1;
    const text = numbers.encode(count);
    if (numbers.refused >= 0) return -1;
    memory.set(text, to);
    return text.length;
  }

  #texts({ text, offset }: Column, count: number, to: number): number {
    const { memory, at } = this.#kernel;
    const bytes = dataViewOf(this.#room);
    let all = '';
    try {
      for (let i = 0; i < count; i++) all += `${text?.(bytes, offset + i * this.#size)}\n`;
    } catch {
      // Whoever writes one by one meets it again.
      return -1;
    }
    return utf8.encodeInto(all, memory.subarray(to, at.COLUMNS + at.COLUMNS_SIZE)).written;
  }

  #oneByOne(count: number): Uint8Array {
    const one = this.#one;
    one.done = this.done;
    this.done += count;
    return one.encode(count);
  }
}
