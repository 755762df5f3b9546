/**
 * Random buffers, many: every element against what Python itself says of it, and what is written read back by Python.
 * Which families there are depends on the interpreter; 100,000 buffers are made of them in any case.
 */
import assert from 'node:assert/strict';
import { textOf } from '../../../src/bytes.ts';
import { decodeJson, decodeJsonInto } from '../../../src/json/decode.ts';
import { encodeJson } from '../../../src/json/encode.ts';
import type { EncodeOptions } from '../../../src/json/options.ts';
import type { BufferView } from '../../../src/view/buffer-view.ts';
import type { ElementValue } from '../../../src/view/element.ts';
import type { NestedList } from '../../../src/view/gather.ts';
import { viewObject } from '../../../src/view/object.ts';
import { exact, exactList, exactPython, hex } from './exact.ts';
import { type Cases, has, type Subject } from './subject.ts';

/** Formats that the `struct` module reads, by the codes that this release has. */
const formatsPython = `
import random
CODES = "?bBhHiIlLqQfdcsp" + "e"
def struct_format(rng, extra=""):
    mark = rng.choice(["", "@", "=", "<", ">", "!"])
    codes = CODES + extra + ("nNP" if mark in ("", "@") else "")
    parts = []
    for _ in range(rng.choice([1, 1, 1, 1, 2, 3, 4])):
        code = rng.choice(codes)
        count = rng.choice(["", "", "", "1", "2", "3", "0"]) if code not in "sp" else rng.choice(["", "1", "3", "5"])
        parts.append(rng.choice(["", "", "", "x", "2x", " "]) + count + code)
    return mark + "".join(parts)
def values_of(format, data):
    """What struct unpacks, each tuple of one as its item."""
    size = struct.calcsize(format)
    found = [struct.unpack_from(format, data, i) for i in range(0, len(data), size)] if size else []
    return [value[0] if len(value) == 1 else value for value in found]
def random_bytes(rng, count, format=""):
    """What C makes of a bool that is neither 0 nor 1 is its affair: there are none."""
    data = rng.getrandbits(8 * count).to_bytes(count, "little") if count else b""
    return bytes(byte & 1 for byte in data) if "?" in format else data
def slices(rng, ndim):
    bound = lambda: rng.choice([None] * 8 + list(range(-4, 5)))
    return tuple(slice(bound(), bound(), rng.choice([None, None, 1, 2, 3, -1, -2, -3])) for _ in range(ndim))
`;

/**
 * A family of buffers. `make(rng)` gives an object and its values; what makes zeroed writable twins of it, to which all is
 * copied; and a format that the object is to be cast to here.
 */
interface Family {
  readonly name: string;
  readonly count: number;
  /** Modules it needs. */
  readonly needs: readonly string[];
  /** Defines `make`, and `values` where that of a twin is not its `tolist()`. */
  readonly python: string;
  readonly twins: boolean;
}

