/** The structs of ELF against the offsets that a C compiler gives for <elf.h> and <sys/procfs.h>. */
import { expect, test } from '@jest/globals';
import { elfIdent, elfStructs } from '../../src/memory/elf.ts';

type Offsets = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What gcc says of Elf32_* and Elf64_*; of elf_prstatus up to pr_pid, at 32 bits by the declaration. */
// biome-ignore format: a table
const measured: Readonly<Record<32 | 64, Offsets>> = {
  32: {
    Ehdr: { size: 52, e_type: 16, e_machine: 18, e_version: 20, e_entry: 24, e_phoff: 28, e_shoff: 32, e_flags: 36,
      e_ehsize: 40, e_phentsize: 42, e_phnum: 44, e_shentsize: 46, e_shnum: 48, e_shstrndx: 50 },
    Phdr: { size: 32, p_type: 0, p_flags: 24, p_offset: 4, p_vaddr: 8, p_paddr: 12, p_filesz: 16, p_memsz: 20,
      p_align: 28 },
    Shdr: { size: 40, sh_name: 0, sh_type: 4, sh_flags: 8, sh_addr: 12, sh_offset: 16, sh_size: 20, sh_link: 24,
      sh_info: 28, sh_addralign: 32, sh_entsize: 36 },
    Nhdr: { size: 12, n_namesz: 0, n_descsz: 4, n_type: 8 },
    Sym: { size: 16, st_name: 0, st_value: 4, st_size: 8, st_info: 12, st_other: 13, st_shndx: 14 },
    Dyn: { size: 8, d_tag: 0, d_val: 4 },
    prstatus: { size: 28, si_signo: 0, si_code: 4, si_errno: 8, pr_cursig: 12, pr_sigpend: 16, pr_sighold: 20,
      pr_pid: 24 },
  },
  64: {
    Ehdr: { size: 64, e_type: 16, e_machine: 18, e_version: 20, e_entry: 24, e_phoff: 32, e_shoff: 40, e_flags: 48,
      e_ehsize: 52, e_phentsize: 54, e_phnum: 56, e_shentsize: 58, e_shnum: 60, e_shstrndx: 62 },
    Phdr: { size: 56, p_type: 0, p_flags: 4, p_offset: 8, p_vaddr: 16, p_paddr: 24, p_filesz: 32, p_memsz: 40,
      p_align: 48 },
    Shdr: { size: 64, sh_name: 0, sh_type: 4, sh_flags: 8, sh_addr: 16, sh_offset: 24, sh_size: 32, sh_link: 40,
      sh_info: 44, sh_addralign: 48, sh_entsize: 56 },
    Nhdr: { size: 12, n_namesz: 0, n_descsz: 4, n_type: 8 },
    Sym: { size: 24, st_name: 0, st_value: 8, st_size: 16, st_info: 4, st_other: 5, st_shndx: 6 },
    Dyn: { size: 16, d_tag: 0, d_val: 8 },
    prstatus: { size: 36, si_signo: 0, si_code: 4, si_errno: 8, pr_cursig: 12, pr_sigpend: 16, pr_sighold: 24,
      pr_pid: 32 },
  },
};

test.each([32, 64] as const)('%i bits: each field lies where C has it, in either byte order', (bits) => {
  for (const byteOrder of ['little', 'big'] as const) {
    const structs = elfStructs(bits, byteOrder);
    for (const [name, { size = 0, ...offsets }] of Object.entries(measured[bits])) {
      const struct = structs[name as keyof typeof structs];
      expect([name, struct.size]).toEqual([name, size]);
      for (const [field, offset] of Object.entries(offsets)) {
        // One byte is set, at the field's end that counts least: with it the field alone is 1.
        const next = Math.min(size, ...Object.values(offsets).filter((other) => other > offset));
        const gap = field === 'pr_cursig' ? 2 : 0;
        const bytes = new Uint8Array(size + 3);
        bytes[3 + (byteOrder === 'little' ? offset : next - gap - 1)] = 1;
        const { e_ident, ...values } = struct.decode(bytes, 3) as Readonly<Record<string, unknown>>;
        const set = Object.entries(values).filter(([, value]) => Number(value) !== 0);
        expect(set.map(([field, value]) => [field, Number(value)])).toEqual([[field, 1]]);
      }
    }
  }
});

test('addresses keep their 64 bits, sizes are exact or an error', () => {
  const { Sym, Dyn } = elfStructs(64, 'little');
  const bytes = new Uint8Array(24).fill(0xff, 8, 16);
  expect(Sym.decode(bytes).st_value).toBe((1n << 64n) - 1n);
  expect(Dyn.decode(bytes)).toEqual({ d_tag: 0n, d_val: (1n << 64n) - 1n });
  bytes.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f], 16);
  expect(Sym.decode(bytes).st_size).toBe(2 ** 53 - 1);
  bytes.set([0, 0, 0, 0, 0, 0, 0x20], 16);
  expect(() => Sym.decode(bytes)).toThrow('expected a size or offset below 2^53, got 0x20000000000000');
  expect(elfStructs(32, 'big').Dyn.decode(bytes, 8)).toEqual({ d_tag: 0xffffffffn, d_val: 0xffffffffn });
});

test('e_ident says of which kind', () => {
  const ident = Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(elfIdent(ident)).toEqual({ bits: 32, byteOrder: 'big' });
  expect(elfStructs(32, 'big')).toBe(elfStructs(32, 'big'));
  expect(() => elfIdent(ident.subarray(1))).toThrow(
    'expected an ELF file, which begins with 7f 45 4c 46; got 45 4c 46',
  );
});
