// Child processes that leave nothing behind: each leads a process group, which is ended as a whole.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const GRACE_MS = 3000;

/** A build must see neither this machine's Python settings nor a locale's messages. */
function cleanEnvironment(more) {
  const foreign = /^(PYTHON|VIRTUAL_ENV$|LD_LIBRARY_PATH$|LD_PRELOAD$|NODE_OPTIONS$|DESTDIR$|MAKEFLAGS$|MFLAGS$)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', ...more };
}

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Runs a program and returns what it wrote to its standard output; all it writes is added to the log.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ log: string, signal: AbortSignal, cwd?: string, env?: Record<string, string> }} options
 */
export async function run(program, args, { log, signal, cwd, env = {} }) {
  signal.throwIfAborted();
  appendFileSync(log, `\n$ ${program} ${args.join(' ')}\n`);
  const stdio = ['ignore', 'pipe', 'pipe'];
  const child = spawn(program, args, { cwd, stdio, env: cleanEnvironment(env), detached: true });
  let last = '';
  const hear = (chunk) => {
    appendFileSync(log, chunk);
    last = String(chunk).trim().split('\n').at(-1) || last;
  };
  const written = [];
  child.stdout.on('data', (chunk) => {
    hear(chunk);
    written.push(chunk);
  });
  child.stderr.on('data', hear);
  let forced;
  const stop = () => {
    if (child.pid === undefined) return;
    endGroup(child, 'SIGTERM');
    forced = setTimeout(() => endGroup(child, 'SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const ended = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, by) => resolve(by ?? status));
    });
    signal.throwIfAborted();
    if (ended !== 0) throw new Error(`${program} ended with ${ended}: ${last.slice(0, 200)}`);
    return Buffer.concat(written).toString();
  } finally {
    clearTimeout(forced);
    signal.removeEventListener('abort', stop);
  }
}
