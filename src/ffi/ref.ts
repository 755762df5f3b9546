/** A Python object held from JavaScript: just enough to name it, read an attribute, call it, and view its buffer. */
import { hex } from '../errors.ts';
import type { Lifetime } from '../view/lifetime.ts';

/** What a reference asks of its interpreter. @internal */
export interface RefOwner {
  attribute(object: bigint, name: string): PyRef;
  call(object: bigint, args: readonly bigint[]): PyRef;
  text(object: bigint): string;
}

/**
 * A counted reference to a Python object. Made by `eval` and `import` of a Python; released by `release`, at the end
 * of a `using` block, or after it is garbage.
 */
export class PyRef {
  readonly #owner: RefOwner;
  readonly #address: bigint;
  readonly #lifetime: Lifetime;

  /** @internal */
  constructor(owner: RefOwner, address: bigint, lifetime: Lifetime) {
    this.#owner = owner;
    this.#address = address;
    this.#lifetime = lifetime;
  }

  /** Where the object lies: Python's `id()`. */
  get address(): bigint {
    this.#lifetime.check();
    return this.#address;
  }

  /**
   * An attribute of the object.
   *
   * @throws PythonError (`AttributeError`) if it has none of that name.
   */
  attr(name: string): PyRef {
    return this.#owner.attribute(this.address, name);
  }

  /**
   * Calls the object with positional arguments, which are references too.
   *
   * @throws PythonError if the call raises.
   */
  call(...args: PyRef[]): PyRef {
    for (const [i, arg] of args.entries()) {
      if (!(arg instanceof PyRef)) throw new TypeError(`expected a PyRef as argument ${i + 1}, got ${typeof arg}`);
    }
    return this.#owner.call(
      this.address,
      args.map((arg) => arg.address),
    );
  }

  /**
   * The object's `str()`.
   *
   * @throws PythonError if that raises.
   */
  toString(): string {
    return this.#owner.text(this.address);
  }

  /** Gives the reference back. Idempotent. */
  release(): void {
    this.#lifetime.release();
  }

  /** Releases, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.#lifetime.released ? 'PyRef { released }' : `PyRef { ${hex(this.#address)} }`;
  }
}
