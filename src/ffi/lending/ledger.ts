/**
 * All that Python has given out to JavaScript and has to get back: owned references, and the exports among them, whose
 * states `export.ts` tells. It counts, finds what was forgotten, and gives back; it does not know what the bytes are.
 */
import type { Gil } from '../gil.ts';
import { Export, type Exported } from './export.ts';
import { watchTransfers } from './moves.ts';
import { Owned } from './owned.ts';
import { Pressure } from './pressure.ts';
import { watchWrites } from './writes.ts';

const ledgers = new WeakMap<Gil, Ledger>();

/** The ledger of an interpreter, by its GIL: what is left of a Python that was closed, the next one still lists. */
export function ledgerOf(gil: Gil, bound: number): Ledger {
  let ledger = ledgers.get(gil);
  if (!ledger) {
    ledger = new Ledger(gil, bound);
    ledgers.set(gil, ledger);
  }
  return ledger;
}

/** The references and exports that are out. */
export class Ledger {
  readonly #gil: Gil;
  readonly #out = new Set<Owned>();
  /**
   * Those of this synchronous stretch. Before its end nothing is collected that it can reach, so that the net need
   * not be spread under what is released at once; a WeakRef would even keep that to the end.
   */
  readonly #fresh = new Set<Owned>();
  /** The exports whose view is released and whose arrays are left, by their first byte. */
  readonly #left = new Map<bigint, Export>();
  readonly #pressure: Pressure;
  #collected = 0;
  /** The net under `release`. @internal */
  readonly net = new FinalizationRegistry<Owned>((owned) => this.#gil.soon(() => owned.collected()));

  /** @param bound on the bytes that arrays of released views pin, in bytes */
  constructor(gil: Gil, bound: number) {
    this.#gil = gil;
    this.#pressure = new Pressure(bound, () => this.#sweep());
    // Before anybody has taken hold of a method that transfers, or writes.
    watchTransfers();
    watchWrites();
  }

  /** How many are out. */
  get size(): number {
    return this.#out.size + this.#fresh.size;
  }

  /** How many the garbage collector had to give back. */
  get collected(): number {
    return this.#collected;
  }

  /** The exports that are not over. */
  exports(): Export[] {
    return [...this.#out, ...this.#fresh].filter((owned) => owned instanceof Export);
  }

  /**
   * From now on a reference is out.
   *
   * @param what it is, as an error shall call it
   * @param giveBack needs the GIL, and is not called once the interpreter is no more
   */
  own(what: string, giveBack: () => void): Owned {
    const owned = new Owned(what, this, giveBack);
    this.#enter(owned);
    this.#pressure.note();
    return owned;
  }

  /** The same of an export. */
  export(exported: Exported): Export {
    const entry = new Export(this, exported);
    this.#enter(entry);
    return entry;
  }

  /** The export that is left whose arrays show just the bytes of another, and its ArrayBuffer. */
  leftOf({ extent: { low, length }, exporter, info }: Export): readonly [Export, ArrayBuffer] | undefined {
    const left = this.#left.get(low);
    if (left?.extent.length !== length || left.exporter !== exporter || exporter === 0) return undefined;
    // What Python is given of it has to be as writable.
    if (left.info.readonly !== info.readonly) return undefined;
    const { buffer } = left;
    return buffer?.byteLength === length ? [left, buffer] : undefined;
  }

  /**
   * Arrays over so many bytes are about to be handed out.
   *
   * @throws Error if released views have left too many in this stretch of code, in which none can be collected.
   */
  admit(length: number): void {
    this.#pressure.admit(length);
  }

  /** The arrays of a released view are left. @internal */
  pin(entry: Export): void {
    this.#left.set(entry.extent.low, entry);
    this.#pressure.pin(entry.extent.length);
  }

  /** They are no more. @internal */
  unpin(entry: Export): void {
    if (this.#left.get(entry.extent.low) === entry) this.#left.delete(entry.extent.low);
    this.#pressure.unpin(entry.extent.length);
  }

  /** Ends all that are out; arrays that were handed out stay. What one of them throws is thrown when all have ended. */
  releaseAll(): void {
    const errors: unknown[] = [];
    for (const owned of [...this.#out, ...this.#fresh]) {
      try {
        owned.release();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  /** @internal */
  countCollected(): void {
    this.#collected++;
    this.#pressure.found();
  }

  /** @internal */
  ended(owned: Owned, giveBack: () => void): void {
    if (!this.#fresh.delete(owned)) this.#out.delete(owned);
    if (this.#gil.tryHold()) giveBack();
  }

  /** Gives back what a collection has just found: the registry would tell of it a turn of the event loop later. */
  #sweep(): void {
    for (const left of [...this.#left.values()]) if (!left.buffer) this.#gil.soon(() => left.collected());
  }

  #enter(owned: Owned): void {
    if (this.#fresh.size === 0) void Promise.resolve().then(() => this.#settle());
    this.#fresh.add(owned);
  }

  #settle(): void {
    for (const owned of this.#fresh) {
      owned.settle();
      this.#out.add(owned);
    }
    this.#fresh.clear();
  }
}
