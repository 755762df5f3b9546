/**
 * RFC 8259: a text is taken exactly if JSON.parse takes it, and it is a regular array of what its format holds. Mutated texts
 * against that; none is another exception than a JsonDecodeError, and none writes anything.
 */
import { describe, expect, test } from '@jest/globals';
import { JsonDecodeError } from '../../src/errors.ts';
import { decodeJson, decodeJsonChunks, decodeJsonInto } from '../../src/json/decode.ts';
import { encodeJson } from '../../src/json/encode.ts';
import type { DecodeOptions } from '../../src/json/options.ts';
import { viewObject } from '../../src/view/object.ts';
import { imageMemory, OBJECT } from '../support/image.ts';
import { type Random, random } from '../support/random.ts';
import { withoutTraces } from '../support/traces.ts';
import { scale } from './kernel-support.ts';

/** The arrays and the values of a regular nesting, or undefined. */
function regular(value: unknown): { shape: number[]; flat: unknown[] } | undefined {
  const shape: number[] = [];
  for (let one = value; Array.isArray(one); one = one[0]) shape.push(one.length);
  if (shape.length > 64) return undefined;
  const flat: unknown[] = [];
  const visit = (part: unknown, depth: number): boolean => {
    if (depth === shape.length) {
      flat.push(part);
      return !Array.isArray(part);
    }
    return Array.isArray(part) && part.length === shape[depth] && part.every((each) => visit(each, depth + 1));
  };
  return visit(value, 0) ? { shape, flat } : undefined;
}

/** What a number in the text is, exactly: a fraction. Of JSON.parse's own values too much is rounded. */
function fraction(text: string): { over: bigint; under: bigint } {
  const [, sign, whole = '', digits = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.*))?$/i.exec(text) ?? [];
  // Beyond that, no number of so few digits is a different one.
  const power = Math.min(Math.max(Number(exponent) - digits.length, -500), 500);
  const all = BigInt(whole + digits) * (sign ? -1n : 1n);
  return { over: all * 10n ** BigInt(Math.max(power, 0)), under: 10n ** BigInt(Math.max(-power, 0)) };
}

const numbers = /-?\d+(\.\d+)?(e[+-]?\d+)?/gi;

/** The values of a text as an array of a format, by JSON.parse alone; undefined if it is none. */
function expected(
  text: string,
  format: 'd' | 'i' | 'B' | 'q' | '?',
): { shape: number[]; values: unknown[] } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const found = regular(value);
  if (!found) return undefined;
  const { shape, flat } = found;
  if (format === '?') {
    return flat.every((each) => typeof each === 'boolean') ? { shape, values: flat.map(Number) } : undefined;
  }
  if (format === 'd') {
    const fits = flat.every((each) => each === null || (typeof each === 'number' && Number.isFinite(each)));
    return fits ? { shape, values: flat.map((each) => each ?? Number.NaN) } : undefined;
  }
  if (!flat.every((each) => typeof each === 'number')) return undefined;
  const [low, high] = { i: [-(2n ** 31n), 2n ** 31n - 1n], B: [0n, 255n], q: [-(2n ** 63n), 2n ** 63n - 1n] }[
    format
  ] as [bigint, bigint];
  const exact = (text.match(numbers) ?? []).map(fraction);
  if (!exact.every(({ over, under }) => over % under === 0n && over / under >= low && over / under <= high))
    return undefined;
  return { shape, values: exact.map(({ over, under }) => (format === 'q' ? over / under : Number(over / under))) };
}

const pieces = [
  '[',
  ']',
  ',',
  '-',
  '.',
  'e',
  'E',
  '+',
  '0',
  '1',
  '9',
  '00',
  ' ',
  '\n',
  '\t',
  '\r',
  '\f',
  '\u00a0',
  '"',
  '\\',
  '{',
  '}',
  ':',
  'null',
  'true',
  'false',
  'NaN',
  'x',
  '[]',
  '],[',
  '1e5',
  '-0',
  '0.',
  '1.5',
  '255',
  '256',
  '2147483648',
  '9223372036854775808',
  '1e400',
  '\u0000',
  'é',
  '\ufeff',
  '/',
  '//',
];

