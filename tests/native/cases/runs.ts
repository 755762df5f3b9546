/** Python at work while Node's event loop goes on: runs, their ends and aborts, threads, and the GIL between them. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { openPython } from '../../../src/ffi/open.ts';
import type { PyRef } from '../../../src/ffi/ref.ts';
import { type Cases, type PythonSubject, until } from './subject.ts';

const FOREVER = 'import time\nwhile True: time.sleep(0.001)';

/** How late a timer of 10 ms came at worst, in ms, while something went on. */
async function latest(during: () => Promise<unknown>): Promise<number> {
  let worst = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - last - 10);
    last = now;
  }, 10);
  try {
    await during();
    return Math.max(worst, performance.now() - last - 10);
  } finally {
    clearInterval(timer);
  }
}

/**
 * The least of six: what a GIL that is waited for costs is there in every one, and far more than the bound; what the
 * machine's other work costs is not.
 */
async function lateness(during: () => Promise<unknown>): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < 6 && !(Math.min(...all) <= 50); i++) all.push(await latest(during));
  return Math.min(...all);
}

const text = async (value: Promise<PyRef>): Promise<string> => String(await value);

export const runCases: Cases<PythonSubject> = {
  async 'a run gives the value of its last expression, None without one'({ python }) {
    assert.equal(await text(python.run('6 * 7')), '42');
    assert.equal(await text(python.run('x = 5\nx + 1')), '6');
    assert.equal(await text(python.run('x = 7')), 'None');
    assert.equal(await text(python.run('')), 'None');
    assert.equal(await text(python.run('"ü\u{1F600}"')), 'ü\u{1F600}');
    assert.equal(String(python.eval('x')), '7');
    using list = await python.run('[1, 2]');
    assert.equal(String(list.attr('__len__').call()), '2');
    using view = python.view(await python.run('bytearray(b"abc")'));
    assert.deepEqual(view.toList(), [97, 98, 99]);
  },

  async 'a run that raises rejects with the error, and its traceback begins in its own code'({ python }) {
    await assert.rejects(python.run('def f():\n    raise ValueError("no")\nf()'), (error: Error) => {
      assert.equal(error.name, 'PythonError [ValueError]');
      assert.equal(error.message, 'no');
      assert.match((error as Error & { traceback: string }).traceback, /^Traceback .*\n {2}File "<memview>", line 3/);
      return true;
    });
    await assert.rejects(python.run('def f(:'), { name: 'PythonError [SyntaxError]' });
    await assert.rejects(python.run('import sys; sys.exit(3)'), { name: 'PythonError [SystemExit]', message: '3' });
    await assert.rejects(python.run('raise KeyboardInterrupt'), { name: 'PythonError [KeyboardInterrupt]' });
    const long = 'x'.repeat(100_000);
    await assert.rejects(python.run(`raise ValueError("${long}")`), { message: long });
  },

  async 'a timer of 10 ms is at most 50 ms late while Python computes, in C or in bytecode'({ python }) {
    const sum = await lateness(() => python.run('sum(range(10**8))'));
    const loop = await lateness(() => python.run('n = 0\nwhile n < 3 * 10**6: n += 1'));
    assert.ok(sum <= 50, `${sum} ms late during sum(range(10**8))`);
    assert.ok(loop <= 50, `${loop} ms late during a loop`);
    return `${sum.toFixed(1)} ms late in C, ${loop.toFixed(1)} ms in a loop`;
  },

  async 'an abort rejects at once and raises KeyboardInterrupt in the code'({ python }) {
    python.exec('seen = []');
    const code = `
import time
seen.append("began")
try:
    while True: time.sleep(0.001)
except BaseException as error:
    seen.append(type(error).__name__)
    raise`;
    const controller = new AbortController();
    const run = python.run(code, { signal: controller.signal });
    await until(
      () => String(python.eval('len(seen)')) === '1',
      () => 'the code begins',
    );
    const before = performance.now();
    controller.abort();
    await assert.rejects(run, { name: 'AbortError' });
    assert.ok(performance.now() - before < 50, 'it rejects at once');
    await until(
      () => String(python.eval('seen')) === "['began', 'KeyboardInterrupt']",
      () => 'KeyboardInterrupt is raised',
    );

    const reason = new Error('enough');
    await assert.rejects(python.run('1', { signal: AbortSignal.abort(reason) }), reason);
    await assert.rejects(python.run('while True: pass', { signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
    await assert.rejects(python.run('1', { signal: 5 as never }), /expected an AbortSignal as signal, got number/);
    // The interrupted loops are gone, and an interrupt meets nobody else.
    await until(
      () => !/memview.run/.test(String(python.eval('__import__("threading").enumerate()'))),
      () => 'threads end',
    );
    assert.equal(await text(python.run('sum(range(10**6))')), '499999500000');
  },

  async 'an abort during a call into C does not make Node wait for it'({ python }) {
    const late = await lateness(() =>
      assert.rejects(python.run('sum(range(3 * 10**7))', { signal: AbortSignal.timeout(30) }), {
        name: 'TimeoutError',
      }),
    );
    assert.ok(late <= 50, `${late} ms late`);
    await python.run('None');
    return `${late.toFixed(1)} ms late`;
  },

  async 'many runs and aborts at once: each gets its own answer'({ python }) {
    const runs = Array.from({ length: 200 }, (_, i) => {
      if (i % 5 === 4) return python.run(FOREVER, { signal: AbortSignal.timeout(i % 7) });
      if (i % 5 === 3) return python.run(`raise KeyError(${i})`);
      return python.run(`__import__("time").sleep(${(i % 10) / 1000}) or ${i}`);
    });
    const outcomes = await Promise.allSettled(runs);
    for (const [i, outcome] of outcomes.entries()) {
      if (i % 5 === 4) assert.match(String(outcome.status === 'rejected' && outcome.reason), /TimeoutError/);
      else if (i % 5 === 3) assert.equal(outcome.status === 'rejected' && outcome.reason.message, String(i));
      else assert.equal(outcome.status === 'fulfilled' && String(outcome.value), String(i));
    }
    return `${runs.length} runs`;
  },

  async 'what a run gave is given back by release'({ python }) {
    python.exec('class T: pass\nimport weakref, gc');
    const ref = await python.run('t = T(); w = weakref.ref(t); globals().pop("t")');
    assert.equal(String(python.eval('w() is not None')), 'True');
    ref.release();
    python.exec('gc.collect()');
    assert.equal(String(python.eval('w()')), 'None');
  },

  async 'a daemon thread counts on while Node idles, and Node reads its counter in place'({ python }) {
    python.exec(`
import threading, time
from array import array
counter = array("q", [0])
going = True
def count():
    while going:
        counter[0] += 1
        time.sleep(0.001)
threading.Thread(target=count, daemon=True).start()`);
    using view = python.view('counter');
    const before = view.get(0) as bigint;
    await setTimeout(200);
    const ticks = (view.get(0) as bigint) - before;
    python.exec('going = False');
    assert.ok(ticks > 10n, `${ticks} ticks in 200 ms`);
    return `${ticks} ticks in 200 ms`;
  },

  async 'a busy thread of Python leaves Node its turns, and Node it'({ python }) {
    python.exec('import threading; busy = 0; on = True\ndef spin():\n  global busy\n  while on: busy += 1');
    python.exec('spinner = threading.Thread(target=spin, daemon=True); spinner.start()');
    const waits: number[] = [];
    for (let i = 0; i < 30; i++) {
      await setTimeout(1);
      const before = performance.now();
      python.exec('None');
      waits.push(performance.now() - before);
    }
    const wait = waits.sort((a, b) => a - b)[15] ?? 0;
    // One stretch of Node that calls Python again and again: Python's thread still gets on.
    const start = Number(String(python.eval('busy')));
    for (const end = performance.now() + 100; performance.now() < end; ) python.exec('None');
    const gained = Number(String(python.eval('busy'))) - start;
    python.exec('on = False; spinner.join()');
    assert.ok(wait < 20, `Node waits ${wait} ms`);
    assert.ok(gained > 1000, `the thread did ${gained} steps in a stretch of 100 ms`);
    return `median wait ${wait.toFixed(1)} ms, ${gained} steps meanwhile`;
  },

  async 'the GIL is free while many elements are worked on'({ python }) {
    python.exec(
      'import threading, time; n = 0; on = True\ndef go():\n  global n\n  while on: n += 1; time.sleep(0.001)',
    );
    python.exec('big = bytes(10**6); threading.Thread(target=go, daemon=True).start()');
    await setTimeout(20);
    const before = Number(String(python.eval('n')));
    using view = python.view('big');
    let sum = 0;
    const { data } = view;
    for (const end = performance.now() + 100; performance.now() < end; ) for (const item of data) sum += Number(item);
    const ticks = Number(String(python.eval('n'))) - before;
    python.exec('on = False');
    assert.equal(sum, 0);
    assert.ok(ticks > 5, `${ticks} ticks in a stretch of 100 ms`);
    return `${ticks} ticks`;
  },

  async 'the collector does not make Node wait for a run that keeps the GIL'({ python }) {
    // Garbage before the run begins, for the net to find while it goes on.
    for (let i = 0; i < 50; i++) python.eval('object()');
    let ended = false;
    const run = python.run('sum(range(3 * 10**7))').then(() => {
      ended = true;
    });
    const before = python.collected;
    await setTimeout(20);
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.();
      await setTimeout(1);
    }
    assert.equal(ended, false, 'Node went on while Python kept the GIL');
    await run;
    return `${python.collected - before} collected meanwhile`;
  },

  async 'no more runs are under way than `threads` allows; aborted ones count until they end'({ python }) {
    python.exec('import threading, time; under = most = 0; door = threading.Lock(); held = threading.Event()');
    python.exec(`
def counted(value):
    global under, most
    with door:
        under += 1
        most = max(most, under)
    time.sleep(0.001)
    with door: under -= 1
    return value`);
    try {
      openPython({ threads: 16 });
      const values = await Promise.all(Array.from({ length: 2000 }, (_, i) => text(python.run(`counted(${i})`))));
      assert.deepEqual(
        values,
        Array.from(values, (_, i) => `${i}`),
      );
      const most = String(python.eval('most'));
      assert.ok(Number(most) <= 16, `${most} at once`);

      openPython({ threads: 1 });
      const controller = new AbortController();
      const { signal } = controller;
      // Nothing interrupts what waits in C.
      const computes = python.run('held.set(); time.sleep(0.5); ended = True', { signal });
      await until(
        () => String(python.eval('held.is_set()')) === 'True',
        () => 'the first one begins',
      );
      const queued = python.run('ended = True', { signal });
      const next = python.run('ended');
      controller.abort();
      await assert.rejects(computes, { name: 'AbortError' });
      await assert.rejects(queued, { name: 'AbortError' });
      // It begins when the first one has ended, which the interrupt does before it sets the name.
      await assert.rejects(next, { name: 'PythonError [NameError]' });
      return `2000 runs, ${most} at once`;
    } finally {
      openPython({ threads: 256 });
    }
  },

  async 'Python is asked for the GIL sooner while runs are under way, unless the user said when'({ python }) {
    // In microseconds: that is what Python keeps.
    const ask = 'round(__import__("sys").getswitchinterval() * 1e6)';
    const interval = (): number => Number(String(python.eval(ask)));
    const during = async (): Promise<number> => Number(await text(python.run(ask)));
    assert.deepEqual([interval(), await during(), interval()], [5000, 200, 5000]);
    python.exec('import sys; sys.setswitchinterval(0.002)');
    assert.deepEqual([await during(), interval()], [2000, 2000]);
    await python.run('sys.setswitchinterval(0.001)');
    assert.equal(interval(), 1000);
    python.exec('sys.setswitchinterval(0.005)');
  },

  async 'a run has a thread that threading knows'({ python }) {
    assert.match(await text(python.run('import threading; threading.current_thread().name')), /^memview\.run-\d+$/);
  },

  async 'a line that no desk writes rejects the run that it names, and throws nowhere'({ python }) {
    python.exec('import gc, os, time; go = False; every = gc.get_objects()');
    python.exec('desk = max((one for one in every if type(one).__name__ == "Desk"), key=lambda one: one.tell)');
    const name = await text(python.run('__import__("threading").current_thread().name'));
    const key = Number(name.split('-')[1]);
    const runs = [1, 2].map(() => python.run('while not go: time.sleep(0.001)'));
    python.exec(
      `os.write(desk.tell, b"nonsense\\nraised 99999 8 8\\nodd ${key + 1} 1\\nraised ${key + 2} 8 8\\nvalue x 1\\n")`,
    );
    await assert.rejects(runs[0] as Promise<unknown>, /^Error: expected the outcome of a run, got "odd \d+ 1"/);
    await assert.rejects(runs[1] as Promise<unknown>, { name: 'MemoryFault' });
    python.exec('go = True; del every');
    assert.equal(await text(python.run('6 * 7')), '42');
  },
};
