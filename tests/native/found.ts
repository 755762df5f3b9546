/**
 * The interpreters that tests run on, and the Nodes: every Python found on this machine, this Node, and what
 * `npm run pythons` has fetched.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPythons } from '../../src/ffi/discover.ts';
import type { PythonInstallation } from '../../src/ffi/probe.ts';

const home = fileURLToPath(new URL('../../.pythons', import.meta.url));

/** An entry of what `npm run pythons` says it has made; paths start from its folder. */
interface Fetched {
  readonly name: string;
  readonly python?: string;
  /** A Node; with a `python`, one that can load this Python's library, where this one cannot. */
  readonly node?: string;
  /** Such Nodes by their major version. */
  readonly nodes?: Readonly<Record<string, string>>;
  /** The major version of an entry that is a Node. */
  readonly major?: number;
  /** The folder of a Pyodide. */
  readonly pyodide?: string;
  /** Why it could not be had. */
  readonly skipped?: string;
}

function readManifest(): readonly Fetched[] {
  const path = join(home, 'interpreters.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Fetched[]) : [];
}

const manifest = readManifest();

/** The interpreters that `npm run pythons` has fetched, or says it could not. */
export const fetched = manifest.filter(({ major }) => major === undefined);

/** The major version of the Node that runs this. */
export const ownMajor = Number.parseInt(process.versions.node, 10);

/** The Nodes that `npm run pythons` has fetched, or says it could not, by their major version. */
export const fetchedNodes: ReadonlyMap<number, Fetched> = new Map(
  manifest.flatMap((entry) => (entry.major === undefined ? [] : [[entry.major, entry] as const])),
);

/**
 * Every Python that discovery finds, the fetched ones on its PATH behind those of the shell. What this Node cannot load
 * counts as usable where {@link nodeFor} has one that can.
 */
export function findAll(): PythonInstallation[] {
  const { PATH = '' } = process.env;
  process.env.PATH = [PATH, join(home, 'bin'), join(home, 'bin-tracerefs')].join(delimiter);
  try {
    return findPythons().map((found) =>
      nodeFor(found) === process.execPath ? found : { ...found, problem: undefined },
    );
  } finally {
    process.env.PATH = PATH;
  }
}

/** What was fetched of a Python together with Nodes of its own. */
function withItsNode({ executable }: PythonInstallation): Fetched | undefined {
  if (!existsSync(executable)) return undefined;
  const real = realpathSync(executable);
  return fetched.find(({ python, node }) => python && node && realpathSync(join(home, python)) === real);
}

/** The Node to run a Python in: its own where its C library is newer than the one this Node runs on. */
export function nodeFor(installation: PythonInstallation): string {
  const entry = withItsNode(installation);
  return entry?.node ? join(home, entry.node) : process.execPath;
}

/** The same for a Node of another major version; undefined where there is none that can load this Python. */
export function otherNodeFor(installation: PythonInstallation, major: number): string | undefined {
  const entry = withItsNode(installation);
  if (!entry && major === ownMajor) return process.execPath;
  const node = entry ? entry.nodes?.[major] : fetchedNodes.get(major)?.node;
  return node && join(home, node);
}

/** Which of the Pythons that were fetched are not among those: none should be. */
export function notAmong(installations: readonly PythonInstallation[]): string[] {
  const there = new Set(
    installations.flatMap(({ executable }) => (existsSync(executable) ? [realpathSync(executable)] : [])),
  );
  return fetched.flatMap(({ name, python, pyodide }) =>
    python && !pyodide && !there.has(realpathSync(join(home, python))) ? [name] : [],
  );
}

/** The folders of the fetched Pyodides. */
export const pyodideFolders = fetched.flatMap(({ pyodide }) => (pyodide ? [join(home, pyodide)] : []));

/** Whether a Python has numpy. */
export function hasNumpy({ executable }: PythonInstallation): boolean {
  return spawnSync(executable, ['-c', 'import numpy']).status === 0;
}

/** Whether cores can be made of running processes. */
export const hasGcore = spawnSync('gcore', ['--help']).error === undefined;
