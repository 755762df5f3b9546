/** The words of JSON (RFC 8259), one after the other: numbers, strings, literals, punctuation. It knows no array. */
import { strictTextOf, unshared } from '../bytes.ts';

/** Something else than what may stand there. */
export class Unexpected extends Error {
  /** In bytes from the start of what is being read. */
  readonly at: number;

  constructor(what: string, at: number, options?: ErrorOptions) {
    super(what, options);
    this.at = at;
  }
}

/** Thrown where the bytes end before the text does. */
export const incomplete = new Error('the text goes on');

const [QUOTE, BACKSLASH, PLUS, COMMA, MINUS, POINT, ZERO, NINE] = [0x22, 0x5c, 0x2b, 0x2c, 0x2d, 0x2e, 0x30, 0x39];
const [LETTER_A, LETTER_Z] = [0x61, 0x7a];

const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** For errors, which show whatever it is. */
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** Of a number, in bytes: a longer one may be no string of V8's. */
const LONGEST = 1 << 28;

/** How much of the text an error shows, in bytes. */
const SHOWN = 40;

export class Tokens {
  readonly bytes: Uint8Array;
  /** Whether the text ends with these bytes. */
  readonly last: boolean;
  /** The next one's. */
  at = 0;

  constructor(bytes: Uint8Array, last: boolean) {
    this.bytes = bytes;
    this.last = last;
  }

  /** Goes to the next byte that is no white space, and gives it; undefined at the end of the bytes. */
  next(): number | undefined {
    const { bytes } = this;
    for (;;) {
      const byte = bytes[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.at++;
    }
  }

  /** The same where there has to be one. */
  peek(expected: string): number {
    const byte = this.next();
    if (byte === undefined) throw this.#atEnd(expected);
    return byte;
  }

  /** Takes a character of punctuation. */
  take(character: string, expected = `'${character}'`): void {
    if (this.peek(expected) !== character.charCodeAt(0)) throw this.unexpected(expected);
    this.at++;
  }

  /** The text of a number. */
  number(expected: string): string {
    const first = this.peek(expected);
    if (!startsNumber(first)) throw this.unexpected(expected);
    const { bytes, at } = this;
    let end = at + 1;
    while (isOfNumber(bytes[end])) end++;
    if (end === bytes.length && !this.last) throw incomplete;
    if (end - at > LONGEST) throw new Unexpected(`expected ${expected} of at most ${LONGEST} digits, got more`, at);
    const text = strictTextOf(bytes.subarray(at, end));
    if (!number.test(text))
      throw new Unexpected(`expected ${expected}, found ${shorten(text)}, which is no number`, at);
    this.at = end;
    return text;
  }

  /** Takes a word, if it is the next. */
  word(word: string): boolean {
    const { bytes, at } = this;
    for (let i = 0; i < word.length; i++) {
      const byte = bytes[at + i];
      if (byte === undefined && !this.last) throw incomplete;
      if (byte !== word.charCodeAt(i)) return false;
    }
    this.at += word.length;
    return true;
  }

  /** The value of a string. */
  string(expected: string): string {
    if (this.peek(expected) !== QUOTE) throw this.unexpected(expected);
    const { bytes, at } = this;
    let end = at;
    do {
      end = bytes.indexOf(QUOTE, end + 1);
      if (end < 0) throw this.last ? new Unexpected('expected a string to end, but the text does', at) : incomplete;
    } while (isEscaped(bytes, end, at));
    const text = bytes.subarray(at, end + 1);
    let value: unknown;
    try {
      value = JSON.parse(strictTextOf(text));
    } catch (cause) {
      throw new Unexpected('expected a string of JSON in UTF-8, without control characters or unknown escapes', at, {
        cause,
      });
    }
    this.at = end + 1;
    return value as string;
  }

  /** An error that shows what stands here. */
  unexpected(expected: string): Unexpected {
    if (this.at >= this.bytes.length) return this.#atEnd(expected);
    return new Unexpected(`expected ${expected}, found ${this.#shown()}`, this.at);
  }

  #atEnd(expected: string): Unexpected {
    if (!this.last) throw incomplete;
    return new Unexpected(`expected ${expected}, but the text ends`, this.bytes.length);
  }

  #shown(): string {
    const text = lenient.decode(unshared(this.bytes.subarray(this.at, this.at + SHOWN)));
    const [word] = /^(-?[\w.+-]+|"[^"]*"?)/.exec(text) ?? [];
    const found = word ?? String.fromCodePoint(text.codePointAt(0) ?? 0xfffd);
    return found.startsWith('"') ? found : `'${JSON.stringify(found).slice(1, -1)}'`;
  }
}

/** Whether a number may begin with it. */
function startsNumber(byte: number): boolean {
  return byte === MINUS || (byte >= ZERO && byte <= NINE);
}

function isOfNumber(byte: number | undefined): boolean {
  if (byte === undefined || byte === COMMA) return false;
  // Digits, signs, the point, and letters, of which `e` is one: `1x` is no number.
  const letter = byte | 0x20;
  return (
    (byte >= PLUS && byte <= POINT) || (byte >= ZERO && byte <= NINE) || (letter >= LETTER_A && letter <= LETTER_Z)
  );
}

function isEscaped(bytes: Uint8Array, quote: number, start: number): boolean {
  let before = quote - 1;
  while (before > start && bytes[before] === BACKSLASH) before--;
  return (quote - before) % 2 === 0;
}

/** A long text as errors show it. */
export function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
