/** What calls leave behind in Python, on their way out by an error too: nothing. And what turns they leave its threads. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { type Cases, has, type PythonSubject, until } from './subject.ts';

/** What CPython 3.13, free-threaded, answers for an immortal object: UINT32_MAX. */
const IMMORTAL = '4294967295';

export const leftoverCases: Cases<PythonSubject> = {
  'the code of exec and eval goes when it has run'({ python, text }) {
    python.exec('import sys, weakref; of_exec = weakref.ref(sys._getframe().f_code)');
    python.eval('globals().update(of_eval=weakref.ref(sys._getframe().f_code))').release();
    // Free-threaded builds count what code objects have later; that of 3.13 makes all code immortal at its first thread.
    python.exec('import gc; gc.collect()');
    const kept = text('of_exec() is not None and sys.getrefcount(of_exec())');
    if (kept === IMMORTAL) return 'skipped: this build keeps code for ever';
    assert.equal(text('of_exec() is None, of_eval() is None'), '(True, True)');
    return undefined;
  },

  async 'what an aborted run gives in the end is not kept'({ python, text }) {
    python.exec('class Kept: pass\nimport time, weakref\nof_run = None');
    const code = `
kept = Kept()
of_run = weakref.ref(kept)
end = time.monotonic() + 0.2
while time.monotonic() < end:
    try: time.sleep(0.01)
    except KeyboardInterrupt: pass
globals().pop("kept")`;
    const controller = new AbortController();
    const run = assert.rejects(python.run(code, { signal: controller.signal }), { name: 'AbortError' });
    await until(
      () => text('of_run is not None') === 'True',
      () => 'the run begins',
    );
    controller.abort();
    await run;
    assert.equal(text('of_run() is not None'), 'True');
    await until(
      () => text('of_run() is None') === 'True',
      () => 'the object of the aborted run lives on',
    );
  },

  'a view that cannot be made leaves nothing exported'(subject) {
    const { python, text } = subject;
    if (!has(subject, 'numpy')) return 'skipped: no numpy';
    python.exec('import numpy as np, weakref\nfrom numpy.lib.stride_tricks import as_strided');
    python.exec('wild = as_strided(np.zeros(1), (2,), (1 << 62,)); of_wild = weakref.ref(wild)');
    assert.throws(() => python.view('wild'), { name: 'FormatError' });
    assert.throws(() => python.views('[b"a", wild]'), { name: 'FormatError' });
    python.exec('del wild; import gc; gc.collect()');
    assert.equal(text('of_wild()'), 'None');
    return 'as numpy leaves it';
  },

  async 'calls into C only leave the threads of Python their turns in a long stretch'({ python, text }) {
    python.exec(`
import threading
from array import array
count = array("q", [0])
spinning = True
def spin():
    while spinning: count[0] += 1
spinner = threading.Thread(target=spin, daemon=True)
spinner.start()`);
    const [count, viewed] = [python.view('count'), python.eval('b"viewed"')];
    await setTimeout(50);
    python.view(viewed).release();
    const before = count.get(0) as bigint;
    // No code of Python's runs in these, and none of them lets go of the GIL.
    for (const end = performance.now() + 300; performance.now() < end; ) python.view(viewed).release();
    const gained = (count.get(0) as bigint) - before;
    python.exec('spinning = False; spinner.join()');
    count.release();
    assert.equal(text('spinner.is_alive()'), 'False');
    assert.ok(gained > 1000n, `the thread did ${gained} steps in a stretch of 300 ms`);
    return `${gained} steps`;
  },

  'references that wait to be dropped are shown to nobody'({ python, text }) {
    if (text('__import__("sys").version_info >= (3, 12)') !== 'True') return 'skipped: no __buffer__ before 3.12';
    python.exec(`
import gc
seen = []
class Exporter:
    def __buffer__(self, flags):
        seen.append(sum(type(one) is tuple and len(one) == 64 for one in gc.get_objects()))
        return memoryview(b"abc")
exporter = Exporter()
first = object()`);
    const [exporter, others] = [python.eval('exporter'), Array.from({ length: 5 }, () => python.eval('first'))];
    // They wait: no code of Python's runs until the exporter's does.
    for (const other of others) other.release();
    const view = python.view(exporter);
    view.release();
    assert.equal(text('seen'), '[0]');
    return 'by an exporter of Python';
  },
};
