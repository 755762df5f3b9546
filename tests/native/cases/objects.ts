/**
 * Objects read by layout alone, without a call of Python, against what Python says of them. Run on libpython and on
 * Pyodide. Each case answers with how many objects it compared.
 */
import assert from 'node:assert/strict';
import { internalLayouts } from '../../../src/layouts/internal.ts';
import type { BufferView } from '../../../src/view/buffer-view.ts';
import { sameLayout } from '../../../src/view/format.ts';
import { viewObject } from '../../../src/view/object.ts';
import { readStruct } from '../../../src/view/struct.ts';
import { dictItems, readLong, readStr, readTuple } from '../../../src/view/values.ts';
import { exactList, exactPython } from './exact.ts';
import { type Cases, has, type Subject, value } from './subject.ts';

/** The address of what an expression names; the object must be held by a variable. */
const id = (subject: Subject, expression: string): bigint => BigInt(subject.text(`id(${expression})`));
const ids = (subject: Subject, expression: string): bigint[] =>
  value<string[]>(subject, `[str(id(x)) for x in ${expression}]`).map(BigInt);

function plainValues(subject: Subject): string {
  const { memory, exec } = subject;
  exec(`
import json, random, sys
class Text(str): pass
class Whole(int): pass
class Pair(tuple): pass
rng = random.Random(3)
texts = ["", "a", "ascii text", "caf\\u00e9", "\\u00ff" * 300, "\\u65e5\\u672c", "\\ud800 alone", "\\U0001f600 smile", Text("of a subclass"),
    Text("\\u65e5 of one"), Text("\\U0001f600"), Text(""), "x" * 10000, "\\u20ac" * 9999, sys.intern("interned " + str(len("x")))]
wholes = [0, 1, -1, True, False, Whole(77), 2**15, -2**15, 2**30 - 1, 2**30, -2**30, 2**60, -2**64, 10**400, -10**41]
wholes += [rng.getrandbits(rng.randrange(1, 300)) * rng.choice([1, -1]) for _ in range(200)]
tuples = [(), (1,), tuple(texts), Pair(wholes), tuple(range(5000))]
`);
  const texts = value<string[]>(subject, '[list(map(ord, t)) for t in texts]').map((codes) =>
    Array.from(codes, (code) => String.fromCodePoint(Number(code))).join(''),
  );
  assert.deepEqual(
    ids(subject, 'texts').map((at) => readStr(memory, at)),
    texts,
  );
  const wholes = value<string[]>(subject, '[str(int(w)) for w in wholes]');
  assert.deepEqual(
    ids(subject, 'wholes').map((at) => String(readLong(memory, at))),
    wholes,
  );
  const tuples = ids(subject, 'tuples');
  for (const [i, at] of tuples.entries()) assert.deepEqual(readTuple(memory, at), ids(subject, `tuples[${i}]`));
  assert.throws(() => readStr(memory, tuples[0] ?? 0n), { name: 'TypeError', message: /expected a str at .*"tuple"/ });
  return `${texts.length} str, ${wholes.length} int, ${tuples.length} tuple`;
}

function dicts(subject: Subject): string {
  const { memory, exec } = subject;
  exec(`
import collections, json, random, sys, types
class Own:
    def __init__(self, n):
        for i in range(n):
            setattr(self, "a%d" % i, i * 1000)
class Sub(dict): pass
def without(d, *keys):
    for key in keys:
        del d[key]
    return d
own = [Own(n) for n in (0, 1, 2, 5, 12, 29, 40)] + [Own(5)]
del own[-1].a2
own[-1].late = 1
dicts = [{}, {1: 2}, {"a": 1}, {"a": 1, 2: 3, None: 4}, Sub(x=1, y=2), collections.OrderedDict(a=1, b=2),
    without({i: i for i in range(50)}, 3, 4, 49), without({str(i): i for i in range(50)}, "3", "4", "49"), without({1: 2}, 1),
    sys.modules, vars(sys), vars(json), globals(), {(i, i): i for i in range(10)}, dict.fromkeys("abc"), collections.defaultdict(int, q=1)]
dicts += [{i * 7: str(i) for i in range(n)} for n in (5, 6, 10, 11, 85, 86, 170, 171, 1000, 43690, 43691, 70000)]
dicts += [{"k%d" % i: i for i in range(n)} for n in (5, 6, 85, 86, 171, 1000, 43691, 70000)]
dicts += [vars(o) for o in own]
modules = [sys, json, types, collections]
`);
  const addresses = ids(subject, 'dicts');
  let items = 0;
  for (const [i, at] of addresses.entries()) {
    // globals() itself grows by what asks for it: both are read while nothing runs in between.
    const expected = value<string[]>(subject, `[str(id(x)) for item in list(dicts[${i}].items()) for x in item]`);
    const found = [...dictItems(memory, at)].flat().map(String);
    if (found.length !== expected.length || found.some((one, k) => one !== expected[k])) {
      assert.fail(`dict ${i}: ${found.length / 2} items, expected ${expected.length / 2}`);
    }
    items += found.length / 2;
  }
  const { md_dict } = readStruct(memory, internalLayouts(memory.target).PyModuleObject, id(subject, 'json'));
  assert.equal(md_dict, id(subject, 'vars(json)'));
  return `${addresses.length} dict of ${items} items`;
}

