/** Memories of Pythons that run elsewhere, or ran: each finds out whose objects lie in it. */

import { requireEqual } from '../layouts/recognise.ts';
import { parseTarget } from '../layouts/targets.ts';
import { openCore } from '../memory/core.ts';
import type { CoreFacts } from '../memory/corefile.ts';
import { type Memory, retargeted } from '../memory/memory.ts';
import { processMemory as openProcess } from '../memory/process.ts';
import { dataModels, type Target } from '../target.ts';
import { identify } from './identify.ts';

/** Read with any target, as long as only bytes are asked for. */
const PROVISIONAL = parseTarget('3.8-lp64');

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
  // Of this process too Python's threads may change what is read.
  return withTarget(openProcess(pid, target ?? PROVISIONAL, true), name, target);
}

/**
 * The memory of a process that was written to a core file: ELF, as Linux and `gcore` write it. It is read on demand;
 * what the file leaves out because it could be had from a mapped file is read from there, if that is still the same.
 *
 * @param path of the file
 * @param target as of {@link processMemory}
 * @throws Error if it is no core file, or no CPython is found in it.
 * @throws LayoutMismatch if its types are not those of its release, or its words not those of the target.
 * @example
 * ```ts
 * import { coreMemory } from 'memview/node';
 * try {
 *   coreMemory('/dev/null');
 * } catch (error) {
 *   console.log(String(error).slice(0, 59)); // Error: cannot open /dev/null: it is no regular file; expect
 * }
 * ```
 */
export function coreMemory(path: string, target?: Target): Memory {
  const core = openCore(path);
  if (target) checkModel(core.facts, target);
  return withTarget(core.memory(target ?? PROVISIONAL), `the core file ${path}`, target);
}

/** The memory of the CPython that is found in it, if none is named. */
function withTarget(memory: Memory, name: string, target: Target | undefined): Memory {
  return target ? memory : retargeted(memory, identify(memory, name));
}

/** @throws LayoutMismatch if no object of the target can be in a core of such words. */
function checkModel({ bits, byteOrder }: CoreFacts, target: Target): void {
  const model = dataModels[target.model];
  requireEqual(target, [
    { fact: 'bits of a word of the core file', expected: model.pointer * 8, found: bits },
    { fact: 'byte order of the core file', expected: model.byteOrder, found: byteOrder },
  ]);
}
