import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FormatError, JsonDecodeError, MemoryFault, ReleasedError } from '../../src/errors.ts';
import { decodeJson, decodeJsonChunks, decodeJsonInto, type JsonText } from '../../src/json/decode.ts';
import { encodeJson } from '../../src/json/encode.ts';
import type { DecodeOptions } from '../../src/json/options.ts';
import type { NumericArray } from '../../src/json/source.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { heapMemory } from '../../src/memory/heap.ts';
import type { Memory } from '../../src/memory/memory.ts';
import type { BufferView } from '../../src/view/buffer-view.ts';
import { viewObject } from '../../src/view/object.ts';
import { DATA, type Image, imageMemory, imageSegments, OBJECT } from '../support/image.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const values = ({ data }: NumericArray): unknown[] => [...data];
const error = (text: JsonText, options?: DecodeOptions): JsonDecodeError => {
  try {
    decodeJson(text, options);
  } catch (thrown) {
    if (thrown instanceof JsonDecodeError) return thrown;
    throw thrown;
  }
  throw new Error(`${text} was taken`);
};

describe('without a format', () => {
  test.each<[text: string, format: string, shape: number[], values: unknown[]]>([
    ['[1,-2,3]', 'q', [3], [1n, -2n, 3n]],
    ['[9223372036854775807,-9223372036854775808]', 'q', [2], [2n ** 63n - 1n, -(2n ** 63n)]],
    ['[1,2.5]', 'd', [2], [1, 2.5]],
    ['[9007199254740993,0.5]', 'd', [2], [9007199254740992, 0.5]],
    ['[1,1e0]', 'd', [2], [1, 1]],
    ['[1,null]', 'd', [2], [1, Number.NaN]],
    ['[-0]', 'd', [1], [-0]],
    ['[18446744073709551616,0.5]', 'd', [2], [2 ** 64, 0.5]],
    ['[0.5,18446744073709551616]', 'd', [2], [0.5, 2 ** 64]],
    ['[true,false]', '?', [2], [1, 0]],
    ['7', 'q', [], [7n]],
    [' [ [ 1 , 2 ] ,\r\n\t[ 3 , 4 ] ] ', 'q', [2, 2], [1n, 2n, 3n, 4n]],
    ['[[[1]],[[2]]]', 'q', [2, 1, 1], [1n, 2n]],
    ['[]', 'd', [0], []],
    ['[[],[]]', 'd', [2, 0], []],
    ['null', 'd', [], [Number.NaN]],
    ['true', '?', [], [1]],
  ])('%s is %s of %j', (text, format, shape, expected) => {
    const found = decodeJson(text);
    expect([found.format, found.shape, values(found)]).toEqual([format, shape, expected]);
    expect(Object.is(found.data[0], expected[0])).toBe(true);
  });

  test('integers under the policies for large ones, among integers and among doubles', () => {
    const large = BigInt64Array.of(2n ** 60n, -5n);
    for (const bigInteger of ['number', 'string'] as const) {
      expect(decodeJson(encodeJson(large, { bigInteger }), { bigInteger }).data).toEqual(large);
    }
    expect(values(decodeJson('[9007199254740993,1.5]', { bigInteger: 'error' }))).toEqual([9007199254740992, 1.5]);
    expect(values(decodeJson('[1.5,9007199254740993]', { bigInteger: 'error' }))).toEqual([1.5, 9007199254740992]);
  });

  test('spellings of other options make doubles', () => {
    expect(values(decodeJson('["NaN","-Infinity",1]', { nonFinite: 'string' }))).toEqual([NaN, -Infinity, 1]);
    expect(values(decodeJson('[1,NaN,-Infinity,-1]', { nonFinite: 'literal' }))).toEqual([1, NaN, -Infinity, -1]);
  });
});

