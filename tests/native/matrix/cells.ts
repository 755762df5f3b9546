/** Runs the cells of the matrix: a Python in a Node, in a process of its own. Knows nothing of their table. */
import { type ExecFileException, execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What an executable says of itself, without a Node. */
interface Alone {
  /** The modules that are there. */
  readonly there: readonly string[];
  /** Those of them that it cannot import, and why. */
  readonly broken: Readonly<Record<string, string>>;
  /** The versions of the others, or of the C libraries that they are bound to. */
  readonly versions: Readonly<Record<string, string | null>>;
}

/** What the modules did inside Node. */
export interface Done {
  /** The modules that were imported and used. */
  readonly names: readonly string[];
  /** The modules that are there, and which the executable alone cannot import either, and why. */
  readonly broken: Readonly<Record<string, string>>;
  /** The modules that libpython itself holds. */
  readonly builtIn: readonly string[];
  /** The protocol that the two agreed on, where there is `ssl`. */
  readonly tls?: string;
  readonly openssl?: string;
  readonly node: string;
  readonly nodeOpenssl: string;
}

/** A line of a cell. */
interface Line {
  readonly step?: string;
  readonly done?: Done;
  readonly error?: string;
  readonly detail?: string;
}

/** A cell that failed: in a line, and at length. */
export class CellFailure extends Error {
  readonly detail: string;

  constructor(message: string, detail: string) {
    super(message);
    this.detail = detail;
  }
}

const TIMEOUT_MS = 120_000;
const cell = fileURLToPath(new URL('./cell.mjs', import.meta.url));
const modules = readFileSync(new URL('./modules.py', import.meta.url), 'utf8');

interface Ended {
  readonly stdout: string;
  /** Where it ended badly: how, and what it said. */
  readonly badly: { readonly how: string; readonly said: string } | undefined;
}

function run(program: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      resolve({ stdout, badly: error ? { how: how(error), said: stderr.slice(-4000) } : undefined });
    });
  });
}

function how({ killed, signal, code, message }: ExecFileException): string {
  if (killed) return `it was ended after ${TIMEOUT_MS / 1000} s`;
  if (signal) return `it was ended by ${signal}`;
  return typeof code === 'number' ? `it ended with exit status ${code}` : message;
}

const asked = new Map<string, Promise<Alone>>();

/** What an executable says, which is asked once for all Nodes. */
function alone(executable: string): Promise<Alone> {
  const answer = asked.get(executable) ?? askAlone(executable);
  asked.set(executable, answer);
  return answer;
}

async function askAlone(executable: string): Promise<Alone> {
  const program = `${modules}\nimport json\nprint("\\n" + json.dumps(alone()))`;
  const { stdout, badly } = await run(executable, ['-c', program]);
  if (badly) throw new CellFailure(`without Node ${badly.how}`, badly.said);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Alone;
}

function parse(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return {};
  }
}

/**
 * Has a Python's modules work inside a Node.
 *
 * @throws CellFailure if they do not, or the process does not end well.
 */
export async function runCell(node: string, executable: string): Promise<Done> {
  const { stdout, badly } = await run(node, [cell, executable, JSON.stringify(await alone(executable))]);
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map(parse);
  const failed = lines.find((line) => line.error !== undefined);
  const done = lines.find((line) => line.done)?.done;
  if (done && badly === undefined) return done;
  const step = lines.findLast((line) => line.step)?.step ?? 'start';
  const reason = failed?.error ?? badly?.how ?? 'it ended early, without a word';
  throw new CellFailure(`${step}: ${reason.split('\n')[0]}`, failed?.detail ?? badly?.said ?? '');
}
