/** A buffer of every kind there is: what it is seen as, and its elements against what Python says of them. */
import assert from 'node:assert/strict';
import { FormatError } from '../../../src/errors.ts';
import type { BufferView } from '../../../src/view/buffer-view.ts';
import { exact, exactList, exactPython } from './exact.ts';
import { type Cases, has, type PythonSubject, type Seen, value } from './subject.ts';

/** Each adds to `kinds`: a name, an object, its values. */
const builtins = `
import ctypes, io, mmap, sys
from array import array
kinds = [("bytes", b"abc", list(b"abc")), ("bytearray", bytearray(b"abc"), list(b"abc"))]
room = bytes(range(1, 17)) * 2
for code in "bBhHiIlLqQnNPfdc" + ("e" if sys.version_info >= (3, 12) else "") + ("FD" if sys.version_info[:2] == (3, 14) else ""):
    try:
        m = memoryview(room).cast(code)
    except ValueError:
        continue
    kinds.append(("memoryview, cast to " + code, m, m.tolist()))
m = memoryview(bytes([0, 1])).cast("?")
kinds.append(("memoryview, cast to ?", m, m.tolist()))
import array as arrays
for code in arrays.typecodes:
    a = array(code, "aé🐍") if code in "uw" else array(code, [1.5, -2.5] if code[-1] in "efd" else [1, 100])
    kinds.append(("array of " + code, a, a.tolist()))
mapped = mmap.mmap(-1, 4096)
mapped[:3] = b"abc"
kinds.append(("mmap", mapped, list(mapped[:])))
stream = io.BytesIO(b"abc")
kinds.append(("BytesIO.getbuffer()", stream.getbuffer(), list(b"abc")))
import pickle
kinds.append(("PickleBuffer", pickle.PickleBuffer(b"abc"), list(b"abc")))
def value_at(kind, address):
    if issubclass(kind, ctypes.Array):
        return [value_at(kind._type_, address + i * ctypes.sizeof(kind._type_)) for i in range(kind._length_)]
    if issubclass(kind, ctypes.Structure):
        return tuple(value_at(field[1], address + getattr(kind, field[0]).offset) for base in reversed(kind.__mro__)
            for field in base.__dict__.get("_fields_", ()))
    if issubclass(kind, ctypes.Union):
        return ctypes.string_at(address, ctypes.sizeof(kind))
    code = getattr(kind, "_type_", None)
    if not isinstance(code, str) or code in "zZPO":
        return int.from_bytes(ctypes.string_at(address, ctypes.sizeof(ctypes.c_void_p)), sys.byteorder)
    return kind.from_address(address).value
def ctypes_kind(name, x):
    kinds.append((name, x, value_at(type(x), ctypes.addressof(x))))
simple = [ctypes.c_bool, ctypes.c_char, ctypes.c_wchar, ctypes.c_byte, ctypes.c_ubyte, ctypes.c_short, ctypes.c_ushort, ctypes.c_int,
    ctypes.c_uint, ctypes.c_long, ctypes.c_ulong, ctypes.c_longlong, ctypes.c_ulonglong, ctypes.c_size_t, ctypes.c_ssize_t,
    ctypes.c_float, ctypes.c_double, ctypes.c_longdouble]
for kind in simple:
    x = (kind * 2)()
    for i in range(2):
        x[i] = {"?": True, "c": b"x", "u": "é"}.get(kind._type_, 1 + i if kind._type_ not in "fdg" else 1.1 + i)
    ctypes_kind("ctypes array of " + kind.__name__, x)
for name in ("c_float_complex", "c_double_complex", "c_longdouble_complex"):
    if hasattr(ctypes, name):
        ctypes_kind("ctypes array of " + name, (getattr(ctypes, name) * 2)(1.5 + 2j, -0.0 + 1j))
class Padded(ctypes.Structure):
    _fields_ = [("a", ctypes.c_byte), ("b", ctypes.c_double), ("c", ctypes.c_short)]
class Packed(ctypes.Structure):
    _layout_ = "ms"
    _pack_ = 1
    _fields_ = [("a", ctypes.c_byte), ("b", ctypes.c_double)]
class Both(ctypes.Union):
    _fields_ = [("a", ctypes.c_byte), ("b", ctypes.c_double)]
class Derived(Padded):
    _fields_ = [("d", ctypes.c_int)]
class Other(ctypes.BigEndianStructure if sys.byteorder == "little" else ctypes.LittleEndianStructure):
    _fields_ = [("a", ctypes.c_byte), ("x", ctypes.c_short * 3), ("f", ctypes.c_double)]
class Much(ctypes.Structure):
    _fields_ = [("u", Both), ("n", Padded * 2), ("s", ctypes.c_char * 5), ("w", ctypes.c_wchar), ("z", ctypes.c_char_p), ("v", ctypes.c_void_p),
        ("o", ctypes.py_object), ("q", ctypes.POINTER(Padded)), ("f", ctypes.CFUNCTYPE(ctypes.c_int)), ("g", ctypes.c_longdouble),
        ("t", ctypes.c_bool), ("l", ctypes.c_long)]
much = Much(n=(Padded * 2)(Padded(1, 2.5, 3), Padded(4, 5.5, 6)), s=b"abc", w="é", z=b"z", v=12345, o=len, g=1.25, t=True, l=-1)
much.u.b, much.q = 1.5, ctypes.pointer(much.n[0])
ctypes_kind("ctypes structure", Padded(1, 2.5, 3))
ctypes_kind("ctypes structure, packed", Packed(1, 2.5))
ctypes_kind("ctypes structure, derived", Derived(1, 2.5, 3, 4))
other = Other(a=1, f=5.5)
other.x[:] = [2, 3, 4]
ctypes_kind("ctypes structure, other byte order", other)
ctypes_kind("ctypes structure of much", much)
ctypes_kind("ctypes array of structures", (Padded * 2)(Padded(1, 2.5, 3), Padded(4, 5.5, 6)))
ctypes_kind("ctypes array of arrays", (ctypes.c_int * 3 * 2)((1, 2, 3), (4, 5, 6)))
ctypes_kind("ctypes union", much.u)
ctypes_kind("ctypes array of pointers", (ctypes.POINTER(ctypes.c_int) * 2)(ctypes.pointer(ctypes.c_int(7))))
ctypes_kind("ctypes array of char*", (ctypes.c_char_p * 2)(b"a", None))
ctypes_kind("ctypes array of functions", (ctypes.CFUNCTYPE(ctypes.c_int) * 1)())
`;