function mutate(text: string, { below, pick }: Random): string {
  let mutated = text;
  for (let i = below(3); i >= 0; i--) {
    const at = below(mutated.length + 1);
    const end = Math.min(at + below(4), mutated.length);
    switch (below(5)) {
      case 0:
        mutated = mutated.slice(0, at) + mutated.slice(end);
        break;
      case 1:
        mutated = mutated.slice(0, at) + pick(pieces) + mutated.slice(at);
        break;
      case 2:
        mutated = mutated.slice(0, at) + pick(pieces) + mutated.slice(end);
        break;
      case 3:
        mutated = mutated.slice(0, at) + mutated.slice(at, end) + mutated.slice(at);
        break;
      default:
        mutated = mutated.slice(0, at);
    }
  }
  return mutated;
}

/** A text that is an array, mostly a short one. */
function made({ between, pick }: Random): string {
  const space = (): string => pick(['', '', '', '', '', '', ' ', '\n ']);
  const number = pick([
    (): string => String(between(0, 300)),
    (): string => String(between(-2147483648, 2147483647)),
    (): string => (between(-1e9, 1e9) / 1024).toString(),
    (): string => `${between(-9, 9)}.${between(0, 99_999_999)}${between(0, 99_999_999)}e${between(-30, 30)}`,
    (): string =>
      `${between(-1, 1)}${between(0, 999_999_999)}${between(0, 999_999_999)}`.replace(/^(-?)0+(?=\d)/, '$1'),
    (): string => pick(['true', 'false']),
    (): string => pick(['null', '0', '-0', '1e2', '0.0', '100e-2']),
  ]);
  const nested = (depth: number): string => {
    if (depth === 0) return number();
    const size = sizes[depth] as number;
    return `[${space()}${Array.from({ length: size }, () => nested(depth - 1) + space()).join(`,${space()}`)}]`;
  };
  const sizes = [0, between(0, pick([3, 3, 30])), between(0, 3), between(1, 3)];
  return space() + nested(pick([0, 1, 1, 1, 1, 2, 2, 3])) + space();
}

function outcome(decode: () => { data: ArrayLike<unknown>; shape: readonly number[] }): unknown {
  try {
    const { data, shape } = decode();
    return { shape, values: Array.from(data) };
  } catch (error) {
    if (error instanceof JsonDecodeError) return undefined;
    throw error;
  }
}

const MUTATED = 200_000 * scale;

test(`${MUTATED} mutated texts: taken exactly if JSON.parse takes an array that fits`, () => {
  using _ = withoutTraces();
  const formats = ['d', 'i', 'B', 'q', '?'] as const;
  const source = random(11);
  const taken = new Map<string, number>();
  const bytes = new Uint8Array(64);
  const target = viewObject(imageMemory({ data: bytes, shape: [3] }), OBJECT);
  for (let i = 0; i < MUTATED; i++) {
    const before = made(source);
    const text = i % 8 === 0 ? before : mutate(before, source);
    const format = formats[i % formats.length] as (typeof formats)[number];
    const wanted = expected(text, format);
    const found = outcome(() => decodeJson(text, { format }));
    // By JSON: an `expect` of each would take longer than all else.
    if (!same(wanted, found)) {
      expect({ text, format, found }).toEqual({ text, format, found: wanted });
      throw new Error(`${JSON.stringify(text)} as ${format} differs in the sign of a zero`);
    }
    taken.set(format, (taken.get(format) ?? 0) + (wanted ? 1 : 0));
    if (format === 'B') {
      bytes.fill(9);
      const fits = wanted?.shape.length === 1 && wanted.shape[0] === 3;
      const written = outcome(() => {
        decodeJsonInto(text, target);
        return { data: bytes.subarray(0, 3), shape: [3] };
      });
      if (fits !== (written !== undefined) || (!fits && bytes.some((byte) => byte !== 9)))
        throw new Error(`${text} was written`);
    }
  }
  for (const format of formats) expect(taken.get(format)).toBeGreaterThan(MUTATED / 100);
});

