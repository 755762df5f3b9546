/** Memory that crosses the border: JavaScript's seen by Python, many buffers of Python's at once, in other threads. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ReleasedError } from '../../../src/errors.ts';
import type { Python } from '../../../src/ffi/python.ts';
import type { PyRef } from '../../../src/ffi/ref.ts';
import { type Cases, has, type PythonSubject, until } from './subject.ts';

/** Gives an object a name in Python. */
function name(python: Python, as: string, ref: PyRef): void {
  python.eval(`lambda value: globals().update(${as}=value)`).call(ref);
}

/** Whether this runtime keeps an ArrayBuffer in its place; before Node 24 only a SharedArrayBuffer is shared. */
const keepsArrayBuffers = Number.parseInt(process.versions.node, 10) >= 24;

/** The same elements where they can be shared. */
function inPlace<T extends ArrayBufferView>(array: T): T {
  if (keepsArrayBuffers) return array;
  const buffer = new SharedArrayBuffer(array.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  const Class = (array instanceof Buffer ? Uint8Array : array.constructor) as new (buffer: SharedArrayBuffer) => T;
  return new Class(buffer);
}

/** Nothing of it is left in the caller, whose frame an array would stay in. */
function shareAndForget(python: Python): WeakRef<ArrayBufferLike> {
  const array = inPlace(new Float64Array(1000).fill(7));
  using ref = python.share(array);
  name(python, 'm', ref);
  return new WeakRef(array.buffer);
}

const shared = [
  [Int8Array.of(-1, 2), 'b', '[-1, 2]'],
  [Uint8Array.of(255, 2), 'B', '[255, 2]'],
  [Uint8ClampedArray.of(255, 2), 'B', '[255, 2]'],
  [Int16Array.of(-300, 2), 'h', '[-300, 2]'],
  [Uint16Array.of(65535, 2), 'H', '[65535, 2]'],
  [Int32Array.of(-70000, 2), 'i', '[-70000, 2]'],
  [Uint32Array.of(2 ** 32 - 1), 'I', '[4294967295]'],
  [BigInt64Array.of(-(2n ** 63n)), 'q', '[-9223372036854775808]'],
  [BigUint64Array.of(2n ** 64n - 1n), 'Q', '[18446744073709551615]'],
  [Float32Array.of(0.5, -2), 'f', '[0.5, -2.0]'],
  [Float64Array.of(0.1, -2), 'd', '[0.1, -2.0]'],
  [new DataView(Uint8Array.of(9, 8, 7).buffer, 1), 'B', '[8, 7]'],
  [new Float64Array(Float64Array.of(1, 2, 3, 4).buffer, 8, 2), 'd', '[2.0, 3.0]'],
  [new Float64Array(0), 'd', '[]'],
  [Buffer.from('abc'), 'B', '[97, 98, 99]'],
  [new Int32Array(new SharedArrayBuffer(8)), 'i', '[0, 0]'],
] as const;

/** In a frame of its own, for that of a caller who awaits keeps what it has seen. `m` is left, of `b`. */
function shareWhatIsLent({ python, text }: PythonSubject): void {
  const arrays = [python.view('b').bytes.subarray(2), python.view('r').bytes, python.view('c').data];
  const expected = [
    ['[99, 100, 101, 102]', 'False', 'True'],
    ['[114, 101, 97, 100]', 'True', 'True'],
    ['[1.0, 2.0, 3.0, 4.0]', 'False', 'True'],
  ];
  for (const [i, array] of arrays.entries()) {
    using ref = python.share(array as Uint8Array);
    name(python, 'm', ref);
    const own = text(`m.obj is ${['b', 'r', 'c'][i]}`);
    assert.deepEqual([text('m.tolist()'), text('m.readonly'), own], expected[i]);
  }
  for (const array of [python.view('rows').slice(0).bytes, arrays[0] as Uint8Array]) {
    using ref = python.share(array);
    name(python, 'm', ref);
    assert.deepEqual(text('m.tolist()'), `[${[...array].join(', ')}]`);
  }
}

export const sharingCases: Cases<PythonSubject> = {
  'every typed array is shared as what it is'({ python, text }) {
    for (const [array, format, list] of shared) {
      for (const ref of [python.share(inPlace(array)), python.share(array, { copy: true })]) {
        name(python, 'm', ref);
        assert.deepEqual([text('m.format'), text('m.tolist()'), text('m.readonly')], [format, list, 'False']);
        ref.release();
      }
    }
    python.exec('del m');
    for (const wrong of [[1], 'abc', new ArrayBuffer(8), null, 5])
      assert.throws(() => python.share(wrong as never), /expected a typed array or a DataView to share, got \[object/);
    return `${shared.length} arrays`;
  },

  'what either side writes the other sees; numpy has the same memory'(subject) {
    const { python, text } = subject;
    const array = inPlace(new Float64Array(1e6));
    using ref = python.share(array);
    name(python, 'm', ref);
    python.exec('m[3] = 1.5');
    assert.equal(array[3], 1.5);
    array[4] = 2.5;
    assert.equal(text('m[4]'), '2.5');
    if (!has(subject, 'numpy')) {
      python.exec('del m');
      return 'without numpy';
    }
    python.exec('import numpy as np; n = np.frombuffer(m); n[5] = 3.5');
    assert.equal(array[5], 3.5);
    array[6] = 4.5;
    assert.equal(text('float(n[6])'), '4.5');
    assert.equal(text('n.dtype, n.shape, n.flags.writeable'), "(dtype('float64'), (1000000,), True)");
    assert.equal(text('float(n.sum())'), '12.0');
    // And back again: the view of numpy's array is the typed array's memory.
    using view = python.view('n');
    view.data[7] = 5.5;
    assert.equal(array[7], 5.5);
    python.exec('del n, m');
    return 'with numpy';
  },

  async 'shared memory stays while Python holds anything of it, and is collected then'({ python, text }) {
    await until(
      () => python.shared === 0,
      () => `${python.shared} are pinned from before`,
    );
    const weak = shareAndForget(python);
    python.exec('part = m[10:20]; del m; import gc; gc.collect()');
    for (let i = 0; i < 5; i++) {
      globalThis.gc?.();
      await setTimeout(5);
    }
    assert.equal(text('part.tolist()'), '[7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0]');
    assert.equal(python.shared, 1);
    python.exec('del part');
    await until(
      () => python.shared === 0 && weak.deref() === undefined,
      () => `${python.shared} are pinned, ${weak.deref() ? 'and' : 'nothing'} was not collected`,
    );
  },

  'shared memory cannot be moved away from under Python'({ python }) {
    const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
    const resizable = new Uint8Array(new Resizable(8, { maxByteLength: 16 }));
    assert.throws(() => python.share(resizable), /got a resizable ArrayBuffer; use share\(x, \{ copy: true \}\)/);
    const array = new Uint8Array(8);
    if (!keepsArrayBuffers) {
      assert.throws(
        () => python.share(array),
        /^TypeError: Node 2[02].*SharedArrayBuffer.*share\(x, \{ copy: true \}\)/,
      );
      return 'an ArrayBuffer is refused';
    }
    const wasm = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer);
    assert.throws(() => python.share(wasm), /got that of a WebAssembly.Memory.*share\(x, \{ copy: true \}\)/);
    python.share(wasm, { copy: true }).release();
    using _ref = python.share(array);
    assert.throws(() => structuredClone(array, { transfer: [array.buffer] }) && assert.equal(array.length, 0));
    const stream = { type: 'bytes', start: (controller: ReadableByteStreamController) => controller.enqueue(array) };
    assert.throws(() => new ReadableStream(stream as never));
    assert.equal(array.length, 8);
    assert.throws(() => array.buffer.transfer(), /was shared with Python.*transfer a copy/);
    return 'an ArrayBuffer is kept';
  },

  'a copy is shared with nobody'({ python, text }) {
    const array = Float64Array.of(1, 2);
    using ref = python.share(array, { copy: true });
    name(python, 'm', ref);
    array[0] = 5;
    python.exec('m[1] = 7');
    assert.deepEqual([text('m.tolist()'), [...array]], ['[1.0, 7.0]', [5, 2]]);
    python.exec('del m');
    assert.throws(() => python.share(array, { copy: 1 as never }), /expected copy to be true or false, got number/);
  },

  async 'what a view handed out is answered by its exporter'(subject) {
    const { python, text } = subject;
    python.exec('import ctypes; b = bytearray(b"abcdef"); r = b"read"; c = (ctypes.c_double * 4)(1, 2, 3, 4)');
    python.exec('rows = memoryview(bytearray(range(12))).cast("B", (3, 4))[::-1]');
    shareWhatIsLent(subject);
    // The exporter is pinned by Python's own memoryview, and no longer by JavaScript.
    await until(
      () => !python.exports().some(({ exporter, nbytes }) => exporter === 'bytearray' && nbytes === 6),
      () => 'JavaScript pins the bytearray',
    );
    assert.throws(() => python.exec('b.extend(b"x")'), /Existing exports/);
    python.exec('m[0] = 65; del m');
    assert.equal(text('b'), "bytearray(b'abAdef')");
    python.exec('b.extend(b"x")');
  },

  async 'many are shared and let go while Node does not listen'({ python }) {
    python.exec('kept = []');
    const keep = python.eval('kept.append');
    await until(
      () => python.shared === 0,
      () => `${python.shared} are pinned from before`,
    );
    for (let i = 0; i < 20_000; i++) {
      using ref = python.share(inPlace(new Uint8Array(1)));
      if (i % 100 === 0) keep.call(ref).release();
    }
    await until(
      () => python.shared === 200,
      () => `${python.shared} are pinned`,
    );
    python.exec('kept.clear()');
    await until(
      () => python.shared === 0,
      () => `${python.shared} are pinned`,
    );
    return '20000 arrays, more than a pipe holds';
  },

  'views of many are as so many views'({ python, text }) {
    python.exec(`
import array, random
pick = random.Random(3)
def one():
    kind = pick.randrange(4)
    if kind == 0: return bytes(pick.randrange(50))
    if kind == 1: return bytearray(range(pick.randrange(1, 90)))
    if kind == 2: return array.array(pick.choice("bBhHiIlLqQfd"), range(pick.randrange(1, 9)))
    whole = memoryview(bytearray(range(120))).cast("B", (2, 3, 4, 5))[::pick.choice([1, -1])]
    return pick.choice([whole, memoryview(bytes(64)).cast("d")[::-2], memoryview(b"a").cast("B", ())])
many = [one() for _ in range(3000)]`);
    const list = python.eval('many');
    const item = list.attr('__getitem__');
    const refs = Array.from({ length: 3000 }, (_, i) => item.call(python.eval(String(i))));
    for (const views of [python.views(list), python.views(refs), python.views('many')]) {
      assert.equal(views.length, 3000);
      for (const [i, view] of views.entries()) {
        using single = python.view(refs[i] as PyRef);
        for (const key of ['format', 'itemsize', 'shape', 'strides', 'nbytes', 'readonly', 'address'] as const)
          assert.deepEqual(view[key], single[key], key);
        assert.deepEqual(view.toList(), single.toList());
        view.release();
      }
    }
    assert.deepEqual(python.views([]), []);
    assert.equal(text('len(many)'), '3000');
    return '3 × 3000 buffers';
  },

  'each of many views is released by itself'({ python, text }) {
    python.exec('import sys; b = [bytearray(b"x") for _ in range(10)]');
    const views = python.views('b');
    const extend = (i: number): void => python.exec(`b[${i}].extend(b"y")`);
    for (const [i, view] of views.entries()) {
      assert.throws(() => extend(i), /Existing exports/);
      const { data } = view;
      view.revoke();
      assert.equal(data.length, 0);
      assert.throws(() => view.get(0), ReleasedError);
      extend(i);
    }
    assert.equal(text('[len(x) for x in b]'), `[${Array(10).fill(2).join(', ')}]`);
  },

  'views that are refused leave nothing exported'({ python }) {
    python.exec('b = bytearray(3)');
    assert.throws(() => python.views('[b, b, 5, b]'), { message: /^object 2 of 4: .*bytes-like object/ });
    assert.throws(() => python.views('[b, b""]', { writable: true }), /expected a writable buffer/);
    assert.throws(() => python.views([python.eval('b'), 5 as never]), /expected a PyRef as object 1, got number/);
    assert.throws(() => python.views(5 as never), /expected PyRefs, a PyRef or a Python expression, got number/);
    assert.throws(() => python.views('5'), /not iterable/);
    python.exec('b.extend(b"x")');
  },

  async 'a worker reads the memory of this Python, and has no Python API'({ python }) {
    using view = python.view('memoryview(bytearray(range(24))).cast("B", (4, 6))[::-2]');
    const { locator } = python.memory;
    const workerData = { locator, object: view.object };
    const worker = new Worker(new URL('../worker.mjs', import.meta.url), { workerData, execArgv: [] });
    const answer = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    assert.deepEqual(answer, {
      list: view.toList(),
      fault: 'MemoryFault',
      refused: 'the Python API belongs to the main thread and is refused in a worker',
    });
    await worker.terminate();
  },
};
