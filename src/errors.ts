/**
 * The errors that a caller may want to catch by class. Everything else is a built-in error chosen by meaning:
 * `TypeError` for a wrong kind of argument, `RangeError` for a value out of bounds.
 */

/** An address as people read it. */
export function hex(address: bigint): string {
  return address < 0n ? `-0x${(-address).toString(16)}` : `0x${address.toString(16)}`;
}

/** Bytes that cannot be read: the answer to a bad address, in place of a crash or of zeros. */
export class MemoryFault extends Error {
  override readonly name = 'MemoryFault';
  /** The first address of the read that failed. */
  readonly address: bigint;
  /** How many bytes were asked for. */
  readonly length: number;
  /** What the source of the memory said. */
  readonly reason: string;
  /** Whether nothing can be read any more, for the process has ended. */
  readonly ended: boolean;

  constructor(address: bigint, length: number, reason: string, options?: ErrorOptions & { readonly ended?: boolean }) {
    super(`cannot read ${length} bytes at ${hex(address)}: ${reason}`, options);
    this.address = address;
    this.length = length;
    this.reason = reason;
    this.ended = options?.ended ?? false;
  }
}

/** One fact on which a layout and the object or interpreter before us disagree. */
export interface Mismatch {
  readonly fact: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** The layouts of the expected target do not describe the interpreter or object that was met; nothing was read. */
export class LayoutMismatch extends Error {
  override readonly name = 'LayoutMismatch';
  /** The tag of the target whose layouts were to be used. */
  readonly target: string;
  readonly mismatches: readonly Mismatch[];

  constructor(target: string, mismatches: readonly Mismatch[]) {
    const facts = mismatches.map(({ fact, expected, found }) => `${fact}: expected ${expected}, found ${found}`);
    super(`the layouts of ${target} do not fit: ${facts.join('; ')}. Name the target the bytes really come from`);
    this.target = target;
    this.mismatches = mismatches;
  }
}

/** A view, a reference or an interpreter was used after it was given back. */
export class ReleasedError extends Error {
  override readonly name = 'ReleasedError';
}

/** A buffer whose format, shape or strides cannot be taken as asked; the message names another way. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/** A value that has no JSON text under the options given. */
export class JsonEncodeError extends Error {
  override readonly name = 'JsonEncodeError';
}

/** A text that is no JSON, or not of the array that was to be read; nothing was written anywhere. */
export class JsonDecodeError extends Error {
  override readonly name = 'JsonDecodeError';
  /** Where in the text, in bytes of its UTF-8, from 0 on. */
  readonly offset: number;
  /** From 1 on. */
  readonly line: number;
  /** In bytes of the line, from 1 on. */
  readonly column: number;
  /** Where in the array, as JSONPath has it (RFC 9535): `$[3][1].x`. */
  readonly path: string;

  constructor(
    what: string,
    place: Pick<JsonDecodeError, 'offset' | 'line' | 'column' | 'path'>,
    options?: ErrorOptions,
  ) {
    const { offset, line, column, path } = place;
    super(`${what}; at ${path}, line ${line}, column ${column} (byte ${offset})`, options);
    this.offset = offset;
    this.line = line;
    this.column = column;
    this.path = path;
  }
}

/** No Python that was asked for can be loaded into this process. */
export class PythonNotFound extends Error {
  override readonly name = 'PythonNotFound';
}
