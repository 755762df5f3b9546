/**
 * The text of an array while it is made: a thread writes pieces of it into blocks of memory, which then are handed over and
 * come back to be written again. Not shared memory: V8 copies that byte by byte where two addresses differ in their
 * alignment, in 20 times the time.
 */

/** Of a block, in bytes. Few pieces are longer, and have one of their own. */
const BLOCK = 1 << 20;
/** Blocks that are kept for the next array. Memory that was never written to costs more than what is written. */
const MOST_KEPT = 16;

/** Text in blocks. */
export interface Part {
  readonly blocks: readonly ArrayBuffer[];
  /** Of each piece of the text {@link PIECE} numbers: its chunk of the array, its block, its start and end there. */
  readonly pieces: Float64Array;
}

const PIECE = 4;

/** Those of the blocks that are worth to be written again. */
export function worthKeeping(blocks: readonly ArrayBuffer[]): ArrayBuffer[] {
  return blocks.filter(({ byteLength }) => byteLength === BLOCK).slice(0, MOST_KEPT);
}

/** A part that is being written. */
export class PartWriter {
  readonly #blocks: ArrayBuffer[];
  readonly #pieces: number[] = [];
  #number = 0;
  #block: Uint8Array;
  #used = 0;

  /** @param blocks to be written over */
  constructor(blocks: readonly ArrayBuffer[]) {
    this.#blocks = [...blocks];
    this.#block = this.#open(0);
  }

  add(chunk: number, piece: Uint8Array): void {
    const { length } = piece;
    while (this.#used + length > this.#block.length) {
      this.#number++;
      this.#block = this.#open(length);
      this.#used = 0;
    }
    const end = this.#used + length;
    this.#block.set(piece, this.#used);
    this.#pieces.push(chunk, this.#number, this.#used, end);
    this.#used = end;
  }

  /** What was written, and all the blocks there are. */
  part(): Part {
    return { blocks: this.#blocks, pieces: Float64Array.from(this.#pieces) };
  }

  #open(length: number): Uint8Array {
    this.#blocks[this.#number] ??= new ArrayBuffer(Math.max(BLOCK, length));
    return new Uint8Array(this.#blocks[this.#number] as ArrayBuffer);
  }
}

/**
 * The pieces in the order of their chunks, in memory of its own.
 *
 * @param chunks how many there are; each is of one thread
 * @param end what follows the text
 * @throws RangeError if there is no memory for the text.
 */
export function joined(parts: readonly Part[], chunks: number, end: string): Uint8Array {
  const byChunk = Array.from({ length: chunks }, (): Uint8Array[] => []);
  let length = end.length;
  for (const { blocks, pieces } of parts) {
    const bytes = blocks.map((block) => new Uint8Array(block));
    for (let i = 0; i < pieces.length; i += PIECE) {
      const [chunk, block, from, to] = pieces.subarray(i, i + PIECE) as unknown as [number, number, number, number];
      byChunk[chunk]?.push((bytes[block] as Uint8Array).subarray(from, to));
      length += to - from;
    }
  }
  // Not by new Uint8Array, which may write zeros first.
  const { buffer } = Buffer.allocUnsafeSlow(length);
  const whole = new Uint8Array(buffer);
  let at = 0;
  for (const piece of byChunk.flat()) {
    whole.set(piece, at);
    at += piece.length;
  }
  for (const [i, character] of [...end].entries()) whole[at + i] = character.charCodeAt(0);
  return whole;
}
