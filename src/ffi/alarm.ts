/**
 * The end of the process at a set time, whatever its main thread waits for then: POSIX's timers have a thread of their
 * own call `_exit`. Knows no Python. Where there are no such timers (macOS, a glibc before 2.34), nothing is limited.
 */
import { endianness } from 'node:os';
import { bindFunctions } from './native.ts';
import { type Api, timerSymbols } from './symbols.ts';

const CLOCK_MONOTONIC = 1;
const SIGEV_THREAD = 2;
const SIZEOF_SIGEVENT = 64;
const LITTLE = endianness() === 'LE';
/** So many ms before the end the reason is said. */
const SAYING_MS = 20;

/** This process, as C knows it. */
export interface Process {
  /** Its name at ffi-rs. */
  readonly library: string;
  /** Where a function begins, 0 if there is none of that name. */
  symbol(name: string): bigint;
  addressOf(bytes: Uint8Array): bigint;
}

type TimerApi = Api<typeof timerSymbols>;

/**
 * Ends the process after so many ms with that status, and says the reason on stderr just before.
 *
 * @returns what calls it off
 */
export function endAfter(ms: number, status: number, reason: string, process: Process): () => void {
  const exit = process.symbol('_exit');
  const warnx = process.symbol('warnx');
  if (!exit || !process.symbol('timer_create')) return () => {};
  const api = bindFunctions(process.library, timerSymbols);
  const text = Buffer.from(`${reason.replaceAll('%', '%%')}\0`);
  const stops = [startTimer(api, ms, exit, BigInt(status & 0xff))];
  if (warnx) stops.push(startTimer(api, Math.max(ms - SAYING_MS, 1), warnx, process.addressOf(text)));
  return () => {
    for (const stop of stops) stop();
    // C reads the text until then: it must not be collected.
    text.fill(0);
  };
}

/** Calls a C function with one argument, in a thread of its own, after so many ms. */
function startTimer(api: TimerApi, ms: number, callee: bigint, argument: bigint): () => void {
  // struct sigevent: sigev_value, sigev_signo, sigev_notify, sigev_notify_function, sigev_notify_attributes
  const event = new DataView(new ArrayBuffer(SIZEOF_SIGEVENT));
  event.setBigUint64(0, argument, LITTLE);
  event.setInt32(12, SIGEV_THREAD, LITTLE);
  event.setBigUint64(16, callee, LITTLE);
  const id = Buffer.alloc(8);
  if (api.timer_create(CLOCK_MONOTONIC, Buffer.from(event.buffer), id) !== 0) return () => {};
  const timer = new DataView(id.buffer, id.byteOffset, 8).getBigInt64(0, LITTLE);
  setTimer(api, timer, ms);
  return () => setTimer(api, timer, 0);
}

/** @param ms 0 stops it */
function setTimer(api: TimerApi, timer: bigint, ms: number): void {
  // struct itimerspec: the interval and the time, in seconds and nanoseconds
  const ns = BigInt(Math.round(ms * 1e6));
  const times = BigInt64Array.of(0n, 0n, ns / 1_000_000_000n, ns % 1_000_000_000n);
  api.timer_settime(timer, 0, Buffer.from(times.buffer), 0n);
}
