/**
 * Pythons in processes of their own, of every release that is found: what they hold is found from outside, while they
 * run, and in their cores when they are gone.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { coreMemory, processMemory } from '../../src/attach/attach.ts';
import { type FoundBuffer, findBuffers } from '../../src/attach/find.ts';
import { lookup } from '../../src/attach/lookup.ts';
import { ReleasedError } from '../../src/errors.ts';
import type { Memory } from '../../src/memory/memory.ts';
import { formatTarget } from '../../src/target.ts';
import { viewObject } from '../../src/view/object.ts';
import { findAll, hasGcore } from './found.ts';
import { type Held, Holder, type Living, type Made } from './held.ts';

const pythons = findAll().filter(({ target, executable }) => target !== undefined && existsSync(executable));
const folder = mkdtempSync(join(tmpdir(), 'memview-cores-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Which parts of a process its core holds: Linux, Documentation/filesystems/proc.rst, coredump_filter. */
const EVERYTHING = 0x3f;
const WITHOUT_FILES = 0x31;

const pattern = existsSync('/proc/sys/kernel/core_pattern')
  ? readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
  : '';
/** Whether the kernel writes cores where a test can look: into the folder of the process. */
const kernelWrites = /^[\w.%-]+$/.test(pattern);

/** A value as the child's JSON has it: 64-bit integers and bytes are numbers there, records lists. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return entries.every(([name]) => name === 're' || name === 'im') ? value : entries.map(([, part]) => plain(part));
}

/** Compares all that a buffer says of itself with what the child said. */
function expectSame(found: FoundBuffer | undefined, made: Made): void {
  const where = `${made.type} of ${made.format} ${made.shape} at ${made.id}`;
  if (!found) throw new Error(`not found: ${where}`);
  const { type, shape, strides, itemsize, readonly, exporter } = found;
  const said = {
    where,
    type: type.split('.').at(-1),
    shape,
    strides: shape.includes(0) ? 'any' : strides,
    itemsize,
    readonly,
    exporter: exporter ? Number(exporter.address) : null,
    ...(made.format === null ? {} : { format: found.format }),
  };
  const { id, values, format, ...expected } = made;
  expect(said).toEqual({
    ...expected,
    where,
    strides: shape.includes(0) ? 'any' : made.strides,
    ...(format === null ? {} : { format }),
  });
  const view = found.view();
  if (values !== null) expect({ where, values: plain(view.toList()) }).toEqual({ where, values });
}

/** Whether all that the child holds is found; gives what is found by its address. */
function expectFound(memory: Memory, held: Held): ReadonlyMap<number, FoundBuffer> {
  const all = [...findBuffers(memory)];
  const byAddress = new Map(all.map((one) => [Number(one.address), one]));
  expect(byAddress.size).toBe(all.length);
  expect(all.map(({ nbytes }) => nbytes)).toEqual(all.map(({ nbytes }) => nbytes).toSorted((a, b) => b - a));
  for (const made of held.made) expectSame(byAddress.get(made.id), made);
  for (const id of held.released) {
    const found = byAddress.get(id);
    expect([id, found?.released, found?.nbytes, found?.format]).toEqual([id, true, 0, '']);
    expect(() => found?.view()).toThrow(ReleasedError);
  }
  expect(Number(lookup(memory, '__main__.table'))).toBe(held.table);
  const table = viewObject(memory, lookup(memory, '__main__.table'));
  expect(Buffer.from(table.bytes).toString()).toBe('found by its name');
  return byAddress;
}

/** Which of what was found the child does not know, nor refers to from within, nor the file of the program. */
function unknownTo(living: Living, memory: Memory, found: ReadonlyMap<number, FoundBuffer>): FoundBuffer[] {
  const known = new Set(living.buffers.map(([id]) => id));
  for (const [id, size] of living.within) {
    const bytes = Buffer.from(memory.read(BigInt(id), size));
    for (let at = 0; at + 8 <= size; at += 8) known.add(Number(bytes.readBigUInt64LE(at)));
  }
  const files = new Map<string, Buffer>();
  return [...found.values()].filter((one) => !known.has(Number(one.address)) && !isCompiledIn(memory, one, files));
}

