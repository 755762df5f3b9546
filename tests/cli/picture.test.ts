/** Numbers as a picture: what is drawn is counted, and compared with the values. */
import { describe, expect, test } from '@jest/globals';
import { picture } from '../../src/cli/picture.ts';
import { viewObject } from '../../src/view/object.ts';
import { type Image, imageMemory, OBJECT } from '../support/image.ts';

const pictureOf = (image: Image): string | undefined => picture(viewObject(imageMemory(image), OBJECT));
const bytesOf = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer, 0, values.byteLength);
const doubles = (values: number[], shape = [values.length]): Image => ({
  data: bytesOf(Float64Array.from(values)),
  format: 'd',
  itemsize: 8,
  shape,
});

describe('a histogram', () => {
  test('each bar is as high as its part of the values', () => {
    // Of 32 bars the first is full, the 9th half, the last an eighth, and the others have none.
    const values = [...Array(800).fill(0), ...Array(400).fill(8.5), ...Array(100).fill(32)];
    expect(pictureOf(doubles(values))).toBe(`0 █${' '.repeat(7)}▄${' '.repeat(22)}▁ 32   mean 5.077`);
  });

  test('what is not finite is counted apart', () => {
    const values = [...Array(200).fill(1), 3, Number.NaN, Number.POSITIVE_INFINITY];
    expect(pictureOf(doubles(values))).toBe(`1 █${' '.repeat(30)}▁ 3   mean 1.01, 2 not finite`);
    expect(pictureOf(doubles(Array(200).fill(Number.NaN)))).toBe('no finite value, 200 not finite');
  });

  test('the greatest doubles do not overflow', () => {
    const values = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? -Number.MAX_VALUE : Number.MAX_VALUE));
    expect(pictureOf(doubles(values))).toBe(`-1.798e+308 █${' '.repeat(30)}█ 1.798e+308   mean 0`);
  });

  test('equal values, and integers of 64 bits', () => {
    const data = bytesOf(BigInt64Array.from({ length: 101 }, () => 7n));
    expect(pictureOf({ data, format: '<q', itemsize: 8, shape: [101] })).toBe(`7 █${' '.repeat(31)} 7   mean 7`);
  });

  test('of many elements a part is looked at, and the picture says so', () => {
    const values = Array.from({ length: 200_000 }, (_, i) => i);
    expect(pictureOf(doubles(values))).toMatch(/^0 █{32} 200000 {3}mean 100000, of 50000 elements out of 200000$/);
  });
});

describe('a plane', () => {
  test('is drawn by every second row', () => {
    const plane = Array.from({ length: 16 * 20 }, (_, i) => (Math.floor(i / 20) >= 8 && i % 20 >= 10 ? 1 : 0));
    const lines = pictureOf(doubles(plane, [16, 20]))?.split('\n') ?? [];
    expect(lines.slice(0, 10)).toEqual([
      ...Array(4).fill(''),
      ...Array(4).fill(`${' '.repeat(10)}${'█'.repeat(10)}`),
      'each character is the first of 2 rows and 1 column; blank is 0, full 1',
      '',
    ]);
    expect(lines).toHaveLength(11);
  });

  test('is drawn in its strides, and no wider than a terminal', () => {
    const columns = 300;
    const values = Float64Array.from({ length: 16 * columns }, (_, i) => i % columns);
    const image = { data: bytesOf(values), format: 'd', itemsize: 8, shape: [16, columns] };
    const reversed = { ...image, strides: [columns * 8, -8], offset: (columns - 1) * 8 };
    const [first = ''] = pictureOf(reversed)?.split('\n') ?? [];
    expect(first).toMatch(/^█+▓+▒+░+ *$/);
    expect(first.length).toBeLessThanOrEqual(64);
  });

  test('one infinity does not blank it', () => {
    const plane = Array.from({ length: 256 }, (_, i) => (i === 0 ? Number.POSITIVE_INFINITY : i % 2));
    expect(pictureOf(doubles(plane, [16, 16]))).toMatch(/^█(█ ){7}█\n/);
    expect(pictureOf(doubles(Array(256).fill(Number.NaN), [16, 16]))).toBe('no finite value, 256 not finite');
  });
});

test('where digits say as much there is none', () => {
  expect(pictureOf(doubles(Array(100).fill(1)))).toBeUndefined();
  for (const format of ['B', '<B']) {
    expect(pictureOf({ data: new Uint8Array(500), format, itemsize: 1, shape: [500] })).toBeUndefined();
  }
  for (const [format, itemsize] of [
    ['P', 8],
    ['?', 1],
    ['Zf', 8],
    ['T{h:a:h:b:}', 4],
  ] as const) {
    expect(pictureOf({ data: new Uint8Array(500 * itemsize), format, itemsize, shape: [500] })).toBeUndefined();
  }
});
