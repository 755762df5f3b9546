/**
 * The structs of live objects, read through the layouts, against what Python itself says of the objects. Run on
 * libpython and on Pyodide. Each case answers with how many values it compared.
 */
import assert from 'node:assert/strict';
import type { Layout } from '../../../src/layouts/layout.ts';
import { type Layouts, layoutsFor } from '../../../src/layouts/layouts.ts';
import { _PyLong_NON_SIZE_BITS, _PyLong_SIGN_MASK } from '../../../src/layouts/longintrepr.ts';
import type { StructValue } from '../../../src/layouts/vocabulary.ts';
import { dataModels } from '../../../src/target.ts';
import { Py_REFCNT } from '../../../src/view/py-object.ts';
import { readPointer, readStruct } from '../../../src/view/struct.ts';
import { type Cases, has, type Subject, value } from './subject.ts';

const SETUP = `
import gc, json, random, struct, sys, weakref
from array import array
`;

/** Counts what it compares, so that a case cannot pass by comparing nothing. */
class Comparison {
  count = 0;
  equal(found: unknown, expected: unknown, what: string): void {
    this.count++;
    assert.deepEqual(found, expected, what);
  }
  toString(): string {
    assert.ok(this.count > 0);
    return `${this.count} values`;
  }
}

/** The address of what an expression names; the object must be held by a variable. */
const id = (subject: Subject, expression: string): bigint => BigInt(subject.text(`id(${expression})`));
/** An integer of any size. */
const integer = (subject: Subject, expression: string): bigint => BigInt(subject.text(`int(${expression})`));
/** The bytes at an address. */
const bytesAt = ({ memory }: Subject, address: bigint, length: number): string =>
  length === 0 ? '' : Buffer.from(memory.read(address, length)).toString('hex');

function objects(subject: Subject): string {
  const { memory, exec } = subject;
  const { PyObject, PyVarObject } = layoutsFor(memory.target);
  const compare = new Comparison();
  exec(`${SETUP}
class Own: pass
# Made at run time: constants of the code may be immortal, and do not count.
kept = [Own(), bytes([1, 2, 3]), float("1.5"), tuple([1, 2]), [3], {4: 5}, bytearray(6), array("i", [7]), memoryview(b"8"), str(1e9), int("9" * 30)]
`);
  for (let i = 0; i < integer(subject, 'len(kept)'); i++) {
    const address = id(subject, `kept[${i}]`);
    compare.equal(readStruct(memory, PyObject, address).ob_type, id(subject, `type(kept[${i}])`), `ob_type of ${i}`);
    const before = Py_REFCNT(memory, address);
    exec(`more = [kept[${i}]] * 7`);
    compare.equal(Py_REFCNT(memory, address) - before, 7, `seven more references to ${i}`);
    exec('del more');
    // getrefcount counts its own argument too, unless the interpreter lends it.
    const says = Number(integer(subject, `sys.getrefcount(kept[${i}])`));
    compare.equal([0, 1].includes(says - before), true, `sys.getrefcount of ${i} says ${says}, the struct ${before}`);
  }
  for (const i of [1, 3, 4, 6, 7]) {
    const { ob_size } = readStruct(memory, PyVarObject, id(subject, `kept[${i}]`));
    compare.equal(ob_size, integer(subject, `len(kept[${i}])`), `ob_size of ${i}`);
  }
  return String(compare);
}

