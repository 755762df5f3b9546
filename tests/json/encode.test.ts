import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { textOf } from '../../src/bytes.ts';
import { FormatError, JsonEncodeError, ReleasedError } from '../../src/errors.ts';
import { encodeJson, encodeJsonChunks, encodeJsonInto } from '../../src/json/encode.ts';
import type { EncodeOptions } from '../../src/json/options.ts';
import type { Encodable } from '../../src/json/source.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { heapMemory } from '../../src/memory/heap.ts';
import type { Memory } from '../../src/memory/memory.ts';
import type { BufferView } from '../../src/view/buffer-view.ts';
import { viewObject } from '../../src/view/object.ts';
import type { Range } from '../../src/view/range.ts';
import { Datetime64, type TimeUnit } from '../../src/view/time.ts';
import { type Image, imageMemory, imageSegments, OBJECT } from '../support/image.ts';
import { randomBits } from './kernel-support.ts';

const view = (image: Image): BufferView => viewObject(imageMemory(image), OBJECT);
const text = (v: BufferView, options?: EncodeOptions): string => new TextDecoder().decode(encodeJson(v, options));
const doubles = (values: readonly number[], image: Image = {}): BufferView =>
  view({ format: '<d', itemsize: 8, data: new Uint8Array(Float64Array.from(values).buffer), ...image });

test('nesting follows the shape', () => {
  const data = Uint8Array.from({ length: 24 }, (_, i) => i);
  expect(text(view({ data, shape: [2, 3] }))).toBe('[[0,1,2],[3,4,5]]');
  expect(text(view({ data, shape: [2, 1, 2] }))).toBe('[[[0,1]],[[2,3]]]');
  expect(text(view({ data, shape: [2, 3], strides: [3, -1], offset: 2 }))).toBe('[[2,1,0],[5,4,3]]');
  expect(text(view({ data, shape: [3], strides: [0] }))).toBe('[0,0,0]');
  expect(text(view({ data, shape: [] }))).toBe('0');
  expect(text(view({ data, shape: [0] }))).toBe('[]');
  expect(text(view({ data, shape: [2, 0] }))).toBe('[[],[]]');
  expect(text(view({ data, shape: [0, 2] }))).toBe('[]');
});

test('integers are exact at 64 bits, booleans are words', () => {
  const data = new Uint8Array(BigUint64Array.of(2n ** 64n - 1n, 2n ** 63n, 0n).buffer);
  expect(text(view({ data, format: '<Q', itemsize: 8 }))).toBe('[18446744073709551615,9223372036854775808,0]');
  expect(text(view({ data, format: '<q', itemsize: 8 }))).toBe('[-1,-9223372036854775808,0]');
  expect(text(view({ data: Uint8Array.of(0, 1, 2), format: '?' }))).toBe('[false,true,true]');
});

describe('numbers that JSON has not', () => {
  const v = doubles([1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], { shape: [2, 2] });
  test('null, string, literal', () => {
    expect(text(v)).toBe('[[1.0,null],[null,null]]');
    expect(text(v, { nonFinite: 'string' })).toBe('[[1.0,"NaN"],["Infinity","-Infinity"]]');
    expect(text(v, { nonFinite: 'literal' })).toBe('[[1.0,NaN],[Infinity,-Infinity]]');
  });
  test('error says where', () => {
    expect(() => text(v, { nonFinite: 'error' })).toThrow(JsonEncodeError);
    expect(() => text(v, { nonFinite: 'error' })).toThrow("JSON has no NaN, found at $[0][1]; pass nonFinite 'null'");
    expect(text(doubles([1, 2]), { nonFinite: 'error' })).toBe('[1.0,2.0]');
  });
  test('an unknown policy is refused', () => {
    expect(() => text(v, { nonFinite: 'zero' as never })).toThrow(
      'nonFinite is one of null, string, literal, error; got zero',
    );
  });
});

test('what is encoded reads back to the same bits', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(finite, { maxLength: 40 }), (values) => {
      expect(JSON.parse(text(doubles(values)))).toEqual(values);
    }),
  );
});

