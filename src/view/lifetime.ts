/** How long a view may be used. Whoever lent the memory says what is to be done when it is given back. */
import { ReleasedError } from '../errors.ts';

/** Usable until released; what came of it is usable no longer than it. */
export class Lifetime {
  readonly #what: string;
  readonly #within: Lifetime | undefined;
  #released = false;

  /**
   * @param what is lent, as the error shall call it
   * @param within a lifetime that this one cannot outlast
   */
  constructor(what: string, within?: Lifetime) {
    this.#what = what;
    this.#within = within;
  }

  get released(): boolean {
    return this.#released || (this.#within?.released ?? false);
  }

  /** @throws ReleasedError after the release of this lifetime or one it lies within. */
  check(): void {
    if (this.released) throw new ReleasedError(`this ${this.#what} was released; take a new one`);
  }

  /** Gives back; a second call does nothing. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.end();
  }

  /** Called once, at the first release. */
  protected end(): void {}
}