function types(subject: Subject): string {
  const { memory, exec } = subject;
  const { PyTypeObject, PyBufferProcs } = layoutsFor(memory.target);
  const compare = new Comparison();
  exec(`${SETUP}
class Own:
    __slots__ = ("a", "__dict__", "__weakref__")
class Sub(list): pass
types = [object, int, str, list, dict, memoryview, bytes, bytearray, array, type, Own, Sub, type(lambda: 0), set]
def exports(t):
    try:
        memoryview({bytes: b"", bytearray: bytearray(), memoryview: memoryview(b""), array: array("b")}[t])
        return True
    except KeyError:
        return False
`);
  for (let i = 0; i < integer(subject, 'len(types)'); i++) {
    const t = `types[${i}]`;
    const type = readStruct(memory, PyTypeObject, id(subject, t));
    const numbers = [
      ['tp_basicsize', '__basicsize__'],
      ['tp_itemsize', '__itemsize__'],
      ['tp_flags', '__flags__'],
      ['tp_dictoffset', '__dictoffset__'],
      ['tp_weaklistoffset', '__weakrefoffset__'],
    ] as const;
    for (const [field, attribute] of numbers) {
      compare.equal(type[field], integer(subject, `${t}.${attribute}`), `${field} of ${t}`);
    }
    compare.equal(type.tp_base, integer(subject, `id(${t}.__base__) if ${t}.__base__ else 0`), `tp_base of ${t}`);
    compare.equal(type.tp_mro, integer(subject, `id(type.__dict__["__mro__"].__get__(${t}))`), `tp_mro of ${t}`);
    const name = subject.text(`${t}.__name__`);
    compare.equal(cString(subject, type.tp_name).split('.').at(-1), name, `tp_name of ${t}`);
    const getbuffer = type.tp_as_buffer && readStruct(memory, PyBufferProcs, type.tp_as_buffer).bf_getbuffer;
    compare.equal(getbuffer !== 0n, value(subject, `exports(${t})`), `bf_getbuffer of ${t}`);
  }
  return String(compare);
}

function cString(subject: Subject, address: bigint): string {
  const bytes: number[] = [];
  for (let at = address; bytes.at(-1) !== 0; at++) bytes.push(subject.memory.read(at, 1)[0] ?? 0);
  return Buffer.from(bytes.slice(0, -1)).toString();
}

function memoryviews(subject: Subject): string {
  const { memory, exec } = subject;
  const { PyMemoryViewObject, _PyManagedBufferObject } = layoutsFor(memory.target);
  const compare = new Comparison();
  exec(`${SETUP}
base = bytearray(range(96))
views = [
    memoryview(base), memoryview(bytes(base)), memoryview(base)[5:60:3], memoryview(base)[::-1],
    memoryview(base).cast("d", (3, 4)), memoryview(base).cast("h", (2, 3, 8))[1:], memoryview(base)[:0],
    memoryview(bytes(8)).cast("q", ()), memoryview(array("f", [1, 2, 3])), memoryview(b"frozen").toreadonly(),
]
`);
  const said =
    '{"ndim": v.ndim, "shape": v.shape, "strides": v.strides, "suboffsets": v.suboffsets, "itemsize": v.itemsize, "len": v.nbytes, "readonly": int(v.readonly), "format": v.format, "obj": id(v.obj), "mbuf": id(gc.get_referents(v)[0])}';
  for (const [i, says] of value<Record<string, unknown>[]>(subject, `[${said} for v in views]`).entries()) {
    const address = id(subject, `views[${i}]`);
    const object = readStruct(memory, PyMemoryViewObject, address);
    const { view } = object;
    const sizes = (at: bigint, n: number): number[] =>
      at === 0n ? [] : Array.from({ length: n }, (_, j) => Number(readSigned(subject, at, j)));
    const found = {
      ndim: view.ndim,
      shape: sizes(view.shape, view.ndim),
      strides: sizes(view.strides, view.ndim),
      suboffsets: sizes(view.suboffsets, view.ndim),
      itemsize: Number(view.itemsize),
      len: Number(view.len),
      readonly: view.readonly,
      format: cString(subject, view.format),
      obj: Number(view.obj),
      mbuf: Number(object.mbuf),
    };
    for (const [field, expected] of Object.entries(says)) {
      compare.equal(found[field as 'ndim'], expected, `${field} of views[${i}]`);
    }
    // shape, strides and suboffsets lie in the object's own trailing array.
    const array = address + BigInt(PyMemoryViewObject.offsetOf('ob_array'));
    if (view.ndim > 0) compare.equal(view.shape, array, `shape of views[${i}] points into ob_array`);
    compare.equal([object.hash, object.weakreflist, object.exports], [-1n, 0n, 0n], `fresh fields of views[${i}]`);
    exec(`r = weakref.ref(views[${i}])`);
    compare.equal(readStruct(memory, PyMemoryViewObject, address).weakreflist, id(subject, 'r'), 'weakreflist');
    const managed = () => readStruct(memory, _PyManagedBufferObject, object.mbuf);
    const before = managed();
    compare.equal([before.flags, before.master.obj], [0, view.obj], 'the managed buffer');
    exec(`n = memoryview(views[${i}])`);
    compare.equal(managed().exports - before.exports, 1n, 'exports of the managed buffer');
    exec('del n');
    compare.equal(managed().exports, before.exports, 'exports, the other memoryview gone');
  }
  // Something other than a memoryview holds the buffer of a memoryview: only then it counts itself.
  exec('m = memoryview(b"abcdef"); i = struct.iter_unpack("b", m); hash(m)');
  const counted = readStruct(memory, PyMemoryViewObject, id(subject, 'm'));
  compare.equal([counted.exports, counted.hash], [1n, integer(subject, 'hash(m)')], 'exports and hash');
  exec('del i; m.release()');
  const released = readStruct(memory, PyMemoryViewObject, id(subject, 'm'));
  compare.equal([released.exports, released.flags & 1], [0n, 1], 'exports and flags after release()');
  return String(compare);
}

