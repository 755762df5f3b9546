/**
 * From tokens to the bytes of one element: the inverse of text.ts, and what of it the kernels do not know. It knows no
 * array, and no more of the text than the element's.
 */
import { FormatError } from '../errors.ts';
import type { Complex, Element, ElementName, ElementValue, Field } from '../view/element.ts';
import { base64Bytes, hexBytes } from './byte-text.ts';
import { BEYOND, floatOf, integerOf, type Narrow } from './decimal.ts';
import { datetimeCount, timedeltaCount } from './moments.ts';
import { isSafe, type Policies } from './options.ts';
import type { Where } from './text.ts';
import { shorten, type Tokens, Unexpected } from './tokens.ts';

/** Reads an element's tokens, and writes the element at an offset. */
export type ElementReader = (tokens: Tokens, bytes: DataView, offset: number) => void;

/** Reads a value's tokens. */
type ValueReader = (tokens: Tokens) => ElementValue;

/** Of a float, how exactly its text has to be taken. */
const floats: Partial<Record<ElementName, Narrow | undefined>> = {
  float16: 'float16',
  bfloat16: 'bfloat16',
  float32: 'float32',
  float64: undefined,
  longdouble: undefined,
  complex32: 'float16',
  complex64: 'float32',
  complex128: undefined,
  clongdouble: undefined,
};

/**
 * How elements of a type are read.
 *
 * @param where while an element is read, the steps to the part of it that is; an error is thrown there
 * @throws FormatError if there is no JSON for them, whatever their values.
 */
export function elementReader(element: Element, policies: Policies, where: Where): ElementReader {
  const { name, fields = [] } = element;
  if (name === 'record' && policies.records === 'object') return objectReader(fields, policies, where);
  if (name === 'record' || name === 'tuple') return listReader(fields, policies, where);
  if (name === 'subarray') return subarrayReader(element, policies, where);
  const value = valueReader(element, policies, where);
  return (tokens, bytes, offset) => {
    tokens.next();
    const { at } = tokens;
    const read = value(tokens);
    try {
      element.write(bytes, offset, read);
    } catch (cause) {
      // Of what cannot be held: its message says what can.
      throw new Unexpected((cause as Error).message, at, { cause });
    }
  };
}

/** The brackets that the text of an element begins with. */
export interface Lead {
  readonly open: number;
  /** Whether the last of them may be closed at once. */
  readonly mayBeEmpty: boolean;
}

/** @internal */
export function leadOf({ name, fields = [], shape = [], item, bytes, size }: Element, policies: Policies): Lead {
  const behind = (brackets: number, inner: Element): Lead => {
    const { open, mayBeEmpty } = leadOf(inner, policies);
    return { open: brackets + open, mayBeEmpty };
  };
  const empty = shape.indexOf(0);
  if (item) return empty < 0 ? behind(shape.length, item) : { open: empty + 1, mayBeEmpty: true };
  if (name === 'tuple' || (name === 'record' && policies.records === 'array')) {
    const first = fields.find(({ repeat }) => repeat > 0);
    return first ? behind(1, first.element) : { open: 1, mayBeEmpty: true };
  }
  if (/^c/.test(name)) return { open: policies.complex === 'array' ? 1 : 0, mayBeEmpty: false };
  if (bytes && policies.bytes === 'array') return { open: 1, mayBeEmpty: bytes === 'counted' || size === 0 };
  return { open: 0, mayBeEmpty: false };
}

