/** A libpython in this process: lifetime, errors, lookalikes, hostile uses. Each must leave the process alive. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { ReleasedError } from '../../../src/errors.ts';
import { choosePython } from '../../../src/ffi/discover.ts';
import { openPython } from '../../../src/ffi/open.ts';
import type { Python } from '../../../src/ffi/python.ts';
import { encodeJson } from '../../../src/json/encode.ts';
import { layoutsFor } from '../../../src/layouts/layouts.ts';
import { segmentMemory } from '../../../src/memory/segments.ts';
import { formatTarget } from '../../../src/target.ts';
import type { BufferView } from '../../../src/view/buffer-view.ts';
import type { NestedList } from '../../../src/view/gather.ts';
import { viewObject } from '../../../src/view/object.ts';
import { readStruct } from '../../../src/view/struct.ts';
import { type Cases, has, type PythonSubject, until } from './subject.ts';

const json = (view: BufferView): string => new TextDecoder().decode(encodeJson(view));

function pythonError(run: () => unknown, type: string, message: RegExp): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof Error);
    assert.equal((error as { type?: string }).type, type);
    assert.match(error.message, message);
    assert.equal(error.name, `PythonError [${type}]`);
    assert.match((error as unknown as { traceback: string }).traceback, new RegExp(type.split('.').at(-1) ?? ''));
    return true;
  });
}

const ABC = [97, 98, 99];

/** In a frame of its own, for that of a caller who awaits keeps what it has seen. Returns the address of the exporter. */
function leaveArrays(python: Python): bigint {
  const view = python.view('b');
  const arrays = [view.data, view.bytes, view.slice([1]).data] as Uint8Array[];
  view.release();
  assert.deepEqual(
    arrays.map((array) => [...array]),
    [ABC, ABC, [98, 99]],
  );
  const told = /From JavaScript arrays of a released view pin 3 bytes of the bytearray at 0x.*revoke\(\)/;
  pythonError(() => python.exec('b.extend(b"x")'), 'BufferError', told);
  const mine = python.exports().filter(({ nbytes, exporter }) => exporter === 'bytearray' && nbytes === 3);
  assert.deepEqual(
    mine.map(({ heldBy, format, shape }) => [heldBy, format, shape]),
    [['arrays', 'B', [3]]],
  );
  for (const array of arrays) array[0] = 65;
  python.exec('assert b == b"AAc"');
  // What serves another view of the same bytes is the same memory.
  const again = python.view('b');
  assert.equal(again.data.buffer, arrays[1]?.buffer);
  assert.throws(() => again.revoke(), /an earlier view of the same memory handed them out as well/);
  again.release();
  return mine[0]?.address ?? 0n;
}

