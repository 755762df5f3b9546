/** A child that holds known buffers: held.py on any Python. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./held.py', import.meta.url));

/** A buffer as the child describes it. */
export interface Made {
  readonly id: number;
  readonly type: string;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly itemsize: number;
  readonly readonly: boolean;
  /** Null of numpy's arrays. */
  readonly format: string | null;
  /** The address of the object whose memory it is, null where it has its own. */
  readonly exporter: number | null;
  /** Null of what is large. */
  readonly values: unknown;
}

/** All that the child holds on purpose. */
export interface Held {
  readonly made: readonly Made[];
  /** The addresses of released memoryviews. */
  readonly released: readonly number[];
  /** The address of `__main__.table`. */
  readonly table: number;
}

/** Every buffer object that the child can reach. */
export interface Living {
  /** Address and name of the type. */
  readonly buffers: readonly (readonly [id: number, type: string])[];
  /** Address and size of the objects that refer to bytes of which Python does not tell. */
  readonly within: readonly (readonly [id: number, size: number])[];
}

/** Runs the program, for as long as it is told. */
export class Holder {
  readonly process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #said = '';

  constructor(executable: string, options: { readonly cwd?: string; readonly before?: string } = {}) {
    const command = [executable, '-X', 'utf8', program];
    const { before, cwd } = options;
    // What the shell says before, such as the limit of core files, holds for the child.
    const args = before === undefined ? command : ['/bin/sh', '-c', `${before}; exec "$@"`, 'sh', ...command];
    this.process = spawn(args[0] as string, args.slice(1), { cwd });
    this.process.stderr.on('data', (data: Buffer) => {
      this.#said += data.toString();
    });
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.process.pid as number;
  }

  async ask<T>(word: string): Promise<T> {
    this.process.stdin.write(`${word}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`the child ended: ${this.#said}`);
    return JSON.parse(value) as T;
  }

  /** Tells it to abort, and waits until it has. */
  async abort(): Promise<void> {
    this.process.stdin.write('abort\n');
    await this.ended();
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended();
  }

  async ended(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
  }
}
