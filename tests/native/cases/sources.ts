/** What is learnt of memory otherwise than by the buffer protocol. */
import assert from 'node:assert/strict';
import { FormatError } from '../../../src/errors.ts';
import type { ViewProtocol } from '../../../src/view/py-buffer.ts';
import { Datetime64 } from '../../../src/view/time.ts';
import { exactFloat } from './exact.ts';
import { type Cases, has, type PythonSubject, value } from './subject.ts';

/** Objects that speak one protocol each, over memory of ctypes. */
const speakers = `
import ctypes, sys
numbers = (ctypes.c_double * 6)(*range(6))
at = ctypes.addressof(numbers)
class Interface:
    def __init__(self, **more):
        self.__array_interface__ = dict(dict(version=3, typestr="<f8", shape=(2, 3), data=(at, False)), **more)
class PyArrayInterface(ctypes.Structure):
    _fields_ = [("two", ctypes.c_int), ("nd", ctypes.c_int), ("typekind", ctypes.c_char), ("itemsize", ctypes.c_int), ("flags", ctypes.c_int),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)), ("strides", ctypes.POINTER(ctypes.c_ssize_t)), ("data", ctypes.c_void_p),
        ("descr", ctypes.py_object)]
new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(("PyCapsule_New", ctypes.pythonapi))
class Struct:
    def __init__(self, flags=0x700, two=2):
        self.sizes = (ctypes.c_ssize_t * 4)(2, 3, 24, 8)
        words = ctypes.cast(self.sizes, ctypes.POINTER(ctypes.c_ssize_t))
        later = ctypes.cast(ctypes.addressof(self.sizes) + 2 * ctypes.sizeof(ctypes.c_ssize_t), ctypes.POINTER(ctypes.c_ssize_t))
        self.face = PyArrayInterface(two, 2, b"f", 8, flags, words, later, at, None)
        self.__array_struct__ = new(ctypes.addressof(self.face), None, None)
class DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]
class Versioned(ctypes.Structure):
    _fields_ = [("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64), ("tensor", DLTensor)]
class Tensor:
    def __init__(self, shape=(2, 3), strides=None, code=2, bits=64, device=1, versioned=True, flags=0, offset=0, data=at):
        self.shape, self.strides = (ctypes.c_int64 * len(shape))(*shape), strides and (ctypes.c_int64 * len(strides))(*strides)
        pointer = lambda a: ctypes.cast(a, ctypes.POINTER(ctypes.c_int64)) if a else None
        tensor = DLTensor(data, device, 0, len(shape), code, bits, 1, pointer(self.shape), pointer(self.strides), offset)
        self.device, self.versioned = device, versioned
        self.managed = Versioned(1, 0, None, None, flags, tensor) if versioned else tensor
    def __dlpack_device__(self):
        return (self.device, 0)
    def __dlpack__(self, **options):
        if options and not self.versioned:
            raise TypeError("__dlpack__() got an unexpected keyword argument")
        return new(ctypes.addressof(self.managed), b"dltensor_versioned" if self.versioned else b"dltensor", None)
class Array:
    def __array__(self):
        return memoryview(numbers).cast("B").cast("d", (2, 3))
class Everything(Array):
    __array_interface__ = property(lambda self: Interface().__array_interface__)
    __array_struct__ = property(lambda self: spare.__array_struct__)
    __dlpack_device__ = lambda self: (1, 0)
    __dlpack__ = lambda self, **options: spare_tensor.__dlpack__(**options)
spare, spare_tensor = Struct(), Tensor()
`;

const SIX = [
  [0, 1, 2],
  [3, 4, 5],
];

