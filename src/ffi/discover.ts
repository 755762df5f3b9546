/** Finding Pythons: where a shell would, where version tools put them, or where the caller says. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PythonNotFound } from '../errors.ts';
import { type PythonInstallation, probe } from './probe.ts';

/** An executable's name that is a Python, most wanted first. */
const NAME = /^python(?:3(?:\.\d+)?t?d?)?$/;

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function pathFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter(Boolean);
}

/** The executables of a folder, `python3` before `python` before `python3.13`, `python3.12` … */
function* pythonsIn(folder: string): Generator<string> {
  const rank = (name: string): number => {
    if (name === 'python3') return 0;
    return name === 'python' ? 1 : 1000 - Number(/3\.(\d+)/.exec(name)?.[1] ?? 0);
  };
  const names = list(folder).filter((name) => NAME.test(name));
  for (const name of names.sort((a, b) => rank(a) - rank(b))) yield join(folder, name);
}

/** What `python3` means here: the active venv, then the PATH. */
function* inShell(): Generator<string> {
  if (process.env.VIRTUAL_ENV) yield* inPrefix(process.env.VIRTUAL_ENV);
  for (const folder of pathFolders()) yield* pythonsIn(folder);
}

/** The executable of a venv or an installation prefix. */
function* inPrefix(prefix: string): Generator<string> {
  for (const name of ['bin/python', 'bin/python3', 'Scripts/python.exe', 'python.exe']) {
    const path = join(prefix, name);
    if (isFile(path)) yield path;
  }
}

/** What pyenv and uv installed, newest first, and the system's own. */
function* installed(): Generator<string> {
  const roots = [
    join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions'),
    process.env.UV_PYTHON_INSTALL_DIR ??
      join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local/share'), 'uv/python'),
  ];
  for (const root of roots) {
    const names = list(root).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
    for (const name of names) {
      const [first] = inPrefix(join(root, name));
      if (first) yield first;
    }
  }
  for (const folder of ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']) yield* pythonsIn(folder);
}

/** Probes each once; an executable reached by several names, or through a shim, is one installation. */
function* probeAll(executables: Iterable<string>): Generator<PythonInstallation> {
  const asked = new Set<string>();
  const found = new Set<string>();
  for (const executable of executables) {
    if (asked.has(executable)) continue;
    asked.add(executable);
    const installation = probe(executable);
    // A pyenv shim of a version that is not selected: the version itself is found elsewhere.
    if (!installation.version && /[/\\]shims[/\\]/.test(executable)) continue;
    const key = `${resolved(installation.executable)} ${installation.prefix}`;
    if (!found.has(key)) yield installation;
    found.add(key);
  }
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * Every Python of this machine that can be found: the active venv, the PATH, pyenv, uv, the system. Those that cannot
 * be loaded say why in `problem`. Each is asked in a child process, which takes some 50 ms.
 *
 * @example
 * ```ts
 * import { findPythons } from 'memview/ffi';
 * console.log(findPythons().some(({ problem }) => problem === undefined)); // true
 * ```
 */
export function findPythons(): PythonInstallation[] {
  return [...probeAll([...inShell(), ...installed()])];
}

/**
 * The installation that `python` names: nothing for the Python of the shell, else a version (`3.12`, `3.13t`), the
 * path of an executable, of a venv or of a prefix, or the name of a command.
 *
 * @throws PythonNotFound if there is none that can be loaded; the message lists what was tried and why each failed.
 * @internal
 */
export function choosePython(python?: string): PythonInstallation {
  const tried: PythonInstallation[] = [];
  for (const installation of probeAll(candidates(python))) {
    // One that did not even say its version may be the one that is wanted.
    const other =
      python !== undefined && installation.version && isVersion(python) && !hasVersion(installation, python);
    if (other) continue;
    if (installation.problem === undefined) return installation;
    tried.push(installation);
  }
  const wanted = python === undefined ? 'no Python on the PATH' : `no Python for ${JSON.stringify(python)}`;
  const reasons = tried.map(({ executable, problem }) => `\n  ${executable}: ${problem}`).join('');
  throw new PythonNotFound(`${wanted} can be loaded into this process${reasons || `: ${hint(python)}`}`);
}

function hint(python: string | undefined): string {
  if (python === undefined) return 'none was found. Install one with its libpython, or say which with `python`';
  if (isVersion(python)) return `none of that version was found; \`memview doctor\` lists those that were`;
  return 'expected a version such as 3.12, the path of a python or of a venv, or a command on the PATH';
}

function* candidates(python: string | undefined): Generator<string> {
  if (python === undefined) yield* inShell();
  else if (isVersion(python)) yield* likelyFirst([...inShell(), ...installed()], python);
  else if (isDirectory(python)) yield* inPrefix(python);
  else if (isFile(python)) yield python;
  else yield* pathFolders().flatMap((folder) => (isFile(join(folder, python)) ? [join(folder, python)] : []));
}

function isVersion(python: string): boolean {
  return /^\d+(\.\d+){0,2}t?$/.test(python);
}

function hasVersion({ version, target }: PythonInstallation, wanted: string): boolean {
  const number = wanted.replace('t', '');
  const freeThreaded = /^3\.\d+t/.test(target ?? '');
  return (version === number || version.startsWith(`${number}.`)) && wanted.endsWith('t') === freeThreaded;
}

/** The shell's Python first, then those whose path names the version: asking all the others costs time. */
function likelyFirst(executables: readonly string[], version: string): string[] {
  const number = version.replace('t', '').split('.').slice(0, 2).join('.');
  const names = (path: string): boolean => path.includes(number);
  const [first, ...rest] = executables;
  return [...(first ? [first] : []), ...rest.filter(names), ...rest.filter((path) => !names(path))];
}
