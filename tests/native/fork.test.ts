/**
 * Children of `os.fork()`: they end as a plain Python's do, say nothing to the parent's Node, and hang nowhere. That
 * stdout of the parent closes shows that no child lives on.
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { pairs, run } from './program.ts';

/** What `fork as forked` does in a child, and the status and the stderr that it has in a plain Python too. */
const ENDS: readonly [code: string, inThread: [number, RegExp], inMain: [number, RegExp]][] = [
  ['pass', [0, /^$/], [0, /^$/]],
  ['sys.exit()', [0, /^$/], [0, /^$/]],
  ['sys.exit(3)', [0, /^$/], [3, /^$/]],
  ['sys.exit("bye")', [0, /^$/], [1, /^bye\n$/]],
  [
    'raise ValueError("no")',
    [0, /^Exception in thread [\s\S]*ValueError: no\n$/],
    [1, /^Traceback [\s\S]*ValueError: no\n$/],
  ],
];

const PRELUDE = `python.exec(\`
import os, sys, time, threading, warnings
warnings.simplefilter("ignore")
def status(pid): return os.waitpid(pid, 0)[1]\`);`;

const SHARED = `
const shared = new Float64Array(new SharedArrayBuffer(8000)).fill(1);
python.eval('lambda view: globals().update(shared=view)').call(python.share(shared));`;

const found = pairs();
if (found.length === 0) (test.skip as typeof test)('no libpython here', () => {});

describe.each(found)('$name', (pair) => {
  test.each(ENDS)('%s', async (code, [inThread, threadSays], [inMain, mainSays]) => {
    const forks = `pid = os.fork()\\nif pid == 0:\\n  ${code.replaceAll('"', "'")}`;
    const alone = `import os, sys, threading\ndef f():\n  ${code}\n${inMain >= 0 ? 'f()' : ''}`;
    const plain = spawnSync(pair.executable, ['-c', alone], { encoding: 'utf8' });
    expect([plain.status, plain.stderr]).toEqual([inMain, expect.stringMatching(mainSays)]);
    const threads = await run(
      pair,
      `${PRELUDE} console.log(String(await python.run("${forks}\\npid and status(pid)")));`,
    );
    expect(threads).toMatchObject({ status: 0, stdout: `${inThread}\n`, stderr: expect.stringMatching(threadSays) });
    const main = await run(pair, `${PRELUDE} python.exec("${forks}"); python.exec('print(status(pid) >> 8)');`);
    expect(main).toMatchObject({ status: 0, stdout: `${inMain}\n`, stderr: expect.stringMatching(mainSays) });
  });

  test('a child of a thread of the user, and of a function that is called', async () => {
    const { status, stdout, stderr } = await run(
      pair,
      `${PRELUDE} python.exec(\`
def go():
    pid = os.fork()
    if pid: print(status(pid), flush=True)
thread = threading.Thread(target=go)
thread.start(); thread.join()
import atexit
def both(): return os.fork()
atexit.register(lambda: os.write(1, b"exit\\\\n"))\`);
      const pid = python.eval('both').call();
      python.eval('print').call(python.eval('status').call(pid));
      python.exec('atexit._clear()');`,
    );
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '0\nexit\n0\n', stderr: '' });
  });

  test('200 children from runs, beside 100 other runs and shared memory', async () => {
    const ended = await run(
      pair,
      `${PRELUDE} ${SHARED}
      const forks = Array.from({ length: 200 }, (_, i) => python.run(\`
import os
def forked(i):
    pid = os.fork()
    if pid == 0:
        if i % 3 == 0: sys.exit(3)
        if i % 3 == 1: os._exit(int(sum(shared)) % 256)
        return "child"
    return ("parent", i, os.waitpid(pid, 0)[1] >> 8)
forked(\${i})\`));
      const others = Array.from({ length: 100 }, (_, i) => python.run(\`
import time
time.sleep(\${i % 7} / 1000) or sum(range(\${i}))\`));
      const passing = Array.from({ length: 50 }, () => python.share(new Uint8Array(new SharedArrayBuffer(64))));
      for (const one of passing) one.release();
      const said = (await Promise.all(forks)).map(String);
      said.forEach((text, i) => {
        const right = "('parent', " + i + ', ' + (i % 3 === 1 ? 1000 % 256 : 0) + ')';
        if (text !== right) console.log('wrong', i, text);
      });
      (await Promise.all(others)).forEach((value, i) => {
        if (String(value) !== String((i * (i - 1)) / 2)) console.log('wrong', i, String(value));
      });
      await after(50);
      console.log(python.shared, String(python.eval('sum(shared)')), String(await python.run('1 + 1')));`,
    );
    expect(ended).toMatchObject({ status: 0, signal: null, stdout: '1 1000.0 2\n', stderr: '' });
  });

  test.each(['fork', 'spawn', 'forkserver'])('multiprocessing by %s, from exec and from run', async (method) => {
    const ended = await run(
      pair,
      `${PRELUDE} python.exec(\`
import math, multiprocessing
def pooled():
    with multiprocessing.get_context("${method}").Pool(2) as pool:
        return pool.map(math.factorial, range(6))\`);
      python.exec('print(pooled(), flush=True)');
      console.log(String(await python.run('pooled()')));`,
    );
    const right = '[1, 1, 2, 6, 24, 120]\n';
    expect(ended).toMatchObject({ status: 0, signal: null, stdout: right + right, stderr: '' });
  });
});
