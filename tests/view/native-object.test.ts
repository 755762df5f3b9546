/** Objects viewed by layout alone, in memories made by hand: of many targets, of both numpys, changing, and garbage. */
import { describe, expect, test } from '@jest/globals';
import { FormatError, LayoutMismatch, MemoryFault, ReleasedError } from '../../src/errors.ts';
import { internalLayouts } from '../../src/layouts/internal.ts';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { Py_TPFLAGS_HEAPTYPE } from '../../src/layouts/typeobject.ts';
import type { Memory } from '../../src/memory/memory.ts';
import { dataModels } from '../../src/target.ts';
import { viewObject } from '../../src/view/object.ts';
import { Datetime64 } from '../../src/view/time.ts';
import { dictItems, readLong, readStr, readTuple } from '../../src/view/values.ts';
import { Arena, BASE } from '../support/arena.ts';
import { random } from '../support/random.ts';
import { withoutTraces } from '../support/traces.ts';

const tags = [
  '3.8-lp64',
  '3.10-ilp32',
  '3.11-lp64be',
  '3.12-llp64',
  '3.13-lp64',
  '3.13t-lp64',
  '3.14-wasm32',
  '3.15-lp64',
];
const content = Uint8Array.from({ length: 64 }, (_, i) => i);

interface Objects {
  readonly arena: Arena;
  readonly data: bigint;
  readonly bytes: bigint;
  readonly bytearray: bigint;
  readonly array: bigint;
  readonly ndarray: bigint;
  readonly record: bigint;
  readonly time: bigint;
}

/** One object of each type. */
function build(tag: string, numpy: 1 | 2): Objects {
  const arena = new Arena(tag);
  const data = arena.alloc(64);
  arena.bytes.set(content, Number(data - BASE));
  const short = arena.descr(numpy, { type_num: 3, kind: 'i', elsize: 2, byteorder: '>' });
  const { _arr_descr, PyArray_DatetimeDTypeMetaData } = internalLayouts(arena.target);
  const subarray = arena.struct(_arr_descr, { base: short, shape: arena.tuple([arena.int(2), arena.int(1)]) });
  const pair = arena.descr(numpy, { type_num: 20, kind: 'V', elsize: 4, byteorder: '|', subarray });
  const byte = arena.descr(numpy, { type_num: 2, kind: 'u', elsize: 1, byteorder: '|' });
  const [x, grid, title] = [arena.str('x'), arena.str('grid'), arena.str('A title')];
  const second = arena.tuple([pair, arena.int(2), title]);
  const fields = arena.dict([
    [x, arena.tuple([byte, arena.int(0)])],
    [grid, second],
    [title, second],
  ]);
  const names = arena.tuple([x, grid]);
  const record = arena.descr(numpy, { type_num: 20, kind: 'V', elsize: 8, byteorder: '|', fields, names });
  const c_metadata = arena.struct(PyArray_DatetimeDTypeMetaData, { 'meta.base': 7, 'meta.num': 25 });
  const moment = arena.descr(numpy, { type_num: 21, kind: 'M', elsize: 8, byteorder: '>', c_metadata });
  return {
    arena,
    data,
    bytes: arena.bytesObject(content.subarray(0, 5)),
    bytearray: arena.bytearray(data + 3n, 4),
    array: arena.array('B', 1, data, 3),
    ndarray: arena.ndarray(short, [2, 2], [-8, 4], data + 8n),
    record: arena.ndarray(record, [2], [8], data, 0x100),
    time: arena.ndarray(moment, [], [], data),
  };
}

