/** JSON read: text that Python holds, and into Python's memory, against Python's json, orjson and numpy. */
import assert from 'node:assert/strict';
import { textOf } from '../../../src/bytes.ts';
import { decodeJson, decodeJsonInto } from '../../../src/json/decode.ts';
import { encodeJson } from '../../../src/json/encode.ts';
import { orjsonArrays } from './json.ts';
import { type Cases, has, type PythonSubject, value } from './subject.ts';

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

export const jsonReadingCases: Cases<PythonSubject> = {
  'text in bytes, bytearray, mmap, array and memoryview is read where it lies'(subject) {
    const { python } = subject;
    python.exec(`
import array, json, mmap
text = json.dumps([[1, -2.5], [None, 4e300]]).encode()
room = mmap.mmap(-1, len(text))
room[:] = text
texts = [text, bytearray(text), room, memoryview(text), memoryview(b"xx" + text)[2:], array.array("b", text), memoryview(text).cast("c")]
wide = memoryview(text.ljust(48)).cast("i")
spread = memoryview(bytes(b for c in text for b in (c, 0)))[::2]
gone = memoryview(text)
`);
    const expected = [1, -2.5, Number.NaN, 4e300];
    const count = value<number>(subject, 'len(texts)');
    for (let i = 0; i < count; i++) {
      using view = python.view(`texts[${i}]`);
      const { data, shape, format } = decodeJson(view);
      assert.deepEqual([[...data], shape, format], [expected, [2, 2], 'd']);
    }
    using wide = python.view('wide');
    assert.throws(() => decodeJson(wide), { name: 'FormatError', message: /elements of one byte .* got "i"/ });
    assert.deepEqual([...decodeJson(wide.cast('B')).data], expected);
    using spread = python.view('spread');
    assert.throws(() => decodeJson(spread), { name: 'FormatError', message: /a view with strides/ });
    assert.deepEqual(decodeJson(spread.toTypedArray() as Uint8Array).shape, [2, 2]);
    const gone = python.view('gone');
    gone.release();
    assert.throws(() => decodeJson(gone), { name: 'ReleasedError' });
    return `${count} kinds`;
  },

  'into array, bytearray, ctypes and memoryviews: what Python then has is what the text says'(subject) {
    const { python } = subject;
    python.exec(`
import array, ctypes
Point = type("Point", (ctypes.Structure,), {"_fields_": [("tag", ctypes.c_int16), ("x", ctypes.c_double)]})
numbers, raw, points = array.array("d", bytes(64)), bytearray(b"........"), (Point * 2)()
grid = memoryview(array.array("h", bytes(24))).cast("B").cast("h", (3, 4))
`);
    using numbers = python.view('numbers');
    decodeJsonInto('[0.1,1e-320,-0.0,1e23,5,null,123456789012345678,2.5]', numbers);
    const list = '[0.1, 1e-320, -0.0, 1e+23, 5.0, nan, 1.2345678901234568e+17, 2.5]';
    assert.equal(subject.text('repr(list(numbers))'), list);
    decodeJsonInto('[1,2,3,4]', numbers.slice([null, null, -2]));
    assert.deepEqual(value(subject, '[numbers[i] for i in (1, 3, 5, 7)]'), [4, 3, 2, 1]);
    using raw = python.view('raw');
    decodeJsonInto('[72,105,33]', raw.slice([2, 5]));
    assert.equal(subject.text('raw.decode()'), '..Hi!...');
    using points = python.view('points');
    decodeJsonInto('[{"tag":1,"x":0.5},{"x":-1,"tag":255}]', points);
    assert.equal(subject.text('repr([(p.tag, p.x) for p in points])'), '[(1, 0.5), (255, -1.0)]');
    using grid = python.view('grid');
    decodeJsonInto('[[1,2,3],[4,5,6],[7,8,9],[10,11,-12]]', grid.transpose());
    const rows = '[[1, 4, 7, 10], [2, 5, 8, 11], [3, 6, 9, -12]]';
    assert.equal(subject.text('repr(grid.tolist())'), rows);
    const beyond = '[[1,2,3,4],[1,2,3,4],[1,2,3,40000]]';
    assert.throws(() => decodeJsonInto(beyond, grid), { name: 'JsonDecodeError', path: '$[2][3]' });
    assert.equal(subject.text('repr(grid.tolist())'), rows);
    using constant = python.view('bytes(3)');
    assert.throws(() => decodeJsonInto('[1,2,3]', constant), { name: 'TypeError', message: /read-only/ });
  },

  "orjson's text of random arrays is read to the same bits, and into arrays of numpy's as well"(subject) {
    const { python } = subject;
    if (!has(subject, 'numpy') || !has(subject, 'orjson')) return 'skipped: no numpy and orjson here';
    python.exec(`${orjsonArrays}
arrays = [a for a in (make() for _ in range(2500)) if 0 not in a.shape and a.dtype.kind != "M"][:2000]
# What JSON has no number for comes back as NaN.
arrays = [np.where(np.isfinite(a), a, np.nan).astype(a.dtype) if a.dtype.kind == "f" else a for a in arrays]
texts = [orjson.dumps(a, option=orjson.OPT_SERIALIZE_NUMPY | pick.choice(OPTIONS)) for a in arrays]
def spread(a):
    order = bits.permutation(a.ndim)
    room = np.zeros([2 * a.shape[i] + 1 for i in order], a.dtype.newbyteorder(pick.choice("<>")))
    part = room[tuple(slice(1, None, 2) if pick.random() < 0.5 else slice(-2, None, -2) for _ in order)]
    return part.transpose(np.argsort(order))
targets = [spread(a) for a in arrays]
def differs(a, b):
    return a.shape != b.shape or a.astype(b.dtype).tobytes() != b.tobytes()
`);
    let elements = 0;
    const count = value<number>(subject, 'len(arrays)');
    for (let i = 0; i < count; i++) {
      using array = python.view(`arrays[${i}]`);
      using text = python.view(`texts[${i}]`);
      using target = python.view(`targets[${i}]`);
      const { data, shape } = decodeJson(text, { format: array.format });
      const said = `${array.format} (${array.shape}): ${textOf(text.bytes.slice(0, 200))}`;
      assert.deepEqual(shape, array.shape, said);
      assert.ok(bytesOf(data).equals(bytesOf(array.toTypedArray())), said);
      decodeJsonInto(text, target);
      elements += data.length;
    }
    assert.deepEqual(value(subject, '[i for i, (a, b) in enumerate(zip(targets, arrays)) if differs(a, b)]'), []);
    return `${count} arrays, ${elements} elements`;
  },

  'numpy: dtypes of all kinds, in place'(subject) {
    const { python } = subject;
    if (!has(subject, 'numpy')) return 'skipped: no numpy here';
    python.exec(`
import numpy as np
made = [np.array(x, d) for d, x in [("?", [True, False]), ("f2", [0.1, 6e-8]), (">f4", [0.1, 1e-45]), ("c8", [1 + 2j, 3]), (">c16", [1.5, -2j]),
    ("S3", [b"ab", b"xyz"]), ("V2", [b"\\x00\\x01", b"ab"]), ("U2", ["\\U0001f600b", ""]), (">U1", ["x", "\\u00e9"]),
    ("M8[us]", ["2020-02-29T12:00:00.000001", "NaT"]), ("M8[Y]", ["1905", "2100"]), ("M8[25s]", [7, -8]), ("M8[as]", [1, -1]), ("m8[W]", [1, -5]),
    ("m8[fs]", [1, 10**15]), ("m8", [1, -9]), ([("a", "i2"), ("b", ">f8", (2,))], [(1, (2, 3)), (4, (5, 6))])]]
targets = [np.zeros(a.shape, a.dtype) for a in made]
`);
    const count = value<number>(subject, 'len(made)');
    for (let i = 0; i < count; i++) {
      using source = python.view(`made[${i}]`);
      using target = python.view(`targets[${i}]`);
      decodeJsonInto(encodeJson(source), target);
      assert.ok(value(subject, `made[${i}].tobytes() == targets[${i}].tobytes()`), subject.text(`repr(targets[${i}])`));
    }
    return `${count} dtypes`;
  },
};