describe('with a format', () => {
  test.each<[format: string, text: string, array: string, values: unknown[]]>([
    ['b', '[-128,127]', 'Int8Array', [-128, 127]],
    ['B', '[0,255]', 'Uint8Array', [0, 255]],
    ['h', '[-32768,32767]', 'Int16Array', [-32768, 32767]],
    ['H', '[65535]', 'Uint16Array', [65535]],
    ['i', '[-2147483648,2147483647]', 'Int32Array', [-2147483648, 2147483647]],
    ['I', '[4294967295]', 'Uint32Array', [4294967295]],
    ['q', '[1]', 'BigInt64Array', [1n]],
    ['Q', '[18446744073709551615,18446744073709551614]', 'BigUint64Array', [2n ** 64n - 1n, 2n ** 64n - 2n]],
    ['P', '[18446744073709551615]', 'BigUint64Array', [2n ** 64n - 1n]],
    ['i', '[1.0,2e3,-0,0.00,120e-1,1e0000005]', 'Int32Array', [1, 2000, 0, 0, 12, 100000]],
    [
      'f',
      '[0.1,16777217,3.4028235e38,1e-45]',
      'Float32Array',
      [Math.fround(0.1), 16777216, 3.4028234663852886e38, 1.401298464324817e-45],
    ],
    ['d', '[1,2]', 'Float64Array', [1, 2]],
    ['E', '[1,0.1,null]', 'Float32Array', [1, 0.10009765625, NaN]],
    ['Zd', '[[1,2],[3,4]]', 'Float64Array', [1, 2, 3, 4]],
    ['Zf', '[[1,2]]', 'Float32Array', [1, 2]],
    ['?', '[true,false]', 'Uint8Array', [1, 0]],
    ['>i', '[1,-2]', 'Int32Array', [1, -2]],
    ['>Zd', '[[1,2]]', 'Float64Array', [1, 2]],
    ['M8[s]', '["1970-01-01T00:01:00",null]', 'BigInt64Array', [60n, -(2n ** 63n)]],
    ['2h', '[[1,2],[3,4]]', 'Uint8Array', [1, 0, 2, 0, 3, 0, 4, 0]],
    ['T{B:a:>h:b:}', '[{"b":1,"a":2}]', 'Uint8Array', [2, 0, 1]],
  ])('%s', (format, text, array, expected) => {
    const found = decodeJson(text, { format });
    expect(found.data.constructor.name).toBe(array);
    expect(values(found)).toEqual(expected);
    expect(new TextDecoder().decode(encodeJson(found))).toBe(
      new TextDecoder().decode(encodeJson(decodeJson(encodeJson(found), { format }))),
    );
  });

  test('float16, in the typed array that there is', () => {
    const { data } = decodeJson('[0.1,65504,6e-8,null]', { format: 'e' });
    expect([...data]).toEqual([0.0999755859375, 65504, 2 ** -24, NaN]);
  });

  test('counts without a unit, whose number has more digits than 64 bits have', () => {
    const data = BigInt64Array.of(0n, 7n, -(2n ** 53n), 2n ** 63n - 1n, 1n - 2n ** 63n, -(2n ** 63n));
    for (const format of ['M8[1000generic]', 'm8[2147483647generic]', 'M8']) {
      for (const bigInteger of ['number', 'string'] as const) {
        const text = encodeJson({ data, shape: [6], format }, { bigInteger });
        expect(decodeJson(text, { format, bigInteger }).data).toEqual(data);
      }
    }
  });

  test('a byte order other than that of this machine is not kept', () => {
    expect(decodeJson('[1]', { format: '>i' }).format).toBe('=i');
    expect(decodeJson('[1]', { format: '<i' }).format).toBe('<i');
  });

  test.each<[text: string, options: DecodeOptions, shape: number[]]>([
    ['[[1,2],[3,4]]', { format: 'Zd' }, [2]],
    ['[1,2]', { format: 'Zd' }, []],
    ['[]', { format: 'Zd' }, [0]],
    ['[[],[]]', { format: '(2)d' }, [2, 0]],
    ['[[[1,2],[3,4]]]', { format: '(2)d' }, [1, 2]],
    ['[[1,2]]', { format: 'T{i:a:i:b:}', records: 'array' }, [1]],
    ['[1,2]', { format: 'T{i:a:i:b:}', records: 'array' }, []],
    ['[[],[]]', { format: '(0)d' }, [2]],
    ['[]', { format: '(0)d' }, [0]],
    ['[[],[2],[]]', { format: '4p', bytes: 'array' }, [3]],
    ['[[],[]]', { format: '4s', bytes: 'array' }, [2, 0]],
    ['[[[],0],[[],0]]', { format: '(0)di' }, [2]],
    ['[[{},0]]', { format: 'T{}i' }, [1]],
    ['[[0],[0]]', { format: '=0Zdi' }, [2]],
    ['[{"a":[],"b":1}]', { format: 'T{(0)d:a:i:b:}' }, [1]],
    ['[[1,2,3]]', { format: '3s', bytes: 'array' }, [1]],
    ['[]', { format: 'd', shape: [0, 3] }, [0, 3]],
    ['[[],[]]', { format: 'd', shape: [2, 0, 7] }, [2, 0, 7]],
    ['[[1],[2]]', { shape: [2, 1] }, [2, 1]],
  ])('%s with %j has shape %j', (text, options, shape) => {
    expect(decodeJson(text, options).shape).toEqual(shape);
  });
});

