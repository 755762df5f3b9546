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
    if (this.#released) throw new ReleasedError(`this ${this.#what} was released; take a new one`);
    this.#within?.check();
  }

  /**
   * The memory itself leaves: somebody outside has an array over it from now on.
   *
   * @throws Error if too much has left already.
   */
  handOut(): void {
    this.#within?.handOut();
  }

  /** Gives back; a second call does nothing. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.end();
  }

  /**
   * Gives back, and empties what was handed out.
   *
   * @throws TypeError of what lies within another lifetime: its arrays are that one's.
   * @throws Error if somebody may still use them.
   */
  revoke(): void {
    if (this.#within) {
      throw new TypeError('expected the view that others were made of by slice, transpose or cast; revoke that one');
    }
    this.release();
  }

  /** Called once, at the first release. */
  protected end(): void {}
}
