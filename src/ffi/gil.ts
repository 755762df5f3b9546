/**
 * The GIL: taken at the first use, given back in a microtask. Many calls in a row take it once, and Python's own
 * threads run whenever Node does not call Python.
 */
import type { Api, pythonSymbols } from './symbols.ts';

/** Holds the GIL for the rest of the present synchronous stretch. */
export class Gil {
  readonly #api: Pick<Api<typeof pythonSymbols>, 'PyGILState_Ensure' | 'PyGILState_Release'>;
  #held = false;

  constructor(api: Pick<Api<typeof pythonSymbols>, 'PyGILState_Ensure' | 'PyGILState_Release'>) {
    this.#api = api;
  }

  /** Every use of Python begins with this. */
  hold(): void {
    if (this.#held) return;
    const state = this.#api.PyGILState_Ensure();
    this.#held = true;
    // Not queueMicrotask, which test runners replace by a fake: the GIL would never be given back.
    void Promise.resolve().then(() => {
      this.#held = false;
      this.#api.PyGILState_Release(state);
    });
  }
}
