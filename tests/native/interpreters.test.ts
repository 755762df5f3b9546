/**
 * Every interpreter that is found runs the cases, each in a process of its own. One that cannot be loaded is skipped
 * with its reason; `MEMVIEW_TEST_FLOOR` names what must have run, e.g. `libpython pyodide`.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findPythons } from '../../src/ffi/discover.ts';
import { MARK, type Outcome } from './outcome.ts';

interface Run {
  readonly which: string;
  readonly outcomes: readonly Outcome[];
  /** What the process said and how it ended, for when it ended badly. */
  readonly end: string;
}

const LAST = 'the process lives to its end';
const child = fileURLToPath(new URL('./child.ts', import.meta.url));
const TIMEOUT_MS = 150_000;

function run(which: string, other: string | undefined): Promise<Run> {
  return new Promise((resolve) => {
    const env = { ...process.env, MEMVIEW_TEST_OTHER: JSON.stringify(other ?? null) };
    const args = ['--expose-gc', '--import', 'tsx', child, which];
    const options = { env, timeout: TIMEOUT_MS, maxBuffer: Number.POSITIVE_INFINITY };
    const started = execFile(process.execPath, args, options, (_, stdout, stderr) => {
      const lines = stdout.split('\n').filter((line) => line.startsWith(MARK));
      const outcomes = lines.map((line) => JSON.parse(line.slice(MARK.length)) as Outcome);
      const ended = `exit status ${started.exitCode}, signal ${started.signalCode}`;
      resolve({ which, outcomes, end: `${ended}\n${stderr.slice(-4000)}` });
    });
  });
}

/** Two at a time: each is busy on one core. */
async function runAll(all: readonly (() => Promise<Run>)[]): Promise<Run[]> {
  const results: Run[] = [];
  const queue = all.entries();
  const work = async (): Promise<void> => {
    for (const [i, start] of queue) results[i] = await start();
  };
  await Promise.all([work(), work()]);
  return results;
}

const found = findPythons();
const usable = found.filter(({ problem }) => problem === undefined);
const runs = await runAll([
  ...usable.map(({ executable, libpython }) => () => {
    const other = usable.find((one) => one.libpython !== libpython);
    return run(executable, other?.executable);
  }),
  () => run('pyodide', undefined),
]);

describe.each(runs)('$which', ({ outcomes, end }) => {
  for (const { name, error, counted } of outcomes) {
    test(counted ? `${name} (${counted})` : name, () => {
      if (error) throw new Error(error);
    });
  }

  test('all cases were run, and node ended by itself', () => {
    expect([outcomes.at(-1)?.name, end.split('\n')[0]]).toEqual([LAST, 'exit status 0, signal null']);
    if (outcomes.at(-1)?.name !== LAST) throw new Error(end);
  });
});

for (const { executable, problem } of found) {
  if (problem !== undefined) (test.skip as typeof test)(`${executable}: ${problem}`, () => {});
}

test('what must have run has run', () => {
  const ran = runs.filter(({ outcomes }) => outcomes.at(-1)?.name === LAST);
  const lines = ran.map(({ outcomes }) => `ran ${outcomes.length} cases on ${outcomes[0]?.counted}`);
  const skipped = found
    .filter(({ problem }) => problem)
    .map(({ executable, problem }) => `skipped ${executable}: ${problem}`);
  process.stdout.write(`${['', ...lines, ...skipped].join('\n')}\n`);
  const floor = (process.env.MEMVIEW_TEST_FLOOR ?? '').split(' ').filter(Boolean);
  const kinds = ran.map(({ which }) => (which === 'pyodide' ? 'pyodide' : 'libpython'));
  expect(floor.filter((kind) => !kinds.includes(kind as 'pyodide'))).toEqual([]);
  expect(ran).toHaveLength(usable.length + 1);
});
