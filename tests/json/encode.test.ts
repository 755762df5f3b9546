import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FormatError, JsonEncodeError, ReleasedError } from '../../src/errors.ts';
import { type EncodeOptions, encodeJson, encodeJsonChunks } from '../../src/json/encode.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { heapMemory } from '../../src/memory/heap.ts';
import type { BufferView } from '../../src/view/buffer-view.ts';
import { viewObject } from '../../src/view/object.ts';
import { type Image, imageMemory, imageSegments, OBJECT } from '../support/image.ts';

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
    expect(chunks.length).toBeGreaterThan(10);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(80_000);
    expect(new Set(chunks.map(({ buffer }) => buffer)).size).toBe(chunks.length);
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

test('what is no view is refused', () => {
  for (const wrong of [null, new Uint8Array(3), {}]) {
    expect(() => encodeJson(wrong as never)).toThrow(new TypeError('expected a BufferView, got object'));
  }
});

test('a format that is not understood is a FormatError', () => {
  expect(() => text(view({ format: 'O', itemsize: 8 }))).toThrow(FormatError);
});