function same(one: ReturnType<typeof expected>, other: unknown): boolean {
  if (one === undefined || other === undefined) return one === other;
  const { shape, values } = other as NonNullable<typeof one>;
  if (one.shape.length !== shape.length || one.values.length !== values.length) return false;
  return one.shape.every((size, i) => size === shape[i]) && one.values.every((value, i) => Object.is(value, values[i]));
}

describe('of every kind of element', () => {
  const kinds: [text: string, options: DecodeOptions][] = [
    ['[{"a":1,"b":[1.5,null]},{"b":[2,3],"a":-4}]', { format: 'T{i:a:(2)d:b:}' }],
    ['[[1,[2.5,3]],[4,[5,6]]]', { format: 'T{i:a:(2)f:b:}', records: 'array' }],
    ['[[1.5,2],[null,-3e5]]', { format: 'Zd' }],
    ['[{"re":1,"im":2},{"im":3,"re":4}]', { format: 'Zf', complex: 'object' }],
    ['["AQID","BAUG"]', { format: '3s' }],
    ['["010203","0aFFee"]', { format: '3s', bytes: 'hex' }],
    ['["ab","é\\n"]', { format: '3s', bytes: 'utf8' }],
    ['[[1,2,3],[4,5]]', { format: '3s', bytes: 'array' }],
    ['["2023-11-14T22:13:20.123456",null]', { format: 'M8[us]' }],
    ['["PT1.5S","-PT3M",null]', { format: 'm8[ms]' }],
    ['["ab\\ud83d\\ude00","é"]', { format: '3w' }],
    ['["NaN",1.5,"-Infinity",0]', { nonFinite: 'string' }],
    ['[NaN,1.5,-Infinity,0]', { nonFinite: 'literal' }],
    ['["9223372036854775807",5,-7]', { format: 'q', bigInteger: 'string' }],
    ['[[1,2],[3,null]]', { format: 'e' }],
    ['[1,2.5,18446744073709551616]', {}],
    ['[[1,2],[3,4]]', { format: 'H', shape: [2, 2] }],
  ];

  test.each(kinds)(
    '%s, mutated: the same from pieces as from the whole, and what is taken is encoded and read again',
    async (text, options) => {
      using _ = withoutTraces();
      const source = random(text.length);
      let taken = 0;
      for (let i = 0; i < 3000 * scale; i++) {
        const mutated = i === 0 ? text : mutate(text, source);
        const results = await Promise.all(
          [
            () => decodeJson(mutated, options),
            () => decodeJson(new TextEncoder().encode(mutated), options),
            () => decodeJsonChunks(mutated.split(/(?<=[,\]e"])/), options),
          ].map(async (decode) => {
            try {
              const { data, shape, format } = await decode();
              return { data, shape, format };
            } catch (error) {
              if (!(error instanceof JsonDecodeError))
                throw new Error(`${JSON.stringify(mutated)}: ${error}`, { cause: error });
              // Of a word that is cut, an error shows the first piece.
              return error.message.replace(/found .*(?=; at \$)/s, 'found');
            }
          }),
        );
        const [first] = results;
        for (const result of results) expect(result).toEqual(first);
        if (typeof first === 'string' || first === undefined) continue;
        taken++;
        const { shape, format } = first;
        expect(decodeJson(encodeJson(first, asWritten(options)), { ...options, format, shape })).toEqual(first);
      }
      expect(taken).toBeGreaterThan(10);
    },
  );
});

function asWritten({ format, shape, ...rest }: DecodeOptions): Omit<DecodeOptions, 'format' | 'shape'> {
  return rest;
}
