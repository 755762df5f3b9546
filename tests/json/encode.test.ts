import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { textOf } from '../../src/bytes.ts';
import { FormatError, JsonEncodeError, ReleasedError } from '../../src/errors.ts';
import { encodeJson, encodeJsonChunks, encodeJsonInto } from '../../src/json/encode.ts';
import { type EncodeOptions, policiesOf } from '../../src/json/options.ts';
import type { Encodable } from '../../src/json/source.ts';
import { elementText, Where } from '../../src/json/text.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { heapMemory } from '../../src/memory/heap.ts';
import type { Memory } from '../../src/memory/memory.ts';
import type { BufferView } from '../../src/view/buffer-view.ts';
import { parseFormat } from '../../src/view/format.ts';
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
      'nonFinite is one of null, string, literal, error; got string zero',
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

test.each([
  ['one chunk', 1000, 0],
  ['below 64 MiB', 1_000_000, 0],
  ['beyond 64 MiB', 20_000_000, 1 / 8],
])('a whole text has memory of its own: %s', (_, count, mostSpare) => {
  const data = new Uint8Array(count).fill(200);
  const whole = encodeJson(data);
  expect([whole.byteOffset, whole.length]).toEqual([0, 4 * count + 1]);
  const spare = new Uint8Array(whole.buffer).subarray(whole.length);
  expect(spare.length).toBeLessThanOrEqual(mostSpare * whole.length);
  expect(spare.every((byte) => byte === 0)).toBe(true);
  // The next one is not written over it.
  const before = Buffer.from(whole.subarray(0, 4000));
  encodeJson(data.fill(7));
  expect(Buffer.compare(whole.subarray(0, 4000), before)).toBe(0);
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
  for (const [options, got] of [
    [null, 'null'],
    [5, '5'],
    [[], 'an object of Array'],
  ] as const) {
    expect(() => text(v, options as never)).toThrow(new TypeError(`expected an object of options, got ${got}`));
  }
  expect(() => text(doubles([Number.NaN]), Object.create({ nonFinite: 'error' }))).toThrow(JsonEncodeError);
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
    const counts: bigint[] = [0n, -1n, 1n, 2_635_249_153_387_078_802n, -(2n ** 63n), 2n ** 63n - 1n, -(2n ** 63n) + 1n];
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
    const data = new TextEncoder().encode('[{,:\\"}]\\'.repeat(20_000));
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
  test('long doubles as toTypedArray() gives them', () => {
    expect(written({ data: Float64Array.of(0.1), shape: [1], format: 'g' })).toBe('[0.1]');
    expect(written({ data: Float64Array.of(0.1, 2), shape: [1], format: 'Zg' })).toBe('[[0.1,2.0]]');
  });
  test('what does not fit is refused', () => {
    const data = Int32Array.of(1, 2, 3);
    expect(() => encodeJson({ data, shape: [2] })).toThrow(
      new RangeError('expected data of 2 elements, as shape [2] has, got 3'),
    );
    expect(() => encodeJson({ data, shape: [2], format: 'i' })).toThrow(
      new RangeError('format "i" and shape [2] take 8 bytes of data, got a Int32Array of 12'),
    );
    expect(() => encodeJson({ data, shape: [-3] })).toThrow('expected a shape of whole numbers from 0 on, got [-3]');
    expect(() => encodeJson({ data, shape: new Array(3) })).toThrow('expected a shape of whole numbers from 0 on');
    expect(() => encodeJson({ data, shape: [3], format: 'T{d:x:}' })).toThrow(RangeError);
    expect(() => encodeJson({ data, shape: [3], format: 5 as never })).toThrow('expected a format as a string, got 5');
    expect(() => encodeJson({ data, shape: [2 ** 40, 0, 3] })).toThrow(RangeError);
    expect(() => encodeJson({ data: new Int32Array(0), shape: [2 ** 40, 0] })).toThrow(
      'expected at most 2^27 arrays without elements, got 1099511627776',
    );
  });
  test('a shape that is changed meanwhile changes nothing', () => {
    const shape = [2, 40_000];
    const chunks = encodeJsonChunks({ data: new Int32Array(80_000), shape });
    const parts = [chunks.next().value as Uint8Array];
    shape[1] = 0;
    parts.push(...chunks);
    expect(JSON.parse(Buffer.concat(parts).toString()).map((row: number[]) => row.length)).toEqual([40_000, 40_000]);
  });
  test('one that is detached meanwhile is an error', () => {
    const chunks = encodeJsonChunks(new Float64Array(100_000));
    chunks.next();
    const moved = new Float64Array(100_000);
    const ofMoved = encodeJsonChunks(moved);
    ofMoved.next();
    structuredClone(moved, { transfer: [moved.buffer] });
    expect(() => ofMoved.next()).toThrow(
      'the typed array was of 800000 bytes, now it is of 0: it was detached or resized',
    );
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
    expect(() => encodeJsonInto(array, new ArrayBuffer(4) as never)).toThrow(
      new TypeError('expected a Uint8Array to write into, got an object of ArrayBuffer'),
    );
    expect(() => encodeJsonInto(array, null as never)).toThrow('got null');
  });
  test('that is memory of the array is refused before anything is overwritten', () => {
    const memory = new Uint8Array(500_000);
    const inside = new Float64Array(memory.buffer, 8000, 20_000).map((_, i) => i / 3);
    new Float64Array(memory.buffer, 8000, 20_000).set(inside);
    const source = new Float64Array(memory.buffer, 8000, 20_000);
    expect(() => encodeJsonInto(source, memory)).toThrow('the target is memory of the array itself');
    expect([...source]).toEqual([...inside]);
    expect(encodeJsonInto(source.subarray(0, 10), memory.subarray(0, 8000))).toBeGreaterThan(50);
  });
});

