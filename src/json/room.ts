/** Memory for texts that come in pieces and are wanted in one. It knows no JSON. */
export class Room {
  #bytes: Uint8Array;
  /** Of what was added, in bytes. */
  length = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  /** Of all its memory, in bytes. */
  get size(): number {
    return this.#bytes.length;
  }

  /** What was added; stands until the room is used again. */
  get text(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /**
   * Copies a piece behind the others.
   *
   * @throws RangeError if there is no memory for it.
   */
  add(piece: Uint8Array): void {
    const { length } = this;
    const end = length + piece.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.text);
      this.#bytes = larger;
    }
    this.#bytes.set(piece, length);
    this.length = end;
  }
}
