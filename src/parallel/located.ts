/** Arrays that every thread of this process can read: as plain data, and from there as arrays again. Knows no JSON. */
import { type Encodable, type NumericArray, sourceOf } from '../json/source.ts';
import type { Memory, MemoryLocator } from '../memory/memory.ts';
import { locatedMemory } from '../memory/process.ts';
import { formatTarget, type Target } from '../target.ts';
import { BufferView } from '../view/buffer-view.ts';
import { Lifetime } from '../view/lifetime.ts';
import { type BufferInfo, elementCount } from '../view/py-buffer.ts';
import type { Cut } from './job.ts';

/** An array, to be posted to a thread. */
export type Located = LocatedView | Exclude<Encodable, BufferView>;

interface LocatedView {
  readonly locator: MemoryLocator;
  readonly info: BufferInfo;
  /** The bytes of its elements, where they were copied. */
  readonly copy?: Uint8Array;
}

/** Of all elements, in bytes; 0 of what is no array. */
export function sizeOf(value: Encodable): number {
  if (value instanceof BufferView) return value.nbytes;
  return (ArrayBuffer.isView(value) ? value : value?.data)?.byteLength ?? 0;
}

/**
 * Undefined where the elements are this thread's alone, or where others would have to copy far more than the elements:
 * rows that cross each other (a transposed array), or lie apart.
 *
 * @throws as `encodeJson`, of what is no array, or contradicts itself
 */
export function locate(value: Encodable): Located | undefined {
  if (value instanceof BufferView) {
    const located = value.located();
    return located && liesTogether(located.info) ? located : undefined;
  }
  const { element, shape } = sourceOf(value);
  const { data, format }: Unlocated = ArrayBuffer.isView(value) ? { data: value } : value;
  // Of another length are numbers that are kept in larger ones, and would have to be converted.
  if (!isShared(data.buffer) || data.byteLength !== elementCount(shape) * element.size) return undefined;
  return format === undefined ? { data, shape } : { data, shape, format };
}

type Unlocated = Pick<NumericArray, 'data'> & Partial<NumericArray>;

/** By its name: one of another realm is no instance of this one's class. */
function isShared(buffer: ArrayBufferLike): boolean {
  return buffer[Symbol.toStringTag] === 'SharedArrayBuffer';
}

/** What the rows of an array may reach over, for each byte of it. */
const MOST_APART = 8;

function liesTogether({ shape, strides, itemsize, suboffsets }: BufferInfo): boolean {
  if (suboffsets) return false;
  const steps = strides.filter((_, i) => shape[i] !== 1).map(Math.abs);
  const innermost = steps.at(-1) ?? 0;
  return innermost <= MOST_APART * itemsize && steps.every((step, i) => i === 0 || step <= (steps[i - 1] as number));
}

/** What is copied into shared memory at most, in bytes. */
const MOST_COPIED = 1 << 25;

/** The last copy. */
let room: Uint8Array = new Uint8Array();

/** An array that is brought to where threads read it fastest. */
export interface Brought {
  readonly located: Located;
  /** Brings the elements, chunk by chunk, and says each time how many chunks are there now. */
  bring(there: (chunks: number) => void): void;
}

/**
 * The same array with its elements in shared memory, which the next one is brought to, if they lie one after the other and
 * are not too many: a copy by this thread takes a quarter of the time that the system takes to read memory by its address.
 *
 * @throws ReleasedError if the view was released.
 */
export function broughtNear(value: Encodable, located: Located, { count, grain }: Cut): Brought {
  const here: Brought = { located, bring: (there) => there(Math.ceil(count / grain)) };
  if (!('locator' in located && value instanceof BufferView)) return here;
  const { nbytes: length, itemsize } = value;
  if (!value.cContiguous || !value.lends() || length > MOST_COPIED) return here;
  if (room.length < length) room = new Uint8Array(new SharedArrayBuffer(length));
  const copy = room.subarray(0, length);
  const bytes = value.contiguous();
  return {
    located: { ...located, copy },
    bring(there) {
      const chunk = grain * itemsize;
      for (let from = 0, chunks = 1; from < length; from += chunk, chunks++) {
        copy.set(bytes.subarray(from, from + chunk), from);
        there(chunks);
      }
    },
  };
}

/** The array again, in the thread to which it was posted. It must be kept alive elsewhere. */
export function opened(located: Located): Encodable {
  if (!('locator' in located)) return located;
  const { locator, info, copy } = located;
  const memory = copy ? memoryOf(copy, info.address, locator.target) : memoryAt(locator);
  return new BufferView(memory, info, new Lifetime('view'));
}

/** A copy of all that is at an address. */
function memoryOf(copy: Uint8Array, from: bigint, target: Target): Memory {
  return {
    target,
    live: true,
    read: (address, length) => copy.subarray(Number(address - from), Number(address - from) + length),
  };
}

/** The memory that was read last: to open it anew for each array would leave files open until they are collected. */
let last: { readonly name: string; readonly memory: Memory } | undefined;

function memoryAt(locator: MemoryLocator): Memory {
  const name = `${locator.pid} ${formatTarget(locator.target)}`;
  if (last?.name !== name) last = { name, memory: reusing(locatedMemory(locator)) };
  return last.memory;
}

/** Of a snapshot that is kept, in bytes. */
const MOST_KEPT = 1 << 24;

/** A memory whose every read is written over the one before: new memory takes longer to get than to fill. */
function reusing(memory: Memory): Memory {
  const { target, live, readInto } = memory;
  let kept = new Uint8Array();
  return {
    target,
    live,
    read(address, length) {
      if (!readInto || length > MOST_KEPT) return memory.read(address, length);
      if (kept.length < length) kept = new Uint8Array(2 * length);
      const bytes = kept.subarray(0, length);
      readInto(address, bytes);
      return bytes;
    },
  };
}