/** Each adds to `things`: a name, an object, its values. */
const builtins = `
import sys, warnings
def can_view(x):
    try:
        memoryview(x)
        return True
    except (TypeError, ValueError, BufferError):
        return False
class Bytes(bytes):
    pass
class Further(Bytes):
    def __init__(self, *args):
        self.more = 1
class Bytearray(bytearray):
    __slots__ = ("extra", "__weakref__")
front = bytearray(range(100)); del front[:3]
grown = bytearray(b"abc"); grown.extend(bytes(5000)); del grown[4000:]
things = [
    ("bytes, none", bytes(), []), ("bytes, one", b"x", [120]), ("bytes", bytes(range(256)), list(range(256))),
    ("bytes, many", bytes(3 << 20)[1:], None), ("bytes, of a subclass", Bytes(b"abc"), list(b"abc")), ("bytes, further down", Further(b"de"), list(b"de")),
    ("bytearray, none", bytearray(), []), ("bytearray", bytearray(b"abc"), list(b"abc")), ("bytearray, without its front", front, list(front)),
    ("bytearray, grown", grown, list(grown)), ("bytearray, of a subclass", Bytearray(b"abc"), list(b"abc")),
    ("memoryview", memoryview(front)[::-2], list(front)[::-2]),
]
`;

const arrays = `
import array as arrays
class Array(arrays.array):
    pass
warnings.simplefilter("ignore")
for code in arrays.typecodes:
    values = "a\\u00e9" if code in "uw" else [0, 1, 100]
    if code in ("u", "w"):
        things.append(("array of " + code, arrays.array(code, values), list(values)))
    elif code in ("Zf", "Zd"):
        things.append(("array of " + code, arrays.array(code, values), [complex(x) for x in values]))
    else:
        things.append(("array of " + code, arrays.array(code, values), arrays.array(code, values).tolist()))
things += [("array, none", arrays.array("d"), []), ("array, of a subclass", Array("h", [1, -2]), [1, -2])]
`;

