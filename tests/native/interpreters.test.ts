/**
 * Every interpreter that is found runs the cases, each in a process of its own. One that cannot be loaded is skipped
 * with its reason; `MEMVIEW_TEST_FLOOR` names what must have run: `libpython`, `pyodide`, `numpy`, tags as
 * `3.13t-lp64`, or `chromium`, without which other tests are skipped. What was fetched must run in any case.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { findChromium } from '../support/browser.ts';
import { bundleChild } from './bundle.ts';
import { fetched, findAll, nodeFor, notAmong, pyodideFolders } from './found.ts';
import { MARK, type Outcome } from './outcome.ts';

interface Run {
  readonly which: string;
  readonly outcomes: readonly Outcome[];
  /** What the process said and how it ended, for when it ended badly. */
  readonly end: string;
}

const LAST = 'the process lives to its end';
const child = await bundleChild();
const TIMEOUT_MS = 400_000;

function run(which: string, node = process.execPath, other?: string): Promise<Run> {
  return new Promise((resolve) => {
    const env = { ...process.env, MEMVIEW_TEST_OTHER: JSON.stringify(other ?? null) };
    const args = ['--expose-gc', '--enable-source-maps', child, which];
    let late = '';
    const options = { env, maxBuffer: Number.POSITIVE_INFINITY };
    const timer = setTimeout(() => {
      late = `after ${TIMEOUT_MS / 1000} s its threads were in\n${threadsOf(Number(started.pid))}\n`;
      started.kill();
    }, TIMEOUT_MS);
    const started = execFile(node, args, options, (_, stdout, stderr) => {
      clearTimeout(timer);
      const lines = stdout.split('\n').filter((line) => line.startsWith(MARK));
      const outcomes = lines.map((line) => JSON.parse(line.slice(MARK.length)) as Outcome);
      const ended = `exit status ${started.exitCode}, signal ${started.signalCode}`;
      resolve({ which, outcomes, end: `${ended}\n${late}${stderr.slice(-4000)}` });
    });
  });
}

/** What each thread of a process does, as Linux tells it: its name, what it waits for, its call of the kernel. */
function threadsOf(pid: number): string {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder)
      .map((thread) => ['comm', 'wchan', 'syscall'].map((name) => readFileSync(`${folder}/${thread}/${name}`, 'utf8')))
      .map((told) => told.map((text) => text.trim()).join(', '))
      .join('\n');
  } catch (error) {
    return String(error);
  }
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

const found = findAll();
const usable = found.filter(({ problem }) => problem === undefined);
const runs = await runAll([
  ...usable.map((installation) => () => {
    const other = usable.find((one) => one.libpython !== installation.libpython);
    return run(installation.executable, nodeFor(installation), other?.executable);
  }),
  () => run('pyodide'),
  ...pyodideFolders.map((folder) => () => run(`pyodide:${folder}`)),
]);

describe.each(runs)('$which', ({ outcomes, end }) => {
  for (const { name, error, counted } of outcomes) {
    test(counted ? `${name} (${counted})` : name, () => {
      if (error) throw new Error(error);
    });
  }

  test('all cases were run, and node ended by itself', () => {
    const last = outcomes.at(-1)?.name;
    if (last !== LAST) throw new Error(`nothing came after ${JSON.stringify(last)}: ${end}`);
    expect(end.split('\n')[0]).toBe('exit status 0, signal null');
  });
});

const skipped = [
  ...found.flatMap(({ executable, problem }) => (problem === undefined ? [] : [`${executable}: ${problem}`])),
  ...fetched.flatMap(({ name, skipped: reason }) => (reason === undefined ? [] : [`${name}: ${reason}`])),
];
for (const reason of skipped) (test.skip as typeof test)(reason, () => {});

/** What a run counts as towards the floor: its kind, its tag, and whether numpy's structs were read. */
function kinds({ which, outcomes }: Run): string[] {
  const numpy = outcomes.some(({ name, counted }) => /ndarrays/.test(name) && !/^skipped/.test(counted ?? 'skipped'));
  const tag = outcomes[0]?.counted?.split(' ')[0] ?? '';
  return [which.startsWith('pyodide') ? 'pyodide' : 'libpython', tag, ...(numpy ? ['numpy'] : [])];
}

test('what must have run has run', () => {
  const ran = runs.filter(({ outcomes }) => outcomes.at(-1)?.name === LAST);
  const lines = ran.map(({ outcomes }) => `ran ${outcomes.length} cases on ${outcomes[0]?.counted}`);
  process.stdout.write(`${['', ...lines, ...skipped.map((reason) => `skipped ${reason}`)].join('\n')}\n`);
  // The longest of the tables that were made: of the interpreter that has the most.
  const tables = ran.flatMap(({ outcomes }) => outcomes.flatMap(({ table }) => (table ? [table] : [])));
  const table = tables.reduce((longest, one) => (one.length > longest.length ? one : longest), []);
  const widths = (table[0] ?? []).map((_, i) => Math.max(...table.map((row) => row[i]?.length ?? 0)));
  const shown = table.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  process.stdout.write(`${['', ...shown].join('\n')}\n`);
  const floor = (process.env.MEMVIEW_TEST_FLOOR ?? '').split(' ').filter(Boolean);
  const met = new Set([...ran.flatMap(kinds), ...(findChromium() ? ['chromium'] : [])]);
  expect(floor.filter((kind) => !met.has(kind))).toEqual([]);
  expect(notAmong(usable)).toEqual([]);
  expect(ran).toHaveLength(runs.length);
});
