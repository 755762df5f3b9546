/**
 * Whoever was given the bytes of a view may hold them: consumers of Node's own and of npm's packages read late, while
 * the view is released, its exporter freed and the memory written over. On each Node that is found, in processes of
 * their own; `MEMVIEW_TEST_CONSUMERS` is a pattern of those to run.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findPythons } from '../../src/ffi/discover.ts';
import { atOnce } from './consumers/at-once.ts';
import { nodesOf } from './consumers/nodes.ts';

const child = fileURLToPath(new URL('./consumers/child.mjs', import.meta.url));
const packages = fileURLToPath(new URL('../../.pythons/npm-packages', import.meta.url));
const folder = existsSync(packages) ? packages : undefined;
const TIMEOUT_MS = 150_000;
const RIGHT = 'the right bytes';
/** `left`: exports that were not given back when the consumer had let go. */
const ALL_RIGHT = { before: RIGHT, middle: RIGHT, after: RIGHT, left: 0 };

/** What a child says of a consumer. */
interface Said {
  readonly name: string;
  /** By the moment of the release. */
  readonly came?: Readonly<Record<string, string>>;
  /** How many exports were not given back in the end. */
  readonly left?: number;
  readonly skipped?: string;
  readonly ms?: number;
}

interface Ran {
  readonly said: readonly Said[];
  /** How the process ended, and what it said at last. */
  readonly ended: string;
  readonly stderr: string;
}

interface Task {
  readonly node: string;
  readonly executable: string;
  readonly group: string;
  readonly names: readonly string[];
}

function runOnce({ node, ...request }: Task): Promise<Ran> {
  return new Promise((resolve) => {
    const args = ['--expose-gc', '--no-warnings', child, JSON.stringify({ ...request, folder })];
    const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: Number.POSITIVE_INFINITY } as const;
    const started = execFile(node, args, options, (_, stdout, stderr) => {
      const lines = stdout.split('\n').filter((line) => line.startsWith('{"'));
      const all = lines.map((line) => JSON.parse(line) as Said & { end?: true });
      const ended = `exit status ${started.exitCode}, signal ${started.signalCode}${all.at(-1)?.end ? '' : ', early'}`;
      resolve({ said: all.filter(({ end }) => !end), ended, stderr: stderr.slice(-2000) });
    });
  });
}

const WELL = 'exit status 0, signal null';
const isRight = ({ came = {}, left, skipped }: Said): boolean =>
  skipped !== undefined ||
  (left === 0 && Object.values(came).every((one) => one === RIGHT || one.startsWith('refused, ')));

/**
 * All of a group in one process; what failed, or was not reached, again in a process of its own, so that the end of one
 * is not another's.
 */
async function run(task: Task): Promise<ReadonlyMap<string, Ran>> {
  const together = await runOnce(task);
  const results = new Map<string, Ran>();
  for (const name of task.names) {
    const said = together.said.filter((one) => one.name === name);
    const well = together.ended === WELL && said.every(isRight) && said.length > 0;
    results.set(name, well ? { ...together, said } : await runOnce({ ...task, names: [name] }));
  }
  return results;
}

const python = findPythons().find(({ problem }) => problem === undefined);
const { nodes, skipped: absent } = nodesOf(python);
const { stdout: listed } = spawnSync(process.execPath, [child], { encoding: 'utf8' });
const pattern = new RegExp(process.env.MEMVIEW_TEST_CONSUMERS ?? '');
const groups = Object.entries(JSON.parse(listed) as Record<string, string[]>)
  .map(([group, names]) => ({ group, names: names.filter((name) => pattern.test(name)) }))
  .filter(({ names }) => names.length > 0);

const tasks = nodes.flatMap(({ title, node }) =>
  groups.map(({ group, names }) => ({ title, node, group, names, executable: python?.executable ?? '' })),
);
const started = performance.now();
const results = await atOnce(tasks.map((task) => async () => ({ ...task, results: await run(task) })));
const took = Math.round((performance.now() - started) / 1000);

const skipped: string[] = [...absent];
for (const { title } of nodes) {
  describe(title, () => {
    for (const { group, results: ofGroup } of results.filter((one) => one.title === title)) {
      for (const [name, { said, ended, stderr }] of ofGroup) {
        const [one] = said;
        if (one?.skipped) {
          skipped.push(`${title}, ${name}: ${one.skipped}`);
          (test.skip as typeof test)(`${group}: ${name} (${one.skipped})`, () => {});
          continue;
        }
        test(`${group}: ${name}`, () => {
          // A refusal is as good, where the consumer says why it may be.
          const came = Object.entries(one?.came ?? {}).map(([k, v]) => [k, v.startsWith('refused, ') ? RIGHT : v]);
          const seen = { ...Object.fromEntries(came), left: one?.left, ended };
          if (ended !== WELL) process.stdout.write(`${title}, ${name}: ${stderr}\n`);
          expect(seen).toEqual({ ...ALL_RIGHT, ended: WELL });
        });
      }
    }
  });
}

test('what was read late', () => {
  const counts = nodes.map(({ title }) => {
    const ofNode = results.filter((one) => one.title === title).flatMap((one) => [...one.results.values()]);
    return `${title}: ${ofNode.filter(({ said }) => said[0]?.came).length} consumers`;
  });
  const lines = [`on ${python?.executable} in ${took} s`, ...counts, ...skipped.map((reason) => `skipped ${reason}`)];
  process.stdout.write(`${['', ...lines].join('\n')}\n`);
  if (python) expect(nodes.map(({ title }) => title)).toContain(`Node ${process.versions.node.split('.')[0]}`);
});
