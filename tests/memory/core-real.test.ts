/** Cores of real processes, as gcore and the kernel write them, against the memory of the process while it lived. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { MemoryFault } from '../../src/errors.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { type Core, openCore } from '../../src/memory/core.ts';
import type { Mapping } from '../../src/memory/mapping.ts';
import type { Memory } from '../../src/memory/memory.ts';
import { processMemory } from '../../src/memory/process.ts';

const target = parseTarget('3.13-lp64');
const PAGE = 4096;
const folder = mkdtempSync(join(tmpdir(), 'memview-core-'));
afterAll(() => rmSync(folder, { recursive: true }));

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** A process that waits, in a folder of its own, and leaves a core with what the filter says. */
async function waiter(filter: string): Promise<{ child: ChildProcess; pid: number; cwd: string }> {
  const cwd = mkdtempSync(join(folder, 'cwd-'));
  const script = `ulimit -c unlimited; echo ${filter} > /proc/self/coredump_filter; exec cat`;
  const child = spawn('sh', ['-c', script], { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
  children.add(child);
  // What it was sent has come back, and it waits for more.
  child.stdin.write('x');
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const asleep = () => /\) S /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  for (let tries = 0; tries < 3; ) {
    tries = asleep() ? tries + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { child, pid, cwd };
}

/** What a process has, page by page. */
interface Snapshot {
  readonly mappings: readonly Mapping[];
  readonly pages: ReadonlyMap<bigint, Uint8Array>;
}

function snapshot(pid: number): Snapshot {
  const memory = processMemory(pid, target);
  // The kernel's own change while they are read.
  const mappings = (memory.mappings?.() ?? []).filter(({ path }) => !/^\[v(var|syscall)/.test(path));
  const pages = new Map<bigint, Uint8Array>();
  for (const { address, length, readable } of mappings) {
    if (!readable) continue;
    for (let at = 0; at < length; at += PAGE) {
      const bytes = attempt(memory, address + BigInt(at));
      if (bytes instanceof Uint8Array) pages.set(address + BigInt(at), Uint8Array.from(bytes));
    }
  }
  return { mappings, pages };
}

function attempt(memory: Memory, address: bigint): Uint8Array | MemoryFault {
  try {
    return memory.read(address, PAGE);
  } catch (error) {
    if (error instanceof MemoryFault) return error;
    throw error;
  }
}

/** How many pages are the same, and why others cannot be read, by the mapping's name; those that differ are errors. */
function compare(core: Core, { mappings, pages }: Snapshot) {
  const memory = core.memory(target);
  const same: Record<string, number> = {};
  const faults: Record<string, Set<string>> = {};
  for (const [address, expected] of pages) {
    const name = mappings.findLast((mapping) => mapping.address <= address)?.path ?? '';
    const bytes = attempt(memory, address);
    if (bytes instanceof MemoryFault) {
      faults[name] ??= new Set();
      faults[name].add(bytes.reason);
    } else if (Buffer.compare(bytes, expected) === 0) same[name] = (same[name] ?? 0) + 1;
    else throw new Error(`the page at 0x${address.toString(16)} of ${name} differs`);
  }
  return { same, faults };
}

/** How many pages of a name there were. */
function count({ mappings, pages }: Snapshot, path: string): number {
  return mappings
    .filter((mapping) => mapping.path === path)
    .flatMap(({ address, length }) => Array.from({ length: length / PAGE }, (_, i) => address + BigInt(i * PAGE)))
    .filter((address) => pages.has(address)).length;
}

const isElf = ({ pages }: Snapshot, { address, offset }: Mapping): boolean =>
  offset === 0 && Buffer.from(pages.get(address) ?? []).indexOf('\x7fELF', 0, 'latin1') === 0;

/** The programs and libraries, of which a core holds the first page. */
function images(before: Snapshot): string[] {
  return before.mappings.filter((mapping) => isElf(before, mapping)).map(({ path }) => path);
}

/** The same that are files: at least the program, the C library and the loader. */
function imageFiles(before: Snapshot): string[] {
  const files = images(before).filter((path) => path.startsWith('/'));
  expect(files.length).toBeGreaterThanOrEqual(3);
  return files;
}

function expectWhole(core: Core, before: Snapshot): void {
  const { same, faults } = compare(core, before);
  for (const name of [...imageFiles(before), '[heap]', '[stack]']) {
    expect([name, faults[name], same[name]]).toEqual([name, undefined, count(before, name)]);
  }
  for (const reasons of Object.values(faults)) {
    for (const reason of reasons) expect(reason).toMatch(/, and holds nothing of .* to know that file by$/);
  }
}

const skip = (reason: string): void => void process.stdout.write(`skipped: ${reason}\n`);

test('a core of gcore has what the process has, also when that has ended', async () => {
  const { child, pid } = await waiter('0x33');
  const before = snapshot(pid);
  const made = spawnSync('gcore', ['-o', join(folder, 'gcore'), String(pid)], { encoding: 'utf8' });
  const path = join(folder, `gcore.${pid}`);
  if (made.error) return skip(`no gcore here (${made.error.message})`);
  if (made.status !== 0) return skip(`gcore made no core: ${made.stderr.trim().split('\n').at(-1)}`);
  const core = openCore(path);
  expect(core.facts).toMatchObject({ bits: 64, byteOrder: 'little', pid, truncated: false });
  expectWhole(core, before);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  expectWhole(core, before);
  // Bit by bit the same mappings, those apart that gcore leaves out and are no file's.
  const named = ({ mappings }: Pick<Snapshot, 'mappings'>) =>
    mappings
      .filter(({ path }) => path.startsWith('/'))
      .map(({ address, length, path, offset }) => ({ address, length, path, offset }));
  expect(named(core)).toEqual(named(before));
});

/** The core that the kernel leaves, or why it left none. */
async function kernelCore(filter: string): Promise<{ core: Core; before: Snapshot; pid: number } | string> {
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'latin1').trim();
  if (/[|/]/.test(pattern)) return `the kernel gives cores elsewhere: core_pattern is ${pattern}`;
  const { child, pid, cwd } = await waiter(filter);
  const before = snapshot(pid);
  const ended = once(child, 'exit');
  child.kill('SIGABRT');
  await ended;
  const [name] = readdirSync(cwd);
  return name ? { core: openCore(join(cwd, name)), before, pid } : 'the kernel left no core';
}

test('a core of the kernel has what the process had', async () => {
  const made = await kernelCore('0x33');
  if (typeof made === 'string') return skip(made);
  const { core, before, pid } = made;
  expect(core.facts).toMatchObject({ bits: 64, byteOrder: 'little', signal: 6, pid, truncated: false });
  expectWhole(core, before);
  const rights = ({ mappings }: Pick<Snapshot, 'mappings'>) =>
    mappings
      .filter(({ path }) => path.startsWith('/'))
      .map(({ readable, writable, executable, shared: _, ...where }) => ({
        ...where,
        rights: [readable, writable, executable],
      }));
  const plain = (mappings: readonly Mapping[]) =>
    mappings.map(({ address, length, readable, writable, executable, path, offset }) => ({
      address,
      length,
      readable,
      writable,
      executable,
      path,
      offset,
    }));
  expect(rights({ mappings: plain(core.mappings) })).toEqual(rights(before));
});

test('a core of the kernel without the first pages of the files: what was theirs is a fault', async () => {
  const made = await kernelCore('0x21');
  if (typeof made === 'string') return skip(made);
  const { core, before } = made;
  const { same, faults } = compare(core, before);
  expect(same['[stack]']).toBe(count(before, '[stack]'));
  for (const name of imageFiles(before)) {
    expect([...(faults[name] ?? [])]).toEqual([
      `the core leaves it out, and holds nothing of ${name}, which was mapped there, to know that file by`,
    ]);
  }
});

test('a core of the kernel without private memory: no file is taken for what was written over it', async () => {
  const made = await kernelCore('0x10');
  if (typeof made === 'string') return skip(made);
  const { core, before } = made;
  const { same, faults } = compare(core, before);
  // The first page alone.
  for (const name of imageFiles(before)) {
    expect([name, same[name]]).toEqual([name, 1]);
    expect([...(faults[name] ?? [])]).toEqual([expect.stringContaining('need not hold what was written to it')]);
  }
  expect([...(faults['[stack]'] ?? [])]).toEqual(['the core leaves it out']);
});
