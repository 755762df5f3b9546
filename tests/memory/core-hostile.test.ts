/** Cores that were damaged in a hundred thousand ways: each is read, or refused in words of ours. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { MemoryFault } from '../../src/errors.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { type Core, coreOf, openCore } from '../../src/memory/core.ts';
import type { Source } from '../../src/memory/corefile.ts';
import { coreFile, coreKinds } from '../support/core.ts';
import { type Random, random } from '../support/random.ts';

const target = parseTarget('3.13-lp64');
const folder = mkdtempSync(join(tmpdir(), 'memview-core-'));
afterAll(() => rmSync(folder, { recursive: true }));

const libraryPath = '/lib/x.so';
const seeded = random(5);
const library = seeded.bytes(192);
const bases = coreKinds.map((kind) =>
  coreFile({
    ...kind,
    segments: [
      { address: 0x1000n, bytes: library.subarray(0, 64), flags: 4 },
      { address: 0x1040n, bytes: new Uint8Array(0), memsz: 128, flags: 5 },
      { address: 0x10c0n, bytes: seeded.bytes(64) },
      { address: 0x8000n, bytes: seeded.bytes(32), memsz: 64 },
      { address: 0xfffff000n, bytes: seeded.bytes(16) },
    ],
    files: [
      { start: 0x1000n, end: 0x1040n, page: 0, path: libraryPath },
      { start: 0x1040n, end: 0x10c0n, page: 1, path: libraryPath },
    ],
    pageSize: 64,
  }),
);

/** What fields are set to, beside small numbers: the ends of their ranges, and where a double ends to be exact. */
const extremes = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x10000n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
  (1n << 64n) - 0x1000n,
];

function mutate(base: Uint8Array, { below, between, pick }: Random): Uint8Array {
  let bytes = Uint8Array.from(base);
  for (let changes = between(1, 4); changes > 0 && bytes.length > 8; changes--) {
    // Most of what is looked at lies in the first half.
    const at = below(pick([bytes.length, bytes.length >> 1, Math.min(bytes.length, 64)]));
    const kind = below(12);
    if (kind < 3) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    else if (kind < 4) bytes[at] = below(256);
    else if (kind < 9) {
      const width = pick([2, 4, 8]);
      const view = new DataView(new ArrayBuffer(8));
      const value = pick([pick(extremes), BigInt(bytes.length + between(-2, 2)), BigInt(below(4096))]);
      const little = below(2) === 0;
      view.setBigUint64(0, BigInt.asUintN(width * 8, value), little);
      const from = at - (at % pick([1, width]));
      bytes.set(new Uint8Array(view.buffer, little ? 0 : 8 - width, Math.min(width, bytes.length - from)), from);
    } else if (kind < 10) bytes = bytes.subarray(0, below(bytes.length));
    else {
      // A piece written over another place, or between two.
      const piece = bytes.slice(at, at + between(1, 128));
      const to = below(bytes.length);
      if (below(2) === 0) bytes.set(piece.subarray(0, bytes.length - to), to);
      else bytes = Uint8Array.from(Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]));
    }
  }
  return bytes;
}

/** How a complaint of the source begins. */
const WRONG = 'the reader reads ';

/** Bytes as a file; a read of what is not in it, or without end, is an error of the reader. */
function sourceOf(bytes: Uint8Array): Source & { reads: number } {
  return {
    size: bytes.length,
    reads: 0,
    read(offset, into) {
      if (++this.reads > 1000) throw new TypeError(`${WRONG}without end`);
      if (!(Number.isSafeInteger(offset) && offset >= 0 && offset + into.length <= bytes.length)) {
        throw new TypeError(`${WRONG}${into.length} bytes at ${offset} of ${bytes.length}`);
      }
      // Not always all at once.
      const part = bytes.subarray(offset, offset + (into.length > 40 ? into.length - 7 : into.length));
      into.set(part);
      return part.length;
    },
  };
}

const openLibrary = (path: string): Source => {
  if (path === libraryPath) return sourceOf(library);
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
};

