/** What every memory owes its readers, run against every source. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MemoryFault } from '../../src/errors.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { openCore } from '../../src/memory/core.ts';
import { heapMemory } from '../../src/memory/heap.ts';
import { type Memory, readCString } from '../../src/memory/memory.ts';
import { processMemory } from '../../src/memory/process.ts';
import { segmentMemory } from '../../src/memory/segments.ts';
import { coreFile } from '../support/core.ts';

const target = parseTarget('3.13-lp64');
const content = Uint8Array.from({ length: 64 }, (_, i) => i + 1);

/** A memory that holds `content` at an address, and an address it cannot read. */
interface Source {
  readonly name: string;
  readonly memory: Memory;
  readonly address: bigint;
  readonly bad: bigint;
}

const heap = new Uint8Array(256);
heap.set(content, 100);

/** Large enough to lie outside V8's heap, where nothing moves it. */
const kept = new Uint8Array(1 << 20);

const sources: Source[] = [
  { name: 'heapMemory', memory: heapMemory(heap, target), address: 100n, bad: 256n },
  {
    name: 'segmentMemory',
    memory: segmentMemory([{ address: 0x5000n, bytes: content }], target),
    address: 0x5000n,
    bad: 0x4fffn,
  },
  {
    name: 'segmentMemory over another',
    memory: segmentMemory(
      [{ address: 0x9000n, bytes: new Uint8Array(8) }],
      target,
      segmentMemory([{ address: 0x5000n, bytes: content }], target),
    ),
    address: 0x5000n,
    bad: 0x9007n,
  },
  {
    name: 'processMemory(self)',
    memory: processMemory('self', target),
    ...addressOfContent(),
  },
  { name: 'the memory of a core file', memory: coreOfContent(), address: 0x5000n, bad: 0x503fn },
];

/** In two segments that touch. */
function coreOfContent(): Memory {
  const folder = mkdtempSync(join(tmpdir(), 'memview-'));
  const segments = [
    { address: 0x5000n, bytes: content.subarray(0, 12) },
    { address: 0x500cn, bytes: content.subarray(12) },
  ];
  writeFileSync(join(folder, 'core'), coreFile({ bits: 64, byteOrder: 'little', segments }));
  const core = openCore(join(folder, 'core'));
  // What was opened stays readable.
  rmSync(folder, { recursive: true });
  return core.memory(target);
}

/** Where this process has `content`: found by reading the process' own maps, and known by a change made to it there. */
function addressOfContent(): { address: bigint; bad: bigint } {
  const memory = processMemory('self', target);
  kept.set(content, 4096);
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw-p/.exec(line) ?? [];
    if (!from || BigInt(`0x${to}`) - BigInt(`0x${from}`) > 1n << 28n) continue;
    const start = BigInt(`0x${from}`);
    const bytes = Buffer.from(bytesOf(memory, start, Number(BigInt(`0x${to}`) - start)));
    for (let at = bytes.indexOf(content); at >= 0; at = bytes.indexOf(content, at + 1)) {
      const address = start + BigInt(at);
      kept[4096] = 0xee;
      const changed = bytesOf(memory, address, 1)[0] === 0xee;
      kept.set(content, 4096);
      if (changed) return { address, bad: 8n };
    }
  }
  throw new Error('the content was not found in this process');
}

/** With zeros for the pages that V8's other threads have given back since the maps were listed. */
function bytesOf(memory: Memory, address: bigint, length: number): Uint8Array {
  try {
    return memory.read(address, length).slice();
  } catch (fault) {
    if (!(fault instanceof MemoryFault)) throw fault;
    if (length <= 4096) return new Uint8Array(length);
    const half = (length >> 13) << 12 || 4096;
    return Buffer.concat([bytesOf(memory, address, half), bytesOf(memory, address + BigInt(half), length - half)]);
  }
}

describe.each(sources)('$name', ({ memory, address, bad }) => {
  test('reads what is there', () => {
    expect([...memory.read(address, 64)]).toEqual([...content]);
    expect([...memory.read(address + 10n, 3)]).toEqual([11, 12, 13]);
    expect(memory.read(address, 0)).toHaveLength(0);
  });

  test('readInto writes the same into memory of the caller', () => {
    if (!memory.readInto) return expect(memory.live).toBe(true);
    const into = new Uint8Array(12);
    memory.readInto(address + 10n, into.subarray(1, 11));
    expect([...into]).toEqual([0, ...content.subarray(10, 20), 0]);
    expect(faultOf(() => memory.readInto?.(bad, into))).toMatchObject({ address: bad, length: 12 });
    expect(faultOf(() => memory.readInto?.(-1n, into))).toMatchObject({ address: -1n, length: 12 });
  });

  test('a bad address is a MemoryFault with address, length and reason', () => {
    const fault = faultOf(() => memory.read(bad, 2));
    expect(fault).toMatchObject({ address: bad, length: 2 });
    expect(fault.message).toBe(`cannot read 2 bytes at 0x${bad.toString(16)}: ${fault.reason}`);
    expect(fault.reason.length).toBeGreaterThan(10);
  });

  test.each([
    [-1n, 4],
    [1n << 64n, 1],
    [(1n << 64n) - 2n, 4],
    [(1n << 63n) - 1n, 4],
    [1n << 63n, 4],
    [0x10n, -1],
    [0x10n, 1.5],
    [0x10n, Number.NaN],
    [0x10n, 2 ** 52],
  ])('read(%p, %p) is a MemoryFault', (at, length) => {
    expect(faultOf(() => memory.read(at, length))).toBeInstanceOf(MemoryFault);
  });

  test('an address that is no bigint is a TypeError that says what to write', () => {
    expect(() => memory.read(16 as never, 1)).toThrow(
      new TypeError('an address is a bigint; got number 16. Write 0x10n or BigInt(…)'),
    );
  });

  test('live bytes are the memory itself, a snapshot is not', () => {
    const bytes = memory.read(address, 1);
    const before = bytes[0] ?? 0;
    bytes[0] = 200;
    const after = memory.read(address, 1)[0];
    bytes[0] = before;
    expect(before).toBe(content[0]);
    expect(after).toBe(memory.live ? 200 : before);
  });
});

