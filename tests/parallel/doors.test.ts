/**
 * Workers whose process has loaded nothing of this package before: what they load must not take the process down when
 * they end. Jest's own process has loaded it, so each runs in a process of its own.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function run(worker: string): Promise<string> {
  const program = `
    import { Worker } from 'node:worker_threads';
    const url = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(worker)}));
    for (let i = 0; i < 3; i++) {
      const worker = new Worker(url);
      console.log(await new Promise((resolve) => worker.once('exit', resolve).once('error', resolve)));
    }`;
  const args = ['--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 });
  return stdout;
}

const door = (name: string): string => JSON.stringify(new URL(`../../dist/doors/${name}.js`, import.meta.url));

test.each(['memview', 'node', 'ffi', 'parallel'])('a worker that loads the door %s and ends', async (name) => {
  expect(await run(`await import(${door(name)});`)).toBe('0\n0\n0\n');
});

test('a worker that is refused a Python', async () => {
  const program = `
    const { openPython } = await import(${door('ffi')});
    try {
      openPython();
    } catch (error) {
      process.exitCode = error.message.startsWith('the Python API belongs to the main thread') ? 7 : 8;
    }`;
  expect(await run(program)).toBe('7\n7\n7\n');
});

test('a worker that has others write for it', async () => {
  const program = `
    const { encodeJsonParallel } = await import(${door('parallel')});
    const data = new Float64Array(new SharedArrayBuffer(1 << 22));
    for (let i = 0; i < 30; i++) await encodeJsonParallel(data, { workers: 2 });`;
  expect(await run(program)).toBe('0\n0\n0\n');
});
