/** The limits that {@link openPython} may be told, of which there is one set per process. */
import { board } from './board.ts';

/** Limits of what Python does for Node. */
export interface Limits {
  /**
   * How many runs may be under way at once, each in a thread of Python's; further ones wait their turn. One that was
   * aborted counts until its code has ended. By default 256.
   */
  readonly threads?: number;
  /**
   * How many ms the exit of the process may take on Python's account, by default 1000: for threads that are no daemons,
   * for what is registered with `atexit`, and for code in C that keeps the GIL. When half of it is over, no thread is
   * waited for any more; at the end the process ends whatever goes on, with the status that it has. Infinity waits as
   * Python does.
   */
  readonly exitWithin?: number;
}

const MOST = 2 ** 31 - 1;

/** @throws TypeError or RangeError if one of them is none. */
export function checkLimits({ threads, exitWithin }: Limits): void {
  if (threads !== undefined) {
    checkNumber('threads', threads);
    if (!Number.isInteger(threads) || threads < 1 || threads > MOST) {
      throw new RangeError(`expected a whole number of 1 to ${MOST} as threads, got ${threads}`);
    }
  }
  if (exitWithin !== undefined) {
    checkNumber('exitWithin', exitWithin);
    if (!(exitWithin >= 1) || (exitWithin > MOST && exitWithin !== Number.POSITIVE_INFINITY)) {
      throw new RangeError(`expected 1 to ${MOST} ms, or Infinity, as exitWithin, got ${exitWithin}`);
    }
  }
}

function checkNumber(name: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`expected a number as ${name}, got ${typeof value}`);
}

/** Those that are given hold from now on. */
export function setLimits(seen: Int32Array, { threads, exitWithin }: Limits): void {
  if (threads !== undefined) seen[board.threads] = threads;
  if (exitWithin !== undefined) seen[board.exitWithin] = Number.isFinite(exitWithin) ? exitWithin : -1;
}