const families: readonly Family[] = [
  {
    name: 'memoryviews',
    count: 20_000,
    needs: [],
    twins: true,
    python: `
codes = "bBhHiIlLqQnNPfdc?" + ("e" if sys.version_info >= (3, 12) else "")
def make(rng):
    code = rng.choice(codes)
    itemsize = struct.calcsize(code)
    shape = [rng.randint(1, 4) for _ in range(rng.randint(1, 4))]
    count = 1
    for n in shape:
        count *= n
    cut = slices(rng, 1)[0]
    def whole(data):
        m = memoryview(bytearray(data)).cast(code, shape)
        return m[cut]
    m = whole(random_bytes(rng, count * itemsize, code))
    return m, m.tolist(), lambda: whole(bytes(count * itemsize))
`,
  },
  {
    name: "_testbuffer's ndarray",
    count: 40_000,
    needs: ['_testbuffer'],
    twins: true,
    python: `
from _testbuffer import ndarray, ND_PIL, ND_WRITABLE
def make(rng):
    format = struct_format(rng)
    itemsize = struct.calcsize(format)
    while itemsize == 0:
        format = struct_format(rng)
        itemsize = struct.calcsize(format)
    ndim = rng.choice([0, 1, 1, 2, 2, 3, 4])
    shape = [rng.choice([1, 2, 3, 4]) for _ in range(ndim)]
    strides = [itemsize * rng.randint(-4, 4) for _ in range(ndim)]
    low = sum((n - 1) * s for n, s in zip(shape, strides) if s < 0)
    high = sum((n - 1) * s for n, s in zip(shape, strides) if s > 0)
    count = (high - low) // itemsize + 1
    pil = rng.random() < 0.3 and ndim > 0
    if pil:
        count, low, strides = 1, 0, None
        for n in shape:
            count *= n
    def whole(data):
        items = values_of(format, data)
        if not items or items[0] == ():
            return None
        more = {} if strides is None else dict(strides=strides, offset=-low)
        return ndarray(items if shape else items[0], shape=shape, format=format,
            flags=ND_WRITABLE | (ND_PIL if pil else 0), **more)
    def cut(a):
        return a[where] if ndim and where is not None else a
    where = slices(rng, ndim) if rng.random() < 0.5 else None
    a = whole(random_bytes(rng, count * itemsize, format))
    if a is None:
        return make(rng)
    a = cut(a)
    return a, a.tolist(), lambda: cut(whole(bytes(count * itemsize)))
`,
  },
  {
    name: "test.test_buffer's structures",
    count: 2000,
    needs: ['_testbuffer', 'test.test_buffer'],
    twins: false,
    python: `
import re, test.test_buffer as theirs
def make(rng):
    random.seed(rng.random())
    format = theirs.randitems(1)[0]
    mode, multiplier, char = re.match(r"([@=<>!]?)(\\d*)(.)$", format).groups()
    structure = theirs.rand_structure(struct.calcsize(format), True, maxdim=3, maxshape=3)
    items = theirs.gen_items(structure[0] // structure[1], mode + "#" + char * int(multiplier or 1), "ndarray")
    items = items if structure[2] else items[0]
    a = theirs.ndarray_from_structure(items, format, structure, rng.choice([0, theirs.ND_PIL]) if structure[2] else 0)
    return a, a.tolist()
`,
  },
  {
    name: "numpy's arrays",
    count: 30_000,
    needs: ['numpy'],
    twins: true,
    python: `
import numpy as np
plain = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16", "g", "G", "S1", "S3", "U1", "U2",
    "V3", "M8[ns]", "M8[25s]", "M8[D]", "m8[us]", "m8"]
def dtype_of(rng, depth=0):
    draw = rng.random()
    if depth < 3 and draw < 0.25:
        names = rng.sample(["a", "b", "c", "x y", "0", "__proto__", "ünï"], rng.randint(1, 4))
        formats = [dtype_of(rng, depth + 1) for _ in names]
        if rng.random() < 0.3:
            offsets, at = [], rng.randint(0, 3)
            for format in formats:
                offsets.append(at)
                at += format.itemsize + rng.randint(0, 3)
            order = rng.sample(range(len(names)), len(names))
            return np.dtype(dict(names=[names[i] for i in order], formats=[formats[i] for i in order],
                offsets=[offsets[i] for i in order], itemsize=at + rng.randint(0, 5)))
        return np.dtype(list(zip(names, formats)), align=rng.random() < 0.5)
    if depth and draw < 0.4:
        return np.dtype((dtype_of(rng, depth + 1), tuple(rng.randint(1, 3) for _ in range(rng.randint(1, 2)))))
    code = rng.choice(plain)
    return np.dtype(code).newbyteorder(rng.choice("<>=")) if code not in "gG" else np.dtype(code)
def sound(rng, dtype, count):
    """Bytes that are values of the dtype: text has no character beyond Unicode, a long double its integer bit."""
    a = np.frombuffer(random_bytes(rng, count * dtype.itemsize), dtype=np.uint8).copy().view(dtype) if dtype.itemsize else np.zeros(count, dtype)
    def mend(part):
        if part.dtype.names is not None:
            for name in part.dtype.names:
                mend(part[name])
        elif part.dtype.kind == "U":
            part[...] = np.array(["".join(rng.choice("aé🐍 ") for _ in range(rng.randint(0, part.dtype.itemsize // 4))) for _ in range(part.size)],
                dtype=part.dtype).reshape(part.shape)
        elif part.dtype.char in "gG":
            part[...] = np.array([rng.uniform(-1e9, 1e9) for _ in range(part.size)]).reshape(part.shape)
    mend(a)
    return a
def values(a):
    """The values of an array as Python's, times as their counts."""
    if a.dtype.names is not None:
        columns = [values(a[name]) for name in a.dtype.names]
        def row(index):
            found = []
            for column in columns:
                for i in index:
                    column = column[i]
                found.append(column)
            return tuple(found)
        def nest(index):
            return row(index) if len(index) == a.ndim else [nest(index + (i,)) for i in range(a.shape[len(index)])]
        return nest(())
    if a.dtype.kind in "Mm":
        return np.asarray(a).astype("i8").tolist()
    if a.dtype.kind == "V":
        return np.frompyfunc(bytes, 1, 1)(a).tolist() if a.ndim else a.tobytes()
    if a.dtype.kind == "S":
        size = a.dtype.itemsize
        found = a.tolist()
        pad = lambda x: [pad(y) for y in x] if isinstance(x, list) else x.ljust(size, b"\\0")
        return pad(found)
    return a.tolist()
def make(rng):
    dtype = dtype_of(rng)
    shape = [rng.choice([0] if rng.random() < 0.05 else [1, 2, 3, 4]) for _ in range(rng.randint(0, 3))]
    count = 1
    for n in shape:
        count *= n
    axes, where = rng.sample(range(len(shape)), len(shape)), slices(rng, len(shape))
    odd = rng.random() < 0.2
    gap, off = rng.randint(1, 7), rng.randint(0, 7)
    def whole(a):
        a = a.reshape(shape)
        if odd:
            # Elements at addresses and strides that are no multiples of anything.
            size = dtype.itemsize
            room = np.zeros(off + count * (size + gap) + size, np.uint8)
            b = np.ndarray(shape, dtype, room, off, [(size + gap) * n for n in np.array([1] + shape[:0:-1], int).cumprod()[::-1].tolist()] if shape else None)
            b[...] = a
            a = b
        return a.transpose(axes)[(..., *where)]
    a = whole(sound(rng, dtype, count))
    return a, values(a), lambda: whole(np.zeros(count, dtype))
`,
  },
  {
    name: 'what numpy makes of a format',
    count: 10_000,
    needs: ['numpy'],
    twins: false,
    python: `
try:
    from numpy._core._internal import _dtype_from_pep3118
except ImportError:
    from numpy.core._internal import _dtype_from_pep3118
def record(rng, depth=0):
    parts = []
    for name in rng.sample("abcdef", rng.randint(1, 4)):
        mark = rng.choice(["", "", "", "@", "=", "<", ">", "^"])
        shape = rng.choice(["", "", "", "(2)", "(2,3)"])
        draw = rng.random()
        code = record(rng, depth + 1) if draw < 0.2 and depth < 3 else rng.choice(["", "2", "3"]) + rng.choice("?bBhHiIqQefdsx") if draw < 0.8 \\
            else rng.choice(["Zf", "Zd", "3s", "2w"])
        parts.append(rng.choice(["", "", "x", "3x"]) + shape + mark + code + ":" + name + ":")
    return "T{" + "".join(parts) + "}"
def make(rng):
    format = record(rng)
    dtype = _dtype_from_pep3118(format)
    a = sound(rng, dtype, rng.randint(1, 3))
    return a.view(np.uint8) if a.dtype.itemsize else make(rng), values(a), None, format
`,
  },
  {
    name: 'what struct unpacks',
    count: 10_000,
    needs: [],
    twins: false,
    python: `
def make(rng):
    format = struct_format(rng, "FD" if sys.version_info[:2] == (3, 14) else "")
    size = struct.calcsize(format)
    data = random_bytes(rng, size * rng.randint(0, 5), format)
    found = values_of(format, data)
    return make(rng) if size == 0 or () in found else (data, found, None, format)
`,
  },
];