export const pythonCases: Cases<PythonSubject> = {
  'the address of the data is the one Python gives'(subject) {
    const { python } = subject;
    python.exec('import ctypes; c = (ctypes.c_double * 4)(1, 2, 3, 4); b = bytearray(b"abc")');
    using view = python.view('memoryview(c).cast("B").cast("d")');
    assert.equal(view.address, BigInt(String(python.eval('ctypes.addressof(c)'))));
    assert.deepEqual([...(view.data as Float64Array)], [1, 2, 3, 4]);
    using bytes = python.view('b');
    assert.equal(bytes.address, BigInt(String(python.eval('ctypes.addressof((ctypes.c_char * 3).from_buffer(b))'))));
    if (!has(subject, 'numpy')) return 'without numpy';
    python.exec('import numpy as np; n = np.arange(12.0).reshape(3, 4)[::-1, ::2]');
    using array = python.view('n');
    assert.equal(array.address, BigInt(String(python.eval('n.__array_interface__["data"][0]'))));
    return 'with numpy';
  },

  'an exported bytearray cannot grow until the view that handed nothing out is released'({ python }) {
    python.exec('b = bytearray(b"abc")');
    const view = python.view('b');
    assert.deepEqual([view.get(0), view.toList(), view.toTypedArray().length, json(view)], [97, ABC, 3, '[97,98,99]']);
    pythonError(() => python.exec('b.extend(b"x" * 100)'), 'BufferError', /^Existing exports of data.*is not released/);
    view.release();
    view.release();
    python.exec('b.extend(b"x" * 100)');
    assert.equal(String(python.eval('len(b)')), '103');
  },

  async 'arrays that a released view handed out stay, and pin the exporter until they are garbage'({ python }) {
    python.exec('b = bytearray(b"abc")');
    await collect();
    const collectedBefore = python.collected;
    const pinned = leaveArrays(python);
    await until(
      () => !python.exports().some(({ address }) => address === pinned),
      () => 'the bytearray is pinned',
    );
    assert.equal(python.collected, collectedBefore, 'what was released does not count as forgotten');
    python.exec('b.extend(b"x")');
  },

  'revoke empties what was handed out, and the exporter is free at once'({ python }) {
    python.exec('b = bytearray(b"abc")');
    const view = python.view('b');
    const arrays = [view.data, view.data, view.bytes, view.slice([1]).data];
    assert.throws(() => view.slice([1]).revoke(), /^TypeError: expected the view that others were made of/);
    view.revoke();
    view.revoke();
    python.exec('b.extend(b"x" * 100)');
    for (const array of arrays) assert.equal(array.length, 0);
    for (const array of arrays) array[0] = 1;
    assert.equal(String(python.eval('b[0]')), '97');
    assert.throws(() => view.get(0), ReleasedError);
    // After release it takes back what that left.
    const left = python.view('b');
    const { data } = left;
    left.release();
    assert.equal(data.length, 103);
    left.revoke();
    assert.equal(data.length, 0);
    python.exec('b.extend(b"x")');
  },

  'a view whose memory was transferred throws, and its exporter is kept for ever'({ python }) {
    python.exec('import array; a = array.array("q", [0] * 8)');
    const before = python.outstanding;
    const view = python.view('a');
    const part = view.slice([2]);
    let chunk: Uint8Array | undefined;
    void new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue(view.bytes as never) });
    for (const use of [
      () => view.set(0, 5n),
      () => view.get(0),
      () => view.shape,
      () => part.toList(),
      () => view.data,
    ])
      assert.throws(use, { name: 'ReleasedError', message: /was transferred/ });
    assert.throws(() => view.revoke(), /transferred/);
    view.release();
    assert.equal(python.outstanding, before + 1);
    pythonError(() => python.exec('a.append(1)'), 'BufferError', /memory that was transferred/);
    assert.equal(chunk, undefined);
  },

  'after release every member of a view throws ReleasedError'({ python }) {
    const view = python.view('memoryview(bytearray(6)).cast("B", (2, 3))');
    const parts = [view, view.slice(0), view.transpose()];
    view.release();
    let members = 0;
    for (const part of parts) {
      const descriptors = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(part)));
      for (const [name, { get, value }] of descriptors) {
        if (['constructor', 'release', 'revoke'].includes(name)) continue;
        assert.throws(() => (get ?? (value as () => unknown)).call(part), ReleasedError, name);
        members++;
      }
    }
    return `${members} members`;
  },

  'a view keeps its buffer although Python lets go'({ python }) {
    python.exec('b = bytearray(b"kept" * 1000); m = memoryview(b)');
    const view = python.view('m');
    python.exec('m.release(); del m, b; import gc; gc.collect(); junk = [bytearray(4000) for _ in range(100)]');
    assert.equal(new TextDecoder().decode(view.bytes.subarray(0, 8)), 'keptkept');
    view.release();
  },

  async 'what was forgotten is given back by the collector'({ python }) {
    assert.ok(globalThis.gc, 'node runs with --expose-gc');
    python.exec('b = bytearray(1 << 16)');
    let typed: Uint8Array | undefined = python.view('b').data as Uint8Array;
    await collect();
    // The typed array still shows the memory, so the view must not have been given back.
    typed[0] = 42;
    assert.equal(String(python.eval('b[0]')), '42');
    pythonError(() => python.exec('b.extend(b"x")'), 'BufferError', /Existing exports/);
    typed = undefined;
    for (let i = 0; i < 50; i++) {
      await collect();
      try {
        python.exec('b.extend(b"x")');
        return;
      } catch {
        // Not yet: the collector promises no time.
      }
    }
    assert.fail('the buffer was never given back');
  },

  'using gives back at the end of the block'({ python }) {
    python.exec('b = bytearray(3)');
    {
      using view = python.view('b');
      assert.equal(view.nbytes, 3);
    }
    python.exec('b.append(1)');
  },

  'exceptions keep type, message and traceback; sys.exit ends nothing'({ python }) {
    pythonError(() => python.eval('1 / 0'), 'ZeroDivisionError', /^division by zero$/);
    pythonError(() => python.eval('1 +'), 'SyntaxError', /./);
    pythonError(() => python.exec('import sys; sys.exit(5)'), 'SystemExit', /^5$/);
    pythonError(() => python.exec('raise KeyboardInterrupt'), 'KeyboardInterrupt', /^$/);
    pythonError(() => python.import('no.such.module'), 'ModuleNotFoundError', /No module named 'no'/);
    pythonError(
      () => python.eval('__import__("json").loads("{")'),
      'json.decoder.JSONDecodeError',
      /Expecting property/,
    );
    python.exec('class Odd(Exception):\n  def __str__(self): raise ValueError("no")');
    pythonError(() => python.exec('raise Odd'), 'Odd', /its __str__ failed/);
    pythonError(() => python.exec('raise ValueError("\\ud800 lone")'), 'ValueError', /lone/);
    try {
      python.exec('def f():\n  try:\n    {}["k"]\n  except KeyError as e:\n    raise TypeError("outer") from e\nf()');
      assert.fail('it raised nothing');
    } catch (error) {
      const { traceback } = error as { traceback: string };
      assert.match(traceback, /KeyError: 'k'[\s\S]*direct cause[\s\S]*in f\nTypeError: outer/);
    }
    pythonError(() => python.exec('def deep(): deep()\ndeep()'), 'RecursionError', /maximum recursion depth/);
  },

  'references: attributes, calls, text'({ python }) {
    const [math, four] = [python.import('math'), python.eval('4')];
    assert.equal(String(math.attr('sqrt').call(four)), '2.0');
    assert.equal(String(python.eval('  "ünï \\U0001f40d \\ud800"')), 'ünï 🐍 \ud800');
    pythonError(() => math.attr('nothing'), 'AttributeError', /nothing/);
    pythonError(() => math.call(), 'TypeError', /not callable/);
    four.release();
    four.release();
    assert.throws(() => four.address, {
      name: 'ReleasedError',
      message: 'this reference was released; take a new one',
    });
    assert.throws(() => math.attr('sqrt').call(four), ReleasedError);
  },

  'suboffsets are followed, also by what is written'(subject) {
    const { python } = subject;
    if (!has(subject, '_testbuffer')) return 'skipped: no _testbuffer here';
    python.exec(`
from _testbuffer import ndarray, ND_PIL, ND_WRITABLE
p = ndarray(list(range(12)), shape=[3, 4], format="h", flags=ND_PIL | ND_WRITABLE)
pm = memoryview(p)`);
    using view = python.view('pm');
    assert.deepEqual(view.toList(), JSON.parse(String(python.eval('pm.tolist()'))));
    assert.ok(view.suboffsets);
    assert.equal(view.get(2, 3), 11);
    assert.equal(json(view), '[[0,1,2,3],[4,5,6,7],[8,9,10,11]]');
    view.set(1, 2, -5);
    assert.equal(subject.text('p.tolist()'), '[[0, 1, 2, 3], [4, 5, -5, 7], [8, 9, 10, 11]]');
    // Also where a slice leaves none.
    const row = view.slice(2);
    row.set(1, 77);
    assert.deepEqual(
      [subject.text('p.tolist()[2][1]'), row.suboffsets, row.toList()],
      ['77', undefined, [8, 77, 10, 11]],
    );
    assert.throws(() => row.data, { name: 'FormatError', message: /its memory is read in snapshots/ });
    subject.exec('pm[2, 0] = 99');
    assert.deepEqual([row.get(0), row.toList()], [99, [99, 77, 10, 11]]);
    return 'with _testbuffer';
  },

  'numpy: dtypes × shapes × strides equal tolist(), JSON equals json.dumps'(subject) {
    const { python, text } = subject;
    if (!has(subject, 'numpy')) return 'skipped: no numpy here';
    python.exec(`
import numpy as np, json, random
rng = np.random.default_rng(5)
pick = random.Random(5)
def array(code):
    shape = tuple(pick.randint(0 if pick.random() < 0.1 else 1, 5) for _ in range(pick.randint(0, 4)))
    size = int(np.prod(shape, dtype=int))
    dtype = np.dtype(code)
    a = np.frombuffer(rng.bytes(size * dtype.itemsize), dtype=dtype).reshape(shape).copy()
    if dtype.kind == "b":
        a = rng.integers(0, 2, shape).astype(bool)
    if dtype.kind == "f":
        a = np.where(np.isfinite(a), a, 0).astype(dtype)
    if dtype.kind == "f" and dtype.itemsize == 8:
        a = rng.uniform(-1e5, 1e5, shape)
    if pick.random() < 0.5:
        a = a.transpose(pick.sample(range(a.ndim), a.ndim))
    return np.asarray(a[tuple(slice(None, None, pick.choice([1, 2, -1, -2])) for _ in range(a.ndim))])
codes = ["?", "i1", "u1", "<i2", ">u2", "<i4", ">i4", "<u8", ">i8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]
arrays = [array(code) for _ in range(60) for code in codes]
`);
    const total = Number(text('len(arrays)'));
    let elements = 0;
    for (let i = 0; i < total; i++) {
      using view = python.view(`arrays[${i}]`);
      const expected = JSON.parse(text(`json.dumps(arrays[${i}].tolist())`)) as unknown;
      assert.deepEqual(asNumbers(view.toList()), expected, text(`repr(arrays[${i}])`));
      if (!/[ef]/.test(view.format))
        assert.equal(json(view), text(`json.dumps(arrays[${i}].tolist(), separators=(",", ":"))`));
      elements += view.nbytes / view.itemsize;
    }
    return `${total} arrays, ${elements} elements`;
  },

  'a second Python is refused, the same one is the same'({ python }) {
    assert.equal(openPython(), python);
    assert.equal(openPython({ python: python.installation.executable }), python);
    const other = JSON.parse(process.env.MEMVIEW_TEST_OTHER ?? 'null') as string | null;
    if (!other) return 'skipped: only one Python here';
    assert.throws(() => openPython({ python: other }), /which has room for one Python/);
    return undefined;
  },

  'wrong uses are clear errors'({ python }) {
    const wrong: [() => unknown, RegExp][] = [
      [() => python.eval(5 as never), /expected Python as a string, got number/],
      [() => python.eval('"\0"'), /without a NUL character/],
      [() => python.eval('"\ud800"'), /well-formed Unicode/],
      [() => python.exec(undefined as never), /expected Python as a string, got undefined/],
      [() => python.view('5'), /a bytes-like object is required, not 'int'/],
      [() => python.view(undefined as never), /expected a PyRef or a Python expression, got undefined/],
      [() => python.view({ address: 1n } as never), /expected a PyRef or a Python expression, got/],
      [() => python.view('b"abc"', { writable: true }), /expected a writable buffer/],
      [() => python.view('b"abc"').set(0, 1), /this buffer is read-only/],
      [() => python.view('(lambda m: (m.release(), m)[1])(memoryview(b"a"))'), /released memoryview/],
      [() => viewObject(python.memory, 0n), /cannot read \d+ bytes at 0x0/],
      [() => viewObject(python.memory, 12345n), /cannot read \d+ bytes at 0x3039/],
      [() => viewObject(python.memory, 1n << 63n), /cannot read/],
      [() => viewObject(python.memory, -5n), /not within a 64-bit address space/],
      [() => viewObject(python.memory, 5 as never), /an address is a bigint/],
      [
        () => viewObject(python.memory, python.eval('[]').address),
        /expected a memoryview, .* at 0x[0-9a-f]+, got "list"/,
      ],
      [() => viewObject(python.memory, python.eval('int').address), /got "type"/],
      [() => python.eval('b""').call(), /not callable/],
      [
        () => python.eval('len').call(python.view('bytearray(9)') as never),
        /expected a PyRef as argument 1, got object/,
      ],
      [() => python.eval('len').call({ address: 5n } as never), /expected a PyRef as argument 1, got object/],
      [() => python.eval('max').call(python.eval('1'), 5 as never), /expected a PyRef as argument 2, got number/],
      [() => openPython({ python: 3 } as never), /expected a string as python/],
      [() => viewObject(python.memory, (1n << 47n) - 4096n), /cannot read/],
      [() => python.view('__import__("ctypes").c_double.from_address(8)').get(), /cannot read 1 bytes at 0x8/],
      [() => python.view('__import__("ctypes").c_double.from_address(8)').data, /cannot read 1 bytes at 0x8/],
      [() => python.import(''), /Empty module name/],
      [() => python.import(7 as never), /^TypeError: expected the name of a module as a string, got number$/],
      [
        () => python.eval('1').attr(5 as never),
        /^TypeError: expected the name of an attribute as a string, got number$/,
      ],
      [() => openPython({ python: '/no/such' }), /no Python for "\/no\/such" can be loaded/],
      [() => choosePython('3.99'), /none of that version was found/],
    ];
    for (const [run, message] of wrong) assert.throws(run, message, String(run));
    return `${wrong.length} uses`;
  },

  'a view that is refused leaves nothing exported'({ python }) {
    python.exec('b = bytearray(3)');
    python.view('b', null as never).release();
    for (const wrong of ['b""', 'memoryview(b"abc")'])
      assert.throws(() => python.view(wrong, { writable: true }), TypeError);
    python.exec('b.extend(b"x" * 100)');
  },

  async 'the GIL is given back where queueMicrotask is a fake'({ python }) {
    const real = globalThis.queueMicrotask;
    try {
      globalThis.queueMicrotask = () => {};
      python.exec('import threading, time; n = 0\ndef go():\n  global n\n  while n < 10**9: n += 1; time.sleep(0.001)');
      python.exec('threading.Thread(target=go, daemon=True).start()');
      await setTimeout(100);
      const counted = Number(String(python.eval('n')));
      python.exec('n = 10**9');
      assert.ok(counted > 10, `${counted} ticks`);
    } finally {
      globalThis.queueMicrotask = real;
    }
  },

  'a torn memoryview in a copy of its memory is refused, not followed'({ python }) {
    const { PyMemoryViewObject } = layoutsFor(python.target);
    const ref = python.eval('memoryview(bytearray(8))');
    const bytes = Uint8Array.from(python.memory.read(ref.address, PyMemoryViewObject.size + 64));
    let refused = 0;
    for (let at = 24; at < bytes.length; at++) {
      const torn = Uint8Array.from(bytes);
      torn[at] = (torn[at] ?? 0) ^ 0x80;
      const memory = segmentMemory([{ address: 1n << 46n, bytes: torn }], python.target, python.memory);
      try {
        viewObject(memory, 1n << 46n).toList();
      } catch (error) {
        assert.match((error as Error).name, /^(MemoryFault|FormatError|ReleasedError|TypeError|LayoutMismatch)$/);
        refused++;
      }
    }
    assert.ok(refused > 20);
    return `${refused} of ${bytes.length - 24}`;
  },

  'Python threads run while node idles'({ python }) {
    python.exec(`
import threading, time
count = 0
def tick():
    global count
    while count < 10**9:
        count += 1
        time.sleep(0.001)
threading.Thread(target=tick, daemon=True).start()`);
    const before = Number(String(python.eval('count')));
    return setTimeout(200).then(() => {
      const ticks = Number(String(python.eval('count'))) - before;
      python.exec('count = 10**9');
      assert.ok(ticks > 10, `${ticks} ticks in 200 ms`);
      return undefined;
    });
  },

  'extension modules load, and find their own libraries'({ python }) {
    python.exec('import ssl, hashlib, zlib, sqlite3, ctypes, decimal');
    assert.equal(
      String(python.eval('hashlib.sha256(b"abc").hexdigest()')),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    return String(python.eval('ssl.OPENSSL_VERSION'));
  },

  'sys is that of the interpreter itself'({ python, text }) {
    const { executable, prefix } = python.installation;
    assert.deepEqual([text('__import__("sys").executable'), text('__import__("sys").prefix')], [executable, prefix]);
    return formatTarget(python.target);
  },

  'closing gives everything back; opening again continues'({ python }) {
    python.exec('b = bytearray(3); import sys; start = sys.getrefcount(b)');
    const [view, ref] = [python.view('b'), python.eval('b')];
    const { data } = view;
    python.close();
    python.close();
    assert.equal(data.length, 3);
    view.revoke();
    assert.equal(data.length, 0);
    assert.throws(() => view.get(0), ReleasedError);
    assert.throws(() => ref.address, ReleasedError);
    assert.throws(() => python.eval('1'), /this Python was closed; call openPython\(\) again/);
    const again = openPython();
    assert.notEqual(again, python);
    assert.equal(String(again.eval('sys.getrefcount(b) - start')), '0');
    assert.equal(
      readStruct(again.memory, layoutsFor(again.target).PyObject, again.eval('b').address).ob_type > 0n,
      true,
    );
  },

  async 'closing ends what is awaited'() {
    const python = openPython();
    const run = assert.rejects(python.run('while True: pass'), ReleasedError);
    python.close();
    await run;
    await assert.rejects(python.run('1'), ReleasedError);
    assert.equal(String(await openPython().run('1 + 1')), '2');
  },

  async 'a run whose answer comes as Python is closed leaves nothing behind'() {
    const python = openPython();
    // Close ends no array that is somebody's.
    const left = python.exports().filter(({ heldBy }) => heldBy !== 'view').length;
    // It is asked to forget the listener between the answer and the promise's reaction.
    const signal = { aborted: false, addEventListener: () => {}, removeEventListener: () => python.close() };
    await assert.rejects(python.run('bytearray(8)', { signal: signal as never }), { name: 'ReleasedError' });
    assert.equal(python.closed, true);
    assert.ok(python.outstanding <= left, `${python.outstanding} are out, ${left} were left before`);
  },
};

/** 64-bit integers as JSON.parse gives them. */
function asNumbers(list: NestedList): unknown {
  if (Array.isArray(list)) return list.map(asNumbers);
  return typeof list === 'bigint' ? Number(list) : list;
}

async function collect(): Promise<void> {
  globalThis.gc?.();
  await setTimeout(10);
}