/** Whether the file that is mapped where bytes lie has them, with their length and the NUL: frozen modules' code. */
function isCompiledIn(memory: Memory, found: FoundBuffer, files: Map<string, Buffer>): boolean {
  if (found.type !== 'bytes') return false;
  const { nbytes } = found;
  const { address } = found.view();
  const mapping = memory.mappings?.().findLast((one) => one.address <= address);
  if (!mapping?.path.startsWith('/')) return false;
  const file = files.get(mapping.path) ?? readFileSync(mapping.path);
  files.set(mapping.path, file);
  const at = mapping.offset + Number(address - mapping.address);
  const [length, elements] = [file.subarray(at - 16, at - 8), file.subarray(at, at + nbytes + 1)];
  return length.equals(memory.read(address - 16n, 8)) && elements.equals(memory.read(address, nbytes + 1));
}

test('what must have run runs', () => {
  const skipped = [
    ...(pythons.length > 0 ? [] : ['no Python is found']),
    ...(hasGcore ? [] : ['gcore is not installed']),
  ];
  for (const reason of skipped) process.stdout.write(`skipped: ${reason}\n`);
  if (process.env.MEMVIEW_TEST_FLOOR?.includes('libpython')) expect(pythons.length).toBeGreaterThan(0);
});

for (const { executable, target = '' } of pythons) {
  describe(`${target}, ${executable}`, () => {
    let holder: Holder;
    let held: Held;

    beforeAll(async () => {
      holder = new Holder(executable, { cwd: folder });
      held = await holder.ask<Held>('held');
    });

    afterAll(() => holder.kill());

    test('its target is found by what is mapped, and everything it holds, while it goes on', async () => {
      const living = await holder.ask<Living>('living');
      const memory = processMemory(holder.pid);
      expect(formatTarget(memory.target)).toBe(target);
      // Others use the same processors: of three searches one has to go undisturbed.
      const gaps: number[] = [];
      for (let i = 0; i < 3 && !gaps.some((gap) => gap < 0.05); i++) {
        await holder.ask('longest');
        Array.from(findBuffers(memory));
        gaps.push(await holder.ask<number>('longest'));
      }
      expect(Math.min(...gaps)).toBeLessThan(0.05);
      expect(readFileSync(`/proc/${holder.pid}/status`, 'latin1')).toContain('TracerPid:\t0');

      const found = expectFound(memory, held);
      const missed = living.buffers.filter(([id, type]) => found.get(id)?.type.split('.').at(-1) !== type);
      expect(missed).toEqual([]);
      const unknown = unknownTo(living, memory, found);
      process.stdout.write(
        `${target}: ${found.size} buffers, all of ${living.buffers.length} that Python knows, ${unknown.length} others; ` +
          `longest gap ${Math.round(Math.min(...gaps) * 1000)} ms\n`,
      );
      expect(unknown.length).toBeLessThanOrEqual(found.size / 1000);
    });

    test('the same of its core by gcore, with everything in it, when it is gone', async () => {
      if (!hasGcore) return void process.stdout.write('skipped: gcore is not installed\n');
      const path = await byGcore(holder, EVERYTHING);
      await holder.kill();
      expectFoundIn(path, target, held);
      rmSync(path);
    });

    test('the same of its core by abort, with the file-backed segments left out', async () => {
      const own = mkdtempSync(join(folder, 'abort-'));
      const twin = new Holder(executable, { cwd: own, before: 'ulimit -c unlimited' });
      const twinHeld = await twin.ask<Held>('held');
      const path = kernelWrites ? await byAbort(twin, own) : hasGcore && (await byGcore(twin, WITHOUT_FILES));
      await twin.kill();
      if (!path) return void process.stdout.write(`skipped: the kernel's core_pattern is ${pattern}, and no gcore\n`);
      expectFoundIn(path, target, twinHeld);
      rmSync(own, { recursive: true });
    });
  });
}

/** A core by gcore, which leaves the process alive. */
async function byGcore(holder: Holder, filter: number): Promise<string> {
  writeFileSync(`/proc/${holder.pid}/coredump_filter`, `0x${filter.toString(16)}`);
  execFileSync('gcore', ['-o', join(folder, 'gcore'), String(holder.pid)], { stdio: 'ignore' });
  return join(folder, `gcore.${holder.pid}`);
}

/** A core by the kernel, in the child's own folder. */
async function byAbort(holder: Holder, own: string): Promise<string> {
  writeFileSync(`/proc/${holder.pid}/coredump_filter`, `0x${WITHOUT_FILES.toString(16)}`);
  await holder.abort();
  const [file] = readdirSync(own);
  if (!file) throw new Error(`the kernel wrote no core, though its core_pattern is ${pattern}`);
  return join(own, file);
}

function expectFoundIn(path: string, target: string, held: Held): void {
  const memory = coreMemory(path);
  expect(formatTarget(memory.target)).toBe(target);
  expectFound(memory, held);
}
