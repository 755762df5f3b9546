/**
 * Node's half of the post to Python: long work is asked for, and its outcome heard of, through two pipes. Nothing
 * here waits for the GIL, so that the event loop goes on whatever Python does. `inside/post.ts` is the other half.
 */

import { Socket } from 'node:net';
import { textOf } from '../bytes.ts';
import { ReleasedError } from '../errors.ts';
import { board } from './board.ts';
import { Calls, checkCode } from './calls.ts';
import type { ErrorRecord } from './python-error.ts';
import type { Interpreter } from './start.ts';

/** A value that Python keeps until it is given back. */
export interface Kept {
  readonly object: bigint;
  giveBack(): void;
}

/** What is asked for, as the desk reads it. */
interface Request {
  readonly run: number;
  readonly code: string;
}

interface Waiting {
  resolve(value: Kept): void;
  reject(reason: unknown): void;
}

/** An answer of the desk. */
const ANSWER = /^(gone|value|raised) (\d+)(?: (\d+))?(?: (\d+))?$/;

const posts = new WeakMap<Interpreter, Post>();

/** The post to an interpreter, if it was used. */
export function openedPost(interpreter: Interpreter): Post | undefined {
  return posts.get(interpreter);
}

/** The post to an interpreter, opened when it is first used. */
export function postOf(interpreter: Interpreter): Post {
  let post = posts.get(interpreter);
  if (!post) {
    post = new Post(interpreter);
    posts.set(interpreter, post);
  }
  return post;
}

/** Pipes to one desk, which is never closed: Python may hold what was shared for as long as it runs. */
export class Post {
  readonly #calls: Calls;
  /** The addresses of the desk's dict of what is kept, and of its method. They are held for as long as Python runs. */
  readonly #kept: bigint;
  readonly #share: bigint;
  readonly #ask: Socket;
  readonly #told: Socket;
  /** The runs that somebody waits for. */
  readonly #waiting = new Map<number, Waiting>();
  /** The runs that the GIL counts: those whose end was not heard of, also where nobody waits for it. */
  readonly #running = new Set<number>();
  /** Those that wait for one of them to end. */
  readonly #queue = new Map<number, Request>();
  readonly #board: Int32Array;
  /** Why a pipe broke, if one did. */
  #broke: Error | undefined;
  /** What Python may write to, by the key it was shared under. */
  readonly #pinned = new Map<number, ArrayBufferView>();
  #key = 0;
  #rest = '';

