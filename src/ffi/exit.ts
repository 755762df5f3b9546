/** The exit of the process: Python does what its own exit would, and has as long for it as the user gave. */
import { endAfter } from './alarm.ts';
import { board } from './board.ts';
import { type Interpreter, PROGRAM } from './start.ts';

/** What is left of that time is Node's. */
const PART_OF_PYTHON = 0.9;

/** Has Python finish when the process exits; only who has started it asks for that. */
export function finishAtExit(interpreter: Interpreter, finish: () => void): void {
  process.once('exit', (code) => {
    const within = interpreter.board[board.exitWithin] ?? -1;
    if (within < 0) return finish();
    const ms = within * PART_OF_PYTHON;
    // Before the GIL is waited for: who computes in C may have it.
    const callOff = endAfter(ms, Number(process.exitCode ?? code), reasonAfter(ms), {
      library: PROGRAM,
      symbol: interpreter.symbol,
      addressOf: interpreter.addressOf,
    });
    finish();
    callOff();
  });
}

function reasonAfter(ms: number): string {
  return (
    `Python's part of the exit was cut short after ${Math.round(ms)} ms: a thread, an atexit handler or code in C ` +
    'went on. exitWithin of openPython gives it longer'
  );
}
