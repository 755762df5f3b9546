/** The interpreters that tests run on: every Python found on this machine, and those `npm run pythons` has fetched. */
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
  /** A Node that can load this Python's library, where this one cannot. */
  readonly node?: string;
  /** The folder of a Pyodide. */
  readonly pyodide?: string;
  /** Why it could not be had. */
  readonly skipped?: string;
}

function readManifest(): readonly Fetched[] {
  const path = join(home, 'interpreters.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Fetched[]) : [];
}

/** What `npm run pythons` has fetched, or says it could not. */
export const fetched = readManifest();

/** Every Python that discovery finds, the fetched ones on its PATH behind those of the shell. */
export function findAll(): PythonInstallation[] {
  const { PATH = '' } = process.env;
  process.env.PATH = [PATH, join(home, 'bin'), join(home, 'bin-tracerefs')].join(delimiter);
  try {
    return findPythons();
  } finally {
    process.env.PATH = PATH;
  }
}

/** The Node to run a Python in: its own where its C library is newer than the one this Node runs on. */
export function nodeFor({ executable }: PythonInstallation): string {
  const real = realpathSync(executable);
  const entry = fetched.find(({ python, node }) => python && node && realpathSync(join(home, python)) === real);
  return entry?.node ? join(home, entry.node) : process.execPath;
}

/** Which of the Pythons that were fetched are not among those: none should be. */
export function notAmong(installations: readonly PythonInstallation[]): string[] {
  const there = new Set(installations.map(({ executable }) => realpathSync(executable)));
  return fetched.flatMap(({ name, python, pyodide }) =>
    python && !pyodide && !there.has(realpathSync(join(home, python))) ? [name] : [],
  );
}

/** The folders of the fetched Pyodides. */
export const pyodideFolders = fetched.flatMap(({ pyodide }) => (pyodide ? [join(home, pyodide)] : []));
