/**
 * Python's signal handlers while Node idles. CPython notes a signal and runs its handler when the main thread, which is
 * Node's, next executes bytecode; the byte that it writes as it notes one makes Node see to that.
 */
import { Socket } from 'node:net';
import { board } from './board.ts';

/**
 * Listens for signals, once somebody in Python has a handler. Nobody listens twice, whatever copy of this package asks.
 *
 * @param check runs the handlers; what it throws is an uncaught exception
 */
export function listen(seen: Int32Array, check: () => void): void {
  const fd = seen[board.wakeup] ?? 0;
  if (fd === 0) return;
  seen[board.wakeup] = 0;
  // Python code may close what is not its own; then there is nothing to be heard.
  const ignore = (): void => {};
  new Socket({ fd, readable: true, writable: false }).on('error', ignore).on('data', check).unref();
}