describe.each(tags)('%s', (tag) => {
  test.each([1, 2] as const)('each type is viewed, with numpy %s', (numpy) => {
    const { arena, ...objects } = build(tag, numpy);
    const view = (name: keyof typeof objects) => viewObject(arena.memory, objects[name]);
    expect(view('bytes').toList()).toEqual([0, 1, 2, 3, 4]);
    expect(view('bytes').readonly).toBe(true);
    expect(view('bytearray').toList()).toEqual([3, 4, 5, 6]);
    expect(view('array').toList()).toEqual([0, 1, 2]);
    expect([view('ndarray').format, view('ndarray').strides]).toEqual(['>h', [-8, 4]]);
    expect(view('ndarray').toList()).toEqual([
      [0x0809, 0x0c0d],
      [0x0001, 0x0405],
    ]);
    expect(view('record').format).toBe('T{#0 =B:x:#2 (2,1)>h:grid:#8}');
    expect(view('record').toList()).toEqual([
      { x: 0, grid: [[0x0203], [0x0405]] },
      { x: 8, grid: [[0x0a0b], [0x0c0d]] },
    ]);
    expect([view('record').readonly, view('ndarray').readonly, view('record').source]).toEqual([true, false, 'layout']);
    expect([view('time').format, view('time').get()]).toEqual([
      '>M8[25s]',
      new Datetime64(0x0001020304050607n, 's', 25),
    ]);
  });

  test('values are read', () => {
    const arena = new Arena(tag);
    const [a, b] = [arena.str('key'), arena.int(77)];
    expect(readStr(arena.memory, a)).toBe('key');
    expect(readLong(arena.memory, b)).toBe(77n);
    expect(readTuple(arena.memory, arena.tuple([a, b]))).toEqual([a, b]);
    expect([...dictItems(arena.memory, arena.dict([[a, b]]))]).toEqual([[a, b]]);
    expect(() => readStr(arena.memory, b)).toThrow(/^expected a str at 0x[0-9a-f]+, got "int"$/);
  });
});

describe('errors', () => {
  const { arena, bytes, bytearray, array, record } = build('3.13-lp64', 2);

  test('another type is a TypeError, a bad address a MemoryFault', () => {
    expect(() => viewObject(arena.memory, arena.str('text'))).toThrow(
      /^expected a memoryview, bytes, bytearray, array.array or numpy.ndarray at 0x[0-9a-f]+, got "str"$/,
    );
    expect(() => viewObject(arena.memory, 0n)).toThrow(MemoryFault);
    expect(() => viewObject(arena.memory, 1n << 60n)).toThrow(MemoryFault);
  });

  test('a class of a program is told by its base, not by its name', () => {
    const heap = { flags: Py_TPFLAGS_HEAPTYPE };
    const other = new Arena('3.13-lp64');
    const fake = other.type('bytes', 33, heap);
    expect(() =>
      viewObject(
        other.memory,
        other.struct(layoutsFor(other.target).PyBytesObject, other.head(fake, 'ob_base.ob_base')),
      ),
    ).toThrow(TypeError);
    const own = arena.type('Own', 48, { ...heap, base: arena.type('bytes') });
    const { PyBytesObject } = layoutsFor(arena.target);
    const values = { ...arena.head(own, 'ob_base.ob_base'), 'ob_base.ob_size': 1, ob_sval: 65 };
    expect(viewObject(arena.memory, arena.struct(PyBytesObject, values)).toList()).toEqual([65]);
    const circle = other.type('Circle', 0, heap);
    other.set(circle, layoutsFor(other.target).PyTypeObject, { tp_base: circle });
    const round = other.struct(layoutsFor(other.target).PyObject, { ob_type: circle });
    expect(() => viewObject(other.memory, round)).toThrow(/got "Circle"$/);
  });

  test('an object of another build, or of other sizes, is a LayoutMismatch', () => {
    const threaded = build('3.13t-lp64', 2);
    const wrong: Memory = {
      target: arena.target,
      live: true,
      read: (at, length) => threaded.arena.memory.read(at, length),
    };
    for (const at of [threaded.bytes, threaded.bytearray, threaded.array, threaded.ndarray]) {
      expect(() => viewObject(wrong, at)).toThrow(/which is one of 3.13t-lp64/);
    }
    const odd = new Arena('3.13-lp64');
    const type = odd.type('numpy.ndarray', 48);
    const at = odd.struct(layoutsFor(odd.target).PyArrayObject_fields, odd.head(type));
    expect(() => viewObject(odd.memory, at)).toThrow(LayoutMismatch);
  });

  test('a dtype that holds itself, or claims too much, is a FormatError', () => {
    const own = new Arena('3.13-lp64');
    const name = own.str('again');
    const offset = own.int(0);
    const inner = own.descr(2, { type_num: 20, kind: 'V', elsize: 8, byteorder: '|', names: own.tuple([name]) });
    const fields = own.dict([[name, own.tuple([inner, offset])]]);
    own.set(inner, layoutsFor(own.target)._PyArray_LegacyDescr, { fields });
    expect(() => viewObject(own.memory, own.ndarray(inner, [1], [8], BASE))).toThrow(/nested deeper than 32 levels/);
    const wide = own.descr(2, {
      type_num: 20,
      kind: 'V',
      elsize: 8,
      byteorder: '|',
      names: own.tuple([name, name, name, name]),
    });
    const four = own.dict([[name, own.tuple([wide, offset])]]);
    own.set(wide, layoutsFor(own.target)._PyArray_LegacyDescr, { fields: four });
    expect(() => viewObject(own.memory, own.ndarray(wide, [1], [8], BASE))).toThrow(FormatError);
    // Four at each of nine levels, the last of bytes: 262,144 fields.
    let level = own.descr(2, { type_num: 2, kind: 'u', elsize: 1, byteorder: '|' });
    const names = own.tuple(['a', 'b', 'c', 'd'].map((letter) => own.str(letter)));
    for (let i = 0; i < 9; i++) {
      const field = own.tuple([level, offset]);
      const all = own.dict(readTuple(own.memory, names).map((key) => [key, field] as const));
      level = own.descr(2, { type_num: 20, kind: 'V', elsize: 1, byteorder: '|', names, fields: all });
    }
    expect(() => viewObject(own.memory, own.ndarray(level, [1], [1], BASE))).toThrow(/longer than 1048576 characters/);
  });

  test('a name that no format can say leaves bytes without a meaning', () => {
    const own = new Arena('3.13-lp64');
    const name = own.str('a:b');
    const byte = own.descr(2, { type_num: 2, kind: 'u', elsize: 1, byteorder: '|' });
    const fields = own.dict([[name, own.tuple([byte, own.int(0)])]]);
    const descr = own.descr(2, {
      type_num: 20,
      kind: 'V',
      elsize: 2,
      byteorder: '|',
      names: own.tuple([name]),
      fields,
    });
    expect(viewObject(own.memory, own.ndarray(descr, [1], [2], BASE)).format).toBe('2x');
  });

  test('exports are those of the object', () => {
    const { PyByteArrayObject, arrayobject } = layoutsFor(arena.target);
    arena.set(bytearray, PyByteArrayObject, { ob_exports: 3 });
    arena.set(array, arrayobject, { ob_exports: 3 });
    expect(viewObject(arena.memory, bytearray).exports).toBe(3);
    expect(viewObject(arena.memory, array).exports).toBe(3);
    const refused = (asked: string) =>
      new TypeError(`expected a view of a memoryview, this one is of layout: ${asked}`);
    expect(() => viewObject(arena.memory, bytes).exports).toThrow(refused('it has no exports'));
    expect(() => viewObject(arena.memory, record).exports).toThrow(refused('it has no exports'));
    expect(() => viewObject(arena.memory, record).flags).toThrow(refused('it has no flags'));
  });
});

