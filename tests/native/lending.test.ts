/**
 * What Python lends and what it is lent: release, revoke, memory that was moved, share. Each case in a process of its
 * own, which has to end by itself, on each Node that is found, with one Python.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findPythons } from '../../src/ffi/discover.ts';
import { atOnce } from './consumers/at-once.ts';
import { nodesOf } from './consumers/nodes.ts';

/** Rounds of the loops: 2000 take some seconds each. */
const rounds = Number(process.env.MEMVIEW_TEST_ROUNDS ?? 300);
const program = fileURLToPath(new URL('./lending/cases.mjs', import.meta.url));
const packages = fileURLToPath(new URL('../../.pythons/npm-packages', import.meta.url));
const folder = existsSync(packages) ? packages : undefined;
const TIMEOUT_MS = 60_000;

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

function run(node: string, name: string): Promise<Ended & { readonly stdout: string }> {
  const request = JSON.stringify({ executable: python?.executable, name, rounds, folder });
  return new Promise((resolve) => {
    const args = ['--expose-gc', '--no-warnings', program, request];
    const child = execFile(node, args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
  });
}

const python = findPythons().find(({ problem }) => problem === undefined);
const { nodes, skipped: absent } = nodesOf(python);
const names = JSON.parse(spawnSync(process.execPath, [program], { encoding: 'utf8' }).stdout) as string[];
const started = performance.now();
const cases = nodes.flatMap(({ title, node }) => names.map((name) => ({ title, node, name })));
const results = await atOnce(cases.map((one) => async () => ({ ...one, ended: await run(one.node, one.name) })));
const took = Math.round((performance.now() - started) / 1000);

const skipped: string[] = [...absent];
for (const { title } of nodes) {
  describe(title, () => {
    for (const { name, ended } of results.filter((one) => one.title === title)) {
      const reason = /^\{"skipped":"(.*)"\}$/m.exec(ended.stdout)?.[1];
      if (reason) skipped.push(`${title}, ${name}: ${reason}`);
      const declare = reason ? (test.skip as typeof test) : test;
      declare(reason ? `${name} (${reason})` : name, () => {
        const { status, signal, stderr } = ended;
        expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
      });
    }
  });
}

test('what was lent', () => {
  const ran = nodes.map(({ title }) => `${title}: ${results.filter((one) => one.title === title).length} cases`);
  const lines = [`on ${python?.executable} in ${took} s`, ...ran, ...skipped.map((reason) => `skipped ${reason}`)];
  process.stdout.write(`${['', ...lines].join('\n')}\n`);
  expect(results.every(({ ended }) => ended.status !== null || ended.signal !== null)).toBe(true);
});
