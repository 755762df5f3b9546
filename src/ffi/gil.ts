/**
 * The GIL: taken at the first use, given back in a microtask. Many calls in a row take it once, and Python's own
 * threads run whenever Node does not call Python. On a free-threaded build the same calls attach the thread.
 */
import { ReleasedError } from '../errors.ts';
import type { Api, pythonSymbols } from './symbols.ts';

type GilApi = Pick<Api<typeof pythonSymbols>, 'Py_IsInitialized' | 'PyGILState_Ensure' | 'PyGILState_Release'>;

/** After so long other threads get a turn, at the next call: CPython hands over only to who waited 5 ms and asked. */
const TURN_MS = 10;

/** Holds the GIL for the rest of the present synchronous stretch. */
export class Gil {
  readonly #api: GilApi;
  /** What `PyGILState_Ensure` gave, undefined while the GIL is not held. */
  #state: number | undefined;
  /** Which taking of the GIL this is: a microtask gives back only that which it was queued for. */
  #taking = 0;
  #since = 0;
  #ended = false;
  /** Python at work in other threads for Node, who may keep the GIL for long: Node must not wait for it unasked. */
  #runs = 0;
  #deferred: (() => void)[] = [];
  readonly #before: () => void;

  /** @param before what is to be done each time before it is given back */
  constructor(api: GilApi, before: () => void) {
    this.#api = api;
    this.#before = before;
  }

  /**
   * Every use of Python begins with this.
   *
   * @throws ReleasedError if the interpreter is no more.
   */
  hold(): void {
    if (!this.tryHold()) throw new ReleasedError('Python was finalized in this process; it cannot be used any more');
  }

  /** Takes the GIL as `hold` does; false if the interpreter is no more, and with it all that could be given back. */
  tryHold(): boolean {
    if (this.#state !== undefined) {
      if (performance.now() - this.#since < TURN_MS) return true;
      this.letGo();
    }
    // PyGILState_Ensure would end the process.
    if (this.#ended || this.#api.Py_IsInitialized() === 0) return false;
    this.#state = this.#api.PyGILState_Ensure();
    this.#since = performance.now();
    const taking = ++this.#taking;
    // Not queueMicrotask, which test runners replace by a fake: the GIL would never be given back.
    void Promise.resolve().then(() => {
      if (taking === this.#taking) this.letGo();
    });
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const job of deferred) attempt(job);
    return true;
  }

  /** Gives the GIL back before the stretch ends: what follows takes long and needs no Python. */
  letGo(): void {
    if (this.#state === undefined) return;
    this.#before();
    const state = this.#state;
    this.#state = undefined;
    this.#api.PyGILState_Release(state);
  }

  /** Does a job that takes the GIL: at once, unless that may mean to wait, then when it is next held. */
  soon(job: () => void): void {
    if (this.#runs === 0 || this.#state !== undefined) attempt(job);
    else this.#deferred.push(job);
  }

  /** Counts the runs of Python in other threads: one begins (1) or has ended (-1). */
  count(change: 1 | -1): void {
    this.#runs += change;
    if (this.#runs === 0 && this.#deferred.length > 0) this.tryHold();
  }

  /** From now on there is no Python to be used: the process ends. */
  end(): void {
    this.letGo();
    this.#ended = true;
  }
}

/** Whoever called did not ask for this job: what it throws is told, and hinders nobody. */
function attempt(job: () => void): void {
  try {
    job();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}