const numpys = `
import os, tempfile
import numpy as np
def numpy_thing(name, a):
    things.append(("numpy " + name, a, plain(a)))
def plain(a):
    kind = a.dtype.kind
    if kind in "Mm":
        return a.astype("i8").tolist()
    if kind == "V" and not a.dtype.names:
        return [x.tobytes() for x in a]
    if kind == "V":
        return [tuple(plain(np.array(a[name][i])) if a.dtype[name].subdtype or a.dtype[name].names or a.dtype[name].kind != "V" else a[name][i].tobytes()
            for name in a.dtype.names) for i in range(len(a))] if a.ndim else plain(a.reshape(1))[0]
    if kind == "O":
        return np.array([id(x) for x in a.ravel()], dtype="u8").reshape(a.shape).tolist()
    return a.tolist()
for code in "?bhilqpBHILQPefdgFDG":
    numpy_thing(code, np.array([0, 1, 1], code) if code == "?" else np.array([1, 2, 100], code))
for code in ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "f8", "c8", "c16"):
    for order in "<>=":
        numpy_thing(order + code, np.array([1, 2, 100], order + code))
numpy_thing("long double, swapped", np.array([1.5, -2.5], np.dtype("g").newbyteorder()))
for code in ("S0", "S1", "S3", "U0", "U3", ">U3", "V3"):
    if code in ("S0", "U0"):
        a = np.zeros(3, np.dtype([("x", code), ("y", "u1")]))["x"]
        things.append(("numpy " + code, a, a.tolist()))
    else:
        numpy_thing(code, np.array(["abc", "de"] if "U" in code else [b"abc", b"xyz"], code) if code != "S1" else np.array([b"a", b"b"]))
for unit in ("", "[Y]", "[M]", "[W]", "[D]", "[h]", "[m]", "[s]", "[ms]", "[us]", "[ns]", "[ps]", "[fs]", "[as]", "[25s]", "[7D]"):
    for code in ("M8", "m8", ">M8", "<m8"):
        numpy_thing(code + unit, np.array([1, 2**40, -2**63], code[0] + "i8" if code[0] in "<>" else "i8").view(code + unit))
numpy_thing("objects", np.array([None, things, "x"], object))
base = np.arange(120.0).reshape(4, 5, 6)
for name, a in [("strided", base[::2, 1:4, ::3]), ("backwards", base[::-1, :, ::-2]), ("Fortran", np.asfortranarray(base)), ("transposed", base.T),
        ("0-d", np.array(1.5)), ("empty", np.empty((3, 0, 2))), ("broadcast", np.broadcast_to(np.arange(3), (4, 3))), ("one of many", base[:, :1, :1]),
        ("a row", base[:1, ::2]), ("unaligned", np.frombuffer(bytes(range(33)), np.uint8)[1:].view("f8")), ("unaligned long", np.frombuffer(bytes(range(33)), np.uint8)[1:].view("l")),
        ("unaligned long double", np.frombuffer(bytes(65), np.uint8)[1:65].view("g")), ("read-only", np.frombuffer(b"12345678", "i4"))]:
    numpy_thing(name, a)
point = np.dtype([("x", "<f8"), ("y", ">i2"), ("name", "S4"), ("at", "M8[ns]"), ("grid", "u1", (2, 3))])
records = np.zeros(2, point)
records["x"], records["y"], records["name"], records["at"], records["grid"] = [1.5, 2.5], [3, 4], b"abcd", "2024-05-06", [[[1, 2, 3], [4, 5, 6]]] * 2
nested = np.zeros(3, [("p", point), ("q", [("a", "i1"), ("b", "f4", 2)], (2,)), ("w", "U2"), ("g", "g"), ("z", "G"), ("?", "?"), ("u", "V3")])
nested["p"]["x"], nested["p"]["name"], nested["w"], nested["g"], nested["u"] = [1, 2, 3], b"wxyz", "\\u00e9\\u65e5", 1.25, b"abc"
for name, a in [("records", records), ("records, aligned", np.ones(3, np.dtype([("a", "i1"), ("b", "f8"), ("c", "i2")], align=True))),
        ("records, two fields in other order", records[["y", "x"]]), ("records, nested", nested), ("records, 0-d", records[:1].reshape(())),
        ("records, spaced", np.ones(2, np.dtype({"names": ["a", "b"], "formats": ["i4", "u1"], "offsets": [4, 13], "itemsize": 24}))),
        ("records, overlapping", np.ones(2, np.dtype({"names": ["a", "b"], "formats": ["<i4", "<i2"], "offsets": [0, 2]}))),
        ("records, titled", np.ones(2, np.dtype([(("A title", "a"), "i4"), (("Another", "b"), "f4")]))),
        ("records, of many fields", np.ones(2, [("f%d" % i, "i2") for i in range(700)])),
        ("records, of subarrays of subarrays", np.ones(2, [("s", np.dtype((np.dtype(("i2", (2, 2))), (3,))))])),
        ("recarray", records.view(np.recarray)), ("matrix", np.matrix([[1, 2], [3, 4]]))]:
    numpy_thing(name, a)
owned = np.array([(things, 1), ("x", 2)], [("o", "O"), ("n", "i2")])
things.append(("numpy records, of objects", owned, [(id(things), 1), (id(owned["o"][1]), 2)]))
things.append(("numpy masked", np.ma.array([1, 2], mask=[0, 1]), [1, 2]))
class Own(np.ndarray): pass
numpy_thing("of a subclass", np.arange(4).view(Own))
try:
    path = os.path.join(tempfile.mkdtemp(), "x")
    mapped = np.memmap(path, "i4", "w+", shape=(3, 2)); mapped[:] = 7
    numpy_thing("memmap", mapped)
except OSError:
    pass
`;

const brains = `
import ml_dtypes
brain = np.array([1, -2.5, float("inf"), 1e-40], ml_dtypes.bfloat16)
things.append(("ml_dtypes bfloat16", brain, brain.astype("f8").tolist()))
`;

const sources: readonly (readonly [module: string, python: string])[] = [
  ['array', arrays],
  ['numpy', numpys],
  ['ml_dtypes', brains],
];

