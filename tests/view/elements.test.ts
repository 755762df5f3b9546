/** Element types one by one: what is read, what may be written, what is refused. Random ones are met by interpreters. */
import { describe, expect, test } from '@jest/globals';
import { parseTarget } from '../../src/layouts/targets.ts';
import type { Target } from '../../src/target.ts';
import type { ElementValue } from '../../src/view/element.ts';
import { bfloat16FromBits, bfloat16ToBits } from '../../src/view/float16.ts';
import { parseFormat } from '../../src/view/format.ts';
import { Datetime64, Timedelta64, type TimeUnit } from '../../src/view/time.ts';

const lp64: Target = { ...parseTarget('3.13-lp64'), longDouble: 'x87' };

/** Writes a value in a format, and gives the bytes and what is read back. */
function through(format: string, value: ElementValue, target = lp64): { hex: string; back: ElementValue } {
  const element = parseFormat(format, undefined, target);
  const bytes = new DataView(new ArrayBuffer(element.size));
  element.write(bytes, 0, value);
  return { hex: Buffer.from(bytes.buffer).toString('hex'), back: element.read(bytes, 0) };
}

test.each<[string, ElementValue, string]>([
  ['<h', -2, 'feff'],
  ['>h', -2, 'fffe'],
  ['q', -1n, 'ffffffffffffffff'],
  ['>Q', 2n ** 64n - 1n, 'ffffffffffffffff'],
  ['?', true, '01'],
  ['>f', 1.5, '3fc00000'],
  ['<Zf', { re: 1.5, im: -2 }, '0000c03f000000c0'],
  ['3s', Uint8Array.of(1, 2, 3), '010203'],
  ['4p', Uint8Array.of(1, 2), '02010200'],
  ['<2w', 'é🐍', 'e90000000df40100'],
  ['>3u', 'é🐍', '00e9d83ddc0d'],
  ['P', 0x1234n, '3412000000000000'],
  ['T{<h:a:(2)b:b:}', { a: 1, b: [2, 3] }, '01000203'],
  ['<hb', [1, 2], '010002'],
  ['>M8[s]', new Datetime64(1n, 's'), '0000000000000001'],
  // x87: one is 1 × 2^0, with its integer bit and the bias of 16383; six bytes of padding follow.
  ['g', 1, '0000000000000080ff3f000000000000'],
  ['g', -0.1, '00d0ccccccccccccfbbf000000000000'],
  ['g', 5e-324, '0000000000000080cd3b000000000000'],
])('%s writes %s as it is read', (format, value, hex) => {
  const target = format.includes('u') ? { ...lp64, model: 'llp64' as const } : lp64;
  expect(through(format, value, target)).toEqual({ hex, back: value });
});

test.each<[string, ElementValue]>([
  ['g', 1],
  ['Zg', { re: 1, im: -2 }],
  ['Zg', 3],
])('%s of %j leaves the padding of x87 as it is', (format, value) => {
  const element = parseFormat(format, undefined, lp64);
  const bytes = new DataView(new Uint8Array(element.size + 3).fill(0xaa).buffer);
  element.write(bytes, 3, value);
  const written = [...new Uint8Array(bytes.buffer)];
  const padding = written.filter((_, i) => i < 3 || (i - 3) % 16 >= 10);
  expect(padding).toEqual(new Array(3 + (element.size / 16) * 6).fill(0xaa));
  expect(element.read(bytes, 3)).toEqual(value === 3 ? { re: 3, im: 0 } : value);
});

test('of a complex number both parts are tried before one is written', () => {
  const element = parseFormat('Zg', undefined, lp64);
  const bytes = new DataView(new Uint8Array(32).fill(0xaa).buffer);
  expect(() => element.write(bytes, 0, { re: 1, im: 'x' } as never)).toThrow(TypeError);
  expect([...new Uint8Array(bytes.buffer)]).toEqual(new Array(32).fill(0xaa));
});

test('binary128 has the same numbers in sixteen bytes, in both orders', () => {
  const wasm = parseTarget('3.13-wasm32');
  expect(through('g', 1, wasm)).toEqual({ hex: '0000000000000000000000000000ff3f', back: 1 });
  const s390x = parseTarget('3.13-lp64be');
  expect(through('g', -2, s390x)).toEqual({ hex: 'c0000000000000000000000000000000', back: -2 });
  for (const value of [Number.POSITIVE_INFINITY, Number.NaN, -0, 5e-324, Number.MAX_VALUE, 2 ** -1022]) {
    expect(Object.is(through('g', value, wasm).back, value)).toBe(true);
    expect(Object.is(through('g', value).back, value)).toBe(true);
  }
});

describe('long doubles that no double equals are rounded to the nearest, ties to even', () => {
  const read = (hex: string): ElementValue =>
    parseFormat('g', 16, lp64).read(new DataView(Uint8Array.from(Buffer.from(hex.padEnd(32, '0'), 'hex')).buffer), 0);
  test.each([
    ['half a unit above 1 goes down to the even', '0004000000000080ff3f', 1],
    ['half a unit above the next goes up', '000c000000000080ff3f', 1 + 2 ** -51],
    ['a bit more than half goes up', '0104000000000080ff3f', 1 + 2 ** -52],
    ['beyond the greatest is an infinity', '00000000000000800044', Number.POSITIVE_INFINITY],
    ['half the least subnormal goes to zero', '0000000000000080cc3b', 0],
    ['more than half of it goes up', '0100000000000080cc3b', 5e-324],
    ['without its integer bit it is no number', '0000000000000001ff3f', Number.NaN],
    ['an infinity', '0000000000000080ff7f', Number.POSITIVE_INFINITY],
    ['a NaN', '00000000000000c0ff7f', Number.NaN],
  ])('%s', (_, hex, expected) => {
    expect(read(hex)).toBe(expected);
  });
});