/** An error in words of ours, and not one that was caught on its way out of DataView or restructure. */
function expectOurs(error: unknown, Class: typeof Error | typeof MemoryFault): void {
  let inner = error;
  while (inner instanceof Error && inner.cause) inner = inner.cause;
  const ours = error instanceof Class && (inner === error || (inner as object).constructor === Error);
  // The last is said of a mapped file that could not be compared.
  if (!ours || error.message.length < 20 || error.message.includes(WRONG)) throw error;
}

interface Tally {
  opened: number;
  refused: number;
  read: number;
  faults: number;
}

/** Reads here and there: what comes has the length asked for, and lies in the core or in the library. */
function readAround(core: Core, bytes: Uint8Array, from: Random, tally: Tally): void {
  const memory = core.memory(target);
  const places = [
    0x1000n,
    0x1040n,
    0x10bcn,
    0x8000n,
    0x8018n,
    0xfffff000n,
    ...core.mappings.map(({ address }) => address),
  ];
  for (let tries = 0; tries < 6; tries++) {
    const address = from.pick([
      from.pick(places),
      from.pick(places) + BigInt(from.between(-4, 70)),
      from.pick(extremes),
    ]);
    const length = from.pick([1, 8, 16, 300, from.below(5000), 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]);
    try {
      const got = memory.read(address, length);
      if (got.length !== length) throw new TypeError(`${got.length} bytes in place of ${length}`);
      tally.read++;
      const piece = Buffer.from(got.buffer, got.byteOffset, Math.min(length, 16));
      const end = address + BigInt(piece.length);
      const inOne = core.mappings.some(({ address: at, length }) => address >= at && end <= at + BigInt(length));
      if (inOne && !isThere(piece, bytes)) throw new TypeError('bytes from nowhere');
    } catch (error) {
      expectOurs(error, MemoryFault);
      tally.faults++;
    }
  }
}

/** Whether a piece of one mapping is in the core, and from some byte on, which the core leaves out, in the library. */
function isThere(piece: Buffer, bytes: Uint8Array): boolean {
  const core = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let held = piece.length; held >= 0; held--) {
    if (core.includes(piece.subarray(0, held)) && Buffer.from(library).includes(piece.subarray(held))) return true;
  }
  return false;
}

test('as they are, they are read', () => {
  for (const base of bases) {
    const memory = coreOf(sourceOf(base), 'core', openLibrary).memory(target);
    expect(Buffer.compare(memory.read(0x1000n, 192), library)).toBe(0);
    expect(memory.read(0x1000n, 256)).toHaveLength(256);
    expect(memory.read(0xfffff000n, 16)).toHaveLength(16);
  }
});

test('100,000 damaged cores', () => {
  const from = random(20_240_611);
  const tally: Tally = { opened: 0, refused: 0, read: 0, faults: 0 };
  const before = process.memoryUsage();
  for (let i = 0; i < 100_000; i++) {
    const bytes = mutate(from.pick(bases), from);
    const source = sourceOf(bytes);
    try {
      const core = coreOf(source, 'core', openLibrary);
      tally.opened++;
      readAround(core, bytes, from, tally);
    } catch (error) {
      expectOurs(error, Error);
      if (!(error as Error).message.startsWith('cannot read core as a core file: ')) throw error;
      tally.refused++;
    }
  }
  const after = process.memoryUsage();
  process.stdout.write(`${JSON.stringify(tally)}\n`);
  expect(tally.opened).toBeGreaterThan(20_000);
  expect(tally.refused).toBeGreaterThan(20_000);
  expect(tally.read).toBeGreaterThan(20_000);
  expect(tally.faults).toBeGreaterThan(20_000);
  // Garbage apart that is not collected yet.
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(256 << 20);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(256 << 20);
});

test('1000 of them as files', () => {
  const from = random(7);
  const tally: Tally = { opened: 0, refused: 0, read: 0, faults: 0 };
  const path = join(folder, 'core');
  for (let i = 0; i < 1000; i++) {
    const bytes = mutate(from.pick(bases), from);
    writeFileSync(path, bytes);
    try {
      const core = openCore(path);
      tally.opened++;
      readAround(core, bytes, from, tally);
    } catch (error) {
      expectOurs(error, Error);
      tally.refused++;
    }
  }
  expect(Math.min(tally.opened, tally.refused, tally.read, tally.faults)).toBeGreaterThan(100);
});
