import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../src/errors.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import type { Target } from '../../src/target.ts';
import type { Element } from '../../src/view/element.ts';
import { parseFormat } from '../../src/view/format.ts';
import { random } from '../support/random.ts';
import { withoutTraces } from '../support/traces.ts';

const lp64: Target = { ...parseTarget('3.13-lp64'), longDouble: 'x87' };

/** An element type in a few words: names, offsets, sizes. */
function told(element: Element): string {
  const { name, fields, shape, item, size, little } = element;
  if (fields) {
    const parts = fields.map((field) => {
      const many = field.repeat === 1 ? '' : `${field.repeat}×`;
      return `${field.name ?? ''}@${field.offset} ${many}${told(field.element)}`;
    });
    return `${name}(${parts.join(', ')})${size}`;
  }
  if (item) return `[${shape}]${told(item)}`;
  return `${name}${little ? '' : '>'}${/\d$/.test(name) ? '' : `/${size}`}`;
}

const tells = (format: string, itemsize?: number, target = lp64): string => told(parseFormat(format, itemsize, target));

/** What an error says; nothing where there is none. */
function messageOf(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    return String(error);
  }
}

describe('what formats say', () => {
  test.each([
    // The struct module: native and standard sizes and alignment.
    ['d', 'float64'],
    ['@l', 'int64'],
    ['=l', 'int32'],
    ['>h', 'int16>'],
    ['!q', 'int64>'],
    ['n', 'int64'],
    ['N', 'uint64'],
    ['P', 'pointer/8'],
    ['?', 'bool/1'],
    ['c', 'bytes/1'],
    ['5s', 'bytes/5'],
    ['s', 'bytes/1'],
    ['0s', 'bytes/0'],
    ['5p', 'bytes/5'],
    ['bd', 'tuple(@0 int8, @8 float64)16'],
    ['db', 'tuple(@0 float64, @8 int8)9'],
    ['=bd', 'tuple(@0 int8, @1 float64)9'],
    ['^bd', 'tuple(@0 int8, @1 float64)9'],
    ['3h', 'tuple(@0 3×int16)6'],
    ['b0i', 'tuple(@0 int8, @4 0×int32)4'],
    ['2x', 'void/2'],
    ['xh', 'tuple(@2 int16)4'],
    [' < h  i ', 'tuple(@0 int16, @2 int32)6'],
    // PEP 3118: records, nested, with order marks that hold until the next.
    ['T{d:x:d:y:}', 'record(x@0 float64, y@8 float64)16'],
    ['T{b:a:d:b:}', 'record(a@0 int8, b@8 float64)16'],
    ['T{d:a:b:b:}', 'record(a@0 float64, b@8 int8)16'],
    ['T{=b:a:d:b:}', 'record(a@0 int8, b@1 float64)9'],
    ['T{b:a:xxxxxxxd:b:}', 'record(a@0 int8, b@8 float64)16'],
    ['T{>h:a:T{i:b:}:c:i:d:}', 'record(a@0 int16>, c@2 record(b@0 int32>)4, d@6 int32>)10'],
    ['T{b:a:T{b:x:d:y:}:n:}', 'record(a@0 int8, n@8 record(x@0 int8, y@8 float64)16)24'],
    ['T{(2,3)d:m:}', 'record(m@0 [2,3]float64)48'],
    ['T{(2)<3w:m:}', 'record(m@0 [2]str/12)24'],
    ['T{3i:a:}', 'record(a@0 [3]int32)12'],
    ['T{i:a:d}', 'record(a@0 int32, f0@8 float64)16'],
    ['T{i:f1:dd}', 'record(f1@0 int32, f0@8 float64, f2@16 float64)24'],
    ['T{3x:gap:h:a:}', 'record(gap@0 void/3, a@4 int16)6'],
    ['T{}', 'record()0'],
    ['(2,3)d', '[2,3]float64'],
    ['(3)2i', '[3][2]int32'],
    // Numbers beyond C's simplest, text, addresses.
    ['Zf', 'complex64'],
    ['<Zd', 'complex128'],
    ['D', 'complex128'],
    ['g', 'longdouble/16'],
    ['Zg', 'clongdouble/32'],
    ['e', 'float16'],
    ['E', 'bfloat16'],
    ['w', 'str/4'],
    ['>3w', 'str>/12'],
    ['O', 'object/8'],
    ['T{>i:a:O:b:}', 'record(a@0 int32>, b@4 object/8)12'],
    ['&d', 'pointer/8'],
    ['&T{&i:x:}', 'pointer/8'],
    ['X{}', 'pointer/8'],
    ['X{i{}d}', 'pointer/8'],
    ['T{<z:a:<Z:b:<i:c:}', 'record(a@0 pointer/8, b@8 pointer/8, c@16 int32)20'],
    // Of numpy's own making, which buffers lack.
    ['M8[ns]', 'datetime64'],
    ['>m8[25s]', 'timedelta64>'],
    ['M8', 'datetime64'],
    ['T{#4 h:a:#0 i:b:#12 }', 'record(a@4 int16, b@0 int32)12'],
    ['T{#1 O:a:#9 }', 'record(a@1 object/8)9'],
    ['T{#0 T{#1 i:x:#5 }:a:#5 b:b:#6 }', 'record(a@0 record(x@1 int32)5, b@5 int8)6'],
    // Names are any text.
    ['T{i:a b:i:__proto__:i:ünï:}', 'record(a b@0 int32, __proto__@4 int32, ünï@8 int32)12'],
  ])('%s is %s', (format, expected) => {
    const element = parseFormat(format, undefined, lp64);
    expect(told(element)).toBe(expected);
    // Another target, for what was understood before is kept by target.
    expect(told(parseFormat(format, element.size, { ...lp64 }))).toBe(expected);
  });

  test('the error of an unknown code lists all that are known', () => {
    const [, list = ''] = /expected one of (.*), at "k"/.exec(messageOf(() => parseFormat('k', undefined, lp64))) ?? [];
    const codes = list.split(' ');
    expect(codes).toEqual(expect.arrayContaining(['?', 'E', 'F', 'D', 'G', 'Ze', 'z', 'Z', 'O', 'Zg', 'T{', 'm8[']));
    const rest: Record<string, string> = { 'T{': '}', 'X{': '}', '&': 'd', 'M8[': 's]', 'm8[': 's]' };
    for (const code of codes) expect(messageOf(() => parseFormat(code + (rest[code] ?? ''), undefined, lp64))).toBe('');
  });

  test('sizes and alignments are those of the data model', () => {
    expect(tells('bl', undefined, parseTarget('3.13-llp64'))).toBe('tuple(@0 int8, @4 int32)8');
    expect(tells('bd', undefined, parseTarget('3.13-ilp32'))).toBe('tuple(@0 int8, @4 float64)12');
    expect(tells('bd', undefined, parseTarget('3.13-wasm32'))).toBe('tuple(@0 int8, @8 float64)16');
    expect(tells('g', undefined, parseTarget('3.13-ilp32'))).toBe('longdouble/12');
    expect(tells('g', undefined, parseTarget('3.13-llp64'))).toBe('float64');
    expect(tells('g', undefined, { ...lp64, longDouble: 'binary64' })).toBe('float64');
    expect(tells('i', undefined, parseTarget('3.13-lp64be'))).toBe('int32>');
    expect(tells('<O', undefined, parseTarget('3.13-wasm32'))).toBe('object/4');
    expect(tells('u', undefined, lp64)).toBe('str/4');
    expect(tells('u', undefined, parseTarget('3.13-llp64'))).toBe('str/2');
  });

  test('the itemsize is trusted where the format leaves something out', () => {
    // ctypes before 3.12 writes no padding.
    expect(tells('T{<b:a:<d:b:}', 16)).toBe('record(a@0 int8, b@8 float64)16');
    expect(tells('T{<b:a:<d:b:}', 9)).toBe('record(a@0 int8, b@1 float64)9');
    expect(tells('T{<d:a:<b:b:}', 16)).toBe('record(a@0 float64, b@8 int8)16');
    expect(tells('db', 16)).toBe('tuple(@0 float64, @8 int8)16');
    expect(tells('u', 2)).toBe('str/2');
    expect(tells('T{<u:a:<h:b:}', 4)).toBe('record(a@0 str/2, b@2 int16)4');
    expect(tells('B', 8)).toBe('void/8');
    expect(() => tells('h', 3)).toThrow('it is of 2 bytes, but the itemsize is 3');
    expect(() => tells('T{<b:a:<d:b:}', 12)).toThrow('it is of 9 bytes, but the itemsize is 12');
  });

  test.each([
    ['', 'expected an item, at its end'],
    ['k', 'at "k"'],
    ['3', 'at its end'],
    ['d}', 'expected the end, at "}"'],
    ['T{d:x:', "expected '}', at its end"],
    ['T{d:x}', "expected a name and ':', at its end"],
    ['T{d::}', 'expected a name and \':\', at ":}"'],
    ['T{i:a:i:a:}', 'expected another name than "a", which is taken, at "i:a:}"'],
    ['(2,', 'expected a size, at its end'],
    ['(2;3)d', "expected ',' or ')', at \";3)d\""],
    ['(2)(3)d', 'at "(3)d"'],
    ['=n', 'which has no standard size, at "n"'],
    ['M8[xx]', 'expected a unit'],
    ['3t', 'at "t"'],
    ['X{', "expected '}'"],
    ['99999999999999999999i', 'expected a count below 2^53'],
    ['9007199254740991d', 'less than 2^53 bytes'],
    ['(1000000000,0)d', 'fewer items without bytes'],
    ['65536T{65536T{65536T{}}}', 'fewer items without bytes'],
    [`${'T{'.repeat(100)}`, 'at most 64 levels'],
    [`${'&'.repeat(1000)}d`, 'at most 64 levels'],
    [`(${Array(65).fill(1)})d`, 'at most 64 dimensions'],
  ])('%s is refused, with the place', (format, message) => {
    expect(() => parseFormat(format, undefined, lp64)).toThrow(FormatError);
    expect(() => parseFormat(format, undefined, lp64)).toThrow(message);
  });

  test('a long double is refused where nobody says how the machine stores it', () => {
    expect(() => parseFormat('g', 16, parseTarget('3.13-lp64'))).toThrow("{ ...target, longDouble: 'x87' }");
  });
});

