/** How far threads are with a job, in memory that they share. Knows no array. */

/** The chunks that were given out, that can be read, and whose text has its place: each counts from the first. */
const TAKEN = 0;
const READABLE = 1;
const PLACED = 2;
/** How often something has changed that a thread may wait for. */
const CHANGES = 3;
/** Of 8 bytes, behind those: the length of the text of all chunks that have their place. */
const LENGTH = 2;

/** As TAKEN: the job was abandoned. Threads that ask for a chunk may still add to it. */
const NO_MORE = 2 ** 30;

/** Each thread has its own over the same memory. */
export class Tally {
  readonly #counts: Int32Array<SharedArrayBuffer>;
  readonly #length: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(8 * (LENGTH + 1))) {
    this.#counts = new Int32Array(memory);
    this.#length = new BigInt64Array(memory);
  }

  get memory(): SharedArrayBuffer {
    return this.#counts.buffer;
  }

  /** The number of a chunk that nobody has; there may be no such chunk. */
  take(): number {
    return Atomics.add(this.#counts, TAKEN, 1);
  }

  /** From now on so many chunks can be read. */
  readable(chunks: number): void {
    Atomics.store(this.#counts, READABLE, chunks);
    this.#changed();
  }

  /** @throws Error if the job was abandoned. */
  isReadable(chunk: number): boolean {
    return this.#count(READABLE) > chunk;
  }

  /**
   * Whether all chunks before have their place.
   *
   * @throws Error if the job was abandoned.
   */
  isNext(chunk: number): boolean {
    return this.#count(PLACED) === chunk;
  }

  /** Gives the next chunk its place: where its text begins. */
  place(length: number): number {
    const at = this.length;
    this.#length[LENGTH] = BigInt(at + length);
    Atomics.add(this.#counts, PLACED, 1);
    this.#changed();
    return at;
  }

  /** Of the text of all chunks that have their place, in bytes. */
  get length(): number {
    return Number(this.#length[LENGTH]);
  }

  /** Lets nobody wait or begin another chunk. */
  abandon(): void {
    Atomics.store(this.#counts, TAKEN, NO_MORE);
    this.#changed();
  }

  /** A number that is another after every change. */
  get changes(): number {
    return Atomics.load(this.#counts, CHANGES);
  }

  /** Blocks this thread until there are other changes than those seen. */
  sleep(seen: number): void {
    Atomics.wait(this.#counts, CHANGES, seen);
  }

  /** Resolves once there are other changes than those seen. */
  async change(seen: number): Promise<void> {
    await Atomics.waitAsync(this.#counts, CHANGES, seen).value;
  }

  #count(index: number): number {
    if (Atomics.load(this.#counts, TAKEN) >= NO_MORE) {
      throw new Error('the job was abandoned: another thread failed or ended');
    }
    return Atomics.load(this.#counts, index);
  }

  #changed(): void {
    Atomics.add(this.#counts, CHANGES, 1);
    Atomics.notify(this.#counts, CHANGES);
  }
}
