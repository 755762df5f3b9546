/** How values are written for which JSON has more than one text, or none: the options, and what they are by default. */

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

const names = Object.keys(choices) as (keyof typeof choices)[];

const byDefault = Object.fromEntries(names.map((name) => [name, choices[name][0]])) as unknown as Policies;

/**
 * The options with their defaults.
 *
 * @throws TypeError at an option or a value there is not.
 */
export function policiesOf(options: EncodeOptions | undefined): Policies {
  if (options === undefined) return byDefault;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`expected an object of options, got ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(choices, name)) throw new TypeError(`there is no option ${name}; there are ${names.join(', ')}`);
  }
  return Object.fromEntries(names.map((name) => [name, choiceOf(name, options[name])])) as unknown as Policies;
}

function choiceOf(name: keyof typeof choices, value: unknown): unknown {
  const allowed: readonly unknown[] = choices[name];
  if (value === undefined) return allowed[0];
  if (allowed.includes(value)) return value;
  throw new TypeError(`${name} is one of ${allowed.join(', ')}; got ${describe(value)}`);
}
