/** JSON by several threads of what Python holds, against that of one. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { encodeJson } from '../../../src/json/encode.ts';
import { encodeJsonParallel, type ParallelOptions } from '../../../src/parallel/encode.ts';
import { ready, startLater } from '../../../src/parallel/threads.ts';
import type { BufferView } from '../../../src/view/buffer-view.ts';
import { viewObject } from '../../../src/view/object.ts';
import { type Cases, has, type PythonSubject } from './subject.ts';

/** How many other threads are asked to write while something goes on. */
async function counted<T>(during: () => Promise<T>): Promise<[threads: number, T]> {
  for (const end = performance.now() + 60_000; !ready(2); await setTimeout(5)) {
    assert.ok(performance.now() < end, 'no two threads have started in a minute');
    // One that has ended is started anew.
    await startLater(2);
  }
  const { postMessage } = Worker.prototype;
  let threads = 0;
  Worker.prototype.postMessage = function (...args) {
    if ('located' in args[0]) threads++;
    postMessage.apply(this, args);
  };
  try {
    const answer = await during();
    return [threads, answer];
  } finally {
    Worker.prototype.postMessage = postMessage;
  }
}

async function same(view: BufferView, others = 1, options: ParallelOptions = {}): Promise<void> {
  const [asked, text] = await counted(() => encodeJsonParallel(view, { ...options, workers: 2 }));
  assert.ok(Buffer.compare(text, encodeJson(view, options)) === 0, `${text.length} bytes of another text`);
  assert.equal(asked, others);
}

export const parallelCases: Cases<PythonSubject> = {
  async 'threads: views in order, in steps, backwards, of rows and of records'({ python }) {
    python.exec(`
import array, ctypes
numbers = array.array("d", [i / 7 for i in range(1_000_000)])
class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("n", ctypes.c_int), ("name", ctypes.c_char * 3)]
points = (Point * 200_000)(*[(i / 3, i, b"ab") for i in range(200_000)])
`);
    using base = python.view('numbers');
    await same(base);
    await same(base, 1, { newline: true });
    await same(base.slice([1, null, 2]));
    await same(base.slice([null, null, -1]));
    const rows = base.cast('d', [1000, 1000]);
    await same(rows);
    await same(rows.slice(null, [1, null, 3]));
    await same(rows.slice([null, null, -2], [null, null, -1]));
    await same(base.cast('d', [10, 100, 1000]).slice(null, [3, 97], [5, null]));
    await same(base.cast('B'));
    using records = python.view('points');
    await same(records, 1, { bytes: 'utf8' });
    // As snapshots.
    using object = python.view('memoryview(numbers)');
    await same(viewObject(python.memory, object.object));
  },

  async 'threads: one writes what would be copied in vain'({ python }) {
    using base = python.view('memoryview(bytes(range(256)) * 131072)');
    await same(base.cast('d', [1024, 4096]).transpose(), 0);
    await same(base.slice([null, null, 9]), 0);
    await same(base.slice([null, null, 8]));
  },

  async 'threads: numpy'(subject) {
    const { python } = subject;
    if (!has(subject, 'numpy')) return 'skipped: no numpy here';
    python.exec(`
import numpy as np
bits = np.random.default_rng(9)
many = [np.frombuffer(bits.bytes(1 << 21), dtype=code) for code in ["e", ">f8", "c16", ">i2", "S4", "V8", "M8[s]", "m8[ms]"]]
many.append(np.zeros(200_000, [("a", "i2"), ("b", "f8"), ("c", "S2", (2,))])[::-1])
many.append(many[1].reshape(2, 2, -1)[:, ::-1])
`);
    for (let i = 0; i < 10; i++) {
      using view = python.view(`many[${i}]`);
      await same(view);
    }
    return '10 arrays';
  },

  async 'threads: a refused value is the first, and a view that is released meanwhile is an error'({ python }) {
    python.exec('import array; numbers = array.array("d", [0.5]) * 1_000_000; numbers[700_000] = float("nan")');
    using view = python.view('numbers');
    // It is met by the threads, and at the end also where the length of the text is guessed.
    for (const at of [800_000, 999_999]) {
      python.exec(`numbers[${at}] = float("inf")`);
      const [asked] = await counted(() =>
        assert.rejects(encodeJsonParallel(view, { nonFinite: 'error', workers: 2 }), {
          name: 'JsonEncodeError',
          message: /^JSON has no NaN, found at \$\[700000\];/,
        }),
      );
      assert.equal(asked, 1);
    }
    const promise = encodeJsonParallel(view, { workers: 2 });
    view.release();
    python.exec('del numbers');
    await assert.rejects(promise, { name: 'ReleasedError', message: /this view was released/ });
    await assert.rejects(encodeJsonParallel(view, { workers: 2 }), { name: 'ReleasedError' });
  },

  async 'threads: they need no GIL'({ python }) {
    python.exec('import array; numbers = array.array("q", range(300_000))');
    using view = python.view('numbers');
    // Of a thread that never gives it away.
    python.exec('import sys; before = sys.getswitchinterval(); sys.setswitchinterval(1000)');
    const running = python.run('n = 0\nwhile n < 5 * 10**6: n += 1');
    let ended = false;
    running.finally(() => {
      ended = true;
    });
    const [asked, text] = await counted(() => encodeJsonParallel(view, { workers: 2 }));
    const meanwhile = !ended;
    await running;
    python.exec('sys.setswitchinterval(before)');
    assert.ok(Buffer.compare(text, encodeJson(view)) === 0);
    assert.deepEqual([asked, meanwhile], [1, true]);
  },
};
