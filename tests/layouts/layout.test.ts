/** Computing and compiling layouts. The offsets of CPython's structs are proven in `tests/golden/`. */
import { expect, test } from '@jest/globals';
import { Buffer } from 'buffer';
import { computeLayout, type Layout, leaves } from '../../src/layouts/layout.ts';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { PyObject } from '../../src/layouts/object.ts';
import { parseTarget, targets } from '../../src/layouts/targets.ts';
import {
  aligned,
  array,
  bits,
  char,
  double,
  int,
  int8_t,
  overlay,
  size_t,
  struct,
  uint16_t,
  union,
  unsigned_char,
  unsigned_int,
  unsigned_short,
  wchar_t,
} from '../../src/layouts/vocabulary.ts';

const lp64 = parseTarget('3.13-lp64');

/** A number as its bytes say it, without the code under test. */
function numberOf(bytes: Uint8Array, little: boolean): bigint {
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  return BigInt(`0x${(little ? digits.reverse() : digits).join('')}`);
}

test('every struct of every target: the compiled class has the computed offsets, size and byte order', () => {
  let compared = 0;
  for (const tag of targets) {
    const little = parseTarget(tag).model !== 'lp64be';
    for (const layout of Object.values(layoutsFor(tag)) as Layout[]) {
      expect([tag, layout.name, layout.Struct.baseSize]).toEqual([tag, layout.name, layout.size]);
      const bytes = Buffer.from(Array.from({ length: layout.size }, (_, i) => (i * 37 + 11) & 255));
      const instance = new layout.Struct(bytes) as Record<string, unknown>;
      for (const { name, offset, size, type, layout: nested } of layout.fields) {
        if (layout.Struct.getOffsetOf(name as never) !== offset) throw new Error(`${tag} ${layout.name}.${name}`);
        compared++;
        if (nested || type.kind !== 'scalar' || type.encoding === 'float') continue;
        const unsigned = numberOf(bytes.subarray(offset, offset + size), little);
        const value = type.encoding === 'signed' ? BigInt.asIntN(size * 8, unsigned) : unsigned;
        const expected = type.value === 'bigint' ? value : Number(value);
        if (instance[name] !== expected) expect([tag, layout.name, name, instance[name]]).toEqual(expected);
      }
    }
  }
  expect(compared).toBeGreaterThan(40_000);
});

test('bit fields fill a unit from its low bits, in big-endian targets from its high bits', () => {
  const State = struct('State', 'state.h', {
    a: bits(unsigned_int, 2),
    b: bits(unsigned_int, 3),
    c: bits(unsigned_int, 1),
  });
  const shifts = (tag: string) => computeLayout(State, parseTarget(tag)).fields.map(({ shift }) => shift);
  expect(shifts('3.13-lp64')).toEqual([0, 2, 5]);
  expect(shifts('3.13-llp64')).toEqual([0, 2, 5]);
  expect(shifts('3.13-lp64be')).toEqual([30, 27, 26]);
  const values = (tag: string, ...bytes: number[]) => {
    const { a, b, c } = new (computeLayout(State, parseTarget(tag)).Struct)(Buffer.from(bytes));
    return [a, b, c];
  };
  expect(values('3.13-lp64', 0b00101110, 0, 0, 0)).toEqual([2, 3, 1]);
  expect(values('3.13-lp64be', 0b10011100, 0, 0, 0)).toEqual([2, 3, 1]);
});

test('a bit field does not cross a unit of its type; Microsoft gives each type a unit of its own', () => {
  const Mixed = struct('Mixed', 'mixed.h', {
    first: unsigned_char,
    a: bits(unsigned_int, 20),
    b: bits(unsigned_int, 6),
    c: bits(unsigned_short, 4),
    last: char,
  });
  const places = (tag: string) => {
    const layout = computeLayout(Mixed, parseTarget(tag));
    return [...layout.fields.map(({ offset, shift }) => [offset, shift]), layout.size];
  };
  // As gcc 12 has it, with and without -mms-bitfields.
  expect(places('3.13-lp64')).toEqual([[0, 0], [0, 8], [4, 0], [4, 6], [6, 0], 8]);
  expect(places('3.13-llp64')).toEqual([[0, 0], [4, 0], [4, 20], [8, 0], [10, 0], 12]);
});

