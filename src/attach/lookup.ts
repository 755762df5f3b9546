/**
 * From the name of a global to its address: through `sys.modules`, which is found by the pointers to the type of
 * modules. It calls no Python, and does not know what the object is.
 */
import { FormatError, hex, LayoutMismatch, MemoryFault } from '../errors.ts';
import { internalLayouts } from '../layouts/internal.ts';
import type { Memory } from '../memory/memory.ts';
import { formatTarget } from '../target.ts';
import { isAlive } from '../view/py-object.ts';
import { readPointer } from '../view/struct.ts';
import { dictItems, readStr } from '../view/values.ts';
import { type SweepProgress, searchable } from './sweep.ts';
import { candidatesOf, findType, findTypeOfTypes } from './types.ts';

/** How `lookup` searches. */
export interface LookupOptions {
  /** Called every 128 KiB; nothing is searched meanwhile. */
  readonly onProgress?: (progress: Readonly<SweepProgress>) => void;
}

/**
 * The address of a global variable, for `viewObject`: of what `sys.modules` has under the name of the module. All memory
 * is searched once, for there may be several interpreters in a process.
 *
 * @param name of a module and its variable, e.g. `__main__.frame` or `package.module.table`
 * @throws TypeError if the name has no dot, or the memory does not say what is mapped.
 * @throws RangeError if there is no such module, or it has no such variable: the message says which there are; or if
 * several interpreters have one: the message gives their addresses.
 * @throws LayoutMismatch if no Python of the memory's target is found.
 * @throws MemoryFault if it changes all the time while it is read.
 * @example
 * ```ts
 * import { spawn } from 'node:child_process';
 * import { once } from 'node:events';
 * import { viewObject } from 'memview';
 * import { openPython } from 'memview/ffi';
 * import { lookup, processMemory } from 'memview/node';
 * const code = 'frame = bytearray(b"abc"); print("ready", flush=True); input()';
 * const child = spawn(openPython().installation.executable, ['-c', code]);
 * await once(child.stdout, 'data');
 * const memory = processMemory(child.pid!);
 * console.log(viewObject(memory, lookup(memory, '__main__.frame')).toList()); // [ 97, 98, 99 ]
 * child.kill();
 * ```
 */
export function lookup(memory: Memory, name: string, options: LookupOptions = {}): bigint {
  const dot = typeof name === 'string' ? name.lastIndexOf('.') : -1;
  if (dot < 1 || dot === name.length - 1) {
    throw new TypeError(`expected a module and a variable of it, such as '__main__.frame', got ${String(name)}`);
  }
  const [module, variable] = [name.slice(0, dot), name.slice(dot + 1)];
  const faults: Error[] = [];
  const read = (dict: () => bigint) => steady(memory, () => namesOf(memory, dict()), faults);
  const modules = [...everySysModules(memory, options)].flatMap((dict) => read(() => dict) ?? []);
  const globals = modules.flatMap((names) => {
    const address = names.get(module);
    return address === undefined ? [] : (read(() => dictOf(memory, address)) ?? []);
  });
  const found = new Set(globals.flatMap((names) => names.get(variable) ?? []));
  const [first] = found;
  if (found.size > 1) {
    const addresses = [...found].map(hex).join(', ');
    throw new RangeError(`${found.size} interpreters of the process have a ${name}, at ${addresses}; take an address`);
  }
  if (first !== undefined) return first;
  // What an interpreter that was ended has left behind need not be sound.
  if (faults[0]) throw faults[0];
  if (globals.length > 0) {
    throw new RangeError(`the module ${module} has no variable ${variable}; it has ${listed(globals)}`);
  }
  throw new RangeError(`no module ${module} is loaded; there are ${listed(modules)}`);
}

/** Names as a message has them: those that are meant to be seen first, and not all. */
function listed(dicts: readonly ReadonlyMap<string, unknown>[]): string {
  const names = [...new Set(dicts.flatMap((dict) => [...dict.keys()]))];
  const isSpecial = (name: string): boolean => name.startsWith('_');
  const all = [...names.filter((name) => !isSpecial(name)), ...names.filter(isSpecial)];
  return all.length > 20 ? `${all.slice(0, 20).join(', ')} and ${all.length - 20} more` : all.join(', ') || 'none';
}

/** The dict `sys.modules` of every module that is called `sys`: there is one for each interpreter of the process. */
function* everySysModules(memory: Memory, { onProgress }: LookupOptions): Generator<bigint> {
  const { ranges, size } = searchable(memory);
  const progress: SweepProgress = { done: 0, total: size, unread: 0 };
  const type = findTypeOfTypes(memory, ranges);
  const module = type && findType(memory, ranges, type, 'module');
  if (module === undefined) {
    const fact = 'the types "type" and "module"';
    throw new LayoutMismatch(formatTarget(memory.target), [{ fact, expected: 'both', found: 'not both' }]);
  }
  const seen = new Set<bigint>();
  const tell = onProgress && (() => onProgress(progress));
  for (const { address, near } of candidatesOf(memory, ranges, [module], progress, tell)) {
    const modules = orNothing(() => (isAlive(near, address) ? sysModules(memory, dictOf(near, address)) : undefined));
    if (modules === undefined || seen.has(modules)) continue;
    seen.add(modules);
    yield modules;
  }
}

/** The dict of a module's variables. */
function dictOf(memory: Memory, module: bigint): bigint {
  return readPointer(memory, module + BigInt(internalLayouts(memory.target).PyModuleObject.offsetOf('md_dict')));
}

/** `modules` among the variables of `sys`; undefined if these are another module's. */
function sysModules(memory: Memory, variables: bigint): bigint | undefined {
  let isSys = false;
  for (const [key, value] of dictItems(memory, variables)) {
    const name = readStr(memory, key);
    // It is the first one that a module is given.
    if (name === '__name__') {
      if (readStr(memory, value) !== 'sys') return undefined;
      isSys = true;
    } else if (name === 'modules' && isSys) return value;
  }
  return undefined;
}

/** What a dict has, by the keys that are strings. */
function namesOf(memory: Memory, dict: bigint): Map<string, bigint> {
  const names = new Map<string, bigint>();
  for (const [key, value] of dictItems(memory, dict)) {
    try {
      names.set(readStr(memory, key), value);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return names;
}

/** How often a dict is read that changes meanwhile. */
const TRIES = 5;

/** Reads a dict that a running process may be changing; undefined if it cannot be read, and why not is kept. */
function steady<T>(memory: Memory, read: () => T, faults: Error[]): T | undefined {
  for (let i = 1; ; i++) {
    try {
      return read();
    } catch (error) {
      if (!isUnsound(error)) throw error;
      if (memory.changing && i < TRIES) continue;
      faults.push(error);
      return undefined;
    }
  }
}

function isUnsound(error: unknown): error is Error {
  return error instanceof MemoryFault || error instanceof FormatError || error instanceof TypeError;
}

/** What is read, or undefined where there is no such object. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isUnsound(error)) return undefined;
    throw error;
  }
}