describe('in a memory that changes', () => {
  /** Lets something happen before a read, counted from the first. */
  function disturbed(memory: Memory, before: (read: number) => void): Memory {
    let reads = 0;
    const { target } = memory;
    return {
      target,
      live: false,
      changing: true,
      read(at, length) {
        before(reads++);
        return memory.read(at, length).slice();
      },
    };
  }

  const sizeOf = ({ arena }: Objects) => layoutsFor(arena.target).PyByteArrayObject;

  test('an object is read until two readings agree', () => {
    const objects = build('3.13-lp64', 2);
    const { arena, bytearray } = objects;
    const memory = disturbed(arena.memory, (read) => {
      arena.set(bytearray, sizeOf(objects), { 'ob_base.ob_size': read < 12 ? 30 + read : 4 });
    });
    expect(viewObject(memory, bytearray).toList()).toEqual([3, 4, 5, 6]);
  });

  test('what changes again and again is a MemoryFault', () => {
    const objects = build('3.13-lp64', 2);
    const { arena, bytearray } = objects;
    const memory = disturbed(arena.memory, (read) => {
      arena.set(bytearray, sizeOf(objects), { 'ob_base.ob_size': read + 1 });
    });
    expect(() => viewObject(memory, bytearray)).toThrow(/: it changed while it was read, 5 times$/);
  });

  test('an error on which two readings agree is that error', () => {
    const { arena } = build('3.13-lp64', 2);
    const memory = disturbed(arena.memory, () => {});
    expect(() => viewObject(memory, 8n)).toThrow(/^cannot read \d+ bytes at 0x8: no segment/);
    expect(() => viewObject(memory, arena.str('text'))).toThrow(TypeError);
  });

  test.each<[string, (objects: Objects) => void]>([
    ['freed', ({ arena, ndarray }) => arena.set(ndarray, layoutsFor(arena.target).PyObject, { ob_refcnt: 0 })],
    [
      'of another type',
      ({ arena, ndarray }) => arena.set(ndarray, layoutsFor(arena.target).PyObject, { ob_type: arena.type('bytes') }),
    ],
    [
      'of another shape',
      ({ arena, ndarray }) => arena.set(ndarray, layoutsFor(arena.target).PyArrayObject_fields, { nd: 1 }),
    ],
    [
      'elsewhere',
      ({ arena, ndarray, data }) =>
        arena.set(ndarray, layoutsFor(arena.target).PyArrayObject_fields, { data: data + 16n }),
    ],
    ['gone', ({ arena, ndarray }) => arena.set(ndarray, layoutsFor(arena.target).PyObject, { ob_type: 5n })],
  ])('a view of what is then %s shows no element', (_, change) => {
    const objects = build('3.13-lp64', 2);
    const view = viewObject(
      disturbed(objects.arena.memory, () => {}),
      objects.ndarray,
    );
    const list = view.toList();
    const part = view.slice(0);
    change(objects);
    const expected = /: the object was freed or changed since it was viewed; view it again$/;
    expect(list).toHaveLength(2);
    expect(() => view.toList()).toThrow(expected);
    expect(() => view.get(0, 0)).toThrow(expected);
    expect(() => view.toTypedArray()).toThrow(expected);
    expect(() => part.toList()).toThrow(expected);
  });

  test('other elements are no change of the object', () => {
    const { arena, ndarray, data } = build('3.13-lp64', 2);
    const view = viewObject(
      disturbed(arena.memory, () => {}),
      ndarray,
    );
    arena.write(data + 8n, 1, 99);
    expect(view.get(0, 0)).toBe(99 * 256 + 9);
  });
});