function valueReader(element: Element, policies: Policies, where: Where): ValueReader {
  const { name, counts } = element;
  if (name in floats) {
    const number = floatReader(name, policies);
    return name.startsWith('c') ? complexReader(number, policies, where) : number;
  }
  switch (name) {
    case 'bool':
      return (tokens) => {
        if (tokens.peek('true or false') === TRUE && tokens.word('true')) return true;
        if (tokens.word('false')) return false;
        throw tokens.unexpected('true or false');
      };
    case 'int8':
    case 'uint8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
      return (tokens) => integer(tokens, name);
    case 'int64':
    case 'uint64':
    case 'pointer':
      return (tokens) => wideInteger(tokens, name, policies);
    case 'bytes':
    case 'void':
      return bytesReaders[policies.bytes](element, where);
    case 'str':
      return (tokens) => tokens.string('a string');
    case 'datetime64':
    case 'timedelta64':
      return timeReader(name, counts as NonNullable<typeof counts>, policies);
    default:
      throw new FormatError(
        `there is no JSON for Python references (elements of ${name}): json.loads makes objects, in Python`,
      );
  }
}

const [QUOTE, TRUE, NULL, CLOSE, CLOSE_OBJECT] = [0x22, 0x74, 0x6e, 0x5d, 0x7d];

const spellings: ReadonlyMap<string, number> = new Map(
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => [String(value), value]),
);

/** What may stand for a number that JSON lacks. */
const nonFiniteReaders: Readonly<Record<Policies['nonFinite'], (tokens: Tokens, first: number) => number | undefined>> =
  {
    null: (tokens) => (tokens.word('null') ? Number.NaN : undefined),
    string(tokens, first) {
      if (first !== QUOTE) return undefined;
      const { at } = tokens;
      const value = spellings.get(tokens.string('a number'));
      if (value === undefined) tokens.at = at;
      return value;
    },
    literal(tokens) {
      for (const [word, value] of spellings) if (tokens.word(word)) return value;
      return undefined;
    },
    error: () => undefined,
  };

const expectedFloat = {
  null: 'a number or null',
  string: 'a number, "NaN", "Infinity" or "-Infinity"',
  literal: 'a number, NaN, Infinity or -Infinity',
  error: 'a number',
} as const;

function floatReader(name: ElementName, { nonFinite }: Policies): (tokens: Tokens) => number {
  const other = nonFiniteReaders[nonFinite];
  const expected = expectedFloat[nonFinite];
  const as = floats[name];
  return (tokens) => {
    const first = tokens.peek(expected);
    const special = other(tokens, first);
    if (special !== undefined) return special;
    const { at } = tokens;
    const text = tokens.number(expected);
    const value = floatOf(text, as);
    if (Number.isFinite(value)) return value;
    throw new Unexpected(`expected a number that ${name} holds, got ${shorten(text)}`, at);
  };
}

function complexReader(number: (tokens: Tokens) => number, { complex }: Policies, where: Where): ValueReader {
  if (complex === 'array') {
    return (tokens): Complex => {
      tokens.take('[', 'a complex number as [re,im]');
      const re = where.within(0, () => number(tokens));
      tokens.take(',');
      const im = where.within(1, () => number(tokens));
      tokens.take(']');
      return { re, im };
    };
  }
  const keys = ['re', 'im'];
  const expected = `an object with ${named(keys)}`;
  return (tokens) => {
    const parts = { re: 0, im: 0 };
    readObject(tokens, keys, expected, where, (key) => {
      parts[key as 're' | 'im'] = number(tokens);
    });
    return parts;
  };
}

function integer(tokens: Tokens, name: ElementName): bigint {
  const expected = `an integer for ${name}`;
  tokens.peek(expected);
  const { at } = tokens;
  const text = tokens.number(expected);
  const value = integerOf(text);
  if (value === undefined) throw new Unexpected(`expected ${expected}, got ${shorten(text)}`, at);
  if (value !== BEYOND && value !== -BEYOND) return value;
  throw new Unexpected(`expected an integer that ${name} holds, got ${shorten(text)}`, at);
}

/** One that may be beyond 2^53, for which there is a policy. */
function wideInteger(tokens: Tokens, name: ElementName, { bigInteger }: Policies): bigint {
  const first = tokens.peek(`an integer for ${name}`);
  const { at } = tokens;
  if (bigInteger === 'string' && first === QUOTE) {
    const text = tokens.string('an integer');
    const value = /^(0|-?[1-9]\d{0,39})$/.test(text) ? BigInt(text) : undefined;
    if (value !== undefined) return value;
    throw new Unexpected(`expected an integer for ${name}, got ${JSON.stringify(shorten(text))}`, at);
  }
  const value = integer(tokens, name);
  if (bigInteger !== 'error' || isSafe(value)) return value;
  throw new Unexpected(bigRefusal(value), at);
}

