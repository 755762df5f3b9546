/** What of this machine memview can use, and why not the rest. */
import { execFile } from 'node:child_process';
import { findPythons } from '../ffi/discover.ts';

/** What is asked of every interpreter, in a process of its own, by this very command. */
const question = 'memoryview(b"memview")';
const answer = '[109,101,109,118,105,101,119]';

/**
 * Prints every interpreter found; one that can be loaded is loaded, its layouts verified, and a buffer read.
 *
 * @param command the path of the memview command
 * @returns whether any can be used
 */
export async function doctor(command: string, print: (text: string) => void): Promise<boolean> {
  let usable = false;
  const tell = (name: string, details: readonly string[], verdict: string | undefined): void => {
    usable ||= verdict === undefined;
    print(`${verdict === undefined ? 'ok' : '--'} ${name.padEnd(16)} ${report(details, verdict)}`);
  };
  for (const { executable, version, target, libpython, problem } of findPythons()) {
    const library = libpython ? [`libpython  ${libpython}`] : [];
    const details = [executable, ...library, ...(target ? [`target     ${target}`] : [])];
    tell(`CPython ${version || '?'}`, details, problem ?? (await ask(command, ['--python', executable])));
  }
  tell('Pyodide', ['from npm'], await ask(command, ['--pyodide']));
  return usable;
}

function report(details: readonly string[], verdict: string | undefined): string {
  const last = verdict === undefined ? 'layout     verified against the live interpreter' : `not usable: ${verdict}`;
  return [...details, last].join(`\n${' '.repeat(20)}`);
}

/** Undefined if the answer is right, else what went wrong. */
function ask(command: string, source: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, 'json', ...source, question], (error, stdout, stderr) => {
      if (!error && stdout.trim() === answer) resolve(undefined);
      else resolve(stderr.trim().replace(/^memview: /, '') || error?.message || `it answered ${stdout}`);
    });
  });
}
