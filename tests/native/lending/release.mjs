// What release gives back at once, what stays with whoever has an array, and what Python says of it.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { encodeJson, ReleasedError } from 'memview';
import { thrown, until, value } from './ask.mjs';

const members = {
  get: (view) => view.get(0),
  set: (view) => view.set(0, 1),
  toList: (view) => view.toList(),
  data: (view) => view.data,
  bytes: (view) => view.bytes,
  toTypedArray: (view) => view.toTypedArray(),
  encodeJson: (view) => encodeJson(view),
};

/** What hands nothing out. */
const uses = {
  nothing: () => {},
  get: (view) => equal(view.get(1), 98),
  set: (view) => view.set(0, 97),
  toList: (view) => deepEqual(view.toList(), [97, 98, 99]),
  toTypedArray: (view) => equal(view.toTypedArray().length, 3),
  'toList of a slice': (view) => deepEqual(view.slice([1]).toList(), [98, 99]),
  encodeJson: (view) => encodeJson(view),
};

const extend = (python) => thrown(() => python.exec('b.extend(b"d")'));

function viewed(python) {
  python.exec('b = bytearray(b"abc")');
  return python.view('b');
}

export const releaseCases = {
  'what handed nothing out is given back by release': ({ python }) => {
    for (const [name, use] of Object.entries(uses)) {
      const view = viewed(python);
      use(view);
      ok(extend(python), `while it is viewed (${name})`);
      view.release();
      equal(extend(python), undefined, name);
      equal(value(python, 'len(b)'), 4);
    }
    equal(python.outstanding, 0);
  },
  'what handed arrays out is given back by revoke, and they are empty': ({ python }) => {
    const view = viewed(python);
    const [data, bytes, part] = [view.data, view.bytes, view.data.subarray(1)];
    view.revoke();
    equal(extend(python), undefined);
    deepEqual([data.length, bytes.length, part.length, python.outstanding], [0, 0, 0, 0]);
    for (const [name, use] of Object.entries(members)) ok(thrown(() => use(view)) instanceof ReleasedError, name);
  },
  'revoke after release': ({ python }) => {
    const view = viewed(python);
    const { data } = view;
    view.release();
    deepEqual([...data], [97, 98, 99]);
    view.revoke();
    equal(extend(python), undefined);
    deepEqual([data.length, python.outstanding], [0, 0]);
    view.revoke();
    view.release();
  },
  'arrays of a released view stay, pin, are told of, and are given back': async ({ python }) => {
    await (async () => {
      const view = viewed(python);
      const { data } = view;
      view.release();
      for (const [name, use] of Object.entries(members)) ok(thrown(() => use(view)) instanceof ReleasedError, name);
      const error = extend(python);
      equal(error?.type, 'BufferError');
      match(error.message, /bytearray/);
      match(error.message, /pin/);
      match(error.message, /revoke\(\)/);
      equal(python.outstanding, 1);
      const [pinned, ...others] = python.exports();
      deepEqual([pinned.exporter, pinned.nbytes, others.length], ['bytearray', 3, 0]);
      // Both sides see what the other writes.
      data[0] = 120;
      python.exec('b[2] = 122');
      deepEqual([value(python, 'b[0]'), ...data], [120, 120, 98, 122]);
    })();
    ok(await until(() => python.outstanding === 0));
    deepEqual(python.exports(), []);
    equal(extend(python), undefined);
  },
  'parts of a released view, though they are kept and were used, pin nothing': async ({ python }) => {
    const parts = (() => {
      const view = viewed(python);
      const made = [view.slice([1]), view.transpose(), view.cast('b')];
      equal(view.data[0], 97);
      equal(made[1].data[0], 97);
      deepEqual(
        made.map((part) => part.get(1)),
        [99, 98, 98],
      );
      view.release();
      return made;
    })();
    ok(await until(() => python.outstanding === 0));
    equal(extend(python), undefined);
    for (const part of parts) ok(thrown(() => part.get(0)) instanceof ReleasedError);
  },
  'a getter of the value ends the view: set writes nothing': ({ python }) => {
    python.exec(
      'import ctypes, importlib.util\nPoint = type("Point", (ctypes.Structure,), {"_fields_": [("a", ctypes.c_int), ("b", ctypes.c_int)]})',
    );
    const targets = [
      ['(Point * 6)()', ['a', 'b']],
      ['memoryview((Point * 6)())[::2]', ['a', 'b']],
    ];
    if (value(python, 'importlib.util.find_spec("_testbuffer") is not None')) {
      python.exec('from _testbuffer import ndarray, ND_PIL, ND_WRITABLE');
      targets.push(['ndarray([(1, 2)] * 6, shape=[6], format="ii", flags=ND_PIL | ND_WRITABLE)', [0, 1]]);
    }
    for (const [expression, [first, second]] of targets) {
      for (const end of ['release', 'revoke']) {
        python.exec(`held = ${expression}\nbefore = memoryview(held).tobytes()`);
        const view = python.view('held');
        const given = typeof first === 'number' ? [] : {};
        given[first] = 7;
        const get = () => {
          view[end]();
          return 8;
        };
        Object.defineProperty(given, second, { get, enumerable: true });
        ok(thrown(() => view.set(0, given)) instanceof ReleasedError, `${expression}, ${end}`);
        ok(value(python, 'memoryview(held).tobytes() == before'), expression);
      }
    }
  },
  'the end of using, and of the Python, leave arrays as they are': async ({ python }) => {
    const view = viewed(python);
    const { data } = view;
    view[Symbol.dispose]();
    const other = python.view('array("d", [1.5, 2.5])');
    const numbers = other.data;
    python.close();
    deepEqual([...data, ...numbers], [97, 98, 99, 1.5, 2.5]);
    ok(thrown(() => other.get(0)) instanceof ReleasedError);
  },
};
