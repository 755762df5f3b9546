/** Text as the bytes of its UTF-8, in pieces. It knows no JSON. */
import { concatenate } from '../bytes.ts';

/** Of a string that is turned into bytes at once, in UTF-16 units. */
const PIECE = 1 << 15;

const encoder = new TextEncoder();
const loneSurrogate = /\p{Surrogate}/u;
/** No byte of UTF-8: what stands for half a character, which has none. */
const NO_BYTE = 0xff;

/** Of a text that is rather turned into bytes at once, in UTF-16 units. */
export const SHORT = 1 << 11;

/** Strings to bytes that stand until the next are asked for; a character may be cut between two strings. */
export class Utf8 {
  #room: Uint8Array | undefined;
  #half = '';

  *bytesOf(text: string): Generator<Uint8Array> {
    for (let from = 0; from < text.length; from += PIECE) {
      const some = this.#half + text.slice(from, from + PIECE);
      const cut = isFirstHalf(some.charCodeAt(some.length - 1)) ? some.length - 1 : some.length;
      this.#half = some.slice(cut);
      if (cut > 0) yield this.#encode(some.slice(0, cut));
    }
  }

  /** What is left when there is no more text. */
  end(): Uint8Array {
    const left = this.#half ? Uint8Array.of(NO_BYTE) : new Uint8Array();
    this.#half = '';
    return left;
  }

  #encode(text: string): Uint8Array {
    if (text.length > PIECE || text.length < SHORT) return utf8Of(text);
    this.#room ??= new Uint8Array(3 * PIECE);
    const { read, written } = encoder.encodeInto(text, this.#room);
    const bytes = this.#room.subarray(0, written);
    return read === text.length ? checked(text, bytes) : utf8Of(text);
  }
}

function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

/** A text in one piece. */
export function utf8Of(text: string): Uint8Array {
  return checked(text, encoder.encode(text));
}

/** As many bytes as units are ASCII. Otherwise an encoder writes another character for half a one. */
function checked(text: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length === text.length || !loneSurrogate.test(text)) return bytes;
  const parts = text.split(/(\p{Surrogate})/u);
  return concatenate(parts.map((part) => (loneSurrogate.test(part) ? Uint8Array.of(NO_BYTE) : encoder.encode(part))));
}