const shared = `
from multiprocessing import shared_memory
block = shared_memory.SharedMemory(create=True, size=64)
block.buf[:3] = b"abc"
kinds.append(("SharedMemory", block.buf, block.buf.tolist()))
`;

const arrays = `
import numpy as np
def plain(a):
    if a.dtype.kind in "Mm":
        return a.astype("i8").tolist()
    if a.dtype.kind == "V" and not a.dtype.names:
        return [x.tobytes() for x in a]
    return a.tolist()
for code in "?bhilqpBHILQPefdgFDG":
    a = np.array([0, 1, 1], code) if code == "?" else np.array([1, 2, 100], code)
    kinds.append(("numpy " + a.dtype.name + " (" + code + ")", a, plain(a)))
for code in ("S3", "U3", "V3", "M8", "M8[Y]", "M8[M]", "M8[W]", "M8[D]", "M8[h]", "M8[m]", "M8[s]", "M8[ms]", "M8[us]", "M8[ns]", "M8[25s]", "m8", "m8[D]",
        "m8[ns]", ">i4", ">f8", ">U2", ">M8[s]"):
    values = [b"abc", b"xyz"] if code == "S3" else ["a🐍", "é"] if code[-2] == "U" else [b"abc", b"xyz"] if code == "V3" else [1, 2]
    a = np.array(values, code) if code[0] not in "Mm" else np.array([1, 2**40, -2**63], "i8").view(code)
    kinds.append(("numpy " + code, a, plain(a)))
point = np.dtype([("x", "<f8"), ("y", ">i2"), ("name", "S4"), ("at", "M8[ns]"), ("grid", "u1", (2, 2))])
a = np.zeros(2, point)
a["x"], a["y"], a["name"], a["at"], a["grid"] = [1.5, 2.5], [3, 4], b"abcd", "2024-05-06", 7
records = [(1.5, 3, b"abcd", int(a["at"][0].astype("i8")), [[7, 7], [7, 7]]), (2.5, 4, b"abcd", int(a["at"][0].astype("i8")), [[7, 7], [7, 7]])]
kinds.append(("numpy records", a, records))
kinds.append(("numpy records, two fields in other order", a[["y", "x"]], [(3, 1.5), (4, 2.5)]))
kinds.append(("numpy recarray", a.view(np.recarray), records))
kinds.append(("numpy 0-d", np.array(1.5), 1.5))
kinds.append(("numpy scalar", np.float64(1.5), 1.5))
kinds.append(("numpy, strided backwards", np.arange(12.0).reshape(3, 4)[::-1, ::-2], np.arange(12.0).reshape(3, 4)[::-1, ::-2].tolist()))
kinds.append(("numpy, broadcast", np.broadcast_to(np.array([1, 2]), (2, 2)), [[1, 2], [1, 2]]))
`;