test('chunks are bounded, join to the whole, and are never written again', () => {
  const data = new Uint8Array(300_000).fill(255);
  for (const shape of [[300_000], [3000, 100], [100, 3000], [300_000, 1]]) {
    const chunks = [...encodeJsonChunks(view({ data, shape }))];
    expect(chunks.length).toBeGreaterThan(3);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(1 << 18);
    expect(new Set(chunks.map(({ buffer }) => buffer)).size).toBe(chunks.length);
    expect(chunks.every(({ length, buffer }) => length === buffer.byteLength)).toBe(true);
    expect(JSON.parse(Buffer.concat(chunks).toString()).flat()).toEqual([...data]);
  }
});

test.each([[[300_000]], [[3000, 100]], [[600, 500]], [[30_000, 10]]])(
  'a view of shape %j released between any two chunks is an error, not an end',
  (shape) => {
    const data = new Uint8Array(300_000);
    const total = [...encodeJsonChunks(view({ data, shape }))].length;
    for (let taken = 1; taken < total - 1; taken++) {
      const v = view({ data, shape });
      const chunks = encodeJsonChunks(v);
      for (let i = 0; i < taken; i++) chunks.next();
      v.release();
      expect(() => chunks.next()).toThrow(ReleasedError);
    }
  },
);

test.each([[[40_000]], [[400, 100]], [[8000, 5]]])(
  'a heap that grows between chunks of shape %j changes nothing',
  (shape) => {
    const tag = '3.14-wasm32';
    const wasm = new WebAssembly.Memory({ initial: 16 });
    const data = new Uint8Array(Float64Array.from({ length: 40_000 }, (_, i) => i / 8).buffer);
    for (const { address, bytes } of imageSegments({ tag, data, format: '<d', itemsize: 8, shape })) {
      new Uint8Array(wasm.buffer).set(bytes, Number(address));
    }
    const v = viewObject(heapMemory(wasm, parseTarget(tag)), OBJECT);
    const whole = text(v);
    const chunks: Uint8Array[] = [];
    for (const chunk of encodeJsonChunks(v)) {
      chunks.push(chunk);
      wasm.grow(1);
    }
    expect(chunks.length).toBeGreaterThan(3);
    expect(Buffer.concat(chunks).toString()).toBe(whole);
  },
);

test('what has no elements is refused', () => {
  const expected = 'expected a BufferView, a typed array or { data, shape }, got';
  expect(() => encodeJson(null as never)).toThrow(new TypeError(`${expected} null`));
  expect(() => encodeJson({} as never)).toThrow(new TypeError(`${expected} an object of Object`));
  expect(() => encodeJson([1, 2] as never)).toThrow(new TypeError(`${expected} an object of Array`));
  expect(() => encodeJson(new DataView(new ArrayBuffer(2)) as never)).toThrow(TypeError);
});

test.each([encodeJson, encodeJsonChunks, (v: BufferView) => encodeJsonInto(v, new Uint8Array(99))])(
  'Python references have no JSON, which is said at once, wherever they are: %p',
  (encode) => {
    const format = 'there is no JSON for Python references (elements of object)';
    expect(() => encode(view({ format: 'O', itemsize: 8 }))).toThrow(FormatError);
    expect(() => encode(view({ format: 'O', itemsize: 8 }))).toThrow(format);
    expect(() => encode(view({ format: 'O', itemsize: 8, shape: [0] }))).toThrow(format);
    expect(() => encode(view({ format: 'T{d:x:O:y:}', itemsize: 16 }))).toThrow(format);
    expect(() => encode(view({ format: '(2,2)O', itemsize: 32 }))).toThrow(format);
    expect(() => encode(view({ format: 'hurz' }))).toThrow('cannot read the elements of format "hurz"');
  },
);

test('options and their values are checked', () => {
  const v = doubles([1]);
  expect(() => text(v, { indent: 4 as never })).toThrow(new TypeError('indent is one of 0, 2; got 4'));
  expect(() => text(v, { nonfinite: 'null' } as never)).toThrow(
    'there is no option nonfinite; there are nonFinite, bigInteger, bytes, complex, records, indent, newline',
  );
  expect(text(v, { nonFinite: undefined } as never)).toBe('[1.0]');
});

