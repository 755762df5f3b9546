/**
 * Why an executable does not answer, as a sentence that says what to do. Knows files, and how running them fails; what
 * a Python answers is not its affair.
 */
import type { SpawnSyncReturns } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { readElf } from './elf.ts';
import { isThere, realpath, startOf } from './files.ts';
import { nameOfCLibrary, whyForeign } from './host.ts';
import { whyVenvIsBroken } from './venv.ts';

/** How running an executable ended. */
export type Ended = Pick<SpawnSyncReturns<string>, 'error' | 'signal' | 'status' | 'stdout' | 'stderr'>;

/** Why an executable need not be run at all, undefined if only running it can tell. */
export function whyNotRun(executable: string): string | undefined {
  const gone = whatIsMissing(executable);
  if (gone === executable) return withVenv(executable, 'it is not there');
  if (gone) return withVenv(executable, `it is a link to ${gone}, which is not there`);
  const elf = readElf(executable);
  if (!elf) return undefined;
  const foreign = whyForeign(elf);
  if (foreign) return `it ${foreign}`;
  // The C library would give it to a shell, as a script.
  return elf.whole ? undefined : 'it is a damaged executable; install it again';
}

/** What an executable that was run, and did not answer, has to complain of. */
export function whyNoAnswer(executable: string, ended: Ended): string {
  const errno = (ended.error as NodeJS.ErrnoException | undefined)?.code ?? '';
  // Both are null where nothing was started.
  const stderr = ended.stderr ?? '';
  const sentence = whyNotStarted(executable, errno);
  if (sentence) return withVenv(executable, sentence);
  for (const { says, means } of complaints) {
    const match = says.exec(stderr);
    if (match) return withVenv(executable, means(match, stderr));
  }
  return withVenv(executable, `it does not run as a Python: ${outcome(ended, errno)}`);
}

/** What a path leads to if that is missing, through links of links; undefined if it is there, or cannot be told. */
function whatIsMissing(path: string): string | undefined {
  try {
    let place = path;
    // As many as Linux follows.
    for (let links = 0; links < 40 && !existsSync(place); links++) {
      if (!isThere(place)) return place;
      place = resolve(realpath(dirname(place)), readlinkSync(place));
    }
    return undefined;
  } catch {
    return undefined;
  }
}

function withVenv(executable: string, sentence: string): string {
  const broken = whyVenvIsBroken(executable);
  return broken ? `${sentence}; ${broken}` : sentence;
}

function whyNotStarted(executable: string, errno: string): string | undefined {
  switch (errno) {
    case 'EACCES':
      return 'it may not be executed: chmod +x it, or move it from a file system that is mounted noexec';
    case 'ELOOP':
      return 'it is a link that leads back to itself';
    case 'ENOEXEC':
      return 'it is no program of this system';
    case 'ENOENT': {
      const needed = readElf(executable)?.interpreter ?? shebang(executable);
      if (needed === undefined || existsSync(needed)) return undefined;
      return `it does not start, for ${needed}, which it names as its interpreter, is not there`;
    }
    default:
      return undefined;
  }
}

/** What the first line of a script says that it is run by. */
function shebang(path: string): string | undefined {
  return /^#! *(\S+)/.exec(startOf(path, 256).toString())?.[1];
}

/** What loaders, pyenv and Python say on stderr, and what to do about it. */
const complaints: readonly { says: RegExp; means: (match: RegExpExecArray, stderr: string) => string }[] = [
  // glibc's loader, musl's, macOS's.
  { says: /error while loading shared libraries: ([^:\n]+): cannot open/, means: ([, name = '']) => noLibrary(name) },
  { says: /Error loading shared library ([^:\n]+): /, means: ([, name = '']) => noLibrary(name) },
  { says: /Library not loaded: (\S+)/, means: ([, name = '']) => noLibrary(name) },
  {
    says: /version [`']GLIBC_([\d.]+)' not found/,
    means: ([, version]) =>
      `it needs glibc ${version}, this system has ${nameOfCLibrary() ?? 'an older one'}; ` +
      'run Node on the system that the Python comes from',
  },
  {
    says: /^pyenv: (.*)/m,
    means: ([, said = ''], stderr) => {
      const versions = [...stderr.matchAll(/^ +(\d+\.\d+\S*)$/gm)].map(([, version]) => version);
      const remedy = versions[0] ? `; ask for ${versions.join(' or ')}, or select it: pyenv shell ${versions[0]}` : '';
      return `it is a shim of pyenv, which says: ${printable(said)}${remedy}`;
    },
  },
];

function noLibrary(path: string): string {
  const name = basename(path);
  const [, minor] = /^libpython(\d\.\d+)/.exec(name) ?? [];
  const install = minor ? `on Debian and Ubuntu install libpython${minor}, elsewhere this Python again` : 'install it';
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  return `it does not start, for it does not find ${name}: ${install}, or name the folder that has it in ${variable}`;
}

function outcome({ error, signal, status, stdout, stderr }: Ended, errno: string): string {
  const printed = printable(stdout ?? '');
  if (errno === 'ETIMEDOUT') return 'it did not answer in time';
  if (errno === 'ENOBUFS') return `it prints without end: ${printed}`;
  if (error) return error.message;
  if (signal) return `ended by ${signal}`;
  const lines = (stderr ?? '').trim().split('\n');
  const said = printable(lines.find((line) => line.startsWith('Fatal Python error')) ?? lines.at(-1) ?? '');
  const home = said.startsWith('Fatal') && process.env.PYTHONHOME ? `; PYTHONHOME is ${process.env.PYTHONHOME}` : '';
  if (said) return `exit status ${status}, ${said}${home}`;
  return `exit status ${status} without an answer${printed && `; it printed ${JSON.stringify(printed)}`}`;
}

/** The beginning of what a stranger printed, in one line. */
function printable(text: string): string {
  return text
    .slice(0, 1000)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}