test('encoders take turns without disturbing each other', () => {
  const arrays = [Float64Array.from({ length: 30_000 }, (_, i) => i / 3), new Int16Array(200_000).fill(-7)];
  const options: EncodeOptions[] = [{}, { indent: 2 }];
  const running = [...arrays, ...arrays].map((array, i) => ({
    array,
    options: options[i >> 1],
    chunks: encodeJsonChunks(array, options[i >> 1]),
    parts: [] as Uint8Array[],
  }));
  for (let left = 4; left > 0; ) {
    left = 0;
    for (const { chunks, parts } of running) {
      const next = chunks.next();
      if (next.done) continue;
      parts.push(next.value);
      left++;
      expect(textOf(encodeJson(Uint8Array.of(left)))).toBe(`[${left}]`);
    }
  }
  for (const { array, parts, options } of running) {
    expect(JSON.parse(Buffer.concat(parts).toString())).toEqual([...array]);
    expect(Buffer.concat(parts).equals(encodeJson(array, options))).toBe(true);
  }
});

/** The text of an array, each element by itself: what the kernels, and what weaves records, are held against. */
function oneByOne(v: BufferView, options?: EncodeOptions): string {
  const one = elementText(v.element(), policiesOf(options), new Where(() => []));
  const { bytes, origin, shape, strides } = v.scan();
  const along = (dimension: number, offset: number): string => {
    const size = shape[dimension];
    if (size === undefined) return one(bytes, offset);
    return `[${Array.from({ length: size }, (_, i) => along(dimension + 1, offset + i * (strides[dimension] ?? 0)))}]`;
  };
  return along(0, origin);
}

test('records of anything are what their fields are, one by one', () => {
  const order = fc.constantFrom('<', '>');
  const scalar = fc.constantFrom(
    '?',
    'b',
    'H',
    'i',
    'Q',
    'e',
    'f',
    'd',
    'Zf',
    'Ze',
    '3s',
    'c',
    'M8[us]',
    'm8[s]',
    'E',
    'M8[W]',
  );
  const { type } = fc.letrec<{ type: string }>((tie) => ({
    type: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      scalar,
      fc
        .tuple(fc.constantFrom('(2)', '(2,3)', '(40)', '(1,1)'), tie('type'))
        .map(([shape, of]) => (of.startsWith('(') ? of : shape + of)),
      fc
        .tuple(fc.array(fc.tuple(order, tie('type'), fc.constantFrom('', 'x', '3x')), { minLength: 1, maxLength: 5 }))
        .map(([fields]) => `T{${fields.map(([mark, of, pad], i) => `${mark}${pad}${of}:f"${i},:`).join('')}}`),
    ),
  }));
  const options = fc.record({
    bytes: fc.constantFrom('base64', 'hex', 'array'),
    complex: fc.constantFrom('array', 'object'),
    records: fc.constantFrom('array', 'object'),
    nonFinite: fc.constantFrom('null', 'string', 'literal'),
    bigInteger: fc.constantFrom('number', 'string'),
  }) as fc.Arbitrary<EncodeOptions>;
  const random = new Uint8Array(randomBits(4000).buffer);
  let met = 0;
  fc.assert(
    fc.property(type, options, fc.integer({ min: 1, max: 1500 }), (format, chosen, count) => {
      const { size } = parseFormat(format, undefined, parseTarget('3.13-lp64'));
      const length = Math.min(count, Math.floor(random.length / Math.max(size, 1)));
      const v = view({ format, itemsize: size, data: random.subarray(0, length * size), shape: [length] });
      for (const part of [v, v.slice([null, null, -1]), v.slice([null, null, 3])]) {
        expect(text(part, chosen)).toBe(oneByOne(part, chosen));
      }
      met += length;
    }),
    { numRuns: 100 },
  );
  expect(met).toBeGreaterThan(5000);
});

