/** What Python has lent to JavaScript and has to get back: by `release`, at the latest when it is garbage. */
import { Lifetime } from '../view/lifetime.ts';
import { detach } from './detach.ts';
import type { Gil } from './gil.ts';

/** What the memory of an ArrayBuffer is lent by. */
const lender = Symbol('memview.lender');

/** One reference or view that is out. */
export class Loan extends Lifetime {
  readonly #loans: Loans;
  readonly #giveBack: () => void;
  #watched: object | undefined;
  #mapped: ArrayBuffer | WeakRef<ArrayBuffer> | undefined;
  /** Whether it has outlived the synchronous stretch in which it was lent. */
  #settled = false;

  /** @internal */
  constructor(what: string, loans: Loans, giveBack: () => void) {
    super(what);
    this.#loans = loans;
    this.#giveBack = giveBack;
  }

  /** The loan ends when nobody can reach this any more. */
  watch(reachable: object): void {
    if (this.#settled) this.#loans.net.register(reachable, this, this);
    else this.#watched = reachable;
  }

  /**
   * The buffer shows what is lent, and goes when the loan ends. Nobody but what is watched refers to it: with that
   * bound to the buffer, the loan lasts as long as either can be reached, be it through a typed array.
   */
  map(buffer: ArrayBuffer, watched: object): void {
    this.#mapped = this.#settled ? new WeakRef(buffer) : buffer;
    (buffer as ArrayBuffer & { [lender]?: object })[lender] = watched;
  }

  /** From now on what is lent is the garbage collector's to take. */
  settle(): void {
    this.#settled = true;
    if (this.#watched) this.watch(this.#watched);
    if (this.#mapped instanceof ArrayBuffer) this.#mapped = new WeakRef(this.#mapped);
    this.#watched = undefined;
  }

  protected override end(): void {
    const mapped = this.#mapped instanceof WeakRef ? this.#mapped.deref() : this.#mapped;
    this.#mapped = undefined;
    this.#watched = undefined;
    if (mapped) detach(mapped);
    if (this.#settled) this.#loans.net.unregister(this);
    this.#loans.ended(this, this.#giveBack);
  }
}

/** The references and views that are out. */
export class Loans {
  readonly #gil: Gil;
  readonly #out = new Set<Loan>();
  /**
   * Those of this synchronous stretch. Before its end nothing is collected that it can reach, so that the net need
   * not be spread under what is released at once; a WeakRef would even keep that to the end.
   */
  readonly #fresh = new Set<Loan>();
  #collected = 0;
  /** The net under `release`. @internal */
  readonly net = new FinalizationRegistry<Loan>((loan) => {
    this.#collected++;
    this.#gil.soon(() => loan.release());
  });

  constructor(gil: Gil) {
    this.#gil = gil;
  }

  /** How many are out. */
  get size(): number {
    return this.#out.size + this.#fresh.size;
  }

  /** How many the garbage collector had to give back. */
  get collected(): number {
    return this.#collected;
  }

  /**
   * From now on something is held.
   *
   * @param what it is, as an error shall call it
   * @param giveBack needs the GIL, and is not called once the interpreter is no more
   */
  lend(what: string, giveBack: () => void): Loan {
    const loan = new Loan(what, this, giveBack);
    if (this.#fresh.size === 0) void Promise.resolve().then(() => this.#settle());
    this.#fresh.add(loan);
    return loan;
  }

  /** Ends all that are out. */
  releaseAll(): void {
    for (const loan of [...this.#out, ...this.#fresh]) loan.release();
  }

  /** @internal */
  ended(loan: Loan, giveBack: () => void): void {
    if (!this.#fresh.delete(loan)) this.#out.delete(loan);
    if (this.#gil.tryHold()) giveBack();
  }

  #settle(): void {
    for (const loan of this.#fresh) {
      loan.settle();
      this.#out.add(loan);
    }
    this.#fresh.clear();
  }
}