describe('errors say where, and what to do', () => {
  test.each<[text: string, options: DecodeOptions | undefined, message: string]>([
    ['', undefined, 'expected a value, but the text ends; at $, line 1, column 1 (byte 0)'],
    ['[1,2', undefined, "expected ',' or ']', but the text ends; at $, line 1, column 5 (byte 4)"],
    ['[1,\n[2]]', undefined, "expected a number or null, found '['; at $[1], line 2, column 1 (byte 4)"],
    ['[[1],2]', undefined, "expected an array, as dimension 1 of 2 has, found '2'; at $[1], line 1, column 6 (byte 5)"],
    [
      '[[1,2],[3]]',
      undefined,
      'expected an array of 2, as the shape or others of this dimension are, got one of 1; at $[1], line 1, column 10 (byte 9)',
    ],
    [
      '[[1],[2,3]]',
      undefined,
      'expected an array of 1, as the shape or others of this dimension are, got a longer one; at $[1][1], line 1, column 9 (byte 8)',
    ],
    [
      '[1,2,3]',
      { shape: [2] },
      'expected an array of 2, as the shape or others of this dimension are, got a longer one; at $[2], line 1, column 6 (byte 5)',
    ],
    ['[1] x', undefined, "expected the end of the text, found 'x'; at $, line 1, column 5 (byte 4)"],
    ['[1,2,,3]', undefined, "expected a number or null, found ','; at $[2], line 1, column 6 (byte 5)"],
    ['[1,]', undefined, "expected a number or null, found ']'; at $[1], line 1, column 4 (byte 3)"],
    ['[1 2]', undefined, "expected ',' or ']', found '2'; at $, line 1, column 4 (byte 3)"],
    ['[01]', undefined, 'expected a value, found 01, which is no number; at $[0], line 1, column 2 (byte 1)'],
    ['[1,tru]', { format: '?' }, "expected true or false, found '1'; at $[0], line 1, column 2 (byte 1)"],
    ['[1,true]', undefined, "expected a number, as before, found 'true'; at $[1], line 1, column 4 (byte 3)"],
    ['[true,0]', undefined, "expected true or false, as before, found '0'; at $[1], line 1, column 7 (byte 6)"],
    ['[300]', { format: 'B' }, 'expected 0 to 255 for uint8, got 300; at $[0], line 1, column 2 (byte 1)'],
    [
      '[[1,256,3]]',
      { format: '3s', bytes: 'array' },
      'expected 0 to 255 for a byte, got 256; at $[0][1], line 1, column 2 (byte 1)',
    ],
    ['[1.5]', { format: 'i' }, 'expected an integer for int32, got 1.5; at $[0], line 1, column 2 (byte 1)'],
    ['[1e400]', undefined, 'expected a number that float64 holds, got 1e400; at $[0], line 1, column 2 (byte 1)'],
    [
      '[1e39]',
      { format: 'f' },
      'expected a magnitude below 3.4028235677973366e+38 for float32, got 1e+39; store an Infinity if meant; at $[0], line 1, column 2 (byte 1)',
    ],
    [
      '[0,18446744073709551616]',
      undefined,
      "expected integers of 64 bits, got one beyond; pass format 'd'; at $[1], line 1, column 4 (byte 3)",
    ],
    [
      '[9223372036854775808]',
      undefined,
      "expected integers of 64 bits, got one beyond; pass format 'Q' or 'd'; at $[0], line 1, column 2 (byte 1)",
    ],
    [
      '[18446744073709551615]',
      undefined,
      "expected integers of 64 bits, got one beyond; pass format 'Q' or 'd'; at $[0], line 1, column 2 (byte 1)",
    ],
    [
      '[-9223372036854775809]',
      undefined,
      "expected integers of 64 bits, got one beyond; pass format 'd'; at $[0], line 1, column 2 (byte 1)",
    ],
    [
      '[18446744073709551616]',
      { format: 'Q' },
      'expected 0 to 18446744073709551615 for uint64, got 18446744073709551616; at $[0], line 1, column 2 (byte 1)',
    ],
    [
      '[9007199254740993]',
      { format: 'q', bigInteger: 'error' },
      "expected an integer within ±(2^53 - 1), got 9007199254740993; pass bigInteger 'number' or 'string'; at $[0], line 1, column 2 (byte 1)",
    ],
    ['[NaN]', undefined, "expected a number or null, found 'NaN'; at $[0], line 1, column 2 (byte 1)"],
    ['[null]', { nonFinite: 'error' }, "expected a number, found 'null'; at $[0], line 1, column 2 (byte 1)"],
    [
      '["x"]',
      { nonFinite: 'string' },
      'expected a number, "NaN", "Infinity" or "-Infinity", found "x"; at $[0], line 1, column 2 (byte 1)',
    ],
    ['\ufeff[1]', undefined, "expected a number or null, found '\ufeff'; at $, line 1, column 1 (byte 0)"],
    [
      '[{"a":1,"a":2}]',
      { format: 'T{i:a:i:b:}' },
      'expected an object with "a", "b", got "a" twice; at $[0], line 1, column 9 (byte 8)',
    ],
    [
      '[{"a":1,"c":2}]',
      { format: 'T{i:a:i:b:}' },
      'expected an object with "a", "b", got "c"; at $[0], line 1, column 9 (byte 8)',
    ],
    [
      '[{"a":1}]',
      { format: 'T{i:a:i:b:}' },
      'expected an object with "a", "b", got one without "b"; at $[0], line 1, column 2 (byte 1)',
    ],
    [
      '[{"a":1,"b":[1,2,300]}]',
      { format: 'T{i:a:(3)B:b:}' },
      'expected 0 to 255 for uint8, got 300; at $[0].b[2], line 1, column 18 (byte 17)',
    ],
    [
      '[[1,2,3]]',
      { format: 'T{i:a:i:b:}', records: 'array' },
      'expected an array of 2 values, got another number of them; at $[0][2], line 1, column 2 (byte 1)',
    ],
    ['[[1]]', { format: 'Zg' }, ''],
    ['["abc"]', { format: '3s' }, 'expected bytes in base64, got "abc"; at $[0], line 1, column 2 (byte 1)'],
    ['["YWI="]', { format: 'c' }, 'expected 1 bytes, got 2; at $[0], line 1, column 2 (byte 1)'],
    [
      '["2023-02-29T00:00:00"]',
      { format: 'M8[D]' },
      'expected a point in time as 2000-01-31T23:59:59, a whole number of D, got "2023-02-29T00:00:00"; at $[0], line 1, column 2 (byte 1)',
    ],
    [
      '["PT0.5S"]',
      { format: 'm8[25s]' },
      'expected a span of time as PT1.5S or P3D, a whole number of 25 s, got "PT0.5S"; at $[0], line 1, column 2 (byte 1)',
    ],
    [
      '["1677-09-21T00:12:43.145224192"]',
      { format: 'M8[ns]' },
      'expected a point in time as 2000-01-31T23:59:59 that is no NaT, got "1677-09-21T00:12:43.145224192"; at $[0], line 1, column 2 (byte 1)',
    ],
    [
      '[1500]',
      { format: 'M8[1000generic]' },
      'expected a count, a multiple of 1000, got 1500; at $[0], line 1, column 2 (byte 1)',
    ],
    [
      '[-9223372036854775808]',
      { format: 'm8' },
      'expected a count that is no NaT, got -9223372036854775808; at $[0], line 1, column 2 (byte 1)',
    ],
    [
      '["9223372036854775808000"]',
      { format: 'm8[1000generic]', bigInteger: 'string' },
      'expected -9223372036854775808 to 9223372036854775807 for timedelta64, got 9223372036854775808; at $[0], line 1, column 2 (byte 1)',
    ],
    [
      '["1000000000000000000000"]',
      { format: 'q', bigInteger: 'string' },
      'expected -9223372036854775808 to 9223372036854775807 for int64, got 1000000000000000000000; at $[0], line 1, column 2 (byte 1)',
    ],
  ])('%s', (text, options, message) => {
    if (message === '') expect(() => decodeJson(text, options)).toThrow(FormatError);
    else expect(error(text, options).message).toBe(message);
  });

  test('as numbers, too', () => {
    const { name, offset, line, column, path } = error('[[1,2],\n [3,"é",4]]');
    expect({ name, offset, line, column, path }).toEqual({
      name: 'JsonDecodeError',
      offset: 12,
      line: 2,
      column: 5,
      path: '$[1][1]',
    });
  });

  test.each<[text: string, options: DecodeOptions, message: string]>([
    ['[1e999]', { format: 'q' }, 'expected an integer that int64 holds, got 1e999'],
    ['[1e999]', { format: 'f' }, 'expected a number that float32 holds, got 1e999'],
    [
      '["constructor"]',
      { nonFinite: 'string' },
      'expected a number, "NaN", "Infinity" or "-Infinity", found "constructor"',
    ],
    [
      `["${'9'.repeat(100_000)}-01-01T00:00:00"]`,
      { format: 'M8[s]' },
      `expected a point in time as 2000-01-31T23:59:59, a whole number of s, got "${'9'.repeat(40)}…"`,
    ],
    [`["${'ab'.repeat(5_000_000)}"]`, { format: '3s', bytes: 'hex' }, 'expected at most 3 bytes, got 5000000'],
    [
      '[9007199254740992]',
      { bigInteger: 'error' },
      "expected an integer within ±(2^53 - 1), got 9007199254740992; pass bigInteger 'number' or 'string'",
    ],
    ['[""]', { format: '9000000000000s' }, ''],
  ])('%.40s', (text, options, message) => {
    if (message === '')
      expect(() => decodeJson(text, options)).toThrow('there is no memory for 9000000000000 bytes in one piece');
    else expect(error(text, options).message.startsWith(`${message}; at $[0], `)).toBe(true);
  });

  test('rows of any size that is expected, whatever is there', () => {
    for (const size of [
      2 ** 16 - 1,
      2 ** 16,
      2 ** 16 + 1,
      2 ** 29,
      2 ** 29 + 1,
      2 ** 31,
      2 ** 32,
      2 ** 32 + 1,
      2 ** 52,
    ]) {
      for (const format of ['d', 'B', 'H', '?']) {
        const text = format === '?' ? '[true,false]' : '[1,2]';
        expect(error(text, { format, shape: [size] }).message).toMatch(
          /^expected an array of \d+, as .*, got one of 2; at \$, line 1/,
        );
        expect(error(`[${text}]`, { format, shape: [1, size] }).path).toBe('$[0]');
      }
    }
    expect(error('[[1,2]]', { format: '536870913d' }).path).toBe('$[0]');
  });

  test('formats of many values are no burden before they are met', () => {
    for (const format of ['1000000000di', 'T{T{1000000000d}:a:i:b:}', '100000000di']) {
      expect(() => decodeJson('[[1,2]]', { format })).toThrow();
      expect(decodeJson('[]', { format }).shape).toEqual([0]);
    }
    expect([...new Uint32Array(decodeJson('[[1,2,3]]', { format: '2iI' }).data.buffer)]).toEqual([1, 2, 3]);
  });

  test('brackets without end are no recursion', () => {
    expect(error('['.repeat(1_000_000)).offset).toBe(64);
    expect(error('[[1,2,3],['.repeat(100_000)).path).toBe('$[1][0]');
    expect(error(`${'['.repeat(65)}1${']'.repeat(65)}`).message).toContain('expected at most 64 dimensions');
    expect(decodeJson(`${'['.repeat(64)}1${']'.repeat(64)}`).shape.length).toBe(64);
  });

  test('a place in a long text, whatever its lines', () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => `[${i}, 2, ${i === 29_000 ? 'x' : 3}]`).join(',\n');
    const text = `[${rows}]`;
    const offset = text.indexOf('x');
    const expected = { offset, line: 29_001, column: 12, path: '$[29000][2]' };
    for (const input of [text, utf8(text)]) expect(error(input)).toMatchObject(expected);
  });

  test.each<[options: unknown, message: string]>([
    [{ nonfinite: 'null' }, 'there is no option nonfinite; there are format, shape, nonFinite,'],
    [{ format: 7 }, 'expected a format as a string, got 7'],
    [{ shape: [1.5] }, 'expected a shape of whole numbers from 0 on, got [1.5]'],
    [{ shape: 5 }, 'expected a shape as an array, got 5'],
    [{ shape: null }, 'expected a shape as an array, got null'],
    [{ shape: new Array(65).fill(0) }, 'expected a shape of at most 64 dimensions, got 65'],
    [[], 'expected an object of options, got an object of Array'],
  ])('options %j', (options, message) => {
    expect(() => decodeJson('[1]', options as DecodeOptions)).toThrow(message);
  });

  test('options that an object inherits are options', () => {
    expect(() => decodeJson('[null]', Object.create({ nonFinite: 'error' }))).toThrow(JsonDecodeError);
    expect(decodeJson('[1]', Object.create({ format: 'B' })).format).toBe('B');
  });

  test('what is no text, and elements without JSON', () => {
    expect(() => decodeJson(7 as never)).toThrow('expected JSON as a string, a Uint8Array or a BufferView, got 7');
    expect(() => decodeJson('[1]', { format: 'O' })).toThrow(FormatError);
    expect(() => decodeJson('[1]', { format: '%' })).toThrow(FormatError);
  });
});

