/** Python's signal handlers while Node idles, and what gevent does to Python's threads: in processes of their own. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { findAll, nodeFor } from './found.ts';
import { pairs, run } from './program.ts';

const found = pairs();
if (found.length === 0) (test.skip as typeof test)('no libpython here', () => {});

/** Makes useless what the threads of Python, and who waits, are made of. */
const BROKEN = `python.exec(\`
import threading, _thread, select, os, time
def no(*args, **options): raise RuntimeError("replaced")
threading.Thread = threading.Lock = threading.RLock = threading.Event = threading.Condition = no
threading._start_new_thread = threading._allocate_lock = threading.get_ident = threading.current_thread = no
_thread.start_new_thread = _thread.allocate_lock = select.select = os.read = os.write = os.pipe = no\`);`;

describe.each(found)('$name', (pair) => {
  test('a handler runs while Node idles; what it raises is an uncaught exception', async () => {
    const ended = await run(
      pair,
      `python.exec('import signal; print(signal.set_wakeup_fd(-1))');
       python.exec('signal.signal(signal.SIGUSR1, lambda *args: print("handled"))');
       process.kill(process.pid, 'SIGUSR1'); await after(200);
       python.exec('signal.signal(signal.SIGUSR2, lambda *args: 1 / 0)');
       process.on('uncaughtException', (error) => console.log(String(error)));
       for (let i = 0; i < 2; i++) { process.kill(process.pid, 'SIGUSR2'); await after(200); }
       process.kill(process.pid, 'SIGUSR1'); await after(200);
       python.exec('signal.signal(signal.SIGINT, signal.default_int_handler)');
       const run = python.run('import time; time.sleep(1); "run"');
       await after(100); process.kill(process.pid, 'SIGINT');
       console.log(String(await run));`,
    );
    const error = 'PythonError [ZeroDivisionError]: division by zero\n';
    expect(ended).toMatchObject({
      status: 0,
      signal: null,
      stdout: `-1\nhandled\n${error}${error}handled\nPythonError [KeyboardInterrupt]\nrun\n`,
      stderr: '',
    });
  });

  test('a handler of Node’s is told of, and can be put back', async () => {
    const ended = await run(
      pair,
      `process.on('SIGINT', () => console.log('Node'));
       const raise = async () => { process.kill(process.pid, 'SIGINT'); await after(200); };
       python.exec(\`
import signal, threading
old = signal.getsignal(signal.SIGINT)
print(old, old is signal.getsignal(2), signal.signal(signal.SIGINT, lambda *args: print("Python")) is old)\`);
       await raise();
       python.exec(\`
mine = signal.getsignal(signal.SIGINT)
print(signal.signal(signal.SIGINT, old) is mine, signal.getsignal(signal.SIGINT) is old)\`);
       await raise();
       python.exec(\`
print(signal.signal(signal.SIGINT, signal.SIG_IGN) is old, signal.signal(signal.SIGINT, mine).name, signal.signal(signal.SIGINT, old) is mine)
print(signal.getsignal(signal.SIGUSR2).name, signal.signal(signal.SIGUSR2, signal.SIG_IGN).name, signal.signal(signal.SIGUSR2, signal.SIG_DFL).name)
for signalnum, handler in [(signal.SIGTERM, old), (2, 3), (1000, old), (2, None)]:
    try: signal.signal(signalnum, handler)
    except (TypeError, ValueError) as error: print(type(error).__name__)\`);
       await raise();`,
    );
    expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
    expect(ended.stdout).toBe(
      `<a handler of C, of signal 2> True True
Python
True True
Node
True SIG_IGN True
SIG_DFL SIG_DFL SIG_IGN
ValueError
TypeError
ValueError
TypeError
Node
`,
    );
  });

  test('without a handler the signal is the process’s end; with one of asyncio’s it is asyncio’s', async () => {
    expect(await run(pair, `process.kill(process.pid, 'SIGINT'); await after(5000)`)).toMatchObject({
      signal: 'SIGINT',
    });
    const ended = await run(
      pair,
      `python.exec(\`
import asyncio, os, signal
async def main():
    met = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, met.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(met.wait(), 5)
    print("asyncio")
asyncio.run(main())\`);`,
    );
    expect(ended).toMatchObject({ status: 0, stdout: 'asyncio\n', stderr: '' });
  });

  test('runs go on where Python’s threads are replaced', async () => {
    const runs = `console.log(...(await Promise.all([python.run('1'), python.run('6 * 7')])).map(String));
      await python.run('[][0]').catch((error) => console.log(error.name));
      await python.run('while True: time.sleep(0.001)', { signal: AbortSignal.timeout(50) }).catch(({ name }) => console.log(name));`;
    for (const before of ['', `await python.run('0');`]) {
      const ended = await run(pair, `${before} ${BROKEN} ${runs}`);
      const stdout = '1 42\nPythonError [IndexError]\nTimeoutError\n';
      expect(ended).toMatchObject({ status: 0, signal: null, stdout });
    }
  });
});

for (const module of ['gevent', 'eventlet']) {
  const one = findAll().find(
    ({ executable, problem }) => !problem && spawnSync(executable, ['-c', `import ${module}`]).status === 0,
  );
  const pair = one && { name: module, executable: one.executable, node: nodeFor(one) };
  (pair ? test : (test.skip as typeof test))(`runs go on under ${module}`, async () => {
    const patch =
      module === 'gevent'
        ? 'from gevent import monkey; monkey.patch_all()'
        : 'import eventlet; eventlet.monkey_patch()';
    const ended = await run(pair ?? fail(), `python.exec('${patch}'); console.log(String(await python.run('6 * 7')));`);
    expect(ended).toMatchObject({ status: 0, signal: null, stdout: '42\n' });
  });
}

function fail(): never {
  throw new Error('skipped where there is none');
}