const ROUNDS = 20_000;

test(`${ROUNDS} damaged and random memories: nothing but the errors that are documented`, () => {
  const rng = random(11);
  using _ = withoutTraces();
  let [viewed, refused] = [0, 0];
  const built = tags.flatMap((tag) => [build(tag, 1), build(tag, 2)]);
  for (let i = 0; i < ROUNDS; i++) {
    const objects = rng.pick(built);
    const { arena } = objects;
    const before = arena.bytes.slice(0, arena.used);
    const at = rng.pick([
      objects.bytes,
      objects.bytearray,
      objects.array,
      objects.ndarray,
      objects.record,
      objects.time,
    ]);
    const { pointer } = dataModels[arena.target.model];
    for (let n = rng.between(1, 6); n > 0; n--) {
      const where = rng.below(arena.used - 8);
      const near = rng.below(2) === 0 ? Number(at - BASE) + rng.below(96) : where;
      const word = rng.pick([0n, 1n, -1n, 2n ** 31n, 2n ** 52n, 2n ** 62n, BASE + BigInt(rng.below(arena.used)), at]);
      const address = BASE + BigInt(Math.min(near, arena.bytes.length - 8));
      if (rng.below(2) === 0) arena.write(address - (address % BigInt(pointer)), pointer, word);
      else arena.write(address, 1, rng.below(256));
    }
    // A memory anew, for what was checked is remembered.
    const memory = { ...arena.memory, changing: rng.below(4) === 0 };
    try {
      const view = viewObject(memory, rng.below(10) === 0 ? BASE + BigInt(rng.below(arena.used)) : at);
      // Of a view without elements a list may still have any number of empty lists.
      if (view.shape.reduce((product, size) => product * Math.max(size, 1), 1) < 5000) view.toList();
      viewed++;
    } catch (error) {
      const ours = [FormatError, MemoryFault, LayoutMismatch, TypeError, ReleasedError].some(
        (one) => error instanceof one,
      );
      const meant = !(error instanceof TypeError) || /^expected a /.test(error.message);
      if (!ours || !meant) throw error;
      refused++;
    }
    arena.bytes.set(before);
  }
  expect(viewed).toBeGreaterThan(ROUNDS / 20);
  expect(refused).toBeGreaterThan(ROUNDS / 20);
});
