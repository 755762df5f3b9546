/** How values are written for which JSON has more than one text, or none: the options, and what they are by default. */

import { PyBUF_MAX_NDIM } from '../layouts/pybuffer.ts';
import { describe } from '../view/element.ts';

const choices = {
  nonFinite: ['null', 'string', 'literal', 'error'],
  bigInteger: ['number', 'string', 'error'],
  bytes: ['base64', 'hex', 'utf8', 'array'],
  complex: ['array', 'object'],
  records: ['object', 'array'],
  indent: [0, 2],
  newline: [false, true],
} as const;

/** Every option, decided. */
export type Policies = { readonly [Name in keyof typeof choices]: (typeof choices)[Name][number] };

/** How an array is written. The first of each is the default. */
export interface EncodeOptions {
  /**
   * NaN and the infinities, which JSON lacks: as `null` (as orjson and JSON.stringify), as the strings `"NaN"`,
   * `"Infinity"`, `"-Infinity"`, as the bare words that Python's json reads (`literal`), or as an error.
   */
  readonly nonFinite?: 'null' | 'string' | 'literal' | 'error';
  /**
   * Integers beyond ±(2^53 - 1), which `JSON.parse` rounds: their digits all the same (`number`), the digits as a string,
   * or as an error.
   */
  readonly bigInteger?: 'number' | 'string' | 'error';
  /**
   * Bytes (`5s`, `c`, numpy's void): in base64 (RFC 4648), as hexadecimal digits, as the text that they are in UTF-8,
   * without the NULs that fill it up (an error where they are none), or as an array of their values.
   */
  readonly bytes?: 'base64' | 'hex' | 'utf8' | 'array';
  /** Complex numbers: `[re,im]`, or `{"re":re,"im":im}`. */
  readonly complex?: 'array' | 'object';
  /** Records (`T{d:x:i:n:}`): objects, or arrays of the fields in their order. */
  readonly records?: 'object' | 'array';
  /** Spaces of each level, every element on a line of its own; 0 for no white space at all. */
  readonly indent?: 0 | 2;
  /** Whether a line feed ends the text, as lines of JSON (JSONL) have it. */
  readonly newline?: boolean;
}

/** How a text is read: as {@link EncodeOptions} wrote it, which says what `null`, strings and objects are; and what of. */
export interface DecodeOptions extends EncodeOptions {
  /**
   * The elements, in the format of PEP 3118, its sizes those of 64-bit Linux and macOS: `f`, `B`, `Zd`, `T{d:x:i:n:}` …
   * Without it: int64 (`q`) where all are integers, else float64 (`d`), or bool (`?`).
   */
  readonly format?: string;
  /** In elements, outermost first. Without it: what the text has. */
  readonly shape?: readonly number[];
}

/** The greatest integer that `bigInteger` leaves alone. */
export const MOST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Whether `bigInteger` leaves an integer alone. */
export function isSafe(value: bigint): boolean {
  return value <= MOST_SAFE && value >= -MOST_SAFE;
}

const names = Object.keys(choices) as (keyof typeof choices)[];
const decodeNames = ['format', 'shape', ...names];
const byDefault = choose({}, names);

/**
 * The options with their defaults.
 *
 * @throws TypeError at an option or a value there is not.
 */
export function policiesOf(options: EncodeOptions | undefined): Policies {
  return options === undefined ? byDefault : choose(options, names);
}

function choose(options: EncodeOptions, allowed: readonly string[]): Policies {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`expected an object of options, got ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!allowed.includes(name)) throw new TypeError(`there is no option ${name}; there are ${allowed.join(', ')}`);
  }
  // All of one form, which what reads them time and again is compiled for.
  return {
    nonFinite: chosen('nonFinite', options),
    bigInteger: chosen('bigInteger', options),
    bytes: chosen('bytes', options),
    complex: chosen('complex', options),
    records: chosen('records', options),
    indent: chosen('indent', options),
    newline: chosen('newline', options),
  };
}

/**
 * The same for what is read, with the format and the shape that are expected.
 *
 * @throws TypeError at an option or a value there is not.
 * @throws RangeError if the shape is none.
 */
export function expectationsOf(options: DecodeOptions = {}): {
  readonly policies: Policies;
  readonly format: string | undefined;
  readonly shape: readonly number[] | undefined;
} {
  const policies = choose(options, decodeNames);
  const { format, shape } = options;
  if (format !== undefined && typeof format !== 'string') {
    throw new TypeError(`expected a format as a string, got ${describe(format)}`);
  }
  if (shape === undefined) return { policies, format, shape };
  const checked = checkShape(shape);
  if (checked.length <= PyBUF_MAX_NDIM) return { policies, format, shape: checked };
  throw new RangeError(`expected a shape of at most ${PyBUF_MAX_NDIM} dimensions, got ${checked.length}`);
}

/** @throws TypeError if it is no array, RangeError if it is no shape. */
export function checkShape(given: readonly number[]): readonly number[] {
  if (!Array.isArray(given)) throw new TypeError(`expected a shape as an array, got ${describe(given)}`);
  // Its own: it is read again and again.
  const shape = Array.from(given);
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return shape;
  throw new RangeError(`expected a shape of whole numbers from 0 on, got [${shape.map(String)}]`);
}

function chosen<Name extends keyof Policies>(name: Name, options: EncodeOptions): Policies[Name] {
  const value: unknown = options[name];
  const allowed = choices[name] as readonly unknown[] as readonly Policies[Name][];
  for (const one of allowed) if (value === one) return one;
  if (value === undefined) return allowed[0] as Policies[Name];
  throw new TypeError(`${name} is one of ${allowed.join(', ')}; got ${describe(value)}`);
}
