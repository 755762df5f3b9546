/** What of this machine memview can use, and why not the rest. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findPythons } from '../ffi/discover.ts';
import { kindOf } from '../ffi/files.ts';
import { nameOfCLibrary } from '../ffi/host.ts';
import { bad, good, heading } from './style.ts';

/** What is asked of every interpreter, in a process of its own, by this very command: what no other can tell. */
const setup = `import json
try:
    from ssl import OPENSSL_VERSION as ssl
except ImportError as error:
    ssl = "none: %s" % (str(error).strip() or "?").splitlines()[0]
`;
const question = 'json.dumps({"ssl": ssl}).encode("ascii")';

/** The answer, read out of the interpreter's own memory. */
interface Answer {
  /** Which OpenSSL Python's `ssl` runs on: Node brings one too, and two in a process is where crashes come from. */
  readonly ssl: string;
}

/** Far beyond the slowest start. */
const TIMEOUT_MS = 60_000;

interface Entry {
  readonly name: string;
  readonly details: readonly string[];
  /** Undefined where it cannot be used. */
  readonly answer: Answer | undefined;
  readonly problem: string | undefined;
}

/**
 * Prints every interpreter found; one that can be loaded is loaded, its layouts verified, and a buffer read.
 *
 * @param command the path of the memview command
 * @returns whether any can be used
 */
export async function doctor(command: string, print: (text: string) => void): Promise<boolean> {
  const { openssl } = process.versions;
  const system = [`${process.platform} ${process.arch}`, nameOfCLibrary()].filter(Boolean).join(', ');
  print(report('  ', `Node ${process.versions.node}`, [process.execPath, system, row('ssl', `OpenSSL ${openssl}`)]));
  const pythons = findPythons().map(({ executable, version, prefix, libpython, target, before, problem }) => {
    const details = [
      executable,
      ...(kindOf(join(prefix, 'pyvenv.cfg')) ? [row('venv', prefix)] : []),
      ...(libpython ? [row('libpython', libpython)] : []),
      ...(before ?? []).map(({ path, deepFor }) => row('needs', `${path}, ${howOpened(deepFor)}`)),
      ...(target ? [row('target', target)] : []),
    ];
    // Only what is a CPython has a target.
    const name = `${target ? 'CPython' : 'Python'} ${version || '?'}`;
    return async () =>
      problem === undefined
        ? { name, details, ...(await ask(command, ['--python', executable])) }
        : { name, details, answer: undefined, problem };
  });
  const pyodide = async () => ({ name: 'Pyodide', details: ['from npm'], ...(await ask(command, ['--pyodide'])) });
  let usable = false;
  for await (const { name, details, answer, problem } of inOrder<Entry>([...pythons, pyodide])) {
    usable ||= answer !== undefined;
    const last = answer
      ? [row('ssl', `${answer.ssl} (Node: OpenSSL ${openssl})`), row('layout', 'verified against the live interpreter')]
      : [`not usable: ${problem}`];
    print(report(answer ? good('ok') : bad('--'), name, [...details, ...last]));
  }
  return usable;
}

function howOpened(deepFor: string | null): string {
  return deepFor === null ? 'opened plain' : `opened with RTLD_DEEPBIND: Node exports ${deepFor} too`;
}

function row(name: string, value: string): string {
  return `${name.padEnd(10)} ${value}`;
}

function report(mark: string, name: string, details: readonly string[]): string {
  return `${mark} ${heading(name.padEnd(16))} ${details.join(`\n${' '.repeat(20)}`)}`;
}

/** Starts as many as there are processors, and gives what they come to in the order of the jobs. */
async function* inOrder<T>(jobs: readonly (() => Promise<T>)[]): AsyncGenerator<T> {
  const started: Promise<T>[] = [];
  for (let i = 0; i < jobs.length; i++) {
    for (const job of jobs.slice(started.length, i + availableParallelism())) started.push(job());
    yield await (started[i] as Promise<T>);
  }
}

/** The answer if it is one, else what went wrong. */
function ask(command: string, source: readonly string[]): Promise<Pick<Entry, 'answer' | 'problem'>> {
  return new Promise((resolve) => {
    const args = [command, 'json', ...source, '--setup', setup, question];
    const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const answer = error ? undefined : answerIn(stdout);
      const said = stderr.trim().replace(/^memview: /, '') || error?.message || `it answered ${stdout}`;
      resolve(answer ? { answer, problem: undefined } : { answer, problem: said });
    });
  });
}

/** The last line: a start-up file may print others before. */
function answerIn(stdout: string): Answer | undefined {
  try {
    const bytes = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as number[];
    return JSON.parse(Buffer.from(bytes).toString()) as Answer;
  } catch {
    return undefined;
  }
}
