/** Memories of Pythons that run elsewhere, or ran: each finds out whose objects lie in it. */
import { openCore } from '../memory/core.ts';
import type { Memory } from '../memory/memory.ts';
import { processMemory as openProcess } from '../memory/process.ts';
import type { Target } from '../target.ts';
import { identify } from './identify.ts';

/**
 * The memory of a running process, as snapshots: each read copies what is there at that moment. The process is not
 * stopped, and not written to.
 *
 * @param pid of a process this user may trace, or `'self'`
 * @param target whose objects lie in it; by default that of the CPython found there, checked by its types
 * @throws Error if the process cannot be opened, or no CPython is found in it; the message says what was tried.
 * @throws LayoutMismatch if its types are not those of its release.
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
export function processMemory(pid: number | 'self', target?: Target): Memory {
  if (pid !== 'self' && !(Number.isSafeInteger(pid) && pid > 0)) {
    throw new TypeError(`expected the number of a process, or 'self', got ${String(pid)}`);
  }
  const name = pid === 'self' ? 'this process' : `process ${pid}`;
  const as = (each: Target): Memory => openProcess(pid, each);
  return as(target ?? identify({ name, as }).target);
}

/**
 * The memory of a process that was written to a core file: ELF, as Linux and `gcore` write it. It is read on demand;
 * what the file leaves out because it could be had from a mapped file is read from there, if that is still the same.
 *
 * @param path of the file
 * @param target as of {@link processMemory}
 * @throws Error if it is no core file, or no CPython is found in it.
 * @throws LayoutMismatch if its types are not those of its release.
 */
export function coreMemory(path: string, target?: Target): Memory {
  const core = openCore(path);
  const as = (each: Target): Memory => core.memory(each);
  return as(target ?? identify({ name: `the core file ${path}`, as }).target);
}