describe('text as it comes', () => {
  const view = (image: Image): BufferView => viewObject(imageMemory(image), OBJECT);

  test('bytes, strings and views of bytes are the same', () => {
    const text = ' [[1, 2.5e3], [-3, null]]\n';
    for (const input of [
      text,
      utf8(text),
      Buffer.from(text),
      view({ data: utf8(text) }),
      view({ data: utf8(text), format: 'b' }),
    ]) {
      expect(values(decodeJson(input))).toEqual([1, 2500, -3, NaN]);
    }
  });

  test('a view of anything else, released, or with strides', () => {
    const data = utf8('[1,2,3,4]       ');
    expect(() => decodeJson(view({ data, format: 'i', itemsize: 4 }))).toThrow(
      'expected text as elements of one byte (B, b or c), got "i"; cast(\'B\') it',
    );
    expect(() => decodeJson(view({ data, shape: [8], strides: [2] }))).toThrow(
      'expected text whose bytes lie together, got a view with strides; toTypedArray() copies it',
    );
    expect(() => decodeJson(view({ data, flags: 1 }))).toThrow(ReleasedError);
    const released = view({ data });
    released.release();
    expect(() => decodeJson(released)).toThrow(ReleasedError);
  });

  test('half a character is none; two halves in two pieces are one', async () => {
    expect(() => decodeJson('["\ud800"]', { format: 'w' })).toThrow('expected a string of JSON in UTF-8');
    expect(values(decodeJson('["\\ud83d\\ude00"]', { format: '1w' }))).toEqual([0x00, 0xf6, 0x01, 0x00]);
    expect(values(await decodeJsonChunks(['["\ud83d', '\ude00"]'], { format: '1w' }))).toEqual([
      0x00, 0xf6, 0x01, 0x00,
    ]);
    await expect(decodeJsonChunks(['["\ud83d', '"]'], { format: '1w' })).rejects.toThrow(JsonDecodeError);
  });

  test('in pieces cut anywhere: the same array, or the same error', async () => {
    const texts: [string, DecodeOptions][] = [
      ['[[1,-2.5e-3], [null ,12345678901234567890]]', {}],
      ['[[1,2],\n[3,x]]', {}],
      ['["NaN", -0.0,1E5]', { nonFinite: 'string' }],
      ['[{"a":1,"b":["é😀\\n"]},{"b":["x"],"a":-1}]', { format: 'T{i:a:(1)3w:b:}' }],
      ['["AQID","BAUG"]', { format: '3s' }],
      ['[-Infinity,NaN,1]', { nonFinite: 'literal' }],
      ['[true,false,truf]', {}],
      ['["2023-11-14T22:13:20.5",null]', { format: 'M8[ms]' }],
      ['[18446744073709551616,\n1]', {}],
      ['-12.5', {}],
    ];
    const outcome = async (decode: () => NumericArray | Promise<NumericArray>): Promise<unknown> => {
      try {
        const { data, shape, format } = await decode();
        return [[...data], shape, format];
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(JsonDecodeError);
        return String(thrown);
      }
    };
    for (const [text, options] of texts) {
      const bytes = utf8(text);
      const whole = await outcome(() => decodeJson(text, options));
      expect(
        await outcome(() =>
          decodeJsonChunks(
            Array.from(bytes, (byte) => Uint8Array.of(byte)),
            options,
          ),
        ),
      ).toEqual(whole);
      for (let i = 0; i <= bytes.length; i++) {
        expect(await outcome(() => decodeJsonChunks([bytes.subarray(0, i), bytes.subarray(i)], options))).toEqual(
          whole,
        );
      }
      expect(await outcome(() => decodeJsonChunks(text.split(''), options))).toEqual(whole);
    }
  });

  test('pieces are read when they come, and may be written over afterwards', async () => {
    const piece = new Uint8Array(7);
    let given = 0;
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (const text of ['[1,2,33', '3,4444,', '5.5,6]\n']) {
        piece.set(utf8(text));
        given++;
        yield piece;
        piece.fill(0x78);
      }
    }
    expect(values(await decodeJsonChunks(pieces()))).toEqual([1, 2, 333, 4444, 5.5, 6]);
    expect(given).toBe(3);
    await expect(decodeJsonChunks('[1]' as never)).rejects.toThrow('expected the text in pieces, as an iterable');
    await expect(decodeJsonChunks([7 as never])).rejects.toThrow(
      'expected JSON as a string, a Uint8Array or a BufferView, got 7',
    );
  });

  test('one token in a million pieces takes no longer than the token', async () => {
    const digits = '1'.repeat(400_000);
    function* pieces(): Generator<string> {
      yield '[0.';
      for (let i = 0; i < digits.length; i++) yield '1';
      yield ']';
    }
    expect(values(await decodeJsonChunks(pieces()))).toEqual([Number(`0.${digits}`)]);
  });

  test('several at once do not mix', async () => {
    async function* slowly(text: string): AsyncGenerator<string> {
      for (const character of text) {
        await Promise.resolve();
        yield character;
      }
    }
    const texts = ['[[1,2],[3,4]]', '[0.5,null,-1e5]', '[300,400]', '[true,false]'];
    const found = await Promise.all(texts.map((text) => decodeJsonChunks(slowly(text))));
    expect(found).toEqual(texts.map((text) => decodeJson(text)));
  });
});