/** What is wrong with an integer under the policy `error`. */
export function bigRefusal(value: bigint): string {
  return `expected an integer within ±(2^53 - 1), got ${value}; pass bigInteger 'number' or 'string'`;
}

const NAT = -(2n ** 63n);

function timeReader(
  name: 'datetime64' | 'timedelta64',
  { unit, step }: NonNullable<Element['counts']>,
  policies: Policies,
): ValueReader {
  const kind = name === 'datetime64' ? 'a point in time as 2000-01-31T23:59:59' : 'a span of time as PT1.5S or P3D';
  const expected = unit === 'generic' ? 'a count' : kind;
  const units =
    unit === 'generic' ? `a multiple of ${step}` : `a whole number of ${step === 1 ? '' : `${step} `}${unit}`;
  /** The count, if it is whole, and what was read as errors show it. */
  const read = (tokens: Tokens): [count: bigint | undefined, shown: string] => {
    if (unit === 'generic') {
      const value = wideInteger(tokens, name, policies);
      return [divided(value, BigInt(step)), String(value)];
    }
    const text = tokens.string(`${expected}, or null`);
    const countOf = name === 'datetime64' ? datetimeCount : timedeltaCount;
    return [countOf(text, { unit, step }), JSON.stringify(shorten(text))];
  };
  return (tokens) => {
    const first = tokens.peek(`${expected}, or null`);
    if (first === NULL && tokens.word('null')) return NAT;
    const { at } = tokens;
    const [count, shown] = read(tokens);
    if (count === undefined) throw new Unexpected(`expected ${expected}, ${units}, got ${shown}`, at);
    if (count === NAT) throw new Unexpected(`expected ${expected} that is no NaT, got ${shown}`, at);
    return count;
  };
}

function divided(value: bigint, by: bigint): bigint | undefined {
  return value % by === 0n ? value / by : undefined;
}

const bytesReaders: Readonly<Record<Policies['bytes'], (element: Element, where: Where) => ValueReader>> = {
  base64: () => (tokens) => fromText(tokens, 'bytes in base64', base64Bytes),
  hex: () => (tokens) => fromText(tokens, 'bytes in hexadecimal digits, two each', hexBytes),
  utf8: ({ size, bytes }) => {
    const encoder = new TextEncoder();
    return (tokens) => {
      const value = fromText(tokens, 'text of whole characters', (text) =>
        text.isWellFormed() ? encoder.encode(text) : undefined,
      );
      if (value.length >= size || bytes !== 'exact') return value;
      // The NULs that were not written.
      const filled = new Uint8Array(size);
      filled.set(value);
      return filled;
    };
  },
  array:
    ({ size }, where) =>
    (tokens) => {
      const values: number[] = [];
      const at = tokens.at;
      readList(tokens, 'bytes as an array', where, (i) => {
        if (i >= size) throw new Unexpected(`expected at most ${size} bytes, got more`, at);
        const value = integer(tokens, 'uint8');
        if (value < 0n || value > 255n) throw new Unexpected(`expected 0 to 255 for a byte, got ${value}`, at);
        values.push(Number(value));
      });
      return Uint8Array.from(values);
    },
};

function fromText(tokens: Tokens, expected: string, decode: (text: string) => Uint8Array | undefined): Uint8Array {
  tokens.next();
  const { at } = tokens;
  const text = tokens.string(expected);
  const value = decode(text);
  if (value) return value;
  throw new Unexpected(`expected ${expected}, got ${JSON.stringify(shorten(text))}`, at);
}

