/** Core files made up for the purpose: what they hold is read back, what they leave out is known to be left out. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { MemoryFault } from '../../src/errors.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { openCore } from '../../src/memory/core.ts';
import { elfIdent, elfStructs } from '../../src/memory/elf.ts';
import { type CoreRecipe, coreFile, coreKinds } from '../support/core.ts';
import { random } from '../support/random.ts';

const target = parseTarget('3.13-lp64');
const folder = mkdtempSync(join(tmpdir(), 'memview-core-'));
afterAll(() => rmSync(folder, { recursive: true }));

let written = 0;
const write = (bytes: Uint8Array, name = `file-${written++}`): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

const seeded = random(17);
const page = (): Uint8Array => seeded.bytes(4096);
const library = Buffer.concat([page(), page(), page()]);
const [header, code] = [library.subarray(0, 4096), library.subarray(4096)];
const data = page();
const stack = page();

/** A program of one library, whose code the core leaves out, its data, and its stack next to them. */
const recipe = (kind: Pick<CoreRecipe, 'bits' | 'byteOrder'>, path: string): CoreRecipe => ({
  ...kind,
  segments: [
    { address: 0xffff0000n, bytes: stack },
    { address: 0x10000n, bytes: header, flags: 4 },
    { address: 0x11000n, bytes: new Uint8Array(0), memsz: 8192, flags: 5 },
    { address: 0x13000n, bytes: data },
    { address: 0x20000n, bytes: stack.subarray(0, 100), memsz: 4096 },
  ],
  files: [
    { start: 0x10000n, end: 0x11000n, page: 0, path },
    { start: 0x11000n, end: 0x13000n, page: 1, path },
    { start: 0x13000n, end: 0x14000n, page: 3, path },
  ],
});

const faultOf = (read: () => unknown): MemoryFault => {
  try {
    read();
  } catch (error) {
    if (error instanceof MemoryFault) return error;
    throw error;
  }
  throw new Error('expected a MemoryFault, but the read succeeded');
};

