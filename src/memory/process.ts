/**
 * The memory of a running process, through Linux' /proc/PID/mem: no ffi, no capability, and a bad address is an
 * error code where following it would be a SIGSEGV.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { MemoryFault } from '../errors.ts';
import type { Target } from '../target.ts';
import { checkRange, type Memory, type MemoryLocator } from './memory.ts';

/** The most that one read asks of the kernel, below its own limit of 0x7ffff000 bytes. */
const MOST_PER_READ = 1 << 30;

/** Reads longer than this are tried at their last byte before memory is taken for them. */
const PROBE_ABOVE = 1 << 20;

/**
 * The memory of a process, as snapshots: each read copies what is there at that moment.
 *
 * @param pid of a process this user may trace, or `'self'`
 * @param target whose objects lie in it
 * @throws Error if the process cannot be opened; the message says what was tried.
 * @example
 * ```ts
 * import { parseTarget } from 'memview';
 * import { processMemory } from 'memview/node';
 * try {
 *   processMemory('self', parseTarget('3.13-lp64')).read(8n, 4);
 * } catch (error) {
 *   console.log(String(error)); // MemoryFault: cannot read 4 bytes at 0x8: nothing readable is mapped there (EIO)
 * }
 * ```
 */
export function processMemory(pid: number | 'self', target: Target): Memory {
  const file = openMemory(pid);
  const readInto = (address: bigint, target: Uint8Array): void => {
    const { length } = target;
    checkRange(address, length);
    for (let done = 0; done < length; ) {
      const count = readAt(file, target, done, address, length);
      if (count === 0) throw new MemoryFault(address, length, 'the process has ended');
      done += count;
    }
  };
  const memory: Memory = {
    target,
    live: false,
    locator: { pid: pid === 'self' ? process.pid : pid, target },
    readInto,
    read(address, length) {
      checkRange(address, length);
      // A length that came from garbage must not become an allocation: the far end is asked for first.
      if (length > PROBE_ABOVE) readAt(file, Buffer.allocUnsafe(1), 0, address + BigInt(length - 1), 1);
      const bytes = allocate(address, length);
      readInto(address, bytes);
      return bytes;
    },
  };
  unused.register(memory, file);
  return memory;
}

/**
 * The memory that another thread has located: its bytes, in snapshots. What is viewed in it must be kept alive by
 * whoever gave the locator, until the other thread is done.
 *
 * @param locator of a memory, as `postMessage` or `workerData` brought it
 * @throws Error if the process cannot be opened.
 * @example
 * ```ts
 * import { Worker } from 'node:worker_threads';
 * import { openPython } from 'memview/ffi';
 * const python = openPython();
 * using view = python.view('bytearray(b"abc")');
 * const code = `(async () => {
 *   const { parentPort, workerData } = await import('node:worker_threads');
 *   const { viewObject } = await import('memview');
 *   const { locatedMemory } = await import('memview/node');
 *   parentPort.postMessage(viewObject(locatedMemory(workerData.locator), workerData.object).toList());
 * })()`;
 * const workerData = { locator: python.memory.locator, object: view.object };
 * const worker = new Worker(code, { eval: true, workerData });
 * console.log(await new Promise((resolve) => worker.once('message', resolve))); // [ 97, 98, 99 ]
 * ```
 */
export function locatedMemory({ pid, target }: MemoryLocator): Memory {
  return processMemory(pid === process.pid ? 'self' : pid, target);
}

/** A descriptor is closed when nobody can read by it any more. */
const unused = new FinalizationRegistry<number>((file) => closeSync(file));

function openMemory(pid: number | 'self'): number {
  const path = `/proc/${pid}/mem`;
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new Error(`cannot open ${path}: ${codeOf(cause)}; expected a running process of this user, on Linux`, {
      cause,
    });
  }
}

function allocate(address: bigint, length: number): Uint8Array {
  try {
    return Buffer.allocUnsafe(length);
  } catch (cause) {
    throw new MemoryFault(address, length, `no room for a copy of that size (${codeOf(cause)})`, { cause });
  }
}

function readAt(file: number, bytes: Uint8Array, done: number, address: bigint, length: number): number {
  try {
    return readSync(file, bytes, done, Math.min(length - done, MOST_PER_READ), address + BigInt(done));
  } catch (cause) {
    throw new MemoryFault(address, length, `nothing readable is mapped there (${codeOf(cause)})`, { cause });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