  constructor(interpreter: Interpreter) {
    const calls = new Calls(interpreter);
    this.#calls = calls;
    this.#board = interpreter.board;
    const desk = calls.routine('Desk');
    this.#kept = calls.attribute(desk, 'kept');
    this.#share = calls.attribute(desk, 'share');
    const [ask, told] = JSON.parse(calls.answer(calls.attribute(desk, 'ends'))) as [number, number];
    calls.release(desk);
    this.#ask = new Socket({ fd: ask, readable: false, writable: true });
    this.#told = new Socket({ fd: told, readable: true, writable: false });
    this.#ask.on('error', (error) => this.#broken(error)).unref();
    this.#told
      .setEncoding('ascii')
      .on('data', (text) => this.#hear(String(text)))
      .on('error', (error) => this.#broken(error))
      .on('close', () => this.#broken(new Error('its end was closed')))
      .unref();
  }

  /** How many arrays Python may write to. */
  get pinned(): number {
    return this.#pinned.size;
  }

  /**
   * Runs code in a thread of Python's.
   *
   * @returns what Python keeps of the value
   */
  run(code: string, signal: AbortSignal | undefined): Promise<Kept> {
    const request: Request = { run: ++this.#key, code: checkCode(code) };
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#broke) return Promise.reject(brokenBy(this.#broke));
    return new Promise((resolve, reject) => {
      const { run: key } = request;
      const stop = (): void => this.#stop(key, signal?.reason);
      const settled = (): void => signal?.removeEventListener('abort', stop);
      signal?.addEventListener('abort', stop, { once: true });
      this.#waiting.set(key, {
        resolve: (value) => {
          settled();
          resolve(value);
        },
        reject: (reason) => {
          settled();
          reject(reason);
        },
      });
      this.#told.ref();
      this.#queue.set(key, request);
      this.#startNext();
    });
  }

  /** Stops all that is waited for. */
  stopAll(): void {
    const reason = closedBeforeEnd();
    for (const key of [...this.#waiting.keys()]) this.#stop(key, reason);
  }

  /**
   * Makes memory of an array Python's to read and write, until it has let go of all that came of it.
   *
   * @param address of its first byte
   * @param format of PEP 3118
   * @returns a memoryview of it, an owned reference
   */
  share(array: ArrayBufferView, address: bigint, itemsize: number, format: string): bigint {
    const calls = this.#calls;
    const key = ++this.#key;
    const details = calls.string(JSON.stringify([key, String(address), array.byteLength, itemsize, format]));
    if (array.byteLength > 0) this.#pinned.set(key, array);
    try {
      return calls.call(this.#share, [details]);
    } catch (error) {
      this.#pinned.delete(key);
      throw error;
    } finally {
      calls.release(details);
    }
  }

  /** Starts what may be started: so many at once as the user allows. */
  #startNext(): void {
    for (const [key, request] of this.#queue) {
      if (this.#running.size >= (this.#board[board.threads] ?? 1)) return;
      this.#queue.delete(key);
      this.#running.add(key);
      this.#calls.gil.count(1);
      this.#send(request);
    }
  }

  #send(request: object): void {
    this.#ask.write(`${JSON.stringify(request)}\n`);
  }

  /** Nobody waits any more; Python is told, and its answer will be dropped. */
  #stop(key: number, reason: unknown): void {
    const waiting = this.#take(key);
    if (!waiting) return;
    if (!this.#queue.delete(key)) this.#send({ stop: key });
    waiting.reject(reason);
  }

  /** Who waits for a run, and waits no more. */
  #take(key: number): Waiting | undefined {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (this.#waiting.size === 0) this.#told.unref();
    return waiting;
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, kind, key = '', at = '0', length = '0'] = ANSWER.exec(line) ?? [];
      if (kind === 'gone') this.#pinned.delete(Number(key));
      else if (kind) this.#ended(kind === 'raised', key, BigInt(at), Number(length));
      else this.#failed(line);
    }
  }

  #ended(raised: boolean, key: string, address: bigint, length: number): void {
    const giveBack = (): void => this.#calls.dropKey(this.#kept, key);
    const waiting = this.#take(Number(key));
    if (waiting && !raised) waiting.resolve({ object: address, giveBack });
    else {
      waiting?.reject(this.#raisedAt(address, length));
      this.#calls.gil.soon(giveBack);
    }
    this.#uncount(Number(key));
  }

  /** The exception that is described there; if that cannot be read, why. */
  #raisedAt(address: bigint, length: number): unknown {
    try {
      return this.#calls.error(JSON.parse(textOf(this.#calls.memory.read(address, length))) as ErrorRecord);
    } catch (error) {
      return error;
    }
  }

  /** A line that no desk writes: nothing is known of the run that it names, if it names one. */
  #failed(line: string): void {
    const key = Number(/^\w+ (\d+)/.exec(line)?.[1]);
    this.#take(key)?.reject(
      new Error(
        `expected the outcome of a run, got ${JSON.stringify(line.slice(0, 80))}. ` +
          'Does Python code write to a pipe that is not its own?',
      ),
    );
    this.#uncount(key);
  }

  /** What is asked for is not heard any more, or its answer is not; what ended since may yet tell. */
  #broken(cause: Error): void {
    this.#broke ??= cause;
    this.#queue.clear();
    for (const key of [...this.#waiting.keys()]) this.#take(key)?.reject(brokenBy(cause));
    for (const key of [...this.#running]) this.#uncount(key);
  }

  /** The GIL does not count this run any more. */
  #uncount(key: number): void {
    if (!this.#running.delete(key)) return;
    this.#calls.gil.count(-1);
    this.#startNext();
  }
}

/** Why a run of a Python that was closed has no outcome. */
export function closedBeforeEnd(): Error {
  return new ReleasedError('this Python was closed before the code had ended');
}

function brokenBy(cause: Error): Error {
  return new Error(`the pipe to Python broke: ${cause.message}. Does Python code close what is not its own?`, {
    cause,
  });
}
