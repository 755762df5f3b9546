/** A worker thread as others see it: asked for what it can write of an array, one at a time. Knows no array. */
import { Worker } from 'node:worker_threads';
import type { Answer, Job } from './job.ts';
import type { Part } from './part.ts';

/** What it runs: built, where this file is not, since a worker of Node 20 loads no TypeScript. */
const program = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/parallel/worker.js', import.meta.url)
  : new URL('./worker.js', import.meta.url);

interface Waiting {
  readonly take: (part: Part) => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Alone it does not keep the process alive. */
export class Thread {
  readonly #worker: Worker;
  #waiting: Waiting | undefined;
  #cause: unknown;
  #ready = false;
  #ended = false;

  constructor() {
    this.#worker = new Worker(program, { execArgv: [] });
    this.#worker.on('message', (message: 'ready' | Part | Answer) => {
      if (message === 'ready') this.#ready = true;
      else if ('block' in message) this.#take(message);
      else this.#waiting?.resolve(message);
    });
    this.#worker.on('error', (error) => {
      this.#cause = error;
    });
    this.#worker.on('messageerror', (error) => {
      this.#cause = error;
      this.#worker.terminate();
    });
    this.#worker.on('exit', (code) => {
      this.#ended = true;
      const why = this.#cause instanceof Error ? this.#cause.message : `exit code ${code}`;
      this.#waiting?.reject(
        new Error(
          `a thread that wrote the JSON has ended (${why}); the array is as it was, the next call has a new one`,
          {
            cause: this.#cause,
          },
        ),
      );
    });
    this.#worker.unref();
  }

  /** Whether it has started; it may be asked before. */
  get ready(): boolean {
    return this.#ready;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Has it write what it can take of a job.
   *
   * @param take is given the text, which stands until it returns; it must not throw
   * @throws Error if the thread ends meanwhile.
   */
  async write(job: Job, take: (part: Part) => void): Promise<Answer> {
    this.#worker.ref();
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting = { take, resolve, reject };
        this.#worker.postMessage(job);
      });
    } finally {
      this.#waiting = undefined;
      this.#worker.unref();
    }
  }

  #take(part: Part): void {
    this.#waiting?.take(part);
    this.#worker.postMessage(part.block, [part.block]);
  }
}
