/** An owned reference to a Python object that JavaScript has, and how it comes back. It knows nothing of buffers. */
import { Lifetime } from '../../view/lifetime.ts';
import type { Ledger } from './ledger.ts';

/** A reference that is out. Given back by `release`, at the latest when it is garbage. */
export class Owned extends Lifetime {
  protected readonly ledger: Ledger;
  readonly #giveBack: () => void;
  #watched: object | undefined;
  /** Whether it has outlived the synchronous stretch in which it was taken. */
  #settled = false;

  /** @internal */
  constructor(what: string, ledger: Ledger, giveBack: () => void) {
    super(what);
    this.ledger = ledger;
    this.#giveBack = giveBack;
  }

  /** It comes back when nobody can reach this any more. At most one object is watched: the one named last. */
  watch(reachable: object): void {
    if (!this.#settled) {
      this.#watched = reachable;
      return;
    }
    this.ledger.net.unregister(this);
    this.ledger.net.register(reachable, this, this);
  }

  /** From now on what is watched is the garbage collector's to take. */
  settle(): void {
    this.#settled = true;
    if (this.#watched) this.watch(this.#watched);
    this.#watched = undefined;
  }

  /** The garbage collector took what was watched. */
  collected(): void {
    if (this.released) return;
    this.ledger.countCollected();
    this.release();
  }

  protected override end(): void {
    this.giveBack();
  }

  /** The reference goes. */
  protected giveBack(): void {
    this.unwatch();
    this.ledger.ended(this, this.#giveBack);
  }

  protected unwatch(): void {
    this.#watched = undefined;
    if (this.#settled) this.ledger.net.unregister(this);
  }
}