describe('elements that are more than a number', () => {
  const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer);
  const complex = { format: 'Zd', itemsize: 16, data: bytesOf(Float64Array.of(1, -2.5, 0.1, Number.NaN)) };

  test('complex numbers', () => {
    expect(text(view(complex))).toBe('[[1.0,-2.5],[0.1,null]]');
    expect(text(view(complex), { complex: 'object' })).toBe('[{"re":1.0,"im":-2.5},{"re":0.1,"im":null}]');
    expect(text(view({ ...complex, strides: [-16], offset: 16 }))).toBe('[[0.1,null],[1.0,-2.5]]');
    expect(() => text(view(complex), { nonFinite: 'error' })).toThrow('JSON has no NaN, found at $[1][1];');
    expect(() => text(view(complex), { nonFinite: 'error', complex: 'object' })).toThrow('found at $[1].im;');
    const single = { format: '>Zf', itemsize: 8, data: Uint8Array.of(0x3d, 0xcc, 0xcc, 0xcd, 0, 0, 0, 0) };
    expect(text(view(single))).toBe('[[0.1,0.0]]');
  });

  test('subarrays and tuples nest', () => {
    const data = bytesOf(Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(text(view({ data, format: '(2,2)d', itemsize: 32 }))).toBe('[[[1.0,2.0],[3.0,4.0]],[[5.0,6.0],[7.0,8.0]]]');
    expect(text(view({ data, format: '4d', itemsize: 32 }))).toBe('[[1.0,2.0,3.0,4.0],[5.0,6.0,7.0,8.0]]');
    expect(text(view({ data, format: '(2,0)d', itemsize: 0, shape: [2] }))).toBe('[[[],[]],[[],[]]]');
    expect(text(view({ data: Uint8Array.of(1, 2, 0, 3, 4, 1), format: '<hb', itemsize: 3 }))).toBe(
      '[[513,0],[1027,1]]',
    );
  });

  const records = { format: 'T{<d:x:(2)h:n:xxxx4s:s:}', itemsize: 20, shape: [2] };
  const rows = new Uint8Array(40);
  const row = new DataView(rows.buffer);
  for (const [at, x, n, s] of [
    [0, 0.5, -1, 'ab'],
    [20, Number.POSITIVE_INFINITY, 7, 'h\u00e9'],
  ] as const) {
    row.setFloat64(at, x, true);
    row.setInt16(at + 8, n, true);
    row.setInt16(at + 10, n + 1, true);
    rows.set(new TextEncoder().encode(s), at + 16);
  }

  test('records are objects, or arrays; bytes as asked', () => {
    const v = view({ ...records, data: rows });
    expect(text(v)).toBe('[{"x":0.5,"n":[-1,0],"s":"YWIAAA=="},{"x":null,"n":[7,8],"s":"aMOpAA=="}]');
    expect(text(v, { records: 'array', bytes: 'hex' })).toBe('[[0.5,[-1,0],"61620000"],[null,[7,8],"68c3a900"]]');
    expect(text(v, { bytes: 'utf8' })).toBe('[{"x":0.5,"n":[-1,0],"s":"ab"},{"x":null,"n":[7,8],"s":"h\u00e9"}]');
    expect(text(v.slice([1, null]), { bytes: 'array' })).toBe('[{"x":null,"n":[7,8],"s":[104,195,169,0]}]');
    expect(() => text(v, { nonFinite: 'error' })).toThrow('found at $[1].x;');
    expect(JSON.parse(text(v, { indent: 2 }))).toEqual(JSON.parse(text(v)));
    const broken = view({ data: Uint8Array.of(0xc3, 0), format: '2s', itemsize: 2 });
    expect(() => text(broken, { bytes: 'utf8' })).toThrow("the bytes at $[0] are no UTF-8; pass bytes 'base64'");
  });

  test('names are escaped, and shown in errors', () => {
    const v = view({ data: bytesOf(Float64Array.of(Number.NaN)), format: 'T{d:a "b":}', itemsize: 8 });
    expect(text(v)).toBe('[{"a \\"b\\"":null}]');
    expect(() => text(v, { nonFinite: 'error' })).toThrow('found at $[0]["a \\"b\\""];');
    expect(text(view({ data: new Uint8Array(0), format: 'T{}', itemsize: 0, shape: [2] }))).toBe('[{},{}]');
  });

  test('text is escaped as JSON has it', () => {
    const data = bytesOf(Uint32Array.of(0x22, 0x5c, 0x0a, 0x1f, 0x1f600, 0));
    expect(text(view({ data, format: '6w', itemsize: 24 }))).toBe('["\\"\\\\\\n\\u001f\u{1f600}"]');
  });

  test('times are ISO 8601, as orjson has them, and lose nothing', () => {
    const times = (unit: string, ...counts: bigint[]): string =>
      text(
        view({ data: bytesOf(BigInt64Array.from(counts)), format: `M8[${unit}]`, itemsize: 8, shape: [counts.length] }),
      );
    const nat = -(2n ** 63n);
    expect(times('Y', 0n, 31n, nat)).toBe('["1970-01-01T00:00:00","2001-01-01T00:00:00",null]');
    expect(times('M', -1n)).toBe('["1969-12-01T00:00:00"]');
    expect(times('D', 1n)).toBe('["1970-01-02T00:00:00"]');
    expect(times('25h', 1n)).toBe('["1970-01-02T01:00:00"]');
    expect(times('ms', -1n, 1000n)).toBe('["1969-12-31T23:59:59.999000","1970-01-01T00:00:01"]');
    expect(times('us', 1n)).toBe('["1970-01-01T00:00:00.000001"]');
    expect(times('ns', 1n, 1000n, 10n ** 9n)).toBe(
      '["1970-01-01T00:00:00.000000001","1970-01-01T00:00:00.000001","1970-01-01T00:00:01"]',
    );
    expect(times('as', 1n)).toBe('["1970-01-01T00:00:00.000000000000000001"]');
    const spans = view({ data: bytesOf(BigInt64Array.of(1500n, -1n, nat)), format: 'm8[ms]', itemsize: 8 });
    expect(text(spans)).toBe('["PT1.5S","-PT0.001S",null]');
    const bare = view({ data: bytesOf(BigInt64Array.of(2n ** 60n, nat)), format: 'm8', itemsize: 8 });
    expect(text(bare)).toBe('[1152921504606846976,null]');
    expect(text(bare, { bigInteger: 'string' })).toBe('["1152921504606846976",null]');
  });

  test('bfloat16 has its own shortest digits', () => {
    const data = new Uint8Array(Uint16Array.of(0x3dcd, 0x3f80, 0x7f7f, 1, 0x7fc0).buffer);
    expect(text(view({ data, format: 'E', itemsize: 2 }))).toBe('[0.1,1.0,3.39e+38,9e-41,null]');
  });
});