export const sourceCases: Cases<PythonSubject> = {
  'each protocol tells of the same memory'({ python }) {
    python.exec(speakers);
    for (const [expression, source, readonly] of [
      ['Interface()', '__array_interface__', false],
      ['Interface(data=(at, True))', '__array_interface__', true],
      ['Interface(strides=(24, 8))', '__array_interface__', false],
      ['Interface(data=numbers)', '__array_interface__', false],
      ['Interface(data=bytes(numbers))', '__array_interface__', true],
      ['Interface(data=b"12345678" + bytes(numbers), offset=8)', '__array_interface__', true],
      ['Struct()', '__array_struct__', false],
      ['Struct(flags=0x300)', '__array_struct__', true],
      ['Tensor()', '__dlpack__', false],
      ['Tensor(flags=1)', '__dlpack__', true],
      ['Tensor(strides=(3, 1))', '__dlpack__', false],
      ['Tensor(versioned=False)', '__dlpack__', true],
      ['Tensor(data=at - 16, offset=16)', '__dlpack__', false],
      ['Array()', '__array__', true],
    ] as const) {
      python.exec(`speaker = ${expression}`);
      using view = python.view('speaker');
      assert.deepEqual(view.toList(), SIX, expression);
      assert.equal(view.source, source, expression);
      assert.equal(view.readonly, readonly, expression);
      assert.ok(view.data instanceof Float64Array);
    }
    using live = python.view('Interface()');
    live.set(0, 0, 7.5);
    assert.equal(String(python.eval('numbers[0]')), '7.5');
    python.exec('numbers[0] = 0');
    assert.throws(() => live.exports, { name: 'TypeError', message: /this one is of __array_interface__/ });
    assert.ok(live.refcount > 0);
  },

  'each can be switched off; what is left is tried in order'({ python }) {
    python.exec(speakers);
    const all: ViewProtocol[] = ['buffer', '__array_interface__', '__array_struct__', '__dlpack__', '__array__'];
    for (let i = 0; i < all.length; i++) {
      const sources = all.slice(i);
      using view = python.view('Everything()', { sources });
      assert.equal(view.source, all[Math.max(i, 1)]);
      assert.deepEqual(view.toList(), SIX);
    }
    using only = python.view('bytearray(b"ab")', { sources: ['buffer'] });
    assert.equal(only.source, 'buffer');
    assert.throws(() => python.view('Interface()', { sources: ['buffer', '__dlpack__'] }), {
      name: /PythonError \[TypeError\]/,
    });
    assert.throws(() => python.view('bytearray(2)', { sources: ['__dlpack__'] }), {
      name: 'TypeError',
      message: 'expected an object with __dlpack__, got bytearray',
    });
    python.exec('class Silent:\n    def __str__(self): raise KeyError');
    assert.throws(() => python.view('Silent()', { sources: ['__dlpack__', '__array__'] }), {
      name: 'TypeError',
      message: 'expected an object with __dlpack__ or __array__, got Silent',
    });
    for (const sources of [[], ['dlpack'], 'buffer', null]) {
      const wrong = () => python.view('b""', { sources: sources as never });
      assert.throws(wrong, {
        name: 'TypeError',
        message: /expected sources to be some of buffer, __array_interface__/,
      });
    }
  },

  'many at once, of every source'({ python }) {
    python.exec(speakers);
    const before = python.outstanding;
    const views = python.views(
      '[bytearray(b"a"), Interface(), Tensor(), memoryview(b"bc"), Array(), (ctypes.c_int * 1)(5)]',
    );
    assert.deepEqual(
      views.map(({ source }) => source),
      ['buffer', '__array_interface__', '__dlpack__', 'buffer', '__array__', 'buffer'],
    );
    assert.deepEqual(views[1]?.toList(), SIX);
    assert.deepEqual(views[5]?.toList(), [5]);
    for (const view of views) view.release();
    assert.equal(python.outstanding, before);
    assert.throws(() => python.views('[b"", 5]'), {
      message: /object 1 of 2: memoryview: a bytes-like object is required/,
    });
    assert.throws(() => python.views('[b"", Tensor(device=2)]'), {
      message: /object 1 of 2: .*device \(2, 0\) of DLPack/,
    });
  },

  'what cannot be viewed says why'({ python }) {
    python.exec(speakers);
    const refused: readonly (readonly [string, RegExp])[] = [
      ['Tensor(device=2)', /__dlpack__: its memory is on device \(2, 0\) of DLPack, not the CPU's; copy it there/],
      ['Tensor(flags=2)', /it gives a copy/],
      ['Interface(data=b"123")', /its elements reach from byte 0 to 48 of 3 bytes/],
      ['Interface(mask=1)', /it has a mask/],
      ['Interface(typestr="<q8x")', /__array_interface__/],
      ['Struct(two=3)', /begins with 3, expected 2/],
    ];
    for (const [expression, message] of refused) assert.throws(() => python.view(expression), { message }, expression);
    const unsound: readonly (readonly [string, RegExp])[] = [
      ['Interface(shape=(-1, 3))', /a size or stride is -1/],
      ['Interface(strides=(8,))', /2 sizes, but 1 strides|2 dimensions/],
      ['Interface(data=(2**65, False))', /which no address space has/],
      ['Interface(data=(-8, False))', /which no address space has/],
      ['Interface(shape=(1,) * 65)', /65 dimensions/],
    ];
    for (const [expression, message] of unsound) {
      assert.throws(() => python.view(expression), { name: 'FormatError', message }, expression);
    }
    using nowhere = python.view('Interface(data=(8, False))');
    assert.throws(() => nowhere.toList(), { name: 'MemoryFault' });
    assert.throws(() => nowhere.set(0, 0, 1), { name: 'MemoryFault' });
    using odd = python.view('Tensor(code=9, bits=8)');
    assert.throws(() => odd.toList(), { name: 'FormatError', message: /\[DLPack type 9 of 8 bits\]/ });
    assert.equal(odd.bytes.length, 6);
  },

  'what others say badly, or not at all, leads to the next or to a clear error'({ python }) {
    python.exec(`${speakers}
class Index:
    def __init__(self, value): self.value = value
    def __index__(self): return self.value
class Angry:
    def __getattr__(self, name): raise RuntimeError(name)
class Echo:
    def __getattr__(self, name): return self`);
    using indexed = python.view(
      'Interface(shape=(Index(2), Index(3)), strides=(Index(24), Index(8)), data=(Index(at), False))',
    );
    assert.deepEqual(indexed.toList(), SIX);
    for (const bad of [
      'data=(None, False)',
      'shape=(float("nan"),)',
      'shape=(2.5,)',
      'typestr=None',
      'typestr="<f8", shape=None',
    ]) {
      const message = /cannot view this Interface. __array_interface__: /;
      assert.throws(() => python.view(`Interface(${bad})`), { name: 'PythonError [TypeError]', message }, bad);
    }
    assert.throws(() => python.view('Angry()'), { message: /a bytes-like object is required, not 'Angry'/ });
    assert.throws(() => python.view('Echo()'), { name: 'PythonError [TypeError]' });
    assert.throws(() => python.view('Tensor'), { message: /a bytes-like object is required/ });
    assert.throws(() => python.view('Array()', { writable: true }), { message: /expected a writable buffer/ });
  },

  'what was given back is not taken for what lies at its address now'({ python }) {
    python.exec('a = bytearray(1 << 20)');
    const a = python.eval('a');
    const first = python.view(a);
    const address = first.object;
    first.release();
    python.exec('a.clear(); a.extend(b"q")');
    let met = 0;
    for (let i = 0; i < 3000 && met < 3; i++) {
      const other = python.eval('memoryview(b"zzz")');
      if (other.address === address) met++;
      other.release();
      using view = python.view(a);
      assert.equal(view.nbytes, 1);
      // Given back and viewed again with nothing between: the same memoryview serves.
      const { object } = view;
      view.release();
      using again = python.view(a);
      assert.equal(again.object, object);
      assert.deepEqual(again.toList(), [113]);
    }
    a.release();
    return `${met} times at the same address`;
  },

  'a part of an array of structures is that part'(subject) {
    const { python } = subject;
    python.exec(`
import ctypes
class Mixed(ctypes.Union):
    _fields_ = [("i", ctypes.c_int16), ("b", ctypes.c_uint8 * 2)]
class Row(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int32), ("u", Mixed)]
rows = (Row * 3)(*[Row(i, Mixed(i)) for i in range(3)])`);
    using rows = python.view('memoryview(rows)[::-2]');
    assert.deepEqual(
      (rows.toList() as { n: number }[]).map(({ n }) => n),
      [2, 0],
    );
    using fixed = python.view('memoryview(rows)[1:].toreadonly()');
    assert.deepEqual([fixed.readonly, fixed.shape], [true, [2]]);
    assert.throws(() => fixed.set(0, { n: 1, u: new Uint8Array(4) }), /read-only/);
    if (!has(subject, 'numpy')) return 'without numpy';
    python.exec('import numpy as np; records = np.array([(1, 1.5), (2, 2.5), (3, 3.5)], [("i", "<i4"), ("d", "<f8")])');
    for (const [part, expected] of [
      ['records', [1, 2, 3]],
      ['memoryview(records)[1:]', [2, 3]],
      ['memoryview(records)[::-1]', [3, 2, 1]],
      ['records[::2]', [1, 3]],
    ] as const) {
      using view = python.view(part);
      assert.deepEqual(
        (view.toList() as { i: number }[]).map(({ i }) => i),
        expected,
        part,
      );
      assert.equal(view.source, 'buffer');
    }
    // Padding within a subarray, of which numpy's format says nothing.
    python.exec(`
padded = np.zeros(1, [("s", np.dtype({"names": ["a"], "formats": ["<i2"], "offsets": [0], "itemsize": 4}), (2,)), ("b", "<i4")])
padded["s"]["a"], padded["b"] = [[1, 2]], 3`);
    using gaps = python.view('padded');
    assert.deepEqual([gaps.get(0), gaps.source], [{ s: [{ a: 1 }, { a: 2 }], b: 3 }, 'buffer']);
    using constant = python.view('memoryview(records).toreadonly()');
    assert.equal(constant.readonly, true);
    python.exec('thing = object(); mixed = np.array([(1, thing)], [("a", ">i4"), ("o", "O")])');
    using mixed = python.view('mixed');
    assert.deepEqual(mixed.get(0), { a: 1, o: BigInt(String(python.eval('id(thing)'))) });
    python.exec('wide = np.zeros(2, [("column_%04d" % i, "f8") for i in range(2000)])');
    using wide = python.view('wide');
    assert.ok(wide.format.length > 20_000);
    assert.equal(Object.keys(wide.get(1) as object).length, 2000);
    return 'with numpy';
  },

  'bit fields of ctypes are refused, which a format cannot tell'({ python }) {
    python.exec(`
import ctypes
class Bits(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int, 3), ("b", ctypes.c_int, 5), ("c", ctypes.c_double)]
bits = Bits(1, 2, 3.5)`);
    using view = python.view('bits');
    assert.throws(() => view.toList(), { name: 'FormatError', message: /expected one of .*, at "t:a:/ });
  },

  'bfloat16 of DLPack, datetime64 and records of numpy'(subject) {
    const { python } = subject;
    python.exec(`${speakers}
import struct
halves = (ctypes.c_uint16 * 4)(0x3f80, 0xc000, 0x7f80, 0x0001)`);
    using brain = python.view('Tensor(shape=(4,), code=4, bits=16, data=ctypes.addressof(halves))');
    assert.deepEqual(brain.toList(), [1, -2, Number.POSITIVE_INFINITY, 2 ** -133]);
    assert.deepEqual([...(brain.toTypedArray() as Float32Array)], brain.toList());
    brain.set(3, Math.PI);
    assert.equal(value(subject, 'halves[3]'), 0x4049);
    if (!has(subject, 'numpy')) return 'without numpy';
    python.exec(`
import numpy as np
units = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "25s", "3D"]
counts = [0, 1, -1, 59, -719529, 2**31, -2**40, 10**14, -2**63]
times = [np.array([n for n in counts if unit[-1] in "YMWD" and abs(n) < 10**6 or unit[-1] not in "YMWD" or n == -2**63], "i8").view("M8[%s]" % unit)
    for unit in units]`);
    let compared = 0;
    const texts = value<string[][]>(subject, '[[str(t) for t in a] for a in times]');
    texts.forEach((expected, i) => {
      using view = python.view(`times[${i}]`);
      assert.equal(view.source, '__array_interface__');
      const found = (view.toList() as unknown as Datetime64[]).map(String);
      // numpy's own text of a multiple is that of its unit.
      assert.deepEqual(found, expected, view.format);
      assert.ok(view.data instanceof BigInt64Array);
      compared += found.length;
    });
    // Long doubles that no double equals, as many near the ends of the range as within.
    python.exec(`
rng = np.random.default_rng(3)
wide = (rng.uniform(1, 2, 20000) + rng.uniform(0, 2**-52, 20000).astype("g")) * np.ldexp(np.ones(20000, "g"), rng.integers(-1090, 1030, 20000))
wide[rng.random(20000) < 0.5] *= -1
nearest = [x.hex() for x in map(float, wide)]`);
    using wide = python.view('wide');
    const near = value<string[]>(subject, '[struct.pack(">d", float.fromhex(x)).hex() for x in nearest]');
    assert.deepEqual((wide.toList() as number[]).map(exactFloat), near);
    compared += near.length;
    python.exec('t = np.array(["2024-02-29T12:30:15.250"], "M8[ms]")');
    using time = python.view('t');
    assert.equal((time.get(0) as Datetime64).toDate().toISOString(), '2024-02-29T12:30:15.250Z');
    time.set(0, new Datetime64(0n, 'ms'));
    assert.equal(subject.text('t[0]'), '1970-01-01T00:00:00.000');
    assert.throws(
      () => time.set(0, new Datetime64(0n, 's')),
      /expected a count of 1 ms, got one of 1 s; convert it first/,
    );
    using objects = python.view('np.array(["a"], dtype=object)');
    assert.equal(objects.get(0), BigInt(String(python.eval('id("a")'))));
    assert.throws(() => objects.set(0, 1n), /counted/);
    if (value(subject, 'hasattr(np.dtypes, "StringDType") if hasattr(np, "dtypes") else False')) {
      using strings = python.view('np.array(["a"], dtype=np.dtypes.StringDType())');
      assert.throws(() => strings.toList(), FormatError);
    }
    return `${compared} times and long doubles`;
  },
};
