/** What Python has lent to JavaScript and has to get back: by `release`, at the latest when it is garbage. */
import { Lifetime } from '../view/lifetime.ts';
import { detach } from './detach.ts';
import type { Gil } from './gil.ts';

/** One reference or view that is out. */
export class Loan extends Lifetime {
  readonly #loans: Loans;
  readonly #giveBack: () => void;
  /** Weak: what is out must not keep from the collector what the net waits for. */
  #mapped: WeakRef<ArrayBuffer> | undefined;

  /** @internal */
  constructor(what: string, loans: Loans, giveBack: () => void) {
    super(what);
    this.#loans = loans;
    this.#giveBack = giveBack;
  }

  /** The loan ends when nobody can reach this any more. */
  watch(reachable: object): void {
    this.#loans.net.register(reachable, this, this);
  }

  /** The loan ends when nobody can reach this buffer, which shows what is lent; if it ends before, the buffer goes. */
  map(buffer: ArrayBuffer): void {
    this.#mapped = new WeakRef(buffer);
    this.#loans.net.unregister(this);
    this.watch(buffer);
  }

  protected override end(): void {
    const mapped = this.#mapped?.deref();
    if (mapped) detach(mapped);
    this.#loans.ended(this, this.#giveBack);
  }
}

/** The references and views that are out. */
export class Loans {
  readonly #gil: Gil;
  readonly #out = new Set<Loan>();
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
    return this.#out.size;
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
    this.#out.add(loan);
    return loan;
  }

  /** Ends all that are out. */
  releaseAll(): void {
    for (const loan of [...this.#out]) loan.release();
  }

  /** @internal */
  ended(loan: Loan, giveBack: () => void): void {
    this.#out.delete(loan);
    this.net.unregister(loan);
    if (this.#gil.tryHold()) giveBack();
  }
}
