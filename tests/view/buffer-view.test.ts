import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FormatError, LayoutMismatch, MemoryFault, ReleasedError } from '../../src/errors.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { heapMemory } from '../../src/memory/heap.ts';
import type { Memory } from '../../src/memory/memory.ts';
import type { BufferView } from '../../src/view/buffer-view.ts';
import { parseFormat } from '../../src/view/format.ts';
import type { NestedList } from '../../src/view/gather.ts';
import { viewObject } from '../../src/view/object.ts';
import { PyMemoryView_GET_BUFFER } from '../../src/view/py-buffer.ts';
import type { Range } from '../../src/view/range.ts';
import { DATA, type Image, imageMemory, imageSegments, OBJECT } from '../support/image.ts';

const view = (image: Image): BufferView => viewObject(imageMemory(image), OBJECT);
const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

describe('metadata', () => {
  test('a contiguous buffer says all of itself', () => {
    const v = view({ data: counting(6), shape: [2, 3], readonly: true, flags: 6 });
    expect(v).toMatchObject({
      format: 'B',
      itemsize: 1,
      ndim: 2,
      shape: [2, 3],
      strides: [3, 1],
      suboffsets: undefined,
      nbytes: 6,
      readonly: true,
      cContiguous: true,
      fContiguous: false,
      address: DATA,
      object: OBJECT,
      flags: 6,
      exports: 0,
      refcount: 1,
    });
  });

  test.each([
    '3.8-lp64',
    '3.12-tracerefs-lp64',
    '3.13t-lp64',
    '3.14-lp64be',
    '3.14-wasm32',
    '3.13t-ilp32',
    '3.15-llp64',
  ])('the same object in %s', (tag) => {
    const v = view({ tag, data: counting(12), format: '>h', itemsize: 2, shape: [2, 3], strides: [6, -2], offset: 4 });
    expect(v.toList()).toEqual([
      [0x0405, 0x0203, 0x0001],
      [0x0a0b, 0x0809, 0x0607],
    ]);
  });

  test('format NULL is bytes, strides NULL is C-contiguous', () => {
    expect(view({ format: null, data: counting(3) })).toMatchObject({ format: 'B' });
    expect(view({ data: counting(6), shape: [3, 2], strides: null }).toList()).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
  });

  test.each<[string, Image, string]>([
    ['ndim 65', { fields: { 'view.ndim': 65n } }, 'ndim is 65, expected 0 to 64'],
    ['ndim -1', { fields: { 'view.ndim': -1n } }, 'ndim is -1'],
    ['a negative shape', { shape: [-4] }, 'len is -4, expected 0 to 2^53 - 1'],
    ['a negative dimension of two', { shape: [-2, -2] }, 'shape is -2'],
    ['a len that shape denies', { shape: [4], fields: { 'view.len': 5n } }, 'shape (4) × itemsize 1 is 4 bytes, len 5'],
    ['a negative itemsize', { itemsize: -1 }, 'itemsize is -1'],
    ['a shape beyond 2^53', { shape: [2 ** 60] }, 'len is 1152921504606846976'],
    ['a product beyond 2^53', { shape: [2 ** 52, 2 ** 52], fields: { 'view.len': 0n } }, 'bytes, len 0'],
    ['a stride beyond 2^53', { shape: [2], strides: [2 ** 60] }, 'a shape, stride or suboffset is'],
    ['strides out of the address space', { shape: [2], strides: [-(2 ** 50)] }, 'which no address space has'],
    ['shape NULL of two dimensions', { shape: [2, 2], fields: { 'view.shape': 0n } }, 'shape is NULL'],
  ])('%s is refused before a read', (_, image, message) => {
    expect(() => view(image)).toThrow(FormatError);
    expect(() => view(image)).toThrow(message);
  });

  test.each<[string, Image]>([
    ['data', { fields: { 'view.buf': 0x666000n } }],
    ['the end of the data', { shape: [65] }],
    ['the start of the data', { shape: [2], strides: [-1] }],
    ['shape', { fields: { 'view.shape': 0x666000n } }],
    ['strides', { fields: { 'view.strides': 0x666000n } }],
    ['suboffsets', { fields: { 'view.suboffsets': 0x666000n } }],
    ['format', { fields: { 'view.format': 0x666000n } }],
    ['the type', { fields: { 'ob_base.ob_base.ob_type': 0x666000n } }],
  ])('a pointer to nowhere: %s is a MemoryFault', (_, image) => {
    expect(() => view(image)).toThrow(MemoryFault);
  });

  test('another type, another layout, a released memoryview', () => {
    expect(() => view({ typeName: 'list' })).toThrow(
      new TypeError('expected a memoryview, bytes, bytearray, array.array or numpy.ndarray at 0x10000, got "list"'),
    );
    const memory = imageMemory({});
    const wrong: Memory = { ...memory, target: parseTarget('3.13t-lp64'), read: memory.read };
    expect(() => viewObject(wrong, OBJECT)).toThrow(
      'the layouts of 3.13t-lp64 do not fit: offset of ob_type in a memoryview, which is one of 3.13-lp64: ' +
        'expected 24, found 8. Name the target the bytes really come from',
    );
    const other: Memory = { ...memory, target: parseTarget('3.8-lp64'), read: memory.read };
    expect(viewObject(other, OBJECT).ndim).toBe(1);
    expect(() => view({ flags: 7 })).toThrow(ReleasedError);
    expect(() => PyMemoryView_GET_BUFFER(imageMemory({ flags: 1 }), OBJECT)).toThrow(
      'the memoryview at 0x10000 was released; take a new one of its exporter',
    );
    expect(PyMemoryView_GET_BUFFER(memory, OBJECT)).toMatchObject({ buf: DATA, len: 64n, ndim: 1 });
  });

  test('a type whose size is another release’s is a LayoutMismatch', () => {
    // tp_basicsize of a type that grew by one word.
    const memory = imageMemory({});
    const bytes = memory.read(0x20000n, 64);
    new DataView(bytes.buffer, bytes.byteOffset).setBigInt64(32, 152n, true);
    expect(() => viewObject(memory, OBJECT)).toThrow(LayoutMismatch);
    expect(() => viewObject(memory, OBJECT)).toThrow('memoryview.__basicsize__: expected 144, found 152');
  });

  test('the type of the managed buffer is checked too, at the first memoryview that has one', () => {
    const memory = imageMemory({ managedBasicsize: 32, fields: { mbuf: 0n } });
    expect(viewObject(memory, OBJECT).ndim).toBe(1);
    const bytes = memory.read(OBJECT, 32);
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(24, 0x4000n, true);
    expect(() => viewObject(memory, OBJECT)).toThrow(LayoutMismatch);
    expect(() => viewObject(memory, OBJECT)).toThrow('managedbuffer.__basicsize__: expected 112, found 32');
  });
});