/** Of one interpreter, at least. */
const TOTAL = 100_000;
const BATCH = 500;
/** One of so many is written to, element by element. */
const WRITTEN = 10;

/** Views of the items of a list of Python's. */
function viewsOf(subject: Subject, list: string): BufferView[] {
  if (subject.python) return subject.python.views(list);
  subject.exec(`${list}_lent = [memoryview(one) for one in ${list}]`);
  const ids = subject.text(`" ".join(str(id(one)) for one in ${list}_lent)`).split(' ');
  return ids.map((id) => viewObject(subject.memory, BigInt(id)));
}

/** Options under which no value is lost. */
const written: readonly EncodeOptions[] = [
  { nonFinite: 'string' },
  { nonFinite: 'literal', bytes: 'hex', complex: 'object', records: 'array' },
  { nonFinite: 'string', bytes: 'array', bigInteger: 'string', indent: 2, newline: true },
];

interface Tally {
  buffers: number;
  elements: number;
  written: number;
}

/** Compares a batch of a family, and counts. */
function compare(subject: Subject, family: Family, first: number, count: number, tally: Tally): void {
  subject.exec(`
batch = [make(random.Random(seed)) for seed in range(${first}, ${first + count})]
made = [one[0] for one in batch]
twins, decoded = [[one[2]() for one in batch[::${WRITTEN}] if len(one) == 3] for _ in range(2)]
texts = "\\n".join(exact(one[1]) for one in batch)
data = "\\n".join(one[0].tobytes().hex() if hasattr(one[0], "tobytes") else "" for one in batch)
casts = "\\n".join(one[3] if len(one) > 3 else "" for one in batch)
`);
  const [texts = [], data = [], casts = []] = ['texts', 'data', 'casts'].map((name) => subject.text(name).split('\n'));
  const whole = viewsOf(subject, 'made');
  const views = whole.map((view, i) => (casts[i] ? view.cast(casts[i]) : view));
  views.forEach((view, i) => {
    const element = view.element();
    const what = (): string =>
      `${family.name}, seed ${first + i}: ${view.format} of ${view.source}, (${view.shape}) by (${view.strides})`;
    const list = view.toList();
    same(exactList(list, view.ndim, element), texts[i], what);
    if (data[i] && element.values === 1 && !element.converted && (element.width === 1 || element.little)) {
      const copy = view.toTypedArray();
      same(hex(new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength)), data[i], what);
    }
    if (view.nbytes > 0) {
      const last = view.shape.map((size) => size - 1);
      same(exact(view.get(...last), element), exact(at(list, last), element), what);
    }
    if (view.element().name !== 'object') roundTrip(view, written[i % written.length] as EncodeOptions, what);
    tally.buffers++;
    tally.elements += view.nbytes / view.itemsize || 0;
  });
  if (family.twins) {
    const twins = viewsOf(subject, 'twins');
    twins.forEach((twin, i) => {
      const view = views[i * WRITTEN] as BufferView;
      for (const index of indices(view.shape)) twin.set(...index, view.get(...index));
      twin.release();
      tally.written += view.nbytes / view.itemsize || 0;
    });
    viewsOf(subject, 'decoded').forEach((twin, i) => {
      const options = written[i % written.length] as EncodeOptions;
      decodeJsonInto(encodeJson(views[i * WRITTEN] as BufferView, options), twin, options);
      twin.release();
    });
    for (const [how, list] of [
      ['written', 'twins'],
      ['decoded', 'decoded'],
    ]) {
      const after = subject.text(`"\\n".join(exact(values(twin)) for twin in ${list})`).split('\n');
      after.forEach((text, i) => {
        same(text, texts[i * WRITTEN], () => `${family.name}, seed ${first + i * WRITTEN}, ${how}`);
      });
    }
  }
  for (const view of whole) view.release();
}

