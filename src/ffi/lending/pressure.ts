/**
 * When the garbage collector is asked to look: V8 knows neither what a reference to Python weighs, nor that the bytes of
 * arrays that released views have left are Python's to free. It knows counts of bytes, and no Python.
 */
import { openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** In one stretch of code, in which nothing is collected, released views may leave so many times the bound. */
const IN_A_STRETCH = 4;
/** Of two collections that are asked for, in ms. */
const LEAST_APART_MS = 20;
/** Collections that are asked for may take one part in so many of the time: for arrays that are left, for references. */
const SHARE = { arrays: 4, references: 10 };
/** Within the bound collections are asked for from this part of it on. */
const EARLY = 1 / 2;
/** Of the bound: by so much the process may grow before references that were forgotten are looked for. */
const GROWTH = 1 / 4;
/** One reference in so many is a reason to look at what the process takes, which costs 2 µs. */
const LOOK_EACH = 4;

/** Asks for collections as what hangs on them grows beyond a bound. */
export class Pressure {
  readonly #bound: number;
  readonly #collected: () => void;
  /** Of all arrays that are left, in bytes. */
  #pinned = 0;
  /** Of those that were left in this turn of the event loop. */
  #inStretch = 0;
  /** The process' own memory when the first of them was left, in bytes. */
  #before = 0;
  #turning = false;
  #asked = false;
  /** When the last collection that was asked for ended, and how long it took, in ms. */
  #last = 0;
  #took = 0;
  #references = 0;
  /** What the process took when it took least since the last collection that was asked for. */
  #least = Number.POSITIVE_INFINITY;
  /** By so much it may grow until the next, in bytes: twice as much each time that none was found forgotten. */
  #growth: number;
  #found = true;

  /**
   * @param bound in bytes
   * @param collected is called after each collection that was asked for
   */
  constructor(bound: number, collected: () => void) {
    this.#bound = bound;
    this.#collected = collected;
    this.#growth = GROWTH * bound;
  }

  /** Arrays are left. */
  pin(length: number): void {
    if (this.#inStretch === 0) this.#before = ownMemory();
    // What was left in this turn is not collected before its end.
    if (this.#pinned - this.#inStretch > EARLY * this.#bound) this.#ask(SHARE.arrays);
    this.#pinned += length;
    this.#inStretch += length;
    this.#turn();
  }

  /** Arrays are no more. */
  unpin(length: number): void {
    this.#pinned -= length;
    this.#inStretch = Math.max(0, this.#inStretch - length);
  }

  /** @throws Error if too much was left in this stretch, and the process has grown by it. */
  admit(length: number): void {
    const most = IN_A_STRETCH * this.#bound;
    if (this.#inStretch + length <= most || this.#inStretch === 0) return;
    // What Python keeps anyway does not weigh.
    if (ownMemory() - this.#before + length <= most) return;
    throw new Error(
      `released views have left arrays over ${this.#inStretch} bytes in one stretch of code, in which none can be ` +
        `collected; expected at most ${most}. End each view by revoke() rather than release(), copy by toTypedArray(), ` +
        'or await a turn of the event loop in between (a timer or setImmediate)',
    );
  }

  /** A reference was taken, to who knows how much. */
  note(): void {
    if (++this.#references % LOOK_EACH !== 0 || this.#asked) return;
    const now = ownMemory();
    this.#least = Math.min(this.#least, now);
    if (now - this.#least <= this.#growth || !this.#ask(SHARE.references)) return;
    this.#least = now;
    this.#growth = this.#found ? GROWTH * this.#bound : Math.min(2 * this.#growth, this.#bound * IN_A_STRETCH);
    this.#found = false;
  }

  /** A reference was found forgotten. */
  found(): void {
    this.#found = true;
  }

  /**
   * Once in a turn of the event loop: what that turn has seen is not collected, nor heard of, before its end.
   *
   * @param share one part in so many of the time may be taken
   * @returns whether it was asked
   */
  #ask(share: number): boolean {
    this.#turn();
    const now = performance.now();
    if (this.#asked || now < this.#last + Math.max(LEAST_APART_MS, (share - 1) * this.#took)) return false;
    this.#asked = true;
    collect();
    this.#collected();
    this.#last = performance.now();
    this.#took = this.#last - now;
    return true;
  }

  #turn(): void {
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => {
      this.#turning = false;
      this.#asked = false;
      this.#inStretch = 0;
    }).unref();
  }
}

let gc: (() => void) | undefined;

/** A full collection, the only kind that tells a FinalizationRegistry: 3 ms where little lives. */
function collect(): void {
  if (!gc) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }
  gc();
}

let statm: number | undefined;
const text = Buffer.alloc(128);
const PAGE = 4096;

/** What this process takes of the machine's memory and shares with nobody, in bytes; files do not count. */
function ownMemory(): number {
  statm ??= openSync('/proc/self/statm', 'r');
  const length = readSync(statm, text, 0, text.length, 0);
  const [, resident = 0, shared = 0] = text.toString('latin1', 0, length).split(' ').map(Number);
  return (resident - shared) * PAGE;
}