test('pieces are bounded whatever the elements are, and however long a single one', () => {
  const fields = Array.from({ length: 70 }, (_, i) => `B:a name of some length ${i}:`).join('');
  const images: [Image, EncodeOptions][] = [
    [{ format: `T{${fields}}`, itemsize: 70, data: new Uint8Array(140_000) }, {}],
    [{ format: '4096s', itemsize: 4096, data: new Uint8Array(409_600).fill(1) }, { bytes: 'utf8' }],
    [{ format: '(300000)B', itemsize: 300_000, data: new Uint8Array(600_000).fill(255) }, {}],
    [{ format: 'T{(300000)B:x:}', itemsize: 300_000, data: new Uint8Array(600_000).fill(255) }, {}],
    [{ format: '300000Bh', itemsize: 300_002, data: new Uint8Array(600_004).fill(255) }, {}],
  ];
  for (const [image, options] of images) {
    const chunks = [...encodeJsonChunks(view(image), options)];
    expect(chunks.length).toBeGreaterThan(1);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(1 << 18);
    expect(Buffer.concat(chunks).toString()).toBe(oneByOne(view(image), options));
  }
});

test('names at their longest, texts at their longest, fit', () => {
  const name = 'n'.repeat(15_000);
  const data = new Uint8Array(4004).fill(1);
  for (const [format, size] of [
    [`T{B:${name}:B:m:}`, 2],
    ['T{1000s:s:B:b:}', 1001],
  ] as const) {
    const length = Math.min(200, Math.floor(data.length / size));
    const array = { data: data.subarray(0, length * size), shape: [length], format };
    const parsed = JSON.parse(textOf(encodeJson(array, { bytes: 'utf8' }))) as Record<string, unknown>[];
    const value = size === 2 ? { [name]: 1, m: 1 } : { s: '\u0001'.repeat(1000), b: 1 };
    expect(parsed.every((each) => JSON.stringify(each) === JSON.stringify(value))).toBe(true);
    expect(parsed).toHaveLength(length);
  }
});

test('a memory that encodes while it is read disturbs nothing', () => {
  const data = new Uint8Array(Float64Array.from({ length: 400_000 }, (_, i) => i / 3).buffer);
  const whole = imageMemory({ data, format: '<d', itemsize: 8 });
  const memory: Memory = {
    target: whole.target,
    live: false,
    read(address, length) {
      encodeJson(new Float64Array(30_000).fill(7));
      return whole.read(address, length).slice();
    },
  };
  expect(JSON.parse(text(viewObject(memory, OBJECT)))).toEqual(Array.from({ length: 400_000 }, (_, i) => i / 3));
});

test('of what lies far apart in a memory of snapshots no more is read than that', () => {
  const data = new Uint8Array(8_000_000);
  for (let i = 0; i < 1000; i++) data[i * 8000] = i;
  const whole = imageMemory({ data, shape: [1000, 8000] });
  let read = 0;
  const memory: Memory = {
    target: whole.target,
    live: false,
    read(address, length) {
      read += length;
      return whole.read(address, length).slice();
    },
  };
  const column = viewObject(memory, OBJECT).slice(null, [0, 2]);
  read = 0;
  expect(JSON.parse(text(column))).toEqual(Array.from({ length: 1000 }, (_, i) => [i & 255, 0]));
  expect(read).toBeLessThan(10_000);
});

test('a padded number is an array of one', () => {
  const data = Uint8Array.of(1, 0, 0, 2, 0, 0);
  expect(text(view({ data, format: '<Bxx', itemsize: 3 }))).toBe('[[1],[2]]');
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
  const format = fc.constantFrom('B', '<h', '>h', '>H', '>e', '<e');
  fc.assert(
    fc.property(sizes, axes, fc.tuple(step, step, step), format, (shape, order, steps, code) => {
      const itemsize = code === 'B' ? 1 : 2;
      fc.pre(shape[0] * shape[1] * shape[2] * itemsize <= data.length);
      const all = view({ data, shape: [...shape], format: code, itemsize });
      const part = all.transpose(...order).slice(...steps.map((by): Range => [null, null, by]));
      expect(text(part)).toBe(oneByOne(part));
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