test('a bit field that just fits its unit stays in it', () => {
  const Full = struct('Full', 'full.h', {
    a: bits(unsigned_int, 24),
    b: bits(unsigned_int, 8),
    c: bits(unsigned_int, 1),
  });
  for (const tag of ['3.13-lp64', '3.13-llp64']) {
    const layout = computeLayout(Full, parseTarget(tag));
    expect(layout.fields.map(({ offset, shift }) => [offset, shift])).toEqual([
      [0, 0],
      [0, 24],
      [4, 0],
    ]);
    expect(layout.size).toBe(8);
  }
});

test('unions, raised alignment and doubles', () => {
  const Value = union('union', 'value.h', { text: array(char, 3), number: double });
  const Holder = struct('Holder', 'value.h', { tag: char, value: Value, at: aligned(4, uint16_t) });
  const on = (tag: string) => {
    const layout = computeLayout(Holder, parseTarget(tag));
    return [...[...leaves(layout)].map(({ path, offset }) => `${path} ${offset}`), layout.size, layout.align];
  };
  expect(on('3.13-lp64')).toEqual(['tag 0', 'value.text 8', 'value.number 8', 'at 16', 24, 8]);
  expect(on('3.13-ilp32')).toEqual(['tag 0', 'value.text 4', 'value.number 4', 'at 12', 16, 4]);
  const bytes = Buffer.alloc(24);
  bytes.writeDoubleLE(-1.5, 8);
  expect(new (computeLayout(Holder, lp64).Struct)(bytes).value.number).toBe(-1.5);
});

test('signed bit fields keep their sign', () => {
  const Signed = struct('Signed', 'signed.h', { a: bits(int, 3), b: bits(int, 2), c: bits(int8_t, 4) });
  const value = new (computeLayout(Signed, lp64).Struct)(Buffer.from([0b00011111, 0, 0, 0]));
  expect([value.a, value.b]).toEqual([-1, -1]);
});

test('what C would not accept, or place elsewhere, is refused', () => {
  expect(() => bits(unsigned_int, 33)).toThrow('a bit field of unsigned int has 1 to 32 bits, got 33');
  expect(() => bits(unsigned_int, 0)).toThrow(RangeError);
  expect(() => bits(double, 3)).toThrow('expected an integer type of a fixed size for a bit field, got double');
  expect(() => bits(wchar_t, 3)).toThrow('for a bit field, got wchar_t');
  const Flags = union('union', 'flags.h', { all: unsigned_int, low: bits(unsigned_int, 3) });
  expect(() => computeLayout(Flags, lp64)).toThrow('union.low: a member of a union cannot be a bit field');
  const Low = union('union', 'flags.h', { low: bits(unsigned_int, 3), all: unsigned_int });
  expect(() => computeLayout(Low, lp64)).toThrow(
    'union.all overlays "low", where C would not put it; declare a union()',
  );
  const Late = struct('Late', 'late.h', { a: char, b: char, d: overlay('b', double) });
  expect(() => computeLayout(Late, lp64)).toThrow('Late.d overlays "b", where C would not put it; declare a union()');
  const Early = struct('Early', 'early.h', { d: overlay('b', double), b: char });
  expect(() => computeLayout(Early, lp64)).toThrow('Early.d overlays "b", which is not declared before it');
});

test('a struct of one’s own nests CPython’s, as the target has them', () => {
  const Point = struct('PointObject', 'point.c', { ob_base: PyObject, x: double, at: wchar_t, size: size_t });
  const offsets = (tag: string) => computeLayout(Point, parseTarget(tag)).fields.map(({ offset }) => offset);
  expect(offsets('3.13-lp64')).toEqual([0, 16, 24, 32]);
  expect(offsets('3.13t-lp64')).toEqual([0, 32, 40, 48]);
  expect(offsets('3.12-tracerefs-llp64')).toEqual([0, 32, 40, 48]);
  expect(offsets('3.13-ilp32')).toEqual([0, 8, 16, 20]);
  expect(() => computeLayout(Point, lp64, {})).toThrow('no declaration of PyObject was given');
  expect(() => layoutsFor(undefined as never)).toThrow(
    "expected a target or its tag, such as '3.13-lp64', got undefined",
  );
});

test('a field that is not there is an error that lists those that are', () => {
  const { Py_buffer } = layoutsFor('3.13-lp64');
  expect(() => Py_buffer.offsetOf('size' as never)).toThrow(
    'Py_buffer has no field "size" in 3.13-lp64; it has buf, obj, len',
  );
  expect(layoutsFor('3.13t-lp64').PyObject.has('ob_refcnt')).toBe(false);
});
