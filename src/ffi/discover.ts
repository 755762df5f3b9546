/** Finding Pythons: where a shell would, where version tools put them, or where the caller says. */
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { PythonNotFound } from '../errors.ts';
import { isThere, kindOf, list, realpath, startOf } from './files.ts';
import { expand, platform } from './platform.ts';
import { type PythonInstallation, probe } from './probe.ts';
import { venvOf } from './venv.ts';

function pathFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter(Boolean);
}

/** The executables of a folder, `python3` before `python` before `python3.13`, `python3.12` … */
function pythonsIn(folder: string): string[] {
  const rank = (name: string): number => {
    const at = ['python3', 'python'].indexOf(basename(name, '.exe'));
    return at >= 0 ? at : 1000 - Number(/3\.(\d+)/.exec(name)?.[1] ?? 0);
  };
  const names = list(folder).filter((name) => platform.executable.test(name));
  const paths = names.sort((a, b) => rank(a) - rank(b)).map((name) => resolve(folder, name));
  return paths.filter((path) => kindOf(path) === 'file');
}

/** What the commands of the PATH are. */
function* onPath(): Generator<string> {
  for (const folder of pathFolders()) {
    const pythons = pythonsIn(folder);
    // Each shim takes a second to say what it stands for, and they stand for what is found among `installed`.
    yield* isShims(folder) ? pythons.slice(0, 1) : pythons;
  }
}

/** A folder of pyenv, asdf or mise, whose executables look for the version that is selected where they are called. */
function isShims(folder: string): boolean {
  return basename(folder) === 'shims';
}

/** What `python3` means here: the active venv, then the PATH. */
function* inShell(): Generator<string> {
  if (process.env.VIRTUAL_ENV) yield* inPrefix(process.env.VIRTUAL_ENV);
  yield* onPath();
}

/** The executables of a venv or an installation prefix, also one that is a link to what is gone. */
function inPrefix(prefix: string): string[] {
  const folders = platform.inPrefix.map((folder) => resolve(prefix, folder));
  const paths = folders.flatMap((folder) => platform.preferred.map((name) => join(folder, name)));
  const preferred = paths.filter((path) => isThere(path) && kindOf(path) !== 'folder');
  return preferred.length > 0 ? preferred : folders.flatMap(pythonsIn);
}

/** What version tools installed, newest first, and the system's own. */
function* installed(): Generator<string> {
  for (const pattern of prefixPatterns()) {
    const [folder, start] = [dirname(pattern), basename(pattern).replace(/\*$/, '')];
    const names = list(folder).filter((name) => name.startsWith(start));
    for (const name of names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))) {
      const [first] = inPrefix(join(folder, name));
      if (first) yield first;
    }
  }
  for (const folder of platform.folders) yield* pythonsIn(folder);
}

/** Those of the platform, and those of a pyenv that only its shims on the PATH tell of. */
function prefixPatterns(): Set<string> {
  const shims = pathFolders().filter(isShims);
  const patterns = platform.prefixes.map(expand).filter((path) => path !== undefined);
  return new Set([...patterns, ...shims.map((folder) => join(dirname(folder), 'versions/*'))]);
}

/**
 * What two paths to one installation have in common: the executable behind the links, and the venv. Undefined where
 * only asking tells: a shim goes by its name, by the folder it is called in, and by the environment.
 */
function identityOf(executable: string): string | undefined {
  const real = realpath(executable);
  if (!platform.executable.test(basename(real)) || isScript(real)) return undefined;
  return [real, realpath(venvOf(executable)?.prefix ?? '/')].join('\n');
}

function isScript(path: string): boolean {
  return startOf(path, 2).toString() === '#!';
}

/** Probes each once; an executable reached by several names, or through a shim, is one installation. */
function* probeAll(executables: Iterable<string>): Generator<PythonInstallation> {
  const known = new Set<string>();
  for (const executable of executables) {
    const before = identityOf(executable) ?? executable;
    if (known.has(before)) continue;
    known.add(before);
    const installation = probe(executable);
    const found = identityOf(installation.executable) ?? installation.executable;
    if (found !== before && known.has(found)) continue;
    known.add(found);
    yield installation;
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
  throw new PythonNotFound(whyNone(python, tried));
}

function whyNone(python: string | undefined, tried: readonly PythonInstallation[]): string {
  const { VIRTUAL_ENV: venv } = process.env;
  const ofShell = venv ? `no Python of VIRTUAL_ENV, ${venv},` : 'no Python on the PATH';
  const wanted = python === undefined ? ofShell : `no Python for ${JSON.stringify(python)}`;
  const reasons = tried.map(({ executable, problem }) => `\n  ${executable}: ${problem}`).join('');
  // Of a version that is wanted, those that did not say theirs explain too little.
  const explained = tried.some(({ version }) => version || !isVersion(python ?? ''));
  return `${wanted} can be loaded into this process${explained ? '' : `: ${hint(python)}`}${reasons}`;
}

/** What to do where nothing was there to be tried. */
function hint(python: string | undefined): string {
  const places = platform.inPrefix.flatMap((folder) => platform.preferred.map((name) => join(folder, name)));
  if (python === undefined) {
    if (process.env.VIRTUAL_ENV) return `it has no ${places.join(' or ')}. Make that venv anew, or unset the variable`;
    return 'none was found. Install one with its libpython, or say which with `python`';
  }
  if (isVersion(python)) return `none of that version was found; \`memview doctor\` lists those that were`;
  if (python !== '' && kindOf(resolve(python)) === 'folder') {
    return `it is a folder without ${places.join(' or ')}, so neither a venv nor a prefix`;
  }
  return 'expected a version such as 3.12, the path of a python or of a venv, or a command on the PATH';
}

function* candidates(python: string | undefined): Generator<string> {
  if (python === undefined) {
    // An active venv is what is meant: another Python would not have its packages.
    yield* process.env.VIRTUAL_ENV ? inPrefix(process.env.VIRTUAL_ENV) : onPath();
  } else if (isVersion(python)) yield* likelyFirst([...inShell(), ...installed()], python);
  else if (python !== '') yield* named(python);
}

/** A venv or a prefix, else a command, else a file. */
function named(python: string): string[] {
  const path = resolve(python);
  const executables = kindOf(path) === 'folder' ? inPrefix(path) : [];
  if (executables.length > 0) return executables;
  const isCommand = basename(python) === python;
  const commands = isCommand ? pathFolders().map((folder) => resolve(folder, commandOf(python))) : [];
  const found = commands.filter((command) => kindOf(command) === 'file');
  if (found.length > 0) return found;
  return kindOf(path) !== 'folder' && isThere(path) ? [path] : [];
}

function commandOf(name: string): string {
  return name.endsWith(platform.suffix) ? name : `${name}${platform.suffix}`;
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
