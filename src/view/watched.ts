/**
 * Memory that another program may change while it is read. It knows no Python: who reads says how to look whether what
 * was read before still holds.
 */
import { MemoryFault } from '../errors.ts';
import type { Memory } from '../memory/memory.ts';

/** How often what changes is read before it is given up. */
const TRIES = 5;

interface Reading<T> {
  readonly result?: T;
  readonly error?: unknown;
  /** What it says, as a text: equal of two readings that agree. */
  readonly said: string;
}

/**
 * What two readings one after the other agree on, be it an error.
 *
 * @param address of what is read
 * @param read reads all of it anew
 * @param show what was read, as a text
 * @throws MemoryFault if no two of five pairs agree.
 */
export function settled<T>(address: bigint, read: () => T, show: (result: T) => string): T {
  const attempt = (): Reading<T> => {
    try {
      const result = read();
      return { result, said: show(result) };
    } catch (error) {
      return { error, said: String(error) };
    }
  };
  for (let i = 0; i < TRIES; i++) {
    const [first, second] = [attempt(), attempt()];
    if (first.said !== second.said) continue;
    if ('error' in second) throw second.error;
    return second.result as T;
  }
  throw new MemoryFault(address, 0, `it changed while it was read, ${TRIES} times`);
}

/**
 * A memory whose every read is followed by a look whether it was still that which was meant. Nobody else can look so:
 * it names no place where another thread could read the same.
 *
 * @param unchanged says so; what it throws counts as a no
 */
export function watched(memory: Memory, unchanged: () => boolean): Memory {
  const check = (address: bigint, length: number): void => {
    let cause: unknown;
    try {
      if (unchanged()) return;
    } catch (error) {
      cause = error;
    }
    const reason = 'the object was freed or changed since it was viewed; view it again';
    throw new MemoryFault(address, length, reason, { cause });
  };
  const { target, live } = memory;
  return {
    target,
    live,
    changing: true,
    read(address, length) {
      const bytes = memory.read(address, length);
      check(address, length);
      return bytes;
    },
    ...(memory.readInto && {
      readInto(address: bigint, into: Uint8Array): void {
        memory.readInto?.(address, into);
        check(address, into.length);
      },
    }),
  };
}