function readSigned(subject: Subject, address: bigint, index: number): bigint {
  const { pointer } = dataModels[subject.memory.target.model];
  return BigInt.asIntN(pointer * 8, readPointer(subject.memory, address + BigInt(index * pointer)));
}

function byteses(subject: Subject): string {
  const { memory, exec } = subject;
  const { PyBytesObject, PyByteArrayObject } = layoutsFor(memory.target);
  const compare = new Comparison();
  exec(`${SETUP}
strings = [bytes(random.Random(n).getrandbits(8) for _ in range(n)) for n in (0, 1, 2, 7, 300)]
arrays = [bytearray(s) for s in strings]
`);
  for (let i = 0; i < 5; i++) {
    const b = `strings[${i}]`;
    const object = readStruct(memory, PyBytesObject, id(subject, b));
    const length = Number(object.ob_base.ob_size);
    compare.equal(length, Number(integer(subject, `len(${b})`)), `ob_size of ${b}`);
    const at = id(subject, b) + BigInt(PyBytesObject.offsetOf('ob_sval'));
    compare.equal(bytesAt(subject, at, length + 1), `${subject.text(`${b}.hex()`)}00`, `ob_sval of ${b}`);
    exec(`hash(${b})`);
    const { ob_shash } = readStruct(memory, PyBytesObject, id(subject, b));
    compare.equal(ob_shash, integer(subject, `hash(${b})`), `ob_shash of ${b}`);

    const a = `arrays[${i}]`;
    const mutable = () => readStruct(memory, PyByteArrayObject, id(subject, a));
    compare.equal(mutable().ob_base.ob_size, BigInt(length), `ob_size of ${a}`);
    compare.equal(allocOf(subject, mutable()), integer(subject, `${a}.__alloc__()`), `ob_alloc of ${a}`);
    compare.equal(bytesAt(subject, mutable().ob_start, length), subject.text(`${a}.hex()`), `ob_start of ${a}`);
    exec(`held = [memoryview(${a}) for _ in range(3)]`);
    compare.equal(BigInt(mutable().ob_exports), 3n, `ob_exports of ${a}`);
    exec('del held');
    compare.equal(BigInt(mutable().ob_exports), 0n, `ob_exports of ${a}, released`);
  }
  exec('front = bytearray(range(100)); del front[:9]');
  const front = readStruct(memory, PyByteArrayObject, id(subject, 'front'));
  compare.equal(front.ob_start - front.ob_bytes, 9n, 'ob_start after the front was deleted');
  compare.equal(bytesAt(subject, front.ob_start, 91), subject.text('front.hex()'), 'the rest');
  return String(compare);
}

/** What `__alloc__()` says: since 3.15, where the bytes lie in a bytes object, all of that object. */
function allocOf({ memory }: Subject, object: LayoutValue<'PyByteArrayObject'>): bigint {
  const { PyBytesObject } = layoutsFor(memory.target);
  if (object.ob_bytes_object === undefined || object.ob_alloc === 0n) return object.ob_alloc;
  assert.equal(readStruct(memory, PyBytesObject, object.ob_bytes_object).ob_base.ob_size, object.ob_alloc);
  return object.ob_alloc + BigInt(PyBytesObject.offsetOf('ob_sval')) + 1n;
}