describe.each(coreKinds)('$bits bits, $byteOrder endian', (kind) => {
  const path = write(library);
  const open = (change: Partial<CoreRecipe> = {}, library = path) =>
    openCore(write(coreFile({ ...recipe(kind, library), ...change })));
  const reasonAt = (core: ReturnType<typeof open>, address: bigint, length = 8) =>
    faultOf(() => core.memory(target).read(address, length)).reason;

  test('says of what it is', () => {
    const facts = { ...kind, machine: 183, signal: 6, pid: 77, truncated: false };
    expect(open({ machine: 183, signal: 6, pid: 77 }).facts).toEqual(facts);
  });

  test('says what was mapped', () => {
    const core = open();
    const [first, second, third] = core.mappings;
    expect(first).toEqual({
      address: 0x10000n,
      length: 4096,
      readable: true,
      writable: false,
      executable: false,
      path,
      offset: 0,
    });
    expect(second).toMatchObject({ address: 0x11000n, length: 8192, executable: true, offset: 4096 });
    expect(third).toMatchObject({ address: 0x13000n, writable: true, offset: 12288 });
    expect(core.mappings.slice(3).map(({ address, path }) => [address, path])).toEqual([
      [0x20000n, ''],
      [0xffff0000n, ''],
    ]);
    expect(core.memory(target).mappings?.()).toEqual(core.mappings);
  });

  test('reads what it holds, and across segments that touch', () => {
    const memory = open().memory(target);
    expect(memory.live).toBe(false);
    expect([...memory.read(0xffff0000n, 4096)]).toEqual([...stack]);
    expect([...memory.read(0x13005n, 7)]).toEqual([...data.subarray(5, 12)]);
    const all = Buffer.concat([library, data]);
    expect(Buffer.compare(memory.read(0x10000n, 4 * 4096), all)).toBe(0);
    expect(Buffer.compare(memory.read(0x10ffdn, 8), all.subarray(4093, 4101))).toBe(0);
    const into = new Uint8Array(6);
    memory.readInto?.(0x12ffdn, into);
    expect([...into]).toEqual([...code.subarray(-3), ...data.subarray(0, 3)]);
  });

  test('what it leaves out is read from the file that was mapped', () => {
    expect(Buffer.compare(open().memory(target).read(0x11000n, 8192), code)).toBe(0);
    // gcore writes no header for what it leaves out.
    const { segments } = recipe(kind, path);
    const core = open({ segments: segments.filter(({ bytes }) => bytes.length > 0) });
    expect(Buffer.compare(core.memory(target).read(0x11000n, 8192), code)).toBe(0);
    expect(core.mappings[1]).toMatchObject({ address: 0x11000n, length: 8192, readable: true, path, offset: 4096 });
    // Linux counts the offset in pages, gcore in bytes.
    const files = recipe(kind, path).files?.map((file) => ({ ...file, page: file.page * 4096 })) ?? [];
    expect(
      Buffer.compare(open({ files, pageSize: 1 }).memory(target).read(0x12000n, 64), code.subarray(4096, 4160)),
    ).toBe(0);
  });

  test('what it leaves out is a fault where the file is gone, another, shorter, or not to be known', () => {
    expect(reasonAt(open(), 0x20000n + 96n)).toBe('the core leaves it out (from 0x20064 on)');
    expect(reasonAt(open(), 0x20080n)).toBe('the core leaves it out');
    const gone = join(folder, 'gone');
    expect(reasonAt(open({}, gone), 0x11000n)).toBe(
      `the core leaves it out, and ${gone}, which was mapped there, cannot be read: ENOENT`,
    );
    const another = write(Buffer.concat([page(), code]));
    expect(reasonAt(open({}, another), 0x11000n)).toBe(
      `the core leaves it out, and ${another} is not the one that was mapped there`,
    );
    const empty = write(new Uint8Array(0));
    expect(reasonAt(open({}, empty), 0x11000n)).toContain('is not the one that was mapped there');
    const shorter = write(library.subarray(0, 8000));
    const core = open({}, shorter);
    expect(reasonAt(core, 0x11000n, 4096)).toBe(
      `the core leaves it out, and ${shorter}, which was mapped there, ends before it`,
    );
    expect(core.memory(target).read(0x11000n, 100)).toHaveLength(100);
    const { segments } = recipe(kind, path);
    expect(reasonAt(open({ segments: segments.filter(({ address }) => address !== 0x10000n) }), 0x11000n)).toBe(
      `the core leaves it out, and holds nothing of ${path}, which was mapped there, to know that file by`,
    );
  });

  test('what was written to is not read from the file', () => {
    const { segments } = recipe(kind, path);
    const without = (at: bigint) =>
      segments.map((one) => (one.address === at ? { ...one, bytes: new Uint8Array(0), memsz: 4096 } : one));
    const reason = `the core leaves it out, and ${path}, which was mapped there, need not hold what was written to it`;
    expect(reasonAt(open({ segments: without(0x13000n) }), 0x13000n)).toBe(reason);
    // Nor where the core leaves out all memory that was no file's.
    expect(reasonAt(open({ segments: segments.slice(1, 4) }), 0x11000n)).toBe(reason);
  });

  test('a mapped file that is no file is not opened', () => {
    const pipe = join(folder, `pipe-${written++}`);
    execFileSync('mkfifo', [pipe]);
    expect(reasonAt(open({}, pipe), 0x11000n)).toContain('cannot be read: it is no regular file');
    expect(() => openCore(pipe)).toThrow('it is no regular file');
  });

  test('what was not mapped is a fault, however long', () => {
    const core = open();
    expect(reasonAt(core, 0x14000n)).toBe('nothing was mapped there, says the core');
    expect(reasonAt(core, 0x13000n, 4097)).toBe('nothing was mapped there, says the core (from 0x14000 on)');
    expect(reasonAt(core, 0x13000n, 2 ** 52)).toBe('nothing was mapped there, says the core (from 0x14000 on)');
    expect(reasonAt(core, 0n)).toBe('nothing was mapped there, says the core');
  });

  test('more program headers than e_phnum can count', () => {
    const many = Array.from({ length: 66_000 }, (_, i) => ({
      address: 0x100000n + BigInt(i) * 16n,
      bytes: Uint8Array.of(i, i >> 8, i >> 16),
    }));
    const core = open({ segments: many, files: [], counted: 'section' });
    expect(core.mappings).toHaveLength(66_000);
    expect([...core.memory(target).read(0x100000n + 65_999n * 16n, 3)]).toEqual([0xcf, 0x01, 0x01]);
  });

  test('a truncated core is read as far as it goes', () => {
    const whole = coreFile(recipe(kind, path));
    // The last are 100 bytes; before them lie the data.
    const core = openCore(write(whole.subarray(0, whole.length - 196)));
    expect(core.facts.truncated).toBe(true);
    const memory = core.memory(target);
    expect(memory.read(0x13000n, 4000)).toHaveLength(4000);
    expect(faultOf(() => memory.read(0x13000n, 4001)).reason).toBe('the core file is truncated');
    expect(faultOf(() => memory.read(0x20000n, 1)).reason).toBe('the core file is truncated');
    expect(memory.read(0x11000n, 1)).toHaveLength(1);
  });

  test('names are UTF-8, and notes of others are passed over', () => {
    const name = write(library, `bibliothèque ${kind.bits} ${kind.byteOrder}`);
    const notes = [
      { name: 'LINUX', type: 0x46494c45, desc: new Uint8Array(5) },
      { name: '', type: 1, desc: new Uint8Array(0) },
    ];
    expect(open({ notes }, name).mappings[0]?.path).toBe(name);
  });

  test('the structs say where the bytes end', () => {
    const bytes = coreFile(recipe(kind, path));
    expect(elfIdent(bytes)).toEqual(kind);
    const { Ehdr, Phdr } = elfStructs(kind.bits, kind.byteOrder);
    const { e_phoff, e_phnum } = Ehdr.decode(bytes);
    expect([e_phoff, e_phnum]).toEqual([Ehdr.size, 6]);
    expect(Phdr.decode(bytes, e_phoff + Phdr.size)).toMatchObject({ p_vaddr: 0xffff0000n, p_flags: 6, p_memsz: 4096 });
    expect(() => Ehdr.decode(bytes.subarray(0, 20))).toThrow(
      `expected the ${Ehdr.size} bytes of Elf${kind.bits}_Ehdr at 0, but there are 20 in all`,
    );
    for (const at of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => Phdr.decode(bytes, at)).toThrow('bytes of Elf');
  });
});