describe('many records', () => {
  const count = 5000;
  const size = 29;
  const data = new Uint8Array(count * size);
  const all = new DataView(data.buffer);
  for (let i = 0; i < count; i++) {
    const at = i * size;
    all.setFloat64(at, i / 7, true);
    all.setBigInt64(at + 8, BigInt(i - 2500) * 4_000_000_000_000n, true);
    all.setFloat32(at + 16, i, true);
    all.setFloat32(at + 20, -i / 3, true);
    data.set(new TextEncoder().encode(`a,\n${i % 10}`), at + 24);
    data[at + 28] = i;
  }
  const records = (image: Image = {}): BufferView => view({ itemsize: size, data, ...image });
  const format = 'T{<d:x:q:n:Zf:c:4s:s:B:b:}';
  const plain = (v: BufferView): unknown =>
    JSON.parse(
      JSON.stringify(v.toList(), (_, part: unknown) =>
        part instanceof Uint8Array
          ? Buffer.from(part).toString('base64')
          : typeof part === 'bigint'
            ? Number(part)
            : typeof part === 'object' && part !== null && 're' in part
              ? Object.values(part)
              : part,
      ),
    );
  // Single precision has digits of its own, which the nearest double has not.
  const rounded = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_, part) => (typeof part === 'number' ? Math.fround(part) : part));

  test.each([[[count]], [[count, 1]], [[1, count]], [[50, 100]], [[625, 2, 4]]])('of shape %j', (shape) => {
    const v = records({ format, shape });
    expect(rounded(JSON.parse(text(v)))).toEqual(rounded(plain(v)));
    expect(text(v, { bytes: 'utf8' }).length).toBeGreaterThan(count * 40);
    expect(JSON.parse(text(v, { bytes: 'utf8', indent: 2 }))).toEqual(JSON.parse(text(v, { bytes: 'utf8' })));
  });

  test('what a policy refuses is the first in the order of the text, with its place', () => {
    const v = records({ format, shape: [50, 100] });
    expect(() => text(v, { bigInteger: 'error' })).toThrow(
      'expected an integer within ±(2^53 - 1), found -10000000000000000 at $[0][0].n;',
    );
    const broken = data.slice();
    new DataView(broken.buffer).setFloat32(3210 * size + 20, Number.NaN, true);
    new DataView(broken.buffer).setFloat64(3211 * size, Number.NaN, true);
    broken[3210 * size + 24] = 0xff;
    const w = records({ format, shape: [50, 100], data: broken });
    expect(() => text(w, { nonFinite: 'error' })).toThrow('JSON has no NaN, found at $[32][10].c[1];');
    expect(() => text(w, { nonFinite: 'error', complex: 'object' })).toThrow('found at $[32][10].c.im;');
    expect(() => text(w, { bytes: 'utf8' })).toThrow('the bytes at $[32][10].s are no UTF-8');
    expect(JSON.parse(text(w, { nonFinite: 'string' }))[32][10].c).toEqual([3210, 'NaN']);
  });

  test('of very many fields, of fields that are long', () => {
    const many = Array.from({ length: 100 }, (_, i) => `b:f${i}:`).join('');
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
    const v = view({ format: `T{${many}}`, itemsize: 100, data: bytes });
    expect(JSON.parse(text(v))).toEqual(v.toList());
    const sub = view({ format: 'T{(10,10)b:f:}', itemsize: 100, data: bytes });
    expect(JSON.parse(text(sub))).toEqual(sub.toList());
    const name = 'n'.repeat(20_000);
    const long = { data: new Uint8Array(120_003), shape: [3], format: `T{b:${name}:40000s:s:}` };
    expect(JSON.parse(textOf(encodeJson(long, { bytes: 'utf8' })))).toEqual(Array(3).fill({ [name]: 0, s: '' }));
  });
});