describe('into a buffer', () => {
  const live = (image: Image): { view: BufferView; data: Uint8Array } => {
    const data = image.data ?? new Uint8Array(64);
    return { view: viewObject(imageMemory({ ...image, data }), OBJECT), data };
  };

  test('contiguous, with strides, backwards, transposed, in the other byte order, at odd addresses', () => {
    const image: Image = { format: '<i', itemsize: 4, data: new Uint8Array(101) };
    const cases: [Image, string][] = [
      [{ ...image, shape: [2, 3] }, '[[1,2,3],[4,5,6]]'],
      [{ ...image, shape: [2, 3], strides: [40, 8] }, '[[1,2,3],[4,5,6]]'],
      [{ ...image, shape: [3], strides: [-12], offset: 60 }, '[1,2,3]'],
      [{ ...image, shape: [3, 2], strides: [4, 12] }, '[[1,2],[3,4],[5,6]]'],
      [{ ...image, shape: [2, 3], strides: [37, 9], offset: 3 }, '[[1,2,-3],[4,5,6]]'],
      [{ ...image, format: '>i', shape: [2, 2] }, '[[1,2],[3,4]]'],
      [{ ...image, format: '>d', itemsize: 8, shape: [3], strides: [11] }, '[1.5,-2.5,null]'],
      [{ ...image, shape: [] }, '42'],
      [{ ...image, shape: [0, 2] }, '[]'],
      [{ ...image, shape: [2, 0] }, '[[],[]]'],
    ];
    for (const [made, text] of cases) {
      const { view, data } = live(made);
      data.fill(0xaa);
      decodeJsonInto(text, view);
      expect(new TextDecoder().decode(encodeJson(view)).replaceAll('.0', '')).toBe(text.replaceAll('.0', ''));
      // Nothing else was written.
      const before = new Uint8Array(data);
      const { view: same, data: again } = live({ ...made, data: new Uint8Array(101).fill(0xaa) });
      const index = (flat: number): number[] =>
        made.shape?.map(
          (_, i) =>
            Math.floor(flat / (made.shape as number[]).slice(i + 1).reduce((a, b) => a * b, 1)) %
            (made.shape?.[i] ?? 1),
        ) ?? [];
      const count = (made.shape ?? []).reduce((product, size) => product * size, 1);
      for (let i = 0; i < count; i++) same.set(...index(i), view.get(...index(i)));
      expect(again).toEqual(before);
    }
  });

  test('of records in arrays of arrays, too', () => {
    for (const format of ['(2)3T{b:a:d:x:}', '(2,3)T{b:a:d:x:}', '2T{3T{b:a:d:x:}:r:}']) {
      const { view, data } = live({ format, itemsize: 96, shape: [1], data: new Uint8Array(96).fill(0xee) });
      const records = (a: number): string => `[${[a, a + 1, a + 2].map((n) => `{"a":${n},"x":${n}}`)}]`;
      const rows = [records(1), records(4)];
      decodeJsonInto(`[[${format.startsWith('2T') ? rows.map((row) => `{"r":${row}}`) : rows}]]`, view);
      for (let i = 0; i < 6; i++) {
        expect([...data.subarray(16 * i, 16 * i + 8)]).toEqual([i + 1, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee]);
        expect(new DataView(data.buffer).getFloat64(16 * i + 8, true)).toBe(i + 1);
      }
    }
  });

  test('of records the fields only', () => {
    const { view, data } = live({
      format: 'T{B:a:xxxi:b:(2)T{H:c:xx}:d:}',
      itemsize: 16,
      shape: [2],
      strides: [20],
      data: new Uint8Array(40).fill(0xee),
    });
    decodeJsonInto('[{"a":1,"b":2,"d":[{"c":3},{"c":4}]},{"d":[{"c":7},{"c":8}],"b":6,"a":5}]', view);
    const record = (a: number, b: number, c: number, d: number): number[] => [
      a,
      0xee,
      0xee,
      0xee,
      b,
      0,
      0,
      0,
      c,
      0,
      0xee,
      0xee,
      d,
      0,
      0xee,
      0xee,
    ];
    expect([...data.subarray(0, 16)]).toEqual(record(1, 2, 3, 4));
    expect([...data.subarray(16, 20)]).toEqual([0xee, 0xee, 0xee, 0xee]);
    expect([...data.subarray(20, 36)]).toEqual(record(5, 6, 7, 8));
  });

  test('through pointers, and not at all if one leads nowhere', () => {
    const data = new Uint8Array(32);
    const pointers = new DataView(data.buffer);
    pointers.setBigUint64(0, DATA + 24n, true);
    pointers.setBigUint64(8, DATA + 16n, true);
    const image: Image = { data, shape: [2, 3], strides: [8, 1], suboffsets: [1, -1] };
    const { view } = live(image);
    decodeJsonInto('[[1,2,3],[4,5,6]]', view);
    expect([...data.subarray(16)]).toEqual([0, 4, 5, 6, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0]);
    pointers.setBigUint64(8, 0x7000000n, true);
    const before = new Uint8Array(data);
    expect(() => decodeJsonInto('[[7,7,7],[7,7,7]]', view)).toThrow(MemoryFault);
    expect(data).toEqual(before);
  });

  test('all or nothing', () => {
    const text = `[${Array.from({ length: 20_000 }, (_, i) => i % 100).join(',')}]`;
    const { view, data } = live({ data: new Uint8Array(20_000).fill(7) });
    for (const wrong of [
      text.replace(/99\]$/, '999]'),
      text.replace(/,99\]$/, ']'),
      `${text}]`,
      text.slice(0, -1),
      `[${text}]`,
    ]) {
      expect(() => decodeJsonInto(wrong, view)).toThrow(JsonDecodeError);
      expect(data.every((byte) => byte === 7)).toBe(true);
    }
    decodeJsonInto(text, view);
    expect([...data]).toEqual(JSON.parse(text));
  });

  test('the text may lie in the buffer itself', () => {
    const { view, data } = live({ data: utf8('[1,2,3,4,5,6,7,8,9,10,11,12,13]') });
    expect(data.length).toBe(31);
    decodeJsonInto(view.slice([0, 31]), view.slice([0, 13]));
    expect([...data.subarray(0, 13)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  test('a heap that can grow', () => {
    const wasm = new WebAssembly.Memory({ initial: 16 });
    const tag = '3.14-wasm32';
    const heap = heapMemory(() => new Uint8Array(wasm.buffer), parseTarget(tag));
    for (const { address, bytes } of imageSegments({ tag, format: 'd', itemsize: 8, shape: [3] })) {
      new Uint8Array(wasm.buffer).set(bytes, Number(address));
    }
    const view = viewObject(heap, OBJECT);
    wasm.grow(1);
    decodeJsonInto('[1.5,2,null]', view);
    expect(view.toList()).toEqual([1.5, 2, NaN]);
  });

  test('refused: read-only, snapshots, released, no view, a format', () => {
    const { view } = live({ readonly: true, shape: [1] });
    expect(() => decodeJsonInto('[1]', view)).toThrow('this buffer is read-only: its exporter forbids writing');
    const memory = imageMemory({ shape: [1] });
    const snapshots: Memory = {
      target: memory.target,
      live: false,
      read: (at, length) => memory.read(at, length).slice(),
    };
    expect(() => decodeJsonInto('[1]', viewObject(snapshots, OBJECT))).toThrow(
      'this buffer is a snapshot: a write would be lost',
    );
    const { view: released } = live({ shape: [1] });
    released.release();
    expect(() => decodeJsonInto('[1]', released)).toThrow(ReleasedError);
    expect(() => decodeJsonInto('[1]', new Uint8Array(1) as never)).toThrow(
      'expected a BufferView to write into, got an object of Uint8Array',
    );
    const { view: writable } = live({ shape: [1] });
    expect(() => decodeJsonInto('[1]', writable, { format: 'B' } as never)).toThrow('expected no format and no shape');
  });
});

describe('memory', () => {
  test('a result has memory of its own, exact where it is short', () => {
    const short = decodeJson('[1,2,3]').data;
    expect([short.byteOffset, short.buffer.byteLength]).toEqual([0, 24]);
    const text = encodeJson(Float64Array.from({ length: 300_000 }, (_, i) => i / 7));
    for (const input of [text, new TextDecoder().decode(text)]) {
      const { data } = decodeJson(input);
      expect(data.byteOffset).toBe(0);
      expect(data.length).toBe(300_000);
      expect(data.buffer.byteLength).toBeLessThanOrEqual(data.byteLength * (9 / 8));
      expect(new Uint8Array(data.buffer).subarray(data.byteLength).every((byte) => byte === 0)).toBe(true);
    }
  });

  test('a shape that is told takes none', () => {
    expect(() => decodeJson('[1]', { shape: [2 ** 52] })).toThrow(JsonDecodeError);
    expect(() => decodeJson('[[1]]', { shape: [1, 2 ** 52] })).toThrow(JsonDecodeError);
  });
});

test.each<[format: string, bytes: number[], text: string]>([
  ['4p', [2, 97, 98, 0, 1, 99, 0, 0, 2, 97, 0, 0], '["ab","c","a\\u0000"]'],
  ['c', [0, 97], '["","a"]'],
  ['3s', [97, 0, 0, 0, 0, 0], '["a",""]'],
])('bytes of %s as text keep what they are', (format, bytes, text) => {
  const data = Uint8Array.from(bytes);
  const shape = [bytes.length / { '4p': 4, c: 1, '3s': 3 }[format as 'c']];
  const options = { bytes: 'utf8' } as const;
  expect(new TextDecoder().decode(encodeJson({ data, shape, format }, options))).toBe(text);
  expect(decodeJson(text, { ...options, format })).toEqual({ data, shape, format });
});

test('complex float16 is encoded again, whatever holds it', () => {
  const found = decodeJson('[[1,0.1],[-2,null]]', { format: 'Ze' });
  expect(new TextDecoder().decode(encodeJson(found))).toBe('[[1.0,0.1],[-2.0,null]]');
});

test('text without white space is encoded to the same text', () => {
  const number = fc.oneof(
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((x) => new TextDecoder().decode(encodeJson(Float64Array.of(x))).slice(1, -1)),
    fc.constant('null'),
  );
  const nested = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }).chain((shape) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return fc.array(number, { minLength: count, maxLength: count }).map((flat) => {
      let rows = flat;
      for (const size of shape.toReversed()) {
        rows = Array.from({ length: rows.length / size }, (_, i) => `[${rows.slice(i * size, (i + 1) * size)}]`);
      }
      return rows[0] as string;
    });
  });
  fc.assert(
    fc.property(nested, (text) => {
      expect(new TextDecoder().decode(encodeJson(decodeJson(text, { format: 'd' })))).toBe(text);
    }),
    { numRuns: 500 },
  );
});