const images = `
from PIL import Image
for mode in ("L", "RGB", "RGBA", "CMYK", "I", "F", "I;16"):
    image = Image.new(mode, (3, 2))
    image.putpixel((1, 0), 7 if len(image.getbands()) == 1 else tuple(range(1, len(image.getbands()) + 1)))
    bands = len(image.getbands())
    pixel = lambda x, y: image.getpixel((x, y)) if bands == 1 else list(image.getpixel((x, y)))
    kinds.append(("PIL " + mode, image, [[pixel(x, y) for x in range(3)] for y in range(2)]))
`;

const types = `
import ml_dtypes
brain = np.array([1, -2.5, float("inf"), 1e-40], ml_dtypes.bfloat16)
kinds.append(("ml_dtypes bfloat16", brain, brain.astype("f8").tolist()))
`;

const sources: readonly (readonly [module: string, python: string])[] = [
  ['ctypes', builtins],
  ['_posixshmem', shared],
  ['numpy', arrays],
  ['ml_dtypes', types],
  ['PIL', images],
];

const classOf = (view: BufferView): string => {
  try {
    return view.data.constructor.name;
  } catch (error) {
    assert.ok(error instanceof FormatError);
    assert.match(error.message, /toTypedArray\(\)/);
    return '–';
  }
};

export const kindCases: Cases<PythonSubject> = {
  'the buffers of every kind of object'(subject): Seen {
    const { python } = subject;
    python.exec(exactPython);
    const there = sources.filter(([module]) => has(subject, module));
    for (const [, code] of there) python.exec(code);
    const rows: string[][] = [];
    const names = value<string[]>(subject, '[kind[0] for kind in kinds]');
    names.forEach((name, i) => {
      const view = python.view(`kinds[${i}][1]`);
      const element = view.element();
      assert.equal(exactList(view.toList(), view.ndim, element), subject.text(`exact(kinds[${i}][2])`), name);
      if (view.nbytes > 0) {
        const first = view.shape.map(() => 0);
        const list = view.toList();
        const head = first.reduce((part, at) => (part as never[])[at] as never, list);
        assert.equal(exact(view.get(...first), element), exact(head, element), name);
      }
      const copied = view.toTypedArray().constructor.name;
      rows.push([
        name,
        view.format,
        `${view.itemsize}`,
        `(${view.shape})`,
        element.name,
        classOf(view),
        copied,
        view.source,
      ]);
      // What `data` showed would keep the memory of a block from being closed.
      view.revoke();
    });
    python.exec('"block" in globals() and (block.buf.release(), kinds.clear(), block.close(), block.unlink())');
    const head = ['object', 'format', 'itemsize', 'shape', 'elements', 'data', 'toTypedArray()', 'source'];
    const lacking = sources.filter((one) => !there.includes(one)).map(([module]) => module);
    const said = `${rows.length} kinds${lacking.length ? `, skipped for want of ${lacking.join(', ')}` : ''}`;
    return { said, table: [head, ...rows] };
  },
};
