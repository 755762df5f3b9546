/** The lines of a text that comes in pieces. */

const LINE_FEED = 0x0a;

export class Lines {
  /** How many have ended. */
  ended = 0;
  /** Where the one after those begins, in bytes from the start of the text. */
  at = 0;
  #bytes = 0;

  add(piece: Uint8Array): void {
    for (let i = piece.indexOf(LINE_FEED); i >= 0; i = piece.indexOf(LINE_FEED, i + 1)) {
      this.ended++;
      this.at = this.#bytes + i + 1;
    }
    this.#bytes += piece.length;
  }

  /** Those of the text up to an index in the next piece. */
  within(piece: Uint8Array, index: number): Lines {
    const lines = new Lines();
    [lines.ended, lines.at, lines.#bytes] = [this.ended, this.at, this.#bytes];
    lines.add(piece.subarray(0, index));
    return lines;
  }
}

/** Those of a text up to an offset, in bytes. */
export function linesUpTo(pieces: Iterable<Uint8Array>, offset: number): Lines {
  const lines = new Lines();
  let left = offset;
  for (const piece of pieces) {
    if (left <= piece.length) return lines.within(piece, left);
    lines.add(piece);
    left -= piece.length;
  }
  return lines;
}