test('bfloat16: all 65,536 are upper halves of binary32, and come back; between two the nearer is taken', () => {
  const bytes = new DataView(new ArrayBuffer(4));
  for (let bits = 0; bits < 65_536; bits++) {
    bytes.setUint32(0, bits * 65_536);
    const value = bytes.getFloat32(0);
    if (!Object.is(bfloat16FromBits(bits), value)) throw new Error(`0x${bits.toString(16)}`);
    const back = bfloat16ToBits(value);
    if (Number.isNaN(value) ? !Number.isNaN(bfloat16FromBits(back)) : back !== bits)
      throw new Error(`0x${bits.toString(16)} does not come back`);
    if (bits % 0x8000 >= 0x7f7f) continue;
    const next = bfloat16FromBits(bits + 1);
    const tie = (value + next) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    const near = [
      bfloat16ToBits(tie),
      bfloat16ToBits(tie + (value - tie) / 1024),
      bfloat16ToBits(tie + (next - tie) / 1024),
    ];
    if (`${near}` !== `${[even, bits, bits + 1]}`) throw new Error(`around 0x${bits.toString(16)}: ${near}`);
  }
});

test.each<[string, ElementValue, new (message: string) => Error, string]>([
  ['b', 128, RangeError, 'expected -128 to 127 for int8, got 128'],
  ['B', 1.5, TypeError, 'expected a whole number for uint8, got 1.5'],
  ['?', 1, TypeError, 'expected true or false for bool, got 1'],
  ['f', 1e39, RangeError, 'store an Infinity if meant'],
  ['E', 3.4e38, RangeError, 'for bfloat16'],
  ['Zf', 'x', TypeError, 'expected { re, im } or a number for complex64'],
  ['Zf', { re: 1, im: 1e39 }, RangeError, 'for float32'],
  ['3s', 'abc', TypeError, 'expected a Uint8Array, got string abc; encode it'],
  ['3s', new Uint8Array(4), RangeError, 'expected at most 3 bytes, got 4'],
  ['c', new Uint8Array(0), RangeError, 'expected 1 bytes, got 0'],
  ['4p', new Uint8Array(4), RangeError, 'expected at most 3 bytes, got 4'],
  ['2w', 'abc', RangeError, 'expected at most 2 characters, got 3'],
  ['w', '', RangeError, 'expected 1 characters, got 0'],
  ['w', 5, TypeError, 'expected a string, got 5'],
  ['O', 1n, TypeError, 'counted'],
  ['P', -1n, RangeError, 'expected 0 to'],
  ['M8[ns]', 5, TypeError, 'expected a Datetime64 or a bigint, which counts 1 ns, got 5'],
  ['M8[ns]', new Timedelta64(1n, 'ns'), TypeError, 'got an object of Timedelta64'],
  ['T{h:a:h:b:}', { a: 1 }, TypeError, 'expected an object with a, b, got one with a'],
  ['T{h:a:}', { b: 1 }, TypeError, 'expected an object with a, got one with b'],
  ['T{h:a:}', [1], TypeError, 'expected an object with a, got an object of Array'],
  ['hh', [1], RangeError, 'expected an array of 2 values, got 1'],
  ['(2)h', 5, TypeError, 'expected an array of 2 values, got 5'],
])('%s refuses %s', (format, value, kind, message) => {
  expect(() => through(format, value)).toThrow(kind);
  expect(() => through(format, value)).toThrow(message);
});

describe('times', () => {
  test.each<[bigint, TimeUnit, number, string, string]>([
    [54n, 'Y', 1, '2024', 'P54Y'],
    [-1n, 'M', 1, '1969-12', '-P1M'],
    [1n, 'W', 1, '1970-01-08', 'P1W'],
    [19_782n, 'D', 1, '2024-02-29', 'P19782D'],
    [-719_529n, 'D', 1, '-001-12-31', '-P719529D'],
    [1n, 'h', 25, '1970-01-02T01', 'PT25H'],
    [-1n, 'm', 1, '1969-12-31T23:59', '-PT1M'],
    [-1n, 'ms', 1, '1969-12-31T23:59:59.999', '-PT0.001S'],
    [1_500_000_000n, 'ns', 1, '1970-01-01T00:00:01.500000000', 'PT1.5S'],
    [-(2n ** 63n), 's', 1, 'NaT', 'NaT'],
    [7n, 'generic', 1, '7', '7'],
  ])('%d %s × %d', (count, unit, step, date, span) => {
    expect(String(new Datetime64(count, unit, step))).toBe(date);
    expect(String(new Timedelta64(count, unit, step))).toBe(span);
  });

  test('a Date where it can hold the moment', () => {
    expect(new Datetime64(54n, 'Y').toDate().toISOString()).toBe('2024-01-01T00:00:00.000Z');
    expect(new Datetime64(649n, 'M').toDate().toISOString()).toBe('2024-02-01T00:00:00.000Z');
    expect(new Datetime64(-1_000_000n, 'ns').toDate().getTime()).toBe(-1);
    for (const time of [
      new Datetime64(1n, 'ns'),
      new Datetime64(2n ** 62n, 's'),
      new Datetime64(-(2n ** 63n), 's'),
      new Datetime64(1n, 'generic'),
    ]) {
      expect(() => time.toDate()).toThrow('expected a whole number of milliseconds that a Date can hold');
    }
    expect(JSON.stringify([new Datetime64(0n, 'D'), new Datetime64(-(2n ** 63n), 'D')])).toBe(
      '["1970-01-01T00:00:00",null]',
    );
  });
});
