/** JSON of what Python holds, against orjson and against Python's own json. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { textOf } from '../../../src/bytes.ts';
import { encodeJson, encodeJsonChunks, encodeJsonInto } from '../../../src/json/encode.ts';
import type { EncodeOptions } from '../../../src/json/options.ts';
import type { Range } from '../../../src/view/range.ts';
import { type Cases, has, type PythonSubject, value } from './subject.ts';

/** Random arrays of the dtypes that orjson knows, and what it writes. */
export const orjsonArrays = `
import random, numpy as np, orjson
bits = np.random.default_rng(2024)
pick = random.Random(7)
CODES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]
# Earlier releases abort the process at some times.
if int(orjson.__version__.split(".")[1]) >= 12: CODES.append("M8")
FLOATS = [
    lambda n: bits.uniform(-1, 1, n),
    lambda n: np.round(bits.uniform(-1e4, 1e4, n), pick.randrange(10)),
    lambda n: bits.integers(-10**9, 10**9, n).astype("f8"),
    lambda n: 10.0 ** bits.uniform(-44, 38, n),
    lambda n: 2.0 ** bits.integers(-149, 128, n),
    lambda n: np.where(bits.random(n) < 0.7, 0.0, bits.uniform(0, 1, n)),
    lambda n: np.where(bits.random(n) < 0.1, bits.choice([np.nan, np.inf, -np.inf, -0.0], n), bits.uniform(0, 1e17, n)),
    lambda n: (2.0**53 + bits.integers(-4, 4, n)),
]
INTEGERS = [
    lambda n, dtype: bits.integers(0, 10, n).astype(dtype),
    lambda n, dtype: bits.integers(-1000, 1000, n).astype(dtype),
    lambda n, dtype: bits.integers(100_000, 1_000_000, n).astype(dtype),
    lambda n, dtype: np.where(bits.random(n) < 0.5, np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype),
    lambda n, dtype: (2.0 ** bits.uniform(0, 62, n)).astype("i8").astype(dtype),
]
# Years 0 to 9999, which is all that orjson writes; of months before 1970 it aborts the process; nanoseconds by the microsecond, to which it rounds them off.
TIMES = [("Y", -1970, 8029), ("M", 0, 8029 * 12), ("W", -10**5, 4 * 10**5), ("D", -7 * 10**5, 29 * 10**5),
         ("h", -10**7, 7 * 10**7), ("m", -10**9, 4 * 10**9), ("s", -6 * 10**10, 25 * 10**10),
         ("ms", -6 * 10**13, 25 * 10**13), ("us", -6 * 10**16, 25 * 10**16), ("ns", -9 * 10**15, 9 * 10**15)]
def shape():
    sizes = [pick.choice([1, 1, 2, 3, 5, 8, 13]) for _ in range(pick.choice([1, 1, 1, 2, 2, 3, 4]))]
    if pick.random() < 0.5: sizes[-1] = pick.randrange(120)
    if pick.random() < 0.03: sizes[pick.randrange(len(sizes))] = 0
    if pick.random() < 0.003: sizes = [pick.randrange(20_000)]
    return sizes
def make():
    code, sizes = pick.choice(CODES), shape()
    n = int(np.prod(sizes))
    if code == "M8":
        unit, low, high = pick.choice(TIMES)
        flat = (bits.integers(low, high, n) * (1000 if unit == "ns" else 1)).astype("i8").view(f"M8[{unit}]")
    elif code == "?": flat = bits.random(n) < pick.random()
    elif pick.random() < 0.3: flat = np.frombuffer(bits.bytes(n * np.dtype(code).itemsize), dtype=code)
    elif code[0] == "f":
        with np.errstate(over="ignore"): flat = pick.choice(FLOATS)(n).astype(code)
    else: flat = pick.choice(INTEGERS)(n, code)
    return flat.reshape(sizes)
OPTIONS = [0, 0, 0, orjson.OPT_INDENT_2, orjson.OPT_APPEND_NEWLINE, orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE]
`;

