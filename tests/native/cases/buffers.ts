/** Buffers of a live interpreter against what Python itself says of them. Run on libpython and on Pyodide. */
import assert from 'node:assert/strict';
import { encodeJson } from '../../../src/json/encode.ts';
import { layoutsFor } from '../../../src/layouts/layouts.ts';
import type { BufferView } from '../../../src/view/buffer-view.ts';
import type { ElementValue } from '../../../src/view/element.ts';
import { numberElement } from '../../../src/view/number.ts';
import { PyMemoryView_GET_BUFFER } from '../../../src/view/py-buffer.ts';
import { Py_REFCNT, Py_TYPE, readType } from '../../../src/view/py-object.ts';
import { readStruct } from '../../../src/view/struct.ts';
import { exactFloat } from './exact.ts';
import { type Cases, type Subject, value } from './subject.ts';

const json = (view: BufferView): string => new TextDecoder().decode(encodeJson(view));

/** Elements as text that keeps every bit: integers in decimal, floats as the bytes of the double. */
const exactPython = `
import struct
def exact(x):
    if isinstance(x, list):
        return [exact(item) for item in x]
    if isinstance(x, float):
        return "nan" if x != x else struct.pack(">d", x).hex()
    return str(x)
`;

function exact(x: ElementValue | unknown[]): unknown {
  if (Array.isArray(x)) return x.map((item) => exact(item as ElementValue));
  if (typeof x === 'boolean') return x ? 'True' : 'False';
  return String(x);
}

/** As {@link exact}, for a format whose numbers are floats. */
function exactFloats(x: ElementValue | unknown[]): unknown {
  if (Array.isArray(x)) return x.map((item) => exactFloats(item as ElementValue));
  return exactFloat(x as number);
}

const listOf = (view: BufferView): unknown =>
  (/[efd]/.test(view.format) ? exactFloats : exact)(view.toList() as ElementValue | unknown[]);

/** Random memoryviews: each code, cast to a random shape, sliced along its first dimension. */
const randomViews = `
import random
def make(seed):
    rng = random.Random(seed)
    code = rng.choice("bBhHiIlLqQnN?fd" + ("e" if sys.version_info >= (3, 12) else ""))
    itemsize = memoryview(bytes(16)).cast(code).itemsize
    shape = [rng.randint(1, 4) for _ in range(rng.randint(1, 4))]
    count = 1
    for n in shape:
        count *= n
    data = bytearray(rng.getrandbits(8) for _ in range(count * itemsize))
    if code == "?":
        data = bytearray(b & 1 for b in data)
    m = memoryview(data).cast(code, shape)
    if rng.random() < 0.7:
        bound = lambda: rng.choice([None] + list(range(-5, 6)))
        m = m[slice(bound(), bound(), rng.choice([None, 1, 2, 3, -1, -2, -3]))]
    return m
`;

function fields(subject: Subject): void {
  const { exec, memory, inspect } = subject;
  exec(`
b = bytearray(range(48))
m = memoryview(b).cast("B").cast("h", (2, 3, 4))[::-1]
import weakref, sys, gc
w = weakref.ref(m)
h = memoryview(b"hashable"); hash(h)
`);
  const layouts = layoutsFor(memory.target);
  const view = inspect('m');
  const struct = readStruct(memory, layouts.PyMemoryViewObject, view.object);
  assert.equal(view.object, BigInt(value<number>(subject, 'id(m)')));
  assert.equal(Py_TYPE(memory, view.object), BigInt(value<number>(subject, 'id(memoryview)')));
  const type = readType(memory, Py_TYPE(memory, view.object));
  assert.deepEqual(
    type,
    value(
      subject,
      '{"name": "memoryview", "basicsize": memoryview.__basicsize__, "itemsize": memoryview.__itemsize__}',
    ),
  );
  const says = value<Record<string, unknown>>(
    subject,
    '{"ndim": m.ndim, "shape": m.shape, "strides": m.strides, "itemsize": m.itemsize, "format": m.format, "nbytes": m.nbytes, "readonly": m.readonly}',
  );
  for (const [name, expected] of Object.entries(says)) assert.deepEqual(view[name as 'ndim'], expected, name);
  assert.deepEqual([view.cContiguous, view.fContiguous], value(subject, '[m.c_contiguous, m.f_contiguous]'));
  assert.equal(struct.view.len, BigInt(says.nbytes as number));
  assert.equal(struct.view.obj, BigInt(value<number>(subject, 'id(b)')));
  assert.equal(struct.mbuf, BigInt(value<number>(subject, 'id(gc.get_referents(m)[0])')));
  assert.equal(struct.weakreflist, BigInt(value<number>(subject, 'id(w)')));
  assert.equal(struct.hash, -1n);
  const hashed = readStruct(memory, layouts.PyMemoryViewObject, inspect('h').object);
  assert.equal(hashed.hash, BigInt(value<number>(subject, 'str(hash(h))')));
  const managed = readStruct(memory, layouts._PyManagedBufferObject, struct.mbuf);
  assert.equal(managed.master.len, 48n);
  assert.equal(managed.master.obj, struct.view.obj);
  // Exports and references by experiment: each further one counts.
  const before = [view.exports, managed.exports, Py_REFCNT(memory, view.object)] as const;
  exec('again = memoryview(m); extra = [m, m, m]');
  const after = readStruct(memory, layouts._PyManagedBufferObject, struct.mbuf);
  assert.deepEqual(
    [view.exports - before[0], Number(after.exports - before[1]), Py_REFCNT(memory, view.object) - before[2]],
    [0, 1, 3],
  );
  exec('del extra');
  // getrefcount counts its own argument too, unless the caller lends it.
  const refcount = value<number>(subject, 'sys.getrefcount(m)');
  assert.ok([0, 1].includes(refcount - view.refcount), `sys.getrefcount says ${refcount}, the struct ${view.refcount}`);
  exec('again.release()');
  assert.equal(PyMemoryView_GET_BUFFER(memory, view.object).buf, view.address);
}

