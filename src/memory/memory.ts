/**
 * Where bytes come from. A memory reads bytes at an address and knows nothing of Python, structs or formats; all
 * else is a function over `read`.
 */
import { concatenate } from '../bytes.ts';
import { MemoryFault } from '../errors.ts';
import type { Target } from '../target.ts';
import type { Mapping } from './mapping.ts';

/** A source of bytes: this process, another one, a core file, a WASM heap. */
export interface Memory {
  /** Whose objects lie in it: decides byte order and the size of a pointer. */
  readonly target: Target;
  /**
   * Whether `read` lends the memory itself, so that a later change is seen in the bytes and a write to them is a
   * write to it. Otherwise it gives a snapshot.
   */
  readonly live: boolean;
  /**
   * Whether another program may change the bytes between two reads: those of a process that runs on. What is made of
   * several reads has then to be compared with what they say later.
   */
  readonly changing?: boolean;
  /** What another thread needs to read the same bytes, where they are not this thread's alone. */
  readonly locator?: MemoryLocator | undefined;
  /**
   * The bytes at an address, borrowed: they may be the memory itself, and are valid only as long as it is.
   *
   * @param address of the first byte
   * @param length in bytes
   * @throws MemoryFault if any of the bytes cannot be read; never zeros instead, never a signal.
   */
  read(address: bigint, length: number): Uint8Array;
  /**
   * Where `read` gives snapshots: one of as many bytes as `into` has, in memory of the caller's.
   *
   * @throws MemoryFault as `read`; what was readable may have been written.
   */
  readInto?(address: bigint, into: Uint8Array): void;
  /**
   * The memory itself, to be written to, where `read` of a live memory does not lend it everywhere.
   *
   * @throws MemoryFault as `read`
   */
  lend?(address: bigint, length: number): Uint8Array;
  /**
   * What is mapped, in the order of the addresses, as it is now; where the source knows it.
   *
   * @throws Error if the process has ended.
   */
  mappings?(): readonly Mapping[];
  /**
   * The parts of a mapping that hold what a search could be for: all but what was never written to, and what cannot be
   * read. Without it, all.
   */
  touched?(mapping: Mapping): readonly Mapping[];
}

/** Where a memory is, as plain data that can be posted to a worker thread. */
export interface MemoryLocator {
  /** The process whose memory it is. */
  readonly pid: number;
  readonly target: Target;
}

/** The same bytes as those of another target. */
export function retargeted(memory: Memory, target: Target): Memory {
  const { locator } = memory;
  return { ...memory, target, ...(locator && { locator: { ...locator, target } }) };
}

/** One beyond the last address of 64 bits. */
const END = 1n << 64n;

/**
 * Refuses what no memory could read, before a source is asked.
 *
 * @throws TypeError if the address is no bigint.
 * @throws MemoryFault if the range is negative, fractional or beyond 64 bits.
 */
export function checkRange(address: bigint, length: number): void {
  if (typeof address !== 'bigint') {
    throw new TypeError(`an address is a bigint; got ${typeof address} ${String(address)}. Write 0x10n or BigInt(…)`);
  }
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new MemoryFault(address, length, 'the length is not a whole number of bytes');
  }
  if (address < 0n || address + BigInt(length) > END) {
    throw new MemoryFault(address, length, 'the range is not within a 64-bit address space');
  }
}

/** What is read, or undefined where it cannot be; of a process that has ended nothing can be, which is a fault. */
export function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MemoryFault && !error.ended) return undefined;
    throw error;
  }
}

const PAGE = 4096n;

/**
 * The bytes of a NUL-terminated string, the NUL excluded. Reads no page that the string does not reach.
 *
 * @param limit in bytes: a longer string is a fault, for then the address hardly was that of one.
 * @throws MemoryFault if there is no NUL within `limit` readable bytes.
 */
export function readCString(memory: Memory, address: bigint, limit = 4096): Uint8Array {
  const parts: Uint8Array[] = [];
  let most = 32;
  for (let at = address; at - address < BigInt(limit); ) {
    const length = Math.min(Number(PAGE - (at % PAGE)), limit - Number(at - address), most);
    const bytes = readSome(memory, at, length);
    const end = bytes.indexOf(0);
    if (end >= 0 && parts.length === 0) return bytes.subarray(0, end);
    parts.push(bytes.subarray(0, end < 0 ? bytes.length : end));
    if (end >= 0) return concatenate(parts);
    at += BigInt(bytes.length);
    most = bytes.length < length ? bytes.length : limit;
  }
  throw new MemoryFault(address, limit, 'expected a string with a NUL at its end, found none');
}

/**
 * The first of some bytes: all of them, or, where the last cannot be read, as many as are left
 * after halving until they can.
 *
 * @throws MemoryFault if not even one can be read.
 */
function readSome(memory: Memory, address: bigint, length: number): Uint8Array {
  const all = orUndefined(() => memory.read(address, length));
  if (all) return all;
  // A bad address costs one more read, and no more.
  const one = memory.read(address, 1);
  for (let size = length >> 1; size > 1; size >>= 1) {
    const some = orUndefined(() => memory.read(address, size));
    if (some) return some;
  }
  return one;
}
