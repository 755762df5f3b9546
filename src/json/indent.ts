/** JSON laid out for people: every element on a line of its own, as orjson's OPT_INDENT_2 and JSON.stringify have it. */

const [LINE_FEED, SPACE, QUOTE, COMMA, COLON, BACKSLASH] = [0x0a, 0x20, 0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Of the text that is handed on at once, in bytes. */
const ROOM = 1 << 16;

/**
 * Lays out text without white space that comes in pieces, cut anywhere. A piece given out stands until the next is asked
 * for.
 */
export function* indented(pieces: Iterable<Uint8Array>, width: number): Generator<Uint8Array> {
  let room = new Uint8Array(ROOM);
  let length = 0;
  let depth = 0;
  /** Whether a bracket was opened and nothing written in it yet. */
  let empty = false;
  let inText = false;
  let escaped = false;

  const newLine = (): void => {
    room[length++] = LINE_FEED;
    room.fill(SPACE, length, length + depth * width);
    length += depth * width;
  };

  for (const piece of pieces) {
    for (const byte of piece) {
      // A byte is followed by at most two ends of line.
      const need = length + 2 * (2 + (depth + 1) * width);
      if (need > room.length) {
        if (length > 0) yield room.subarray(0, length);
        if (need - length > room.length) room = new Uint8Array(2 * (need - length));
        length = 0;
      }
      if (inText) {
        room[length++] = byte;
        inText = escaped || byte !== QUOTE;
        escaped = !escaped && byte === BACKSLASH;
        continue;
      }
      if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
        depth--;
        if (!empty) newLine();
        empty = false;
        room[length++] = byte;
        continue;
      }
      if (empty) newLine();
      empty = false;
      room[length++] = byte;
      if (byte === COMMA) newLine();
      else if (byte === COLON) room[length++] = SPACE;
      else if (byte === QUOTE) inText = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        depth++;
        empty = true;
      }
    }
  }
  if (length > 0) yield room.subarray(0, length);
}