/** What differs is named; what does not is too much to be named each time. */
function same(actual: string, expected: string | undefined, what: () => string): void {
  if (actual !== expected) assert.equal(actual, expected, what());
}

/** Its JSON, read by the format that it has, is encoded to the same: shortest digits are those of one number only. */
function roundTrip(view: BufferView, options: EncodeOptions, what: () => string): void {
  const { format, shape } = view;
  // Sizes are those of 64-bit machines there, and of a long double no form is known.
  if (/[lLnNPgGuO]/.test(format)) return;
  const text = Buffer.from(encodeJson(view, options));
  const found = decodeJson(text, { ...options, format, shape });
  same(textOf(encodeJson(found, options)), text.toString(), what);
}

function at(list: NestedList, index: readonly number[]): ElementValue {
  return index.reduce((part, i) => (part as NestedList[])[i] as NestedList, list) as ElementValue;
}

function* indices(shape: readonly number[]): Generator<number[]> {
  const [size, ...rest] = shape;
  if (size === undefined) yield [];
  else for (let i = 0; i < size; i++) for (const inner of indices(rest)) yield [i, ...inner];
}

export const randomCases: Cases<Subject> = {
  '100,000 random buffers have the elements that Python says, and take those that are written or decoded from their JSON'(
    subject,
  ) {
    subject.exec(exactPython + formatsPython);
    const tallies: string[] = [];
    const skipped: string[] = [];
    let left = TOTAL;
    families.forEach((family, i) => {
      const lacking = family.needs.find((module) => !has(subject, module));
      if (lacking) {
        skipped.push(`${family.name} (no ${lacking})`);
        return;
      }
      // The last, which needs nothing, makes up for those that could not be made.
      const count = i === families.length - 1 ? Math.max(family.count, left) : family.count;
      if (!family.python.includes('values(a)')) subject.exec('values = lambda twin: twin.tolist()');
      subject.exec(family.python);
      const tally: Tally = { buffers: 0, elements: 0, written: 0 };
      for (let first = 0; first < count; first += BATCH) {
        compare(subject, family, first, Math.min(BATCH, count - first), tally);
      }
      left -= tally.buffers;
      tallies.push(`${family.name} ${tally.buffers} (${tally.elements} elements, ${tally.written} written)`);
    });
    assert.ok(left <= 0);
    return [...tallies, ...skipped.map((name) => `skipped ${name}`)].join(', ');
  },
};
