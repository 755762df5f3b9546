/** JSON laid out for people: every element on a line of its own, as orjson's OPT_INDENT_2 and JSON.stringify have it. */
import { copyOf } from '../bytes.ts';

const [LINE_FEED, SPACE, QUOTE, COMMA, COLON, BACKSLASH] = [0x0a, 0x20, 0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Of the text that is handed on at once, in bytes. */
const ROOM = 1 << 16;
/** How much longer laid out text is, about: a short one needs no more room. */
const SPREAD = 8;

/**
 * Lays out text without white space that comes in pieces, cut anywhere. A piece given out stands until the next is asked
 * for.
 */
export function* indented(pieces: Iterable<Uint8Array>, width: number): Generator<Uint8Array> {
  const layout = new Layout(width);
  for (const piece of pieces) {
    // Several are made of one, which does not stand so long.
    const own = copyOf(piece);
    for (let from = 0; from < own.length; ) {
      from = layout.take(own, from);
      yield layout.text();
    }
  }
}

class Layout {
  readonly #width: number;
  #room = new Uint8Array();
  #length = 0;
  #depth = 0;
  /** Whether a bracket was opened and nothing written in it yet. */
  #empty = false;
  #inText = false;
  #escaped = false;

  constructor(width: number) {
    this.#width = width;
  }

  /** What was laid out of the last bytes taken. */
  text(): Uint8Array {
    return this.#room.subarray(0, this.#length);
  }

  /** Lays out bytes from an index on, as many as there is room for; returns the index behind them. */
  take(piece: Uint8Array, from: number): number {
    const width = this.#width;
    // A byte is followed by at most two ends of line.
    const most = 2 * (2 + (this.#depth + 1) * width);
    const wanted = Math.min(ROOM, SPREAD * piece.length);
    if (this.#room.length < Math.max(2 * most, wanted)) this.#room = new Uint8Array(Math.max(4 * most, wanted));
    const room = this.#room;
    let [depth, empty, inText, escaped] = [this.#depth, this.#empty, this.#inText, this.#escaped];
    let [i, length] = [from, 0];
    const end = room.length;
    for (; i < piece.length; i++) {
      const byte = piece[i] as number;
      if (length + 2 * (2 + (depth + 1) * width) > end) break;
      if (inText) {
        room[length++] = byte;
        inText = escaped || byte !== QUOTE;
        escaped = !escaped && byte === BACKSLASH;
        continue;
      }
      const closes = byte === CLOSE_ARRAY || byte === CLOSE_OBJECT;
      if (closes) depth--;
      if (empty !== closes) length = newLine(room, length, depth * width);
      empty = false;
      room[length++] = byte;
      if (byte === COMMA) length = newLine(room, length, depth * width);
      else if (byte === COLON) room[length++] = SPACE;
      else if (byte === QUOTE) inText = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        depth++;
        empty = true;
      }
    }
    [this.#depth, this.#empty, this.#inText, this.#escaped, this.#length] = [depth, empty, inText, escaped, length];
    return i;
  }
}

function newLine(room: Uint8Array, at: number, spaces: number): number {
  room[at] = LINE_FEED;
  // Not by fill: of a few bytes a call takes longer.
  for (let i = 1; i <= spaces; i++) room[at + i] = SPACE;
  return at + 1 + spaces;
}
