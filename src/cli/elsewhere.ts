/** The memory of a Python that runs in another process, or ran and left a core file. */
import { coreMemory, processMemory } from '../attach/attach.ts';
import { lookup } from '../attach/lookup.ts';
import type { Memory } from '../memory/memory.ts';
import { formatTarget, type Target } from '../target.ts';
import { viewObject } from '../view/object.ts';
import { searching } from './searching.ts';
import type { Place } from './source.ts';

/** Which memory: one of the two. */
export interface Elsewhere {
  readonly pid?: number;
  readonly core?: string;
  /** Whose objects lie in it, where that is not to be found out. */
  readonly target?: Target;
}

/**
 * The memory that is named, undefined if none is.
 *
 * @throws TypeError if only the target is.
 */
export function openElsewhere({ pid, core, target }: Elsewhere): Place | undefined {
  if (pid !== undefined) return sourceOf(processMemory(pid, target), `process ${pid}`);
  if (core !== undefined) return sourceOf(coreMemory(core, target), `core file ${core}`);
  if (target === undefined) return undefined;
  throw new TypeError(
    'expected --pid PID or --core FILE with --target, which says whose objects are in another memory',
  );
}

function sourceOf(memory: Memory, name: string): Place {
  const view = (what: string) => viewObject(memory, addressOf(memory, what));
  return { title: `CPython ${formatTarget(memory.target)}, ${name}`, memory, view, inspect: view };
}

/** An address as it is printed, or the name of a global. */
function addressOf(memory: Memory, what: string): bigint {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(what)) return BigInt(what);
  if (!what.includes('.')) {
    throw new TypeError(
      `expected an address, such as 0x7f10c0de, or a module and its variable, such as __main__.frame, got ${what}`,
    );
  }
  return searching('looking for sys.modules', (onProgress) => lookup(memory, what, { onProgress }));
}