test('times are what the calendar of 64-bit integers says, from the first year to the last', () => {
  const perYear = { W: 52n, D: 366n, h: 8784n, m: 527_040n, s: 31_622_400n, ms: 31_622_400_000n };
  const units = { ...perYear, us: 31_622_400_000_000n, ns: 31_622_400_000_000_000n, ps: 1n << 60n, M: 12n, Y: 1n };
  const random = randomBits(40_000);
  for (const [unit, year] of Object.entries(units)) {
    const counts: bigint[] = [0n, -1n, 1n, -(2n ** 63n), 2n ** 63n - 1n, -(2n ** 63n) + 1n];
    for (const edge of [
      '0000-01-01',
      '9999-12-31T23:59:59.999',
      '1970-01-01',
      '2000-02-29',
      '1900-03-01',
      '0000-02-29',
    ]) {
      const milliseconds = BigInt(Date.parse(`${edge.slice(0, 10)}T00:00:00Z`));
      const day = unit === 'W' ? 7n * 86_400_000n : 86_400_000n;
      const count = /[YM]|ps/.test(unit)
        ? milliseconds / 1000n
        : (milliseconds * (year * (unit === 'W' ? 7n : 1n))) / (366n * day);
      for (let near = -40n; near <= 40n; near++) counts.push(count + near);
    }
    for (let i = 0; i < 20_000; i++) {
      const bits = (BigInt(random[2 * i] as number) << 32n) | BigInt(random[2 * i + 1] as number);
      counts.push(BigInt.asIntN(64, BigInt.asIntN(64, bits) >> BigInt(i % 64)), (bits % (8000n * year)) - 1970n * year);
    }
    const data = BigInt64Array.from(counts);
    const written = encodeJson({ data, shape: [data.length], format: `M8[${unit}]` });
    const expected = [...data].map((count) => new Datetime64(count, unit as TimeUnit));
    expect(textOf(written)).toBe(JSON.stringify(expected));
  }
});

test('integers beyond 2^53 as asked', () => {
  const v = view({ data: new Uint8Array(BigInt64Array.of(1n, 2n ** 53n).buffer), format: '<q', itemsize: 8 });
  expect(text(v)).toBe('[1,9007199254740992]');
  expect(text(v, { bigInteger: 'string' })).toBe('[1,"9007199254740992"]');
  expect(() => text(v, { bigInteger: 'error' })).toThrow(
    new JsonEncodeError(
      "expected an integer within ±(2^53 - 1), found 9007199254740992 at $[1]; pass bigInteger 'number' or 'string'",
    ),
  );
});