function objects(subject: Subject): string {
  const { memory, exec } = subject;
  exec(exactPython);
  exec(builtins);
  const there = sources.filter(([module]) => has(subject, module));
  for (const [, code] of there) exec(code);
  const names = value<string[]>(subject, '[thing[0] for thing in things]');
  const addresses = ids(subject, '[thing[1] for thing in things]');
  names.forEach((name, i) => {
    const address = addresses[i] ?? 0n;
    const found = viewObject(memory, address);
    const expected = asked(subject, `things[${i}][1]`);
    const element = found.element();
    if (value(subject, `things[${i}][2] is not None`)) {
      const list = exactList(found.toList(), found.ndim, element);
      assert.equal(list, subject.text(`exact(things[${i}][2])`), `${name}: ${found.format}`);
    }
    if (!expected) return;
    const { shape, strides, readonly, itemsize, address: at } = expected;
    const same = { shape, strides, readonly, itemsize, at: shape.includes(0) ? found.address : at };
    const { shape: own, strides: far, readonly: fixed, itemsize: size } = found;
    assert.deepEqual({ shape: own, strides: far, readonly: fixed, itemsize: size, at: found.address }, same, name);
    assert.deepEqual([found.object, found.source], [address, name === 'memoryview' ? 'buffer' : 'layout']);
    // numpy's own of a record leave something out; that of Python.view is then as good.
    const alike = sameLayout(found.format, expected.format, itemsize, memory.target);
    assert.ok(found.format === expected.format || alike, `${name}: ${found.format}, expected ${expected.format}`);
    if (element.name !== 'record') assert.equal(found.format, expected.format, name);
    expected.release();
  });
  assert.ok(names.length > 20);
  const lacking = sources.filter((one) => !there.includes(one)).map(([module]) => module);
  return `${names.length} objects${lacking.length ? `, skipped for want of ${lacking.join(', ')}` : ''}`;
}

/** The view that Python gives; undefined where it gives none, as Pyodide of what only the array interface tells. */
function asked(subject: Subject, expression: string): BufferView | undefined {
  const asMemoryview = value(subject, `can_view(${expression})`);
  return subject.python || asMemoryview ? subject.view(expression) : undefined;
}

export const objectCases: Cases<Subject> = {
  'str, int and tuple read by layout are what Python has': plainValues,
  'the items of dicts read by layout are those of items()': dicts,
  'objects viewed by layout are as Python.view and Python itself show them': objects,

  'what is not one of them is a TypeError, whatever it is called'(subject) {
    subject.exec(`
class bytes_(list): pass
bytes_.__name__ = "bytes"
fakes = [[], {}, type("bytes", (list,), {})(), type("bytearray", (), {})(), type("memoryview", (dict,), {})(), type("numpy.ndarray", (), {})(), int, "text", None]
`);
    for (const at of ids(subject, 'fakes')) {
      assert.throws(() => viewObject(subject.memory, at), {
        name: 'TypeError',
        message: /^expected a memoryview, bytes, bytearray, array.array or numpy.ndarray at 0x[0-9a-f]+, got "/,
      });
    }
  },

  'elements that no format can say keep what else is known'(subject) {
    const { memory, exec } = subject;
    if (!has(subject, 'numpy')) return 'skipped for want of numpy';
    exec(`
import numpy as np
unsaid = [np.ones(2, [("a:b", "i4")]), np.zeros((2, 0, 3), "V0")]
if hasattr(getattr(np, "dtypes", None), "StringDType"):
    unsaid.append(np.array(["a", "b", "c"], np.dtypes.StringDType()))
`);
    const views = ids(subject, 'unsaid').map((at) => viewObject(memory, at));
    const expected = ['4x', '0x', '[StringDType]'];
    assert.deepEqual(
      views.map(({ format }) => format),
      expected.slice(0, views.length),
    );
    assert.deepEqual(
      views.map(({ shape }) => shape),
      value(subject, '[a.shape for a in unsaid]'),
    );
    assert.deepEqual(views[0]?.get(1), new Uint8Array([1, 0, 0, 0]));
    const text = views[2];
    if (text) assert.throws(() => text.toList(), { name: 'FormatError', message: /"\[StringDType\]"/ });
    return `${views.length} arrays`;
  },

  'exports are counted where the object counts them'(subject) {
    const { memory, exec } = subject;
    exec('from array import array; counted = [bytearray(b"abc"), array("d", [1]), b"abc"]');
    const [bytearray = 0n, array = 0n, bytes = 0n] = ids(subject, 'counted');
    for (const at of [bytearray, array]) assert.equal(viewObject(memory, at).exports, 0);
    exec('held = [memoryview(x) for x in counted for _ in range(2)]');
    for (const at of [bytearray, array]) assert.equal(viewObject(memory, at).exports, 2);
    exec('del held');
    const view = viewObject(memory, bytes);
    assert.throws(() => view.exports, { name: 'TypeError', message: /this one is of layout: it has no exports$/ });
    assert.throws(() => view.flags, { name: 'TypeError', message: /this one is of layout: it has no flags$/ });
    assert.throws(() => view.set(0, 1), { name: 'TypeError', message: /read-only/ });
  },
};
