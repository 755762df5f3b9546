/** What a search goes over: in a core file what there is of it, and not what it leaves out, however large. */
import { describe, expect, test } from '@jest/globals';
import { findBuffers } from '../../src/attach/find.ts';
import { chunksOf, pointersTo, pointersToSelf, searchable } from '../../src/attach/sweep.ts';
import { LayoutMismatch, MemoryFault } from '../../src/errors.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { coreOf } from '../../src/memory/core.ts';
import { segmentMemory } from '../../src/memory/segments.ts';
import { dataModels, type Target } from '../../src/target.ts';
import { type CoreRecipe, coreFile, coreKinds } from '../support/core.ts';
import { random } from '../support/random.ts';

const targets: Readonly<Record<string, Target>> = {
  '64little': parseTarget('3.12-lp64'),
  '64big': parseTarget('3.12-lp64be'),
  '32little': parseTarget('3.12-ilp32'),
};

function open(recipe: CoreRecipe) {
  const bytes = coreFile(recipe);
  const source = {
    size: bytes.length,
    read: (offset: number, target: Uint8Array) => {
      target.set(bytes.subarray(offset, offset + target.length));
      return Math.min(target.length, bytes.length - offset);
    },
  };
  return coreOf(source, 'a core', () => {
    throw Object.assign(new Error('none'), { code: 'ENOENT' });
  });
}

const progress = () => ({ done: 0, total: 0, unread: 0 });

describe.each(coreKinds.filter(({ bits, byteOrder }) => targets[`${bits}${byteOrder}`]))('$bits $byteOrder', (kind) => {
  const target = targets[`${kind.bits}${kind.byteOrder}`] as Target;

  test('what a core leaves out is missing, and costs nothing', () => {
    const most = kind.bits === 64 ? 2 ** 46 : 2 ** 30;
    const segments = [
      { address: 0x10000n, bytes: new Uint8Array(8192).fill(1) },
      { address: 0x20000n, bytes: new Uint8Array(4096).fill(2), memsz: most },
      { address: 0x8000n, bytes: new Uint8Array(4096), flags: 4 },
    ];
    const memory = open({ ...kind, segments }).memory(target);
    const { ranges, size, missing } = searchable(memory);
    expect(ranges.map(({ address, length }) => [address, length])).toEqual([
      [0x10000n, 8192],
      [0x20000n, 4096],
    ]);
    expect([size, missing]).toEqual([12288, most - 4096]);
    const read = [...chunksOf(memory, ranges, progress())].map(({ address, bytes }) => [address, bytes.length]);
    expect(read).toEqual([
      [0x10000n, 8192],
      [0x20000n, 4096],
    ]);
    expect(() => [...findBuffers(memory)]).toThrow(LayoutMismatch);
  });

  test('words are found at every place, in either byte order, and no others', () => {
    const model = dataModels[target.model];
    const seeded = random(5);
    const width = model.pointer;
    // So many words are no multiple of those that are looked at together.
    const count = 4099;
    const bytes = seeded.bytes(count * width);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const put = (at: number, value: bigint) => {
      if (width === 8) view.setBigUint64(at, value, model.byteOrder === 'little');
      else view.setUint32(at, Number(value), model.byteOrder === 'little');
    };
    const wanted = [0x7f12_3456n, 0x1000n, 0xffff_fff8n].map((value) =>
      width === 8 ? value | (0x7f12n << 32n) : value,
    );
    const places = [0, 1, 2, 3, 4, 1000, 1001, 4095, 4096, 4097, 4098];
    for (const [i, place] of places.entries()) put(place * width, wanted[i % 3] as bigint);
    // What is no whole pointer at the end is none.
    for (let cut = 1; cut < width; cut++) {
      const { length } = pointersTo(wanted, model)({ address: 0x10000n, bytes: bytes.subarray(0, -cut) });
      expect(length).toBe(places.length - 1);
    }
    // The same lower half with another upper one is another word.
    if (width === 8) put(2000 * width, 0x1000n | (1n << 40n));
    const hits = pointersTo(wanted, model)({ address: 0x10000n, bytes });
    expect(hits.map(({ offset }) => offset / width)).toEqual(places);
    expect(hits.map(({ value }) => value)).toEqual(places.map((_, i) => wanted[i % 3]));
    for (const place of [0, 7, 4098]) put(place * width, 0x10000n + BigInt(place * width) - 8n);
    const selves = pointersToSelf(8, model)({ address: 0x10000n, bytes });
    expect(selves.map(({ offset }) => offset / width)).toEqual([0, 7, 4098]);
  });
});

test('pages that cannot be read are left out and counted, the others are given', () => {
  const target = parseTarget('3.12-lp64');
  const under = segmentMemory([{ address: 0x10000n, bytes: new Uint8Array(5 * 4096).fill(7) }], target);
  const bad = (address: bigint, length: number) => address < 0x12000n && address + BigInt(length) > 0x11000n;
  const memory = {
    target,
    live: false,
    mappings: under.mappings as () => readonly never[],
    read(address: bigint, length: number) {
      if (bad(address, length)) throw new MemoryFault(address, length, 'a page is bad');
      return under.read(address, length);
    },
  };
  const counted = progress();
  const { ranges } = searchable(memory);
  const given = [...chunksOf(memory, ranges, counted)].map(({ address }) => address);
  expect(given).toEqual([0x10000n, 0x12000n, 0x13000n, 0x14000n]);
  expect(counted).toEqual({ done: 5 * 4096, total: 0, unread: 4096 });
});