describe('what is no core file is refused with what was expected', () => {
  const kind = { bits: 64, byteOrder: 'little' } as const;
  const whole = coreFile(recipe(kind, '/x'));
  const changed = (at: number, value: bigint, width = 8): Uint8Array => {
    const bytes = Uint8Array.from(whole);
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, value, true);
    bytes.set(new Uint8Array(view.buffer, 0, width), at);
    return bytes;
  };
  /** Offsets of fields in the second program header. */
  const second = { p_vaddr: 64 + 56 + 16, p_filesz: 64 + 56 + 32, p_memsz: 64 + 56 + 40 };

  test.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(0), 'expected an ELF file, which begins with 7f 45 4c 46; got nothing'],
    ['text', Buffer.from('#!/bin/sh\n'), 'expected an ELF file, which begins with 7f 45 4c 46; got 23 21 2f 62'],
    ['eight bytes', whole.subarray(0, 8), 'expected the 16 bytes of e_ident, got 8: the file is truncated'],
    ['another class', changed(4, 3n, 1), 'expected an EI_CLASS of 1 or 2 (32 or 64 bits), got 3'],
    ['another order', changed(5, 0n, 1), 'expected an EI_DATA of 1 or 2 (little or big endian), got 0'],
    ['half a header', whole.subarray(0, 40), 'it is truncated: the ELF header would end at 64, the file ends at 40'],
    ['an executable', changed(16, 2n, 2), 'it is an executable (e_type 2); expected a core file'],
    ['no headers', changed(56, 0n, 2), 'it has no program headers'],
    ['headers of another size', changed(54, 32n, 2), 'expected an e_phentsize of 56 (Elf64_Phdr), got 32'],
    ['half of its headers', whole.subarray(0, 200), 'it is truncated: the last of 6 program headers would end at 400'],
    ['headers beyond it', changed(32, 1n << 40n), 'it is truncated: the last of 6 program headers'],
    ['headers beyond 2^53', changed(32, 1n << 53n), 'expected a size or offset below 2^53, got 0x20000000000000'],
    ['no section to count by', changed(56, 0xffffn, 2), 'expected an e_shentsize of 64 (Elf64_Shdr), got 0'],
    ['half of its notes', whole.subarray(0, 800), 'it is truncated: the notes would end at'],
    [
      'gigabytes of notes',
      changed(64 + 32, 1n << 40n),
      'it has 1099511627776 bytes of notes or more; expected at most',
    ],
    ['a note beyond the notes', changed(404, 0xfffffff0n, 4), 'the note at 0 would end at'],
    ['more in the file than in memory', changed(second.p_filesz, 4097n), 'has a p_filesz of 4097, more than its'],
    ['a segment beyond 2^64', changed(second.p_vaddr, (1n << 64n) - 1n), 'ends beyond the 64 bits of an address'],
    ['a size beyond 2^53', changed(second.p_memsz, 1n << 63n), 'expected a size or offset below 2^53'],
    [
      'two segments at one place',
      changed(second.p_vaddr, 0x12fffn),
      'what begins at 0x11000 overlaps what begins at 0x12fff',
    ],
  ])('%s', (_, bytes, message) => {
    const path = write(bytes);
    expect(() => openCore(path)).toThrow(`cannot read ${path} as a core file: `);
    expect(() => openCore(path)).toThrow(message);
  });

  test('NT_FILE that promises more than it has', () => {
    const at = Buffer.from(whole).indexOf(Buffer.from([0x45, 0x4c, 0x49, 0x46])) + 4 + 8;
    expect(() => openCore(write(changed(at, 1n << 40n)))).toThrow('too few for 1099511627776 entries');
    expect(() => openCore(write(changed(at, 0xffn)))).toThrow('too few for 255 entries');
    expect(() => openCore(write(changed(at + 8, 1n << 52n)))).toThrow('has an offset of 3 pages of 4503599627370496');
    expect(() => openCore(write(changed(at + 24, 0n)))).toThrow('entry 0 of NT_FILE ends before it begins');
    const named = Buffer.from(whole).indexOf('/x\0/x\0/x\0');
    expect(() => openCore(write(changed(named + 8, 0x78n, 1)))).toThrow('entry 2 of NT_FILE has no name');
  });

  test('what cannot be opened', () => {
    const gone = join(folder, 'no such file');
    expect(() => openCore(gone)).toThrow(`cannot open ${gone}: ENOENT; expected a core file that this user may read`);
    expect(() => openCore(folder)).toThrow('it is no regular file');
    expect(() => openCore(process.execPath)).toThrow('expected a core file, as gcore and the kernel write them');
  });
});