describe('elements', () => {
  const bytes = Uint8Array.from([0xff, 0x80, 0x01, 0x02, 0x03, 0x04, 0xc0, 0x7f]);

  test.each<[string, number, NestedList]>([
    ['b', 1, [-1, -128, 1, 2, 3, 4, -64, 127]],
    ['B', 1, [255, 128, 1, 2, 3, 4, 192, 127]],
    ['?', 1, [true, true, true, true, true, true, true, true]],
    ['<h', 2, [-32513, 513, 1027, 32704]],
    ['>H', 2, [0xff80, 0x0102, 0x0304, 0xc07f]],
    ['<i', 4, [33_652_991, 2_143_290_371]],
    ['!I', 4, [0xff800102, 0x0304c07f]],
    ['=q', 8, [0x7fc00403_020180ffn]],
    ['Q', 8, [0x7fc00403_020180ffn]],
    ['@n', 8, [0x7fc00403_020180ffn]],
    ['>e', 2, [Number.NaN, 0x102 * 2 ** -24, 0x304 * 2 ** -24, -2.248046875]],
    ['>f', 4, [Number.NaN, (1 + 0x04c07f / 2 ** 23) * 2 ** (6 - 127)]],
    ['>d', 8, [Number.NaN]],
  ])('%s', (format, itemsize, list) => {
    const data = format === '>d' ? Uint8Array.from([0xff, 0xf0, 1, 2, 3, 4, 5, 6]) : bytes;
    expect(view({ data, format, itemsize }).toList()).toEqual(list);
  });

  test('long and pointers are as wide as the target has them', () => {
    const reads = (tag: string, format: string, itemsize: number) => () => view({ tag, format, itemsize }).get(0);
    expect(reads('3.13-lp64', 'l', 8)).not.toThrow();
    expect(reads('3.13-llp64', 'l', 4)).not.toThrow();
    expect(reads('3.13-llp64', 'P', 8)).not.toThrow();
    expect(reads('3.13-wasm32', 'P', 4)).not.toThrow();
    expect(reads('3.13-llp64', 'l', 8)).toThrow('format "l": it is of 4 bytes, but the itemsize is 8');
    expect(reads('3.13-wasm32', 'n', 8)).toThrow('format "n": it is of 4 bytes, but the itemsize is 8');
    // As ctypes exports an array of c_void_p.
    expect(reads('3.13-lp64', '<P', 8)).not.toThrow();
  });

  test('a format that is not of the itemsize keeps its bytes', () => {
    const v = view({ format: 'h', itemsize: 4 });
    expect(v.bytes).toHaveLength(64);
    expect(() => v.toList()).toThrow(FormatError);
    expect(() => v.data).toThrow('format "h": it is of 2 bytes, but the itemsize is 4. `bytes` gives them as they are');
  });

  test('a lone B of another itemsize is so many bytes, as ctypes exports a union and mlx bfloat16', () => {
    const v = view({ format: 'B', itemsize: 2, data: counting(4) });
    expect(v.toList()).toEqual([Uint8Array.of(0, 1), Uint8Array.of(2, 3)]);
    expect(v.data).toEqual(counting(4));
    v.set(1, Uint8Array.of(7, 8));
    expect(() => v.set(1, Uint8Array.of(7))).toThrow('expected 2 bytes, got 1');
    expect(v.bytes).toEqual(Uint8Array.of(0, 1, 7, 8));
  });

  test('a format that is not understood keeps its bytes, and says where it is not', () => {
    const v = view({ format: 'T{d:x:y}', itemsize: 8 });
    expect(v.bytes).toHaveLength(64);
    expect(() => v.get(0)).toThrow(FormatError);
    expect(() => v.toList()).toThrow('cannot read the elements of format "T{d:x:y}": expected one of ? b B h');
    expect(() => view({ format: '<n', itemsize: 8 }).toList()).toThrow('which has no standard size, at "n"');
    expect(() => view({ format: '', itemsize: 8 }).toList()).toThrow('expected an item, at its end');
    expect(() => view({ format: 'constructor', itemsize: 8 }).toList()).toThrow(FormatError);
  });

  test('a 0-d buffer is its element; an empty one has none', () => {
    const scalar = view({ data: counting(8), format: '<q', itemsize: 8, shape: [] });
    expect([scalar.ndim, scalar.get(), scalar.toList()]).toEqual([0, 0x0706050403020100n, 0x0706050403020100n]);
    const empty = view({ data: counting(8), shape: [3, 0, 2] });
    expect(empty.toList()).toEqual([[], [], []]);
    expect([empty.nbytes, empty.data.length, empty.bytes.length, empty.cContiguous]).toEqual([0, 0, 0, true]);
    expect(() => empty.get(0, 0, 0)).toThrow('index 0 is out of range: dimension 1 has 0 elements');
  });

  test('indices are checked', () => {
    const v = view({ data: counting(6), shape: [2, 3] });
    expect([v.get(1, 2), v.get(-1, -3)]).toEqual([5, 3]);
    expect(() => v.get(2, 0)).toThrow(RangeError);
    expect(() => v.get(0, -4)).toThrow('index -4 is out of range: dimension 1 has 3 elements');
    expect(() => v.get(0)).toThrow('expected 2 indices, one per dimension, got 1');
    expect(() => v.get(0, 1.5)).toThrow(TypeError);
    expect(() => v.get(0, '1' as never)).toThrow(TypeError);
  });

  test('suboffsets are followed', () => {
    // Two rows, each behind a pointer, each beginning 2 bytes after it.
    const data = new Uint8Array(64);
    new DataView(data.buffer).setBigUint64(0, DATA + 32n, true);
    new DataView(data.buffer).setBigUint64(8, DATA + 48n, true);
    data.set([9, 9, 1, 2, 3], 32);
    data.set([9, 9, 4, 5, 6], 48);
    const v = view({ data, shape: [2, 3], strides: [8, 1], suboffsets: [2, -1] });
    expect(v.toList()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([v.get(1, 0), v.suboffsets, v.cContiguous]).toEqual([4, [2, -1], false]);
    expect([...v.toTypedArray()]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(() => v.data).toThrow(FormatError);
    expect(v.slice(1).toList()).toEqual([4, 5, 6]);
    expect(v.slice([null, null, -1], [1, null]).toList()).toEqual([
      [5, 6],
      [2, 3],
    ]);
    expect(v.slice(null, 2).toList()).toEqual([3, 6]);
    v.set(1, 2, 8);
    expect(data[52]).toBe(8);
    expect(() => v.transpose()).toThrow('cannot transpose a view with suboffsets');
    data.fill(0xff, 0, 16);
    expect(() => v.toList()).toThrow(MemoryFault);
  });

  test('a slice that would begin before its pointer is refused: its suboffset would say that there is none', () => {
    const data = new Uint8Array(64);
    new DataView(data.buffer).setBigUint64(0, DATA + 32n, true);
    new DataView(data.buffer).setBigUint64(8, DATA + 48n, true);
    data.set([6, 1, 2, 3], 31);
    data.set([7, 4, 5, 6], 47);
    const v = view({ data, shape: [2, 4], strides: [8, -1], suboffsets: [2, -1] });
    expect([v.get(0, 0), v.get(0, 2), v.get(0, 3)]).toEqual([3, 1, 6]);
    expect(v.slice(null, 2).toList()).toEqual([1, 4]);
    expect(v.slice(1, 3).toList()).toBe(7);
    const refused = new FormatError(
      'cannot slice so that elements begin before the pointer they lie behind; use get(), or copy it by toTypedArray()',
    );
    expect(() => v.slice(null, 3)).toThrow(refused);
    expect(() => v.slice(null, [null, null, -1])).toThrow(refused);
  });
});

describe('writing', () => {
  test('what is set is there', () => {
    const data = new Uint8Array(32);
    const v = view({ data, format: '<d', itemsize: 8, shape: [2, 2], strides: [16, -8], offset: 8 });
    v.set(1, 0, -2.5);
    expect(new DataView(data.buffer).getFloat64(24, true)).toBe(-2.5);
    expect(v.get(1, 0)).toBe(-2.5);
  });

  test.each<[string, number, number | bigint | boolean, string]>([
    ['B', 1, 256, 'expected 0 to 255 for uint8, got 256'],
    ['b', 1, -129n, 'expected -128 to 127 for int8, got -129'],
    ['B', 1, 1.5, 'expected a whole number for uint8, got 1.5'],
    ['B', 1, true, 'expected a whole number for uint8, got boolean true'],
    ['q', 8, 1n << 63n, 'expected -9223372036854775808 to 9223372036854775807 for int64'],
    ['?', 1, 1, 'expected true or false for bool, got 1'],
    ['d', 8, 1n, 'expected a number for float64, got bigint 1'],
    ['f', 4, 2 ** 128, 'expected a magnitude below'],
    ['e', 2, 65520, 'expected a magnitude below 65520 for float16, got 65520'],
  ])('%s refuses a value that is not its own', (format, itemsize, value, message) => {
    const data = new Uint8Array(8).fill(7);
    expect(() => view({ data, format, itemsize }).set(0, value)).toThrow(message);
    expect([...data]).toEqual(Array(8).fill(7));
  });

  test('the greatest values fit', () => {
    const set = (format: string, itemsize: number, value: number | bigint) => {
      const v = view({ data: new Uint8Array(8), format, itemsize });
      v.set(0, value);
      return v.get(0);
    };
    expect(set('q', 8, (1n << 63n) - 1n)).toBe((1n << 63n) - 1n);
    expect(set('Q', 8, 7)).toBe(7n);
    expect(set('f', 4, 3.4028235e38)).toBe(Math.fround(3.4028235e38));
    expect(set('e', 2, 65519)).toBe(65504);
    expect(set('e', 2, Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
  });

  test('read-only and snapshots refuse', () => {
    expect(() => view({ readonly: true }).set(0, 1)).toThrow('this buffer is read-only');
    const memory = imageMemory({});
    const snapshot = viewObject(
      { target: memory.target, live: false, read: (a, n) => memory.read(a, n).slice() },
      OBJECT,
    );
    expect(() => snapshot.set(0, 1)).toThrow('this buffer is a snapshot: a write would be lost');
    expect(() => snapshot.data).toThrow('its memory is read in snapshots. toTypedArray() copies it into one');
    expect(snapshot.toList()).toHaveLength(64);
    expect(snapshot.get(3)).toBe(0);
  });
});

describe('typed arrays', () => {
  test('data is the memory itself', () => {
    const data = new Uint8Array(16);
    const v = view({ data, format: '<i', itemsize: 4, shape: [2, 2] });
    const array = v.data;
    expect(array).toBeInstanceOf(Int32Array);
    array[3] = -1;
    expect([...data.subarray(12)]).toEqual([255, 255, 255, 255]);
  });

  test.each<[string, Image, string]>([
    ['strided', { shape: [4], strides: [2] }, 'it is not C-contiguous'],
    ['Fortran', { shape: [2, 2], strides: [1, 2] }, 'it is not C-contiguous'],
    ['other byte order', { format: '>i', itemsize: 4 }, 'its bytes are in the other order than this machine'],
    ['misaligned', { format: '<i', itemsize: 4, shape: [2], offset: 2 }, 'its address is no multiple of 4'],
  ])('%s: no data, and the remedy works', (_, image, why) => {
    const v = view({ data: counting(16), ...image });
    expect(() => v.data).toThrow(FormatError);
    expect(() => v.data).toThrow(`${why}. toTypedArray() copies it into one`);
    expect([...v.toTypedArray()]).toEqual((v.toList() as number[]).flat());
  });

  test('a piece of memory that is misaligned in its own ArrayBuffer gives no typed array', () => {
    const data = new Uint8Array(new ArrayBuffer(24), 4, 16);
    expect(() => view({ data, format: '<d', itemsize: 8 }).data).toThrow('its address is no multiple of 8');
  });

  test('bytes are those of a contiguous buffer in the order of memory', () => {
    const data = counting(4);
    expect([...view({ data, shape: [2, 2], strides: [1, 2] }).bytes]).toEqual([0, 1, 2, 3]);
    expect(() => view({ data, shape: [2], strides: [2] }).bytes).toThrow('toTypedArray() copies its elements');
  });

  test('a view of a heap survives its growth', () => {
    const wasm = new WebAssembly.Memory({ initial: 8 });
    const tag = '3.14-wasm32';
    for (const { address, bytes } of imageSegments({ tag, data: counting(8), shape: [8] })) {
      new Uint8Array(wasm.buffer).set(bytes, Number(address));
    }
    const v = viewObject(heapMemory(wasm, parseTarget(tag)), OBJECT);
    const before = v.data;
    wasm.grow(1);
    expect(before).toHaveLength(0);
    v.set(0, 77);
    expect([...v.data]).toEqual([77, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('slice and transpose', () => {
  const shaped = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
  const bound = fc.option(fc.integer({ min: -6, max: 6 }), { nil: null });
  const step = fc.option(
    fc.integer({ min: -3, max: 3 }).filter((n) => n !== 0),
    { nil: null },
  );

  /** Python's slice, element by element, as its reference says it. */
  const sliceOf = (length: number, [start, stop, by]: readonly (number | null)[]): number[] => {
    const s = by ?? 1;
    const clamp = (n: number, low: number, high: number) => Math.min(Math.max(n < 0 ? n + length : n, low), high);
    const from =
      start === null || start === undefined
        ? s > 0
          ? 0
          : length - 1
        : clamp(start, s > 0 ? 0 : -1, s > 0 ? length : length - 1);
    const to =
      stop === null || stop === undefined
        ? s > 0
          ? length
          : -1
        : clamp(stop, s > 0 ? 0 : -1, s > 0 ? length : length - 1);
    const taken: number[] = [];
    for (let i = from; s > 0 ? i < to : i > to; i += s) taken.push(i);
    return taken;
  };

  test('a slice has the elements that slicing nested lists has', () => {
    fc.assert(
      fc.property(shaped, fc.array(fc.tuple(bound, bound, step), { maxLength: 4 }), (shape, ranges) => {
        const v = view({ data: counting(256), shape });
        const taken = ranges.slice(0, shape.length);
        const cut = (list: NestedList, depth: number): NestedList => {
          if (!Array.isArray(list)) return list;
          const range = taken[depth];
          const rows = range ? sliceOf(list.length, range).map((i) => list[i] as NestedList) : list;
          return rows.map((row) => cut(row, depth + 1));
        };
        expect(v.slice(...(taken as Range[])).toList()).toEqual(cut(v.toList(), 0));
      }),
      { numRuns: 2000 },
    );
  });

  test('an index takes its dimension away', () => {
    const v = view({ data: counting(6), shape: [2, 3] });
    expect(v.slice(1).toList()).toEqual([3, 4, 5]);
    expect(v.slice(null, -1).toList()).toEqual([2, 5]);
    expect(v.slice(1, 2).toList()).toBe(5);
    expect(() => v.slice(2)).toThrow(RangeError);
    expect(() => v.slice([0, 1, 0])).toThrow('expected a step other than 0');
    for (const wrong of [1n, true, {}, '1:3', [1, 2, 1, 9], undefined, [0.5], ['1']]) {
      const accepted = wrong === undefined;
      const cut = () => v.slice(wrong as never);
      if (accepted) expect(cut().shape).toEqual([2, 3]);
      else expect(cut).toThrow(TypeError);
    }
    expect(() => v.slice(null, null, null)).toThrow('expected at most 2 ranges, got 3');
  });

  test('transpose reorders the axes', () => {
    const v = view({ data: counting(24), shape: [2, 3, 4] });
    expect(v.transpose().shape).toEqual([4, 3, 2]);
    expect(v.transpose().fContiguous).toBe(true);
    expect(v.transpose(1, 0, 2).get(2, 1, 3)).toBe(v.get(1, 2, 3));
    expect(() => v.transpose(0, 0, 1)).toThrow('expected each of 3 axes once, got (0, 0, 1)');
    expect(() => v.transpose(3, 1, 0)).toThrow('expected each of 3 axes once, got (3, 1, 0)');
    expect(v.transpose(-1, 0, 1).shape).toEqual([4, 2, 3]);
  });
});

test('after release every member throws ReleasedError, also of views made of it', () => {
  const v = view({ data: counting(6), shape: [2, 3] });
  const part = v.slice(0);
  v.release();
  v.release();
  for (const one of [v, part]) {
    for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(one)))) {
      if (['constructor', 'release', 'revoke'].includes(name)) continue;
      expect([name, thrownBy(() => (get ?? (value as () => unknown)).call(one))]).toEqual([name, 'ReleasedError']);
    }
  }
});

function thrownBy(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).name;
  }
  return 'nothing';
}

describe('cast', () => {
  test('the bytes of a C-contiguous view as other elements', () => {
    const v = view({ data: counting(12), shape: [3, 4] });
    expect(v.cast('>H').toList()).toEqual([0x0001, 0x0203, 0x0405, 0x0607, 0x0809, 0x0a0b]);
    expect(v.cast('<h', [3, 2])).toMatchObject({
      format: '<h',
      itemsize: 2,
      shape: [3, 2],
      strides: [4, 2],
      nbytes: 12,
    });
    expect(v.cast('T{B:a:<H:b:}', [4]).get(1)).toEqual({ a: 3, b: 0x0504 });
    expect(v.cast('12s', []).get()).toEqual(counting(12));
    expect(v.cast('>H').cast('B', [3, 4]).toList()).toEqual(v.toList());
    expect(
      view({ data: new Uint8Array(), shape: [0] })
        .cast('d')
        .toList(),
    ).toEqual([]);
  });

  test('what cannot be is refused', () => {
    const v = view({ data: counting(12), shape: [3, 4] });
    expect(() => v.transpose().cast('B')).toThrow('cannot cast a view that is not C-contiguous');
    expect(() => v.cast('q')).toThrow('cannot cast 12 bytes to elements of 8');
    expect(() => v.cast('h', [4])).toThrow('expected a shape of 6 elements, got (4)');
    expect(() => v.cast('B', [12, ...new Array<number>(64).fill(1)])).toThrow('expected at most 64 dimensions, got 65');
    expect(v.cast('B', [12, ...new Array<number>(63).fill(1)]).ndim).toBe(64);
    expect(() => v.cast('h', [-6])).toThrow('expected sizes of 0 or more, got -6');
    expect(() => v.cast('k')).toThrow(FormatError);
    expect(() => v.cast('T{}')).toThrow('cannot cast 12 bytes to elements of 0');
  });
});

describe('copies', () => {
  test('of any strides, in blocks and rows longer than they are', () => {
    const data = Uint8Array.from({ length: 60_000 }, (_, i) => i % 251);
    for (const [format, size] of [
      ['B', 1],
      ['>h', 2],
      ['<i', 4],
      ['d', 8],
      ['<Zd', 16],
      ['3s', 3],
    ] as const) {
      const whole = view({ format, itemsize: size, data: data.subarray(0, 20 * 30 * 4 * size), shape: [20, 30, 4] });
      for (const part of [
        whole,
        whole.transpose(),
        whole.transpose(1, 0, 2),
        whole.slice([null, null, -1], [1, null, 3], 2),
        whole.slice(3),
      ]) {
        const copy = part.toTypedArray();
        const bytes = new Uint8Array(copy.buffer);
        const flat = [part.toList()].flat(9) as unknown[];
        const packed = parseNative(format, size);
        const back = flat.map((_, i) => packed.read(new DataView(bytes.buffer), i * size));
        expect(back).toEqual(flat);
      }
    }
  });

  test('a list longer than an array may be is refused before it is begun', () => {
    const broadcast = view({ data: counting(1), shape: [2 ** 20, 2 ** 10], strides: [0, 0] });
    expect(() => broadcast.toList()).toThrow('toList() of 1073741824 elements is more than an array holds');
    expect(() => view({ data: counting(1), shape: [2 ** 40, 0] }).toList()).toThrow(FormatError);
    expect(view({ data: counting(1), shape: [0, 2 ** 40] }).toList()).toEqual([]);
  });
});

/** The same elements in this machine's byte order. */
function parseNative(format: string, size: number) {
  return parseFormat(format.replace('>', '='), size, parseTarget('3.13-lp64'));
}