/** An array, of whose items none is read yet when `item` is called with its index. */
function readList(tokens: Tokens, expected: string, where: Where, item: (index: number) => void): number {
  tokens.take('[', expected);
  if (tokens.peek("a value or ']'") === CLOSE) {
    tokens.at++;
    return 0;
  }
  for (let i = 0; ; i++) {
    where.within(i, () => item(i));
    if (tokens.peek("',' or ']'") === CLOSE) {
      tokens.at++;
      return i + 1;
    }
    tokens.take(',', "',' or ']'");
  }
}

/** An array of so many values. */
function readExactly(tokens: Tokens, length: number, where: Where, item: (index: number) => void): void {
  const expected = `an array of ${length} values`;
  tokens.peek(expected);
  const { at } = tokens;
  const wrong = (): Unexpected => new Unexpected(`expected ${expected}, got another number of them`, at);
  const count = readList(tokens, expected, where, (i) => {
    if (i >= length) throw wrong();
    item(i);
  });
  if (count !== length) throw wrong();
}

/** Keys as errors name them. */
function named(keys: Iterable<string>): string {
  return [...keys].map((key) => JSON.stringify(key)).join(', ') || 'no key';
}

/**
 * An object of the keys there are, each once, in any order.
 *
 * @param expected that, as errors name it
 */
function readObject(
  tokens: Tokens,
  keys: readonly string[],
  expected: string,
  where: Where,
  value: (key: string) => void,
): void {
  tokens.peek(expected);
  const start = tokens.at;
  tokens.take('{', expected);
  const left = new Set(keys);
  if (tokens.peek("a key or '}'") !== CLOSE_OBJECT) {
    for (;;) {
      tokens.peek('a key');
      const { at } = tokens;
      const key = tokens.string('a key');
      if (!left.delete(key)) {
        const twice = keys.includes(key) ? ' twice' : '';
        throw new Unexpected(`expected ${expected}, got ${JSON.stringify(shorten(key))}${twice}`, at);
      }
      tokens.take(':');
      where.within(key, () => value(key));
      if (tokens.peek("',' or '}'") === CLOSE_OBJECT) break;
      tokens.take(',', "',' or '}'");
    }
  }
  tokens.at++;
  if (left.size > 0) throw new Unexpected(`expected ${expected}, got one without ${named(left)}`, start);
}

function objectReader(fields: readonly Field[], policies: Policies, where: Where): ElementReader {
  const readers = new Map(
    fields.map(({ name, offset, element }) => [
      String(name),
      { offset, read: elementReader(element, policies, where) },
    ]),
  );
  const keys = [...readers.keys()];
  const expected = `an object with ${named(keys)}`;
  return (tokens, bytes, at) =>
    readObject(tokens, keys, expected, where, (key) => {
      const { offset, read } = readers.get(key) as NonNullable<ReturnType<typeof readers.get>>;
      read(tokens, bytes, at + offset);
    });
}

function listReader(fields: readonly Field[], policies: Policies, where: Where): ElementReader {
  const runs = fields.map(({ element, offset, repeat }) => ({
    offset,
    repeat,
    size: element.size,
    read: elementReader(element, policies, where),
  }));
  const length = runs.reduce((sum, { repeat }) => sum + repeat, 0);
  return (tokens, bytes, at) => {
    // Which field is next, and how many of it there were.
    let [next, done] = [0, 0];
    readExactly(tokens, length, where, () => {
      while (done === runs[next]?.repeat) [next, done] = [next + 1, 0];
      const { offset, size, read } = runs[next] as (typeof runs)[number];
      read(tokens, bytes, at + offset + done++ * size);
    });
  };
}

function subarrayReader({ shape = [], item }: Element, policies: Policies, where: Where): ElementReader {
  if (!item) throw new TypeError('expected a subarray to have an item');
  const inner = { read: elementReader(item, policies, where), size: item.size };
  return shape.reduceRight(
    ({ read, size }, length) => ({
      size: length * size,
      read: (tokens, bytes, offset) =>
        readExactly(tokens, length, where, (i) => read(tokens, bytes, offset + i * size)),
    }),
    inner,
  ).read;
}