export const jsonCases: Cases<PythonSubject> = {
  'orjson: 10,000 random arrays of the dtypes it knows, byte for byte'(subject) {
    const { python } = subject;
    if (!has(subject, 'numpy') || !has(subject, 'orjson')) return 'skipped: no numpy and orjson here';
    python.exec(orjsonArrays);
    // Before 3.12 it wrote `1e16`, without the plus.
    const plus = value<boolean>(subject, 'b"e+" in orjson.dumps(1e16)');
    let elements = 0;
    for (let done = 0; done < 10_000; done += 500) {
      python.exec(`
arrays = [make() for _ in range(500)]
options = [pick.choice(OPTIONS) for _ in arrays]
texts = [orjson.dumps(a, option=orjson.OPT_SERIALIZE_NUMPY | option) for a, option in zip(arrays, options)]
indent = [bool(option & orjson.OPT_INDENT_2) for option in options]
newline = [bool(option & orjson.OPT_APPEND_NEWLINE) for option in options]
`);
      const indents = value<boolean[]>(subject, 'indent');
      const newlines = value<boolean[]>(subject, 'newline');
      for (let i = 0; i < 500; i++) {
        using array = python.view(`arrays[${i}]`);
        using text = python.view(`texts[${i}]`);
        const options: EncodeOptions = { indent: indents[i] ? 2 : 0, newline: newlines[i] ?? false };
        const theirs = Buffer.from(text.bytes);
        const ours = Buffer.from(encodeJson(array, options));
        const same = plus ? ours : Buffer.from(ours.toString().replace(/e\+/g, 'e'));
        if (!same.equals(theirs)) {
          const at = same.findIndex((byte, place) => byte !== theirs[place]);
          const [shown, wanted] = [same, theirs].map((all) => all.subarray(Math.max(0, at - 40), at + 40).toString());
          assert.equal(shown, wanted, subject.text(`repr(arrays[${i}].dtype) + str(arrays[${i}].shape)`));
          assert.fail(`${same.length} bytes, expected ${theirs.length}`);
        }
        elements += array.nbytes / array.itemsize;
      }
    }
    return `10,000 arrays, ${elements} elements`;
  },

  'orjson: where it differs, it differs as the page says'(subject) {
    const { python } = subject;
    if (!has(subject, 'numpy') || !has(subject, 'orjson')) return 'skipped: no numpy and orjson here';
    python.exec(`
import numpy as np, orjson
def theirs(a):
    try: return orjson.dumps(a, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    except TypeError: return "refused"
points = np.arange(4.0).reshape(2, 2)
differing = [np.array([0.1], "f2"), np.array([1001], "M8[ns]"), np.array([1], "M8[ps]"), np.array([-2000], "M8[Y]"),
    np.array(["NaT"], "M8[s]"), points[:, :1], points.T, np.array([1], ">i4"), np.array(1.5), np.array([1j]),
    np.zeros(1, [("x", "i4")]), np.array([b"a"]), np.array(["a"]), np.array([1], "m8[s]"), np.array([0.5], "g"), memoryview(b"a")]
`);
    const ours = Array.from({ length: value<number>(subject, 'len(differing)') }, (_, i) => {
      using view = python.view(`differing[${i}]`);
      return textOf(encodeJson(view));
    });
    assert.deepEqual(ours, [
      '[0.1]',
      '["1970-01-01T00:00:00.000001001"]',
      '["1970-01-01T00:00:00.000000000001"]',
      '["-030-01-01T00:00:00"]',
      '[null]',
      '[[0.0],[2.0]]',
      '[[0.0,2.0],[1.0,3.0]]',
      '[1]',
      '1.5',
      '[[0.0,1.0]]',
      '[{"x":0}]',
      '["YQ=="]',
      '["a"]',
      '["PT1S"]',
      '[0.5]',
      '[97]',
    ]);
    if (!value<boolean>(subject, 'int(orjson.__version__.split(".")[1]) >= 12'))
      return 'orjson before 3.12 differs more';
    const said = value<string[]>(subject, '[theirs(a) for a in differing]');
    assert.deepEqual(said.slice(0, 2), ['[0.099975586]', '["1970-01-01T00:00:00.000001"]']);
    assert.deepEqual(new Set(said.slice(2)), new Set(['refused']));
    return `${said.length} arrays`;
  },

  'records, complex numbers, bytes, text, times: what Python itself reads in the JSON'(subject) {
    const { python, text } = subject;
    if (!has(subject, 'numpy')) return 'skipped: no numpy here';
    python.exec(`
import random, base64, json, datetime, numpy as np
bits = np.random.default_rng(5)
pick = random.Random(5)
def dtype(depth=0):
    kind = pick.choice(["i4", ">i8", "u2", "?", "f4", ">f8", "c8", "c16", "S3", "S1", "V5", "U3", ">U2", "M8[us]", "M8[D]", "sub", "record", "record"])
    if depth > 2 and kind in ("sub", "record"): kind = "f8"
    if kind == "sub": return np.dtype((dtype(depth + 1), tuple(pick.randint(1, 3) for _ in range(pick.randint(1, 2)))))
    if kind == "record": return np.dtype([(f"f{i}", dtype(depth + 1)) for i in range(pick.randint(1, 4))], align=pick.random() < 0.5)
    return np.dtype(kind)
def fill(dt):
    """One random element: a value that numpy takes for the dtype."""
    if dt.subdtype: return np.array([fill(dt.subdtype[0]) for _ in range(int(np.prod(dt.shape)))] + [None], dtype=object)[:-1].reshape(dt.shape).tolist()
    if dt.names: return tuple(fill(dt[name]) for name in dt.names)
    if dt.kind == "b": return pick.random() < 0.5
    if dt.kind in "iu": return pick.randint(0, 60_000) * (1 if dt.kind == "u" else pick.choice([1, -1]))
    if dt.kind == "f": return pick.uniform(-1e6, 1e6)
    if dt.kind == "c": return complex(pick.uniform(-1, 1), pick.uniform(-1e9, 1e9))
    if dt.kind in "SV": return bytes(pick.randrange(256) for _ in range(dt.itemsize))
    if dt.kind == "U": return "".join(pick.choice('ab"\\\\\\u00e9\\U0001f600\\n') for _ in range(dt.itemsize // 4))
    return np.datetime64(pick.randint(-10**5, 10**5), np.datetime_data(dt)[0])
def plain(x, dt):
    if dt.subdtype: return [plain(each, np.dtype((dt.subdtype[0], dt.shape[1:])) if len(dt.shape) > 1 else dt.subdtype[0]) for each in x]
    if dt.names: return {name: plain(x[name], dt[name]) for name in dt.names}
    if dt.kind == "f": return float(str(x))
    if dt.kind == "c": return [float(str(x.real)), float(str(x.imag))]
    if dt.kind in "SV": return base64.b64encode(bytes(x).ljust(dt.itemsize, b"\\0")).decode()
    if dt.kind == "M": return x.astype("M8[us]").astype(datetime.datetime).isoformat()
    return x.item()
def nested(a, dt): return [nested(each, dt) for each in a] if a.ndim > 1 else [plain(each, dt) for each in a]
def make():
    while True:
        dt = dtype()
        if not dt.subdtype: break
    shape = [pick.randint(1, 4) for _ in range(pick.randint(1, 2))]
    a = np.zeros(shape, dt)
    for index in np.ndindex(*shape): a[index] = fill(dt)
    return a[::pick.choice([1, 1, -1])]
arrays = [make() for _ in range(1000)]
`);
    for (let i = 0; i < 1000; i++) {
      using view = python.view(`arrays[${i}]`);
      const said = `repr(arrays[${i}])`;
      const expected = value<unknown>(subject, `nested(arrays[${i}], arrays[${i}].dtype)`);
      assert.deepEqual(JSON.parse(textOf(encodeJson(view))), expected, text(said));
      assert.deepEqual(JSON.parse(textOf(encodeJson(view, { indent: 2 }))), expected, text(said));
      const listed = JSON.parse(JSON.stringify(expected), (_, part) => (isRecord(part) ? Object.values(part) : part));
      assert.deepEqual(JSON.parse(textOf(encodeJson(view, { records: 'array' }))), listed, text(said));
    }
    return '1,000 arrays';
  },

  "chunks of a view, and the text in a caller's buffer, are the whole"(subject) {
    const { python } = subject;
    python.exec('import array; large = array.array("d", [i / 7 for i in range(100_000)])');
    const steps: readonly Range[][] = [[], [[null, null, 3]], [[null, null, -1]]];
    for (const ranges of steps) {
      using base = python.view('large');
      const view = base.slice(...ranges);
      const whole = Buffer.from(encodeJson(view));
      assert.deepEqual(JSON.parse(whole.toString()), [...view.toTypedArray()]);
      assert.ok(Buffer.concat([...encodeJsonChunks(view)]).equals(whole));
      // Into Python's own memory.
      python.exec(`target = bytearray(${whole.length + 3})`);
      using target = python.view('target');
      assert.equal(encodeJsonInto(view, target.bytes), whole.length);
      assert.ok(Buffer.from(target.bytes.subarray(0, whole.length)).equals(whole));
      assert.deepEqual([...target.bytes.subarray(whole.length)], [0, 0, 0]);
    }
  },

  async 'a stream takes chunks as fast as it is read; a view released meanwhile is an error'(subject) {
    const { python } = subject;
    python.exec('import array; numbers = array.array("q", range(1_000_000))');
    using view = python.view('numbers');
    let made = 0;
    const counted = function* () {
      for (const chunk of encodeJsonChunks(view)) {
        made++;
        yield chunk;
      }
    };
    const parts: Uint8Array[] = [];
    let [taken, ahead] = [0, 0];
    for await (const chunk of Readable.from(counted(), { highWaterMark: 2 })) {
      parts.push(chunk as Uint8Array);
      ahead = Math.max(ahead, made - ++taken);
      await new Promise(setImmediate);
    }
    assert.ok(taken > 10 && ahead <= 3, `${taken} chunks, ${ahead} made ahead`);
    assert.ok(Buffer.concat(parts).equals(Buffer.from(encodeJson(view))));
    const response = new Response(
      ReadableStream.from(encodeJsonChunks(view)) as unknown as ConstructorParameters<typeof Response>[0],
    );
    assert.deepEqual(await response.json(), [...view.toTypedArray()].map(Number));

    const halfway = Readable.from(encodeJsonChunks(view), { highWaterMark: 1 });
    await assert.rejects(
      async () => {
        for await (const _ of halfway) view.release();
      },
      { name: 'ReleasedError', message: /this view was released/ },
    );
  },
};

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
