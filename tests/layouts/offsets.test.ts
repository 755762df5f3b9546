/**
 * The layouts against numbers measured from CPython's headers with a C compiler (offsetof and sizeof of gcc and clang),
 * stated here as literals: nothing of them is computed by the code under test.
 */

import { expect, test } from '@jest/globals';
import { Buffer } from 'buffer';
import { type Layout, leaves } from '../../src/layouts/layout.ts';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { parseTarget, targets } from '../../src/target.ts';

const is64 = (tag: string): boolean => /lp64(be)?$|llp64$/.test(tag);

/** Size of the header, and the offset of its `ob_type`. */
function header(tag: string): [size: number, ob_type: number] {
  const { version, traceRefs, freeThreaded } = parseTarget(tag);
  if (freeThreaded) return is64(tag) ? [32, 24] : [20, 16];
  const links = traceRefs && ['3.8', '3.9', '3.10', '3.11', '3.12'].includes(version);
  if (links) return is64(tag) ? [32, 24] : [16, 12];
  return is64(tag) ? [16, 8] : [8, 4];
}

const paths = (layout: Layout): Record<string, number> =>
  Object.fromEntries([...leaves(layout)].map(({ path, offset }) => [path, offset]));

test('every target: object header', () => {
  for (const tag of targets) {
    const [size, ob_type] = header(tag);
    const { PyObject } = layoutsFor(tag);
    expect([tag, PyObject.size, PyObject.offsetOf('ob_type')]).toEqual([tag, size, ob_type]);
  }
});

test('every target: Py_buffer', () => {
  const offsets = is64;
  const names = [
    'buf',
    'obj',
    'len',
    'itemsize',
    'readonly',
    'ndim',
    'format',
    'shape',
    'strides',
    'suboffsets',
    'internal',
  ];
  const at64 = [0, 8, 16, 24, 32, 36, 40, 48, 56, 64, 72];
  const at32 = [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40];
  for (const tag of targets) {
    const { Py_buffer } = layoutsFor(tag);
    const expected = offsets(tag) ? at64 : at32;
    expect([tag, paths(Py_buffer)]).toEqual([tag, Object.fromEntries(names.map((name, i) => [name, expected[i]]))]);
    expect([tag, Py_buffer.size]).toEqual([tag, offsets(tag) ? 80 : 44]);
  }
});

test('every target: _PyManagedBufferObject and PyMemoryViewObject', () => {
  for (const tag of targets) {
    const [h] = header(tag);
    const { _PyManagedBufferObject: managed, PyMemoryViewObject: view } = layoutsFor(tag);
    const [flags, exports, master, size] = is64(tag) ? [0, 8, 16, 96] : [0, 4, 8, 52];
    expect([
      tag,
      managed.offsetOf('flags'),
      managed.offsetOf('exports'),
      managed.offsetOf('master'),
      managed.size,
    ]).toEqual([tag, h + flags, h + exports, h + master, h + size]);
    const at = is64(tag) ? [0, 8, 16, 24, 32, 40, 120, 128, 136] : [0, 4, 8, 12, 16, 20, 64, 68, 72];
    const fields = ['ob_base.ob_size', 'mbuf', 'hash', 'flags', 'exports', 'view', 'weakreflist', 'ob_array'] as const;
    expect([tag, ...fields.map((field) => view.offsetOf(field)), view.size]).toEqual([tag, ...at.map((n) => h + n)]);
  }
});

test('the free-threaded header, field by field', () => {
  expect(paths(layoutsFor('3.13t-lp64').PyObject)).toEqual({
    ob_tid: 0,
    _padding: 8,
    ob_mutex: 10,
    ob_gc_bits: 11,
    ob_ref_local: 12,
    ob_ref_shared: 16,
    ob_type: 24,
  });
  expect(paths(layoutsFor('3.14t-lp64').PyObject)).toMatchObject({ ob_flags: 8, ob_mutex: 10 });
});

test('the reference count over the releases', () => {
  const object = (tag: string) => paths(layoutsFor(tag).PyObject);
  expect(object('3.11-lp64')).toEqual({ ob_refcnt: 0, ob_type: 8 });
  expect(object('3.12-lp64')).toEqual({ ob_refcnt: 0, ob_refcnt_split: 0, ob_type: 8 });
  expect(object('3.12-ilp32')).toEqual({ ob_refcnt: 0, ob_type: 4 });
  expect(object('3.14-lp64')).toEqual({ ob_refcnt: 0, ob_overflow: 4, ob_flags: 6, ob_refcnt_full: 0, ob_type: 8 });
  expect(object('3.14-lp64be')).toEqual({ ob_refcnt: 4, ob_overflow: 2, ob_flags: 0, ob_refcnt_full: 0, ob_type: 8 });
  expect(object('3.12-tracerefs-lp64')).toEqual({
    _ob_next: 0,
    _ob_prev: 8,
    ob_refcnt: 16,
    ob_refcnt_split: 16,
    ob_type: 24,
  });
});

test('tp_flags is an unsigned long: 4 bytes on Windows', () => {
  const size = (tag: string) => layoutsFor(tag).PyTypeObject.find('tp_flags').size;
  expect([size('3.13-lp64'), size('3.13-llp64'), size('3.13-wasm32')]).toEqual([8, 4, 4]);
});

test('every struct of every target: the compiled class has the computed offsets, size and byte order', () => {
  let compared = 0;
  for (const tag of targets) {
    const { model } = parseTarget(tag);
    for (const layout of Object.values(layoutsFor(tag)) as Layout[]) {
      expect([tag, layout.name, layout.Struct.baseSize]).toEqual([tag, layout.name, layout.size]);
      const bytes = Buffer.from(Array.from({ length: layout.size }, (_, i) => (i * 37 + 11) & 255));
      const instance = new layout.Struct(bytes) as Record<string, unknown>;
      for (const { name, offset, size, type, layout: nested } of layout.fields) {
        if (layout.Struct.getOffsetOf(name as never) !== offset) throw new Error(`${tag} ${layout.name}.${name}`);
        compared++;
        if (nested || type.kind !== 'scalar') continue;
        const raw = [...bytes.subarray(offset, offset + size)];
        const digits = (model === 'lp64be' ? raw : raw.reverse()).map((byte) => byte.toString(16).padStart(2, '0'));
        const unsigned = BigInt(`0x${digits.join('')}`);
        const value = type.signed ? BigInt.asIntN(size * 8, unsigned) : unsigned;
        expect([tag, layout.name, name, instance[name]]).toEqual([
          tag,
          layout.name,
          name,
          type.value === 'bigint' ? value : Number(value),
        ]);
      }
    }
  }
  expect(compared).toBeGreaterThan(20_000);
});

test('a field that is not there is an error that lists those that are', () => {
  const { Py_buffer } = layoutsFor('3.13-lp64');
  expect(() => Py_buffer.offsetOf('size' as never)).toThrow(
    'Py_buffer has no field "size" in this target; it has buf, obj, len',
  );
  expect(layoutsFor('3.13t-lp64').PyObject.has('ob_refcnt')).toBe(false);
});
