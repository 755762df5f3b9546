/**
 * Uses that no one should make, each in a process of its own: an error that says what is wrong, the exit status that
 * Node gives it, and no signal. `expected` is matched against what the program prints: the last line of the error.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { findPythons } from '../../src/ffi/discover.ts';
import { hostile } from './hostile.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 60_000;

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(python: string, code: string): Promise<Ended> {
  const program = `
import { layoutsFor, parseTarget, segmentMemory, viewObject } from 'memview';
import { openPython, PythonError } from 'memview/ffi';
import { processMemory } from 'memview/node';
const { setTimeout: after } = await import('node:timers/promises');
const python = openPython({ python: ${JSON.stringify(python)} });
const attempt = async (use) => {
  try {
    const value = await use();
    console.log('no error:', value);
  } catch (error) {
    console.log(error.name + ': ' + error.message);
  }
};
${code}
`;
  return new Promise((resolve) => {
    const args = ['--expose-gc', '--input-type=module', '-e', program];
    const child = spawn(process.execPath, args, { cwd: root, timeout: TIMEOUT_MS });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (said.stderr += text));
    child.once('close', (status, signal) => resolve({ status, signal, ...said }));
  });
}

const usable = findPythons().filter(({ problem }) => problem === undefined);
// The oldest and the newest that is here: what they do differs most.
const sorted = usable.sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
const chosen = [...new Set([sorted[0], sorted.at(-1)])].flatMap((one) => (one ? [one] : []));

if (chosen.length === 0) (test.skip as typeof test)('no libpython here', () => {});

test('the list is long', () => {
  expect(hostile.length).toBeGreaterThanOrEqual(40);
  process.stdout.write(`${hostile.length} hostile uses × ${chosen.length} Pythons\n`);
});

for (const { executable, version } of chosen) {
  test(`on Python ${version}`, async () => {
    const queue = hostile.entries();
    const wrong: object[] = [];
    const work = async (): Promise<void> => {
      for (const [i, { use, expected, status = 0 }] of queue) {
        const ended = await run(executable, use);
        const said = status === 0 ? ended.stdout + ended.stderr : ended.stderr;
        if (ended.status !== status || ended.signal !== null || !expected.test(said)) {
          wrong.push({ i, use, expected, status: ended.status, signal: ended.signal, said });
        }
      }
    };
    await Promise.all([work(), work()]);
    expect(wrong).toEqual([]);
  });
}
