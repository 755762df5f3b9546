/**
 * References given back many at a time. A tuple takes over what is put into it, and drops all of that when it goes:
 * `PyTuple_New` and `PyTuple_SET_ITEM` of C, the latter of which is a macro that writes into the tuple, as is done here.
 */
import { layoutsFor } from '../../layouts/layouts.ts';
import { dataModels, type Target } from '../../target.ts';
import { mapMemory } from '../native.ts';
import type { Api, pythonSymbols } from '../symbols.ts';

type TupleApi = Pick<Api<typeof pythonSymbols>, 'PyTuple_New' | 'PyObject_GC_UnTrack' | 'Py_DecRef'>;

/** So many are kept at most until they are dropped; each costs a small part of a call then, instead of a call. */
const CAPACITY = 64;

/** What has been given back and not dropped yet. Whoever calls holds the GIL. */
export class PendingDecrefs {
  readonly #api: TupleApi;
  readonly #items: number;
  readonly #word: number;
  readonly #little: boolean;
  #tuple = 0n;
  #slots: DataView | undefined;
  #count = 0;
  /** Of the reference that came last. */
  #ticket = 0;

  constructor(api: TupleApi, target: Target) {
    const { pointer, byteOrder } = dataModels[target.model];
    this.#api = api;
    this.#items = layoutsFor(target).PyTupleObject.offsetOf('ob_item');
    this.#word = pointer;
    this.#little = byteOrder === 'little';
  }

  /**
   * Takes over a reference.
   *
   * @returns a ticket by which it may be had back
   */
  add(object: bigint): number {
    this.#slots ??= this.#make();
    this.#write(this.#slots, object);
    if (++this.#count === CAPACITY) this.settle();
    return ++this.#ticket;
  }

  /**
   * Takes back the reference of a ticket, if it came last and was not dropped yet. Its address would not do: once it
   * is dropped, that may be another object's.
   */
  takeBack(ticket: number): boolean {
    if (this.#count === 0 || !this.#slots || ticket !== this.#ticket) return false;
    this.#count--;
    this.#write(this.#slots, 0n);
    this.#ticket++;
    return true;
  }

  /** Drops them: before code of Python's is run, and before the GIL is let go, so that nobody sees that it waited. */
  settle(): void {
    if (this.#count === 0) return;
    const tuple = this.#tuple;
    // First: what is dropped may run Python, and that may end here again.
    this.#slots = undefined;
    this.#count = 0;
    this.#api.Py_DecRef(tuple);
  }

  #write(slots: DataView, object: bigint): void {
    if (this.#word === 8) slots.setBigUint64(8 * this.#count, object, this.#little);
    else slots.setUint32(4 * this.#count, Number(object), this.#little);
  }

  #make(): DataView {
    this.#tuple = this.#api.PyTuple_New(CAPACITY);
    if (this.#tuple === 0n) throw new Error('Python has no memory for a tuple');
    // Lest Python's collector show it to somebody: most of its items are NULL.
    this.#api.PyObject_GC_UnTrack(this.#tuple);
    const bytes = mapMemory(this.#tuple + BigInt(this.#items), CAPACITY * this.#word);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