export const bufferCases: Cases<Subject> = {
  'the fields of a live memoryview are what Python says': fields,

  'the elements of random memoryviews are those of tolist()'(subject) {
    subject.exec(`import sys${exactPython}${randomViews}`);
    const count = 1500;
    subject.exec(`made = [make(seed) for seed in range(${count})]`);
    const expected = value<unknown[]>(subject, '[exact(m.tolist()) for m in made]');
    const shapes = value<unknown[]>(subject, '[[m.format, m.shape, m.strides] for m in made]');
    let elements = 0;
    for (let i = 0; i < count; i++) {
      const view = subject.view(`made[${i}]`);
      assert.deepEqual([view.format, view.shape, view.strides], shapes[i]);
      assert.deepEqual(listOf(view), expected[i], `${shapes[i]}`);
      assert.deepEqual([...view.toTypedArray()].map(Number), (view.toList() as number[]).flat(9).map(Number));
      elements += view.nbytes / view.itemsize;
      view.release();
    }
    return `${count} memoryviews, ${elements} elements`;
  },

  'JSON equals json.dumps(tolist()) where both write numbers alike'(subject) {
    subject.exec(`
import sys, random
from array import array
${randomViews}
ints = [m for m in map(make, range(400)) if m.format not in "efd"]
rng = random.Random(7)
floats = [memoryview(array("d", [rng.choice([rng.random(), rng.uniform(-1e6, 1e6), float(rng.randint(-9**9, 9**9)), rng.random() * 1e-3 + 1e-4, 0.0, -0.0]) for _ in range(50)])) for _ in range(50)]
`);
    const counts = value<[number, number]>(subject, '[len(ints), len(floats)]');
    for (const [name, count] of [
      ['ints', counts[0]],
      ['floats', counts[1]],
    ] as const) {
      for (let i = 0; i < count; i++) {
        using view = subject.view(`${name}[${i}]`);
        const expected = subject.text(`json.dumps(${name}[${i}].tolist(), separators=(",", ":"))`);
        // Python writes small floats with an exponent of two digits: none of these is as small.
        assert.equal(json(view), expected);
      }
    }
    return `${counts[0]} arrays of integers, ${counts[1]} of floats`;
  },

  'a write on either side is seen on the other, in place'(subject) {
    subject.exec('from array import array; a = array("d", [1.5, 2.5, 3.5])');
    const view = subject.view('a');
    const { data } = view;
    assert.ok(data instanceof Float64Array);
    data[0] = -8.25;
    assert.equal(subject.text('a[0]'), '-8.25');
    view.set(1, 6.5);
    assert.equal(subject.text('a[1]'), '6.5');
    subject.exec('a[2] = 1e300');
    assert.equal(data[2], 1e300);
    assert.equal(view.get(2), 1e300);
    assert.equal(view.address, BigInt(value<number>(subject, 'a.buffer_info()[0]')));
    view.release();
  },

  'binary16: all 65,536 are what struct unpacks'(subject) {
    subject.exec(`import struct${exactPython}
halves = bytes(b for i in range(65536) for b in (i & 255, i >> 8))
expected = [exact(x) for x in struct.unpack("<65536e", halves)]`);
    const expected = value<string[]>(subject, 'expected');
    using view = subject.view('memoryview(halves).cast("H")');
    const float16 = numberElement('float16', true);
    const got = [...view.toTypedArray()].map((bits) => {
      const bytes = new DataView(new ArrayBuffer(2));
      bytes.setUint16(0, Number(bits), true);
      return exactFloats(float16.read(bytes, 0));
    });
    assert.deepEqual(got, expected);
  },

  'a released memoryview is a ReleasedError, another type a TypeError'(subject) {
    subject.exec('r = memoryview(bytearray(9)); keep = r[2:]; r.release()');
    assert.throws(() => subject.inspect('r'), { name: 'ReleasedError', message: /was released; take a new one/ });
    assert.deepEqual(subject.inspect('keep').toList(), [0, 0, 0, 0, 0, 0, 0]);
  },
};
