/** Text that a thread has written and hands over, block by block. Knows no array and no thread. */

/**
 * Some of the text, in a block of memory that is handed over and comes back to be written again. Not shared memory: V8
 * copies that byte by byte where two addresses differ in their alignment, in 20 times the time.
 */
export interface Part {
  readonly block: ArrayBuffer;
  /** Of each piece {@link PIECE} numbers: where it begins in the text, where it starts and ends in the block. */
  readonly pieces: Float64Array;
}

const PIECE = 3;

/** Of a block, in bytes. Few pieces are longer, and have one of their own. */
const BLOCK = 1 << 21;
/** Blocks that are kept to be written again. Memory that was never written to costs more than what is written. */
const MOST_KEPT = 8;

/** Puts pieces into blocks. */
export class PartWriter {
  readonly #send: (part: Part) => void;
  readonly #returned: () => ArrayBuffer | null | undefined;
  readonly #kept: ArrayBuffer[] = [];
  #block: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;
  #pieces: number[] = [];

  /**
   * @param send hands a full block over
   * @param returned a block that came back, if there is one
   */
  constructor(send: (part: Part) => void, returned: () => ArrayBuffer | null | undefined) {
    this.#send = send;
    this.#returned = returned;
  }

  /** Copies a piece that begins at a place of the text. */
  add(at: number, piece: Uint8Array): void {
    const { length } = piece;
    if (this.#block && this.#used + length > this.#block.length) this.flush();
    this.#block ??= new Uint8Array(this.#room(length));
    this.#block.set(piece, this.#used);
    const end = this.#used + length;
    this.#pieces.push(at, this.#used, end);
    this.#used = end;
  }

  /** Hands over what there is. */
  flush(): void {
    if (this.#block) this.#send({ block: this.#block.buffer, pieces: Float64Array.from(this.#pieces) });
    this.#block = undefined;
    this.#used = 0;
    this.#pieces = [];
  }

  /** Keeps a block to write into. */
  take(block: ArrayBuffer): void {
    if (block.byteLength === BLOCK && this.#kept.length < MOST_KEPT) this.#kept.push(block);
  }

  #room(length: number): ArrayBuffer {
    if (length > BLOCK) return new ArrayBuffer(length);
    for (let block = this.#returned(); block; block = this.#returned()) this.take(block);
    return this.#kept.pop() ?? new ArrayBuffer(BLOCK);
  }
}

/** Takes each piece of a part. */
export function eachPiece({ block, pieces }: Part, take: (at: number, piece: Uint8Array) => void): void {
  for (let i = 0; i < pieces.length; i += PIECE) {
    const [at, from, to] = pieces.subarray(i, i + PIECE) as unknown as [number, number, number];
    take(at, new Uint8Array(block, from, to - from));
  }
}