function strings(subject: Subject): string {
  const { memory, exec } = subject;
  const { PyASCIIObject, PyCompactUnicodeObject, PyUnicodeObject } = layoutsFor(memory.target);
  const compare = new Comparison();
  exec(`${SETUP}
class Text(str): pass
texts = ["ascii text", "caf\\u00e9", "\\u65e5\\u672c", "\\U0001f600 smile", sys.intern("memview has " + str(len("interned")) + " letters"), Text("of a subclass")]
kinds = {1: "latin-1", 2: "utf-16-le" if sys.byteorder == "little" else "utf-16-be", 4: "utf-32-le" if sys.byteorder == "little" else "utf-32-be"}
`);
  const kinds = [1, 1, 2, 4, 1, 1];
  for (const [i, kind] of kinds.entries()) {
    const s = `texts[${i}]`;
    exec(`hash(${s})`);
    const address = id(subject, s);
    const { _base: compact, data } = readStruct(memory, PyUnicodeObject, address);
    const { _base: ascii } = compact;
    const isSubclass = i === 5;
    const isAscii = value<boolean>(subject, `${s}.isascii()`);
    compare.equal(ascii.length, integer(subject, `len(${s})`), `length of ${s}`);
    compare.equal(ascii.hash, integer(subject, `hash(${s})`), `hash of ${s}`);
    const state = [ascii.state.kind, ascii.state.compact, ascii.state.ascii];
    compare.equal(state, [kind, isSubclass ? 0 : 1, isAscii ? 1 : 0], `state of ${s}`);
    if (i === 0 || i === 4) compare.equal(ascii.state.interned > 0, i === 4, `interned of ${s}`);
    const after = isAscii ? PyASCIIObject.size : PyCompactUnicodeObject.size;
    const characters = isSubclass ? data.any : address + BigInt(after);
    const expected = subject.text(`${s}.encode(kinds[${kind}]).hex()`);
    compare.equal(bytesAt(subject, characters, expected.length / 2), expected, `characters of ${s}`);
  }
  return String(compare);
}

function numbers(subject: Subject): string {
  const { memory, exec } = subject;
  const { PyLongObject, PyFloatObject } = layoutsFor(memory.target);
  const compare = new Comparison();
  exec(`${SETUP}
rng = random.Random(1)
ints = [0, 1, -1, 255, -5, 2**15, -2**15, 2**30 - 1, 2**30, -2**30, 2**60, -2**64, 10**40, -10**41] + [rng.getrandbits(rng.randrange(1, 200)) * rng.choice([1, -1]) for _ in range(80)]
floats = [0.0, -0.0, 1.5, -1e300, 5e-324, float("inf"), float("nan")] + [rng.uniform(-1e9, 1e9) for _ in range(30)]
`);
  const bits = integer(subject, 'sys.int_info.bits_per_digit');
  const digit = PyLongObject.find(PyLongObject.has('long_value') ? 'long_value.ob_digit' : 'ob_digit');
  compare.equal(BigInt(digit.size), integer(subject, 'sys.int_info.sizeof_digit'), 'sizeof_digit');
  const ints = value<string[]>(subject, '[str(i) for i in ints]');
  for (const [i, expected] of ints.entries()) {
    const address = id(subject, `ints[${i}]`);
    const [sign, length] = signAndLength(readStruct(memory, PyLongObject, address));
    let magnitude = 0n;
    for (let d = 0n; d < length; d++) {
      const bytes = memory.read(address + BigInt(digit.offset) + d * BigInt(digit.size), digit.size);
      const limb = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
      magnitude |= limb << (bits * d);
    }
    compare.equal(String(sign * magnitude), expected, `ints[${i}]`);
  }
  const floats = value<string[]>(subject, '[struct.pack(">d", f).hex() for f in floats]');
  for (const [i, expected] of floats.entries()) {
    const big = Buffer.alloc(8);
    big.writeDoubleBE(readStruct(memory, PyFloatObject, id(subject, `floats[${i}]`)).ob_fval);
    compare.equal(big.toString('hex'), expected, `floats[${i}]`);
  }
  return String(compare);
}

/** How an int says its sign and its number of digits: in `lv_tag` since 3.12, in `ob_size` before. */
function signAndLength(object: LayoutValue<'PyLongObject'>): [sign: bigint, length: bigint] {
  if (object.long_value) {
    const { lv_tag } = object.long_value;
    return [1n - (lv_tag & _PyLong_SIGN_MASK), lv_tag >> _PyLong_NON_SIZE_BITS];
  }
  assert.ok('ob_size' in object.ob_base);
  const { ob_size } = object.ob_base;
  return ob_size < 0n ? [-1n, -ob_size] : [1n, ob_size];
}

type LayoutValue<K extends keyof Layouts> = Layouts[K] extends Layout<string, infer F> ? StructValue<F> : never;

