/**
 * The exit, whatever Python is at: within the time that it has, with Node's status. What may be done is done before:
 * threads are waited for, atexit runs, streams are flushed.
 */
import { describe, expect, jest, test } from '@jest/globals';
import { pairs, run } from './program.ts';

interface Case {
  readonly name: string;
  readonly code: string;
  /** Of stderr; nothing by default. */
  readonly stderr?: RegExp;
  /** Whether the end of stdout is waited for: not where another process has it. */
  readonly lives?: boolean;
}

const LONG = 'sum(range(6 * 10**9))';
const ATEXIT = `python.exec('import atexit, os, sys, threading, time; atexit.register(os.write, 1, b"atexit\\\\n")');`;
/** In ms; the default is a second, of which a busy machine takes too much for what is done before the end. */
const WITHIN = 3000;
const CUT = /Python's part of the exit was cut short after 2700 ms/;

/** Each says `exiting` as it exits. */
const cases: readonly Case[] = [
  { name: 'nothing', code: '' },
  { name: 'a run in C', code: `python.run('${LONG}').catch(() => {}); await after(100);`, stderr: CUT },
  {
    name: '20 runs in C',
    code: `for (let i = 0; i < 20; i++) python.run('${LONG}').catch(() => {}); await after(100);`,
    stderr: CUT,
  },
  {
    name: 'a run in bytecode',
    code: `python.run('while True: pass').catch(() => {}); await after(100);`,
  },
  {
    name: 'a daemon thread',
    code: `python.exec('def go():\\n  while True: pass\\nthreading.Thread(target=go, daemon=True).start()');`,
  },
  {
    name: 'a thread that is no daemon',
    code: `python.exec('threading.Thread(target=time.sleep, args=(60,), name="sleeper").start()');`,
    stderr: /^memview: the process ends beside threads that go on: sleeper\n$/,
  },
  {
    name: 'a process of subprocess',
    code: `python.exec('import subprocess; subprocess.Popen(["sleep", "7"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)');`,
  },
  {
    name: 'a process of multiprocessing',
    code: `python.exec(\`import multiprocessing
def quiet(): os.close(1); os.close(2); time.sleep(7)
multiprocessing.get_context("fork").Process(target=quiet).start()\`);`,
    stderr: /Late/,
  },
  {
    name: 'an atexit handler that waits',
    code: `python.exec('atexit.register(time.sleep, 60)');`,
    stderr: /Late: the process ends now; exitWithin of openPython says when/,
  },
  { name: 'an atexit handler in C', code: `python.exec('atexit.register(sum, range(6 * 10**9))');`, stderr: CUT },
];
/** Where the GIL is not to be had, nothing of it can be done. Free-threaded builds have none. */
const keepsTheGil = / in C$/;
const freeThreaded = /^3\.\d+t/;

/** An exit has a set time, of which a busy machine may take too much. */
jest.retryTimes(2);

const found = pairs();
if (found.length === 0) (test.skip as typeof test)('no libpython here', () => {});

describe.each(found)('$name', (pair) => {
  test.each(cases)('beside $name', async ({ name, code, stderr = /^$/ }) => {
    const exits = `console.log('exiting'); process.exit(7);`;
    const ended = await run(pair, `${ATEXIT} ${code} ${exits}`, `{ exitWithin: ${WITHIN} }`);
    const free = /run.* in C$/.test(name) && freeThreaded.test(pair.name);
    const said = keepsTheGil.test(name) && !free ? 'exiting\n' : 'exiting\natexit\n';
    expect({ ...ended, ms: 0, stderr: '' }).toEqual({ status: 7, signal: null, stdout: said, stderr: '', ms: 0 });
    expect(ended.stderr.replace(/.*DeprecationWarning.*\n.*fork.*\n/, '')).toMatch(free ? /^$/ : stderr);
    expect(ended.ms).toBeLessThan(WITHIN + 2000);
  });
});

const [first] = found;
if (first) {
  test('by default it is a second', async () => {
    const busy = `python.run('${LONG}').catch(() => {}); await after(100);`;
    const ended = await run(first, `${busy} console.log('exiting'); process.exit(7);`);
    expect(ended).toMatchObject({ status: 7, signal: null, stdout: 'exiting\n' });
    expect(ended.stderr).toMatch(/cut short after 900 ms/);
    // With what a busy machine takes of it.
    expect(ended.ms).toBeLessThan(3000);
  });

  test('a natural exit, and one after SIGTERM, keep their status', async () => {
    const busy = `${ATEXIT} python.exec('threading.Thread(target=time.sleep, args=(60,)).start()');`;
    const natural = await run(first, `${busy} process.exitCode = 3; console.log('exiting');`);
    expect([natural.status, natural.stdout]).toEqual([3, 'exiting\natexit\n']);
    const signalled = await run(
      first,
      `${busy} process.on('SIGTERM', () => process.exit(4)); setInterval(() => {}, 1000);
       console.log('exiting'); process.kill(process.pid, 'SIGTERM');`,
    );
    expect([signalled.status, signalled.stdout]).toEqual([4, 'exiting\natexit\n']);
    const cut = await run(
      first,
      `python.run('${LONG}').catch(() => {}); await after(100);
      process.exitCode = 5; console.log('exiting'); process.exit();`,
    );
    expect([cut.status, cut.signal]).toEqual([5, null]);
  });

  test('exitWithin: a thread that needs longer has it', async () => {
    const slow = `python.exec('import threading, time; threading.Thread(target=lambda: (time.sleep(1.5), print("done"))).start()');`;
    expect(await run(first, slow)).toMatchObject({ status: 0, stdout: '' });
    for (const within of ['10_000', 'Infinity']) {
      expect(await run(first, slow, `{ exitWithin: ${within} }`)).toMatchObject({ status: 0, stdout: 'done\n' });
    }
    const short = await run(first, `${slow} openPython({ exitWithin: 100 });`);
    expect(short).toMatchObject({ status: 0, stdout: '' });
  });

  test('what is no limit is refused', async () => {
    const said = await run(
      first,
      `for (const limits of [{ exitWithin: '1' }, { exitWithin: 0 }, { exitWithin: NaN }, { threads: 1.5 }, { threads: 0 }, { threads: 1n }])
         try { openPython(limits); console.log('no error'); } catch (error) { console.log(error.name + ': ' + error.message); }`,
    );
    expect(said.stdout.split('\n')).toEqual([
      'TypeError: expected a number as exitWithin, got string',
      'RangeError: expected 1 to 2147483647 ms, or Infinity, as exitWithin, got 0',
      'RangeError: expected 1 to 2147483647 ms, or Infinity, as exitWithin, got NaN',
      'RangeError: expected a whole number of 1 to 2147483647 as threads, got 1.5',
      'RangeError: expected a whole number of 1 to 2147483647 as threads, got 0',
      'TypeError: expected a number as threads, got bigint',
      '',
    ]);
  });
}