function faultOf(read: () => unknown): MemoryFault {
  try {
    read();
  } catch (error) {
    if (error instanceof MemoryFault) return error;
    throw error;
  }
  throw new Error('expected a MemoryFault, but the read succeeded');
}

test('a segment cannot overlap another', () => {
  const bytes = new Uint8Array(16);
  expect(() =>
    segmentMemory(
      [
        { address: 0n, bytes },
        { address: 15n, bytes },
      ],
      target,
    ),
  ).toThrow('two segments overlap at 0xf');
  const joined = segmentMemory(
    [
      { address: 16n, bytes },
      { address: 0n, bytes },
    ],
    target,
  );
  expect(joined.read(16n, 16)).toHaveLength(16);
  expect(faultOf(() => joined.read(8n, 16)).reason).toBe('no segment holds all of it');
});

test('a WebAssembly heap that grew is read where it is now, and a stale array is a fault', () => {
  const wasm = new WebAssembly.Memory({ initial: 1 });
  const memory = heapMemory(wasm, target);
  const stale = heapMemory(new Uint8Array(wasm.buffer), target);
  memory.read(8n, 1)[0] = 7;
  wasm.grow(1);
  expect(memory.read(8n, 1)[0]).toBe(7);
  expect(memory.read(70_000n, 1)[0]).toBe(0);
  expect(faultOf(() => stale.read(8n, 1)).reason).toContain('the heap grew and left these bytes');
});

test('a string ends at its NUL, however far, and no page is read that it does not reach', () => {
  const reads: [bigint, number][] = [];
  const bytes = new Uint8Array(8192).fill(97);
  bytes[5000] = 0;
  const inner = segmentMemory([{ address: 0x1000n, bytes }], target);
  const memory: Memory = {
    target,
    live: true,
    read(address, length) {
      reads.push([address, length]);
      return inner.read(address, length);
    },
  };
  expect(readCString(memory, 0x1000n + 4990n)).toHaveLength(10);
  expect(readCString(memory, 0x1000n, 8192)).toHaveLength(5000);
  for (const [address, length] of reads) expect((address % 4096n) + BigInt(length)).toBeLessThanOrEqual(4096n);
  expect(() => readCString(memory, 0x1000n, 100)).toThrow('expected a string with a NUL at its end');
  expect(() => readCString(memory, 0x2fffn)).toThrow(MemoryFault);
});

test.each([1, 2, 3, 31, 32, 33, 63, 100, 4095])('a string of %d bytes may end where the memory does', (length) => {
  const bytes = new Uint8Array(length).fill(100);
  const memory = segmentMemory([{ address: 0x1000n, bytes }], target);
  expect(faultOf(() => readCString(memory, 0x1000n))).toMatchObject({ address: 0x1000n + BigInt(length), length: 1 });
  bytes[length - 1] = 0;
  expect([...readCString(memory, 0x1000n)]).toEqual([...bytes.subarray(0, -1)]);
  expect(readCString(heapMemory(bytes, target), 0n)).toHaveLength(length - 1);
});

test('a string may go over from one piece of memory into the next', () => {
  const pieces = ['ab', 'cde', 'f\0'].map((text) => Buffer.from(text));
  const segments = pieces.map((bytes, i) => ({ address: [0x1000n, 0x1002n, 0x1005n][i] ?? 0n, bytes }));
  expect(Buffer.from(readCString(segmentMemory(segments, target), 0x1000n)).toString()).toBe('abcdef');
});

test('of a bad address no more than two reads are tried for a string', () => {
  let reads = 0;
  const memory: Memory = {
    target,
    live: true,
    read(address, length) {
      reads++;
      throw new MemoryFault(address, length, 'nothing is there');
    },
  };
  expect(() => readCString(memory, 0x1000n)).toThrow(MemoryFault);
  expect(reads).toBe(2);
});