function containers(subject: Subject): string {
  const { memory, exec } = subject;
  const { PyTupleObject, PyListObject, PyDictObject } = layoutsFor(memory.target);
  const { pointer } = dataModels[memory.target.model];
  const compare = new Comparison();
  exec(`${SETUP}
tuples = [(), (object(),), tuple(object() for _ in range(9))]
lists = [[], [object()], [object() for _ in range(9)]]
for l in lists[2:]: l.append(object())
dicts = [{}, {1: 2}, dict.fromkeys(range(1000))]
`);
  const items = (at: bigint, length: number): string[] =>
    Array.from({ length }, (_, i) => String(readPointer(memory, at + BigInt(i * pointer))));
  for (let i = 0; i < 3; i++) {
    const t = `tuples[${i}]`;
    const ids = value<string[]>(subject, `[str(id(x)) for x in ${t}]`);
    const at = id(subject, t) + BigInt(PyTupleObject.offsetOf('ob_item'));
    compare.equal(items(at, ids.length), ids, `ob_item of ${t}`);
    const hashed = () => readStruct(memory, PyTupleObject, id(subject, t)).ob_hash;
    if (PyTupleObject.has('ob_hash')) {
      if (i > 0) compare.equal(hashed(), -1n, `ob_hash of ${t} before`);
      exec(`hash(${t})`);
      if (i > 0) compare.equal(hashed(), integer(subject, `hash(${t})`), `ob_hash of ${t}`);
    }
    const l = `lists[${i}]`;
    const list = readStruct(memory, PyListObject, id(subject, l));
    const inList = value<string[]>(subject, `[str(id(x)) for x in ${l}]`);
    compare.equal(list.ob_base.ob_size, BigInt(inList.length), `ob_size of ${l}`);
    compare.equal(items(list.ob_item, inList.length), inList, `ob_item of ${l}`);
    const allocated = integer(subject, `(sys.getsizeof(${l}) - sys.getsizeof([])) // ${pointer}`);
    compare.equal(list.allocated, allocated, `allocated of ${l}`);
    const dict = readStruct(memory, PyDictObject, id(subject, `dicts[${i}]`));
    compare.equal(dict.ma_used, integer(subject, `len(dicts[${i}])`), `ma_used of dicts[${i}]`);
    compare.equal(dict.ma_keys !== 0n, true, `ma_keys of dicts[${i}]`);
    // The keys of an empty dict are shared by all, as those of instances are: its values are apart.
    if (i > 0) compare.equal(dict.ma_values, 0n, `ma_values of dicts[${i}]`);
  }
  exec('class Point:\n    def __init__(self): self.x = 1\np = [Point() for _ in range(3)]; d = p[2].__dict__');
  const split = readStruct(memory, PyDictObject, id(subject, 'd'));
  compare.equal(split.ma_used, 1n, 'ma_used of an instance');
  return String(compare);
}

function arrays(subject: Subject): string {
  const { memory, exec } = subject;
  const { arrayobject } = layoutsFor(memory.target);
  const compare = new Comparison();
  exec(`${SETUP}
arrays = [array("b"), array("d", [1.5, 2.5]), array("q", range(1000)), array("H", [7] * 33)]
`);
  for (let i = 0; i < 4; i++) {
    const a = `arrays[${i}]`;
    const object = () => readStruct(memory, arrayobject, id(subject, a));
    const [address, length] = value<[number, number]>(subject, `${a}.buffer_info()`);
    compare.equal([object().ob_item, object().ob_base.ob_size], [BigInt(address), BigInt(length)], `buffer of ${a}`);
    const hex = subject.text(`${a}.tobytes().hex()`);
    compare.equal(bytesAt(subject, object().ob_item, hex.length / 2), hex, `items of ${a}`);
    compare.equal(object().allocated >= object().ob_base.ob_size, true, `allocated of ${a}`);
    exec(`held = [memoryview(${a}), memoryview(${a})]; r = weakref.ref(${a})`);
    compare.equal([object().ob_exports, object().weakreflist], [2n, id(subject, 'r')], `exports, weakrefs of ${a}`);
    exec('del held, r');
    compare.equal([object().ob_exports, object().weakreflist], [0n, 0n], `exports, weakrefs of ${a}, gone`);
  }
  return String(compare);
}