describe('white space', () => {
  const layOut = (value: unknown): string => JSON.stringify(value, null, 2);
  test('indent 2 is what JSON.stringify writes', () => {
    const data = Uint8Array.from({ length: 6 }, (_, i) => i);
    for (const shape of [[6], [2, 3], [1, 2, 1, 3], [], [0], [2, 0], [2, 0, 3]]) {
      const v = view({ data, shape });
      expect(text(v, { indent: 2 })).toBe(layOut(v.toList()));
      expect(text(v, { indent: 2, newline: true })).toBe(`${layOut(v.toList())}\n`);
      expect(text(v, { newline: true })).toBe(`${JSON.stringify(v.toList())}\n`);
    }
  });
  test('not in texts, wherever pieces end', () => {
    const data = new TextEncoder().encode('[{,:\\"}] '.repeat(20_000));
    const v = view({ data, format: '9s', itemsize: 9 });
    expect(text(v, { indent: 2, bytes: 'utf8' })).toBe(layOut(JSON.parse(text(v, { bytes: 'utf8' }))));
    const large = view({ data: new Uint8Array(200_000), shape: [1000, 200] });
    expect(text(large, { indent: 2 })).toBe(layOut(large.toList()));
  });
});

describe('arrays of JavaScript', () => {
  const written = (array: Encodable, options?: EncodeOptions): string => textOf(encodeJson(array, options));
  test('a typed array is one dimension of its elements', () => {
    expect(written(Int8Array.of(-1, 2))).toBe('[-1,2]');
    expect(written(Float32Array.of(0.1))).toBe('[0.1]');
    expect(written(BigUint64Array.of(2n ** 64n - 1n))).toBe('[18446744073709551615]');
    expect(written(Buffer.from('ab'))).toBe('[97,98]');
    expect(written(new Uint8ClampedArray([300]) as never)).toBe('[255]');
    expect(written(new Float64Array(0))).toBe('[]');
    expect(written(new Float64Array(new SharedArrayBuffer(8)))).toBe('[0.0]');
  });
  test('with a shape, and with a format where the array does not say what it holds', () => {
    expect(written({ data: Int32Array.of(1, 2, 3, 4), shape: [2, 2] })).toBe('[[1,2],[3,4]]');
    expect(written({ data: Int32Array.of(1), shape: [] })).toBe('1');
    expect(written({ data: Uint8Array.of(0, 1), shape: [2], format: '?' })).toBe('[false,true]');
    expect(written({ data: Float64Array.of(1, 2), shape: [1], format: 'Zd' })).toBe('[[1.0,2.0]]');
    expect(written({ data: BigInt64Array.of(0n), shape: [1], format: 'M8[D]' })).toBe('["1970-01-01T00:00:00"]');
    expect(written({ data: Float32Array.of(0.0999755859375), shape: [1], format: 'e' })).toBe('[0.1]');
    expect(written({ data: BigInt64Array.of(-1n), shape: [1], format: 'l' })).toBe('[-1]');
    expect(written({ data: Int32Array.of(-1), shape: [1], format: 'l' })).toBe('[-1]');
    expect(written({ data: new Uint8Array(Int16Array.of(1).buffer), shape: [1], format: '>h' })).toBe('[256]');
  });
  test('what does not fit is refused', () => {
    const data = Int32Array.of(1, 2, 3);
    expect(() => encodeJson({ data, shape: [2] })).toThrow(
      new RangeError('expected data of 2 elements, as the shape has, got 3'),
    );
    expect(() => encodeJson({ data, shape: [2], format: 'i' })).toThrow(RangeError);
    expect(() => encodeJson({ data, shape: [-3] })).toThrow('expected a shape of whole numbers from 0 on, got [-3]');
    expect(() => encodeJson({ data, shape: [3], format: 'T{d:x:}' })).toThrow(FormatError);
    const chunks = encodeJsonChunks(new Float64Array(100_000));
    chunks.next();
    const moved = new Float64Array(100_000);
    const ofMoved = encodeJsonChunks(moved);
    ofMoved.next();
    structuredClone(moved, { transfer: [moved.buffer] });
    expect(() => ofMoved.next()).toThrow('the typed array was of 800000 bytes, now it is of 0: it was detached');
    expect(chunks.next().done).toBe(false);
  });
});