/** Pieces of formats, right ones and wrong ones. */
const PIECES = [
  ...'?bBhHiIlLqQnNefdgPspxcwuOEFDGzZ&@=<>^! (),0123456789:{}[]#tX',
  ...[
    'T{',
    '}',
    ':a:',
    ':b:',
    'Zf',
    'Zd',
    'Zg',
    '(2,3)',
    '(0)',
    'X{}',
    'M8[ns]',
    'm8',
    '#4 ',
    '&T{',
    '99999',
    '\0',
    'é',
    '🐍',
    '\n',
  ],
];

test('1,000,000 random formats: a FormatError, or an element that reads its bytes and no others', () => {
  const rng = random(20_240_601);
  const targets = ['3.13-lp64', '3.13-lp64be', '3.13-ilp32', '3.13-llp64'].map((tag) => ({
    ...parseTarget(tag),
    longDouble: 'x87' as const,
  }));
  const bytes = rng.bytes(4096);
  using _ = withoutTraces();
  let read = 0;
  let refused = 0;
  for (let i = 0; i < 1_000_000; i++) {
    const format = Array.from({ length: 1 + rng.below(rng.below(4) === 0 ? 12 : 5) }, () => rng.pick(PIECES)).join('');
    const target = rng.pick(targets);
    try {
      const itemsize = rng.below(4) === 0 ? rng.below(40) : undefined;
      const element = parseFormat(format, itemsize, target);
      if (itemsize !== undefined && element.size !== itemsize)
        throw new Error(`size ${element.size}, itemsize ${itemsize}`);
      if (element.size > bytes.length) continue;
      // A DataView of just the element: a read beyond it is a RangeError.
      element.read(new DataView(bytes.buffer, rng.below(bytes.length - element.size + 1), element.size), 0);
      read++;
    } catch (error) {
      if (!(error instanceof FormatError)) throw new Error(`${JSON.stringify(format)}: ${error}`, { cause: error });
      refused++;
    }
  }
  expect(read).toBeGreaterThan(100_000);
  expect(refused).toBeGreaterThan(100_000);
});