function ndarrays(subject: Subject): string {
  const { memory, exec } = subject;
  if (!has(subject, 'numpy')) return 'skipped: no numpy here';
  const layouts = layoutsFor(memory.target);
  const compare = new Comparison();
  exec(`${SETUP}import numpy
base = numpy.arange(24.0)
ndarrays = [
    base, base.reshape(2, 3, 4)[:, ::-1, ::2], numpy.array(5), numpy.zeros((0, 3), "u2"), numpy.asfortranarray(base.reshape(4, 6)),
    numpy.array([b"ab", b"cd"]), numpy.zeros(3, [("a", "<i4"), ("b", ">f8")]), numpy.array(["x"], dtype=object),
    numpy.frombuffer(b"readonly", "u1"), numpy.array(["2020-01-01"], "M8[D]"), numpy.arange(3, dtype=">i8"),
]
`);
  const numpy2 = value<boolean>(subject, 'numpy.__version__ >= "2"');
  for (let i = 0; i < integer(subject, 'len(ndarrays)'); i++) {
    const a = `ndarrays[${i}]`;
    const array = readStruct(memory, layouts.PyArrayObject_fields, id(subject, a));
    const says = value<Record<'data' | 'nd' | 'base' | 'descr' | 'flags', number>>(
      subject,
      `{"data": ${a}.ctypes.data, "nd": ${a}.ndim, "base": id(${a}.base) if ${a}.base is not None else 0, "descr": id(${a}.dtype), "flags": ${a}.flags.num}`,
    );
    const { data, nd, base, descr, flags } = array;
    const found = { data: Number(data), nd, base: Number(base), descr: Number(descr), flags };
    compare.equal(found, says, a);
    const sizes = (at: bigint): number[] => Array.from({ length: nd }, (_, j) => Number(readSigned(subject, at, j)));
    compare.equal([sizes(array.dimensions), sizes(array.strides)], value(subject, `[${a}.shape, ${a}.strides]`), a);
    exec(`r = weakref.ref(${a})`);
    compare.equal(readStruct(memory, layouts.PyArrayObject_fields, id(subject, a)).weakreflist, id(subject, 'r'), a);
    exec('del r');

    exec(`d = ${a}.dtype`);
    const dtype = value<(string | number)[]>(
      subject,
      '[id(d.type), d.kind, d.char, d.byteorder, d.num, d.itemsize, d.alignment, id(d.fields) if d.fields else 0, str(hash(d))]',
    );
    // numpy gives the fields as a proxy of the dict: what is seen is whether there are any.
    const text = (code: number): string => String.fromCharCode(code);
    const descriptor = numpy2
      ? readStruct(memory, layouts._PyArray_LegacyDescr, descr)
      : readStruct(memory, layouts.PyArray_DescrProto, descr);
    const { typeobj, kind, type, byteorder, type_num, elsize, alignment, fields, hash } = descriptor;
    compare.equal(
      [Number(typeobj), text(kind), text(type), text(byteorder), type_num, Number(elsize), Number(alignment)],
      dtype.slice(0, 7),
      `descriptor of ${a}`,
    );
    compare.equal(hash, BigInt(dtype[8] ?? 0), `hash of the descriptor of ${a}`);
    compare.equal(named(subject, fields), dtype[7] !== 0, `fields of the descriptor of ${a}`);
    if (numpy2) {
      const own = readStruct(memory, layouts._PyArray_DescrNumPy2, descr);
      compare.equal([own.elsize, own.hash, own.flags], [elsize, hash, integer(subject, 'd.flags')], `flags of ${a}`);
    }
  }
  return String(compare);
}

/** Whether a descriptor's `fields` is neither NULL nor None. */
function named(subject: Subject, fields: bigint): boolean {
  return fields !== 0n && fields !== id(subject, 'None');
}

export const layoutCases: Cases<Subject> = {
  'PyObject and PyVarObject of live objects': objects,
  'PyTypeObject and PyBufferProcs of live types': types,
  'PyMemoryViewObject, Py_buffer and _PyManagedBufferObject of live memoryviews': memoryviews,
  'PyBytesObject and PyByteArrayObject of live objects': byteses,
  'PyASCIIObject, PyCompactUnicodeObject and PyUnicodeObject of live strings': strings,
  'PyLongObject and PyFloatObject of live numbers': numbers,
  'PyTupleObject, PyListObject and PyDictObject of live containers': containers,
  'arrayobject of live arrays': arrays,
  'PyArrayObject_fields and the descriptors of live ndarrays': ndarrays,
};
