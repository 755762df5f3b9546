/** Programs in processes of their own, on the built package: what they said, how they ended, and when. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PythonInstallation } from '../../src/ffi/probe.ts';
import { fetchedNodes, findAll, nodeFor, otherNodeFor, ownMajor } from './found.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** How a program ended. */
export interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the line `exiting` on stdout until its end; from the beginning where it said no such line. */
  readonly ms: number;
}

/** A Python, and a Node that can load it. */
export interface Pair {
  readonly name: string;
  readonly executable: string;
  readonly node: string;
}

/** One Python of each target that is found, debug builds aside, with this Node, and the first with the others too. */
export function pairs(): Pair[] {
  const usable = findAll().filter(({ problem, target = '' }) => problem === undefined && !/debug|trace/.test(target));
  const pairOf = (one: PythonInstallation, node: string, major: number): Pair => ({
    name: `${one.target} ${one.executable.split('/').slice(-3).join('/')}, Node ${major}`,
    executable: one.executable,
    node,
  });
  const lines = [...new Map(usable.map((one) => [`${one.target}`, one])).values()];
  return [
    ...lines.map((one) => pairOf(one, nodeFor(one), ownMajor)),
    ...[...fetchedNodes.keys()].flatMap((major) =>
      lines.slice(0, 1).flatMap((one) => {
        const node = otherNodeFor(one, major);
        return node && major !== ownMajor ? [pairOf(one, node, major)] : [];
      }),
    ),
  ];
}

/**
 * Runs a program with `openPython`, `python` and `after` in reach. Its end is that of its stdout too: a child that goes
 * on would keep that open.
 */
export function run({ executable, node }: Pair, code: string, options = '{}'): Promise<Ended> {
  const program = `
import { openPython, PythonError } from 'memview/ffi';
const { setTimeout: after } = await import('node:timers/promises');
const python = openPython({ python: ${JSON.stringify(executable)}, ...${options} });
${code}
`;
  return new Promise((resolve) => {
    const args = ['--expose-gc', '--input-type=module', '-e', program];
    const child = spawn(node, args, { cwd: root, timeout: 90_000, killSignal: 'SIGKILL' });
    const said = { stdout: '', stderr: '' };
    let since = performance.now();
    child.stdout.setEncoding('utf8').on('data', (text) => {
      if (/^exiting$/m.test(text)) since = performance.now();
      said.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (said.stderr += text));
    child.once('close', (status, signal) => resolve({ status, signal, ...said, ms: performance.now() - since }));
  });
}
