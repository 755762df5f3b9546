/**
 * From the name of a global to its address: through `sys.modules`, which is found by the pointers to the type of
 * modules. It calls no Python, and does not know what the object is.
 */
import { FormatError, LayoutMismatch, MemoryFault } from '../errors.ts';
import { internalLayouts } from '../layouts/internal.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import type { Memory } from '../memory/memory.ts';
import { formatTarget } from '../target.ts';
import { readPointer } from '../view/struct.ts';
import { dictItems, readStr } from '../view/values.ts';
import { isAlive } from './soundness.ts';
import { chunksOf, modelOf, pointersTo, type SweepProgress, searchable, Window } from './sweep.ts';
import { findType, findTypeOfTypes } from './types.ts';

/** How `lookup` searches. */
export interface LookupOptions {
  /** Called every 128 KiB; nothing is searched meanwhile. */
  readonly onProgress?: (progress: Readonly<SweepProgress>) => void;
}

/**
 * The address of a global variable, for `viewObject`: of what `sys.modules` has under the name of the module. Small
 * ranges of memory are searched first, and no more of them than is needed to find `sys`.
 *
 * @param name of a module and its variable, e.g. `__main__.frame` or `package.module.table`
 * @throws TypeError if the name has no dot, or the memory does not say what is mapped.
 * @throws RangeError if there is no such module, or it has no such variable; the message says which there are.
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
  const known: string[] = [];
  // There is one `sys` for each interpreter of the process.
  for (const modules of everySysModules(memory, options)) {
    const names = steady(memory, () => namesOf(memory, modules));
    const address = names?.get(module);
    if (!names || address === undefined) {
      known.push(...(names?.keys() ?? []));
      continue;
    }
    const variables = steady(memory, () => namesOf(memory, dictOf(memory, address)));
    const found = variables?.get(variable);
    if (found !== undefined) return found;
    throw new RangeError(`the module ${module} has no variable ${variable}; it has ${listed(variables?.keys() ?? [])}`);
  }
  throw new RangeError(`no module ${module} is loaded; there are ${listed(known)}`);
}

/** Names as a message has them: those that are meant to be seen first, and not all. */
function listed(names: Iterable<string>): string {
  const [plain, special]: [string[], string[]] = [[], []];
  for (const name of names) (name.startsWith('_') ? special : plain).push(name);
  const all = [...plain, ...special];
  return all.length > 20 ? `${all.slice(0, 20).join(', ')} and ${all.length - 20} more` : all.join(', ') || 'none';
}

/** The dict `sys.modules` of every module that is called `sys`. */
function* everySysModules(memory: Memory, { onProgress }: LookupOptions): Generator<bigint> {
  const ranges = [...searchable(memory)].sort((a, b) => a.length - b.length);
  const progress: SweepProgress = { done: 0, total: 0, unread: 0 };
  const type = findTypeOfTypes(memory, ranges);
  const module = type && findType(memory, ranges, type, 'module');
  if (module === undefined) {
    const fact = 'the types "type" and "module"';
    throw new LayoutMismatch(formatTarget(memory.target), [{ fact, expected: 'both', found: 'not both' }]);
  }
  progress.total = ranges.reduce((sum, { length }) => sum + length, 0);
  const before = BigInt(layoutsFor(memory.target).PyObject.offsetOf('ob_type'));
  const find = pointersTo([module], modelOf(memory));
  const near = new Window(memory);
  const seen = new Set<bigint>();
  for (const chunk of chunksOf(memory, ranges, progress, onProgress && (() => onProgress(progress)))) {
    const hits = find(chunk);
    near.show(chunk);
    for (const { offset } of hits) {
      const address = chunk.address + BigInt(offset) - before;
      const modules = orNothing(() => (isAlive(near, address) ? sysModules(memory, dictOf(near, address)) : undefined));
      if (modules === undefined || seen.has(modules)) continue;
      seen.add(modules);
      yield modules;
    }
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

/** Reads a dict that a running process may be changing. */
function steady<T>(memory: Memory, read: () => T): T | undefined {
  for (let i = 1; ; i++) {
    try {
      return read();
    } catch (error) {
      const torn = error instanceof MemoryFault || error instanceof FormatError || error instanceof TypeError;
      if (!torn || !memory.changing || i === TRIES) throw error;
    }
  }
}

/** What is read, or undefined where there is no such object. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MemoryFault || error instanceof FormatError || error instanceof TypeError) return undefined;
    throw error;
  }
}