describe('into a buffer of the caller', () => {
  const array = Float64Array.from({ length: 20_000 }, (_, i) => i / 7);
  const whole = encodeJson(array);
  test('writes the same, and nothing else', () => {
    const target = new Uint8Array(whole.length + 10).fill(9);
    expect(encodeJsonInto(array, target)).toBe(whole.length);
    expect(Buffer.compare(target.subarray(0, whole.length), whole)).toBe(0);
    expect([...target.subarray(whole.length)]).toEqual(Array(10).fill(9));
    expect(encodeJsonInto(array, new Uint8Array(whole.length))).toBe(whole.length);
  });
  test.each([0, 1, 100_000, whole.length - 1])(
    'of %i bytes is too small: how many are needed, none past the end',
    (size) => {
      const memory = new Uint8Array(whole.length).fill(9);
      expect(() => encodeJsonInto(array, memory.subarray(0, size))).toThrow(
        new RangeError(`expected a target of at least ${whole.length} bytes for this array, got ${size}`),
      );
      expect(memory.subarray(size).every((byte) => byte === 9)).toBe(true);
    },
  );
  test('that is none is refused', () => {
    expect(() => encodeJsonInto(array, new ArrayBuffer(4) as never)).toThrow('expected a Uint8Array to write into');
  });
});

test('encoders take turns without disturbing each other', () => {
  const arrays = [Float64Array.from({ length: 30_000 }, (_, i) => i / 3), new Int16Array(200_000).fill(-7)];
  const running = arrays.map((array) => ({ array, chunks: encodeJsonChunks(array), parts: [] as Uint8Array[] }));
  for (let left = 2; left > 0; ) {
    left = 0;
    for (const { chunks, parts } of running) {
      const next = chunks.next();
      if (next.done) continue;
      parts.push(next.value);
      left++;
      expect(textOf(encodeJson(Uint8Array.of(left)))).toBe(`[${left}]`);
    }
  }
  for (const { array, parts } of running) expect(Buffer.concat(parts).equals(encodeJson(array))).toBe(true);
});

test('any part of any array is what its elements are', () => {
  const data = Uint8Array.from({ length: 60_000 }, (_, i) => (i * 7919) % 251);
  const axes = fc.constantFrom([0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]);
  const sizes = fc.tuple(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 37 }),
  );
  const step = fc.constantFrom(1, 2, 3, -1, -2);
  const format = fc.constantFrom('B', '<h', '>h', '>H');
  fc.assert(
    fc.property(sizes, axes, fc.tuple(step, step, step), format, (shape, order, steps, code) => {
      const itemsize = code === 'B' ? 1 : 2;
      fc.pre(shape[0] * shape[1] * shape[2] * itemsize <= data.length);
      const all = view({ data, shape: [...shape], format: code, itemsize });
      const part = all.transpose(...order).slice(...steps.map((by): Range => [null, null, by]));
      expect(text(part)).toBe(JSON.stringify(part.toList()));
    }),
    { numRuns: 200 },
  );
});

test('a memory of snapshots is read part by part', () => {
  const data = new Uint8Array(5_000_000).map((_, i) => i % 10);
  const image: Image = { data, shape: [5, 1_000_000] };
  const whole = imageMemory(image);
  const reads: number[] = [];
  const memory: Memory = {
    target: whole.target,
    live: false,
    read(address, length) {
      reads.push(length);
      return whole.read(address, length).slice();
    },
  };
  const v = viewObject(memory, OBJECT);
  const expected = [v, v.slice([null, null, -1]), v.slice(null, [null, null, -3])].map((part) => part.toList());
  reads.length = 0;
  [v, v.slice([null, null, -1]), v.slice(null, [null, null, -3])].forEach((part, i) => {
    expect(Buffer.from(encodeJson(part)).equals(Buffer.from(JSON.stringify(expected[i])))).toBe(true);
  });
  expect(Math.max(...reads)).toBeLessThanOrEqual(3 << 20);
});
