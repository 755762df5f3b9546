/**
 * What an ELF file says of where it can run: architecture, dynamic loader, the libraries and the glibc it needs. Knows
 * no Python, and what is read is not believed: a damaged or hostile file is less information, never an exception.
 *
 * Sources: the System V ABI, "Object Files" and "Dynamic Linking"; the Linux Standard Base, "Symbol Versioning".
 */
import { dataViewOf } from '../bytes.ts';
import {
  type Bits,
  type ByteOrder,
  DT_NULL,
  DT_STRSZ,
  DT_STRTAB,
  EI_NIDENT,
  type ElfIdent,
  type ElfStructs,
  elfIdent,
  elfStructs,
  PT_DYNAMIC,
  PT_LOAD,
} from '../memory/elf.ts';
import { type Read, readFile } from './files.ts';

/** A version of the C library of GNU. */
export interface GlibcVersion {
  readonly major: number;
  readonly minor: number;
}

/** Of an ELF file, what decides whether a process can load it. */
export interface Elf {
  readonly bits: Bits;
  readonly byteOrder: ByteOrder;
  /** `e_machine`, a number of {@link machineNames} or another. */
  readonly machine: number;
  /** The path of the dynamic loader; an executable names it, a library rarely does. */
  readonly interpreter: string | undefined;
  /** The names of the libraries it needs. */
  readonly needed: readonly string[];
  /** The lowest glibc that has every symbol it needs, undefined where it needs none of glibc's. */
  readonly glibc: GlibcVersion | undefined;
  /** False where the tables that its header names lie outside of the file: what they would say is missing here. */
  readonly whole: boolean;
}

/** The architectures that Node runs on, by `e_machine`. */
const machineNames: Readonly<Record<number, string>> = {
  3: 'x86',
  8: 'mips',
  20: 'powerpc',
  21: 'powerpc64',
  22: 's390x',
  40: 'arm',
  62: 'x86-64',
  183: 'aarch64',
  243: 'riscv',
  258: 'loongarch',
};

/** The architecture as people name it, e.g. `64-bit aarch64`. */
export function architectureOf({ bits, byteOrder, machine }: Elf): string {
  const name = machineNames[machine] ?? `machine ${machine}`;
  // Of the others one order is meant, or there is no other.
  const order = machine === 21 || machine === 8 ? `, ${byteOrder}-endian` : '';
  return `${bits}-bit ${name}${order}`;
}

/*
 * Of symbol versions, the fields that are read:
 *   Verneed: vn_cnt +2 (2 bytes), vn_aux +8, vn_next +12 (4 bytes each)
 *   Vernaux: vna_flags +4 (2 bytes), vna_name +8, vna_next +12 (4 bytes each)
 */
const PT_INTERP = 3;
const DT_NEEDED = 1n;
const DT_VERNEED = 0x6ffffffen;
/** A need that the loader only warns of. */
const VER_FLG_WEAK = 2;

/** Names of glibc's that state a feature of the loader, by the release that brought it. */
const features: Readonly<Record<string, GlibcVersion>> = { GLIBC_ABI_DT_RELR: { major: 2, minor: 36 } };

/** Reads and strings, more than any library has: a hostile file would have us at work for ever. */
const MAX_STEPS = 5000;
const MAX_DYNAMIC = 1 << 20;
/** PATH_MAX of Linux. */
const MAX_STRING = 4096;

/** Undefined if the file is no ELF file, or cannot be read. */
export function readElf(path: string): Elf | undefined {
  return readFile(path, (read, size) => (size < 20 ? undefined : parse(read)));
}

function parse(read: Read): Elf | undefined {
  const start = read(0, EI_NIDENT + 4);
  let ident: ElfIdent;
  try {
    ident = elfIdent(start);
  } catch {
    return undefined;
  }
  // e_machine, of which a file has to say no more to be a foreign one.
  const machine = dataViewOf(start).getUint16(18, ident.byteOrder === 'little');
  try {
    return { ...ident, machine, ...new Tables(read, ident).says(), whole: true };
  } catch {
    // Something is said to lie outside of the file, or of the table that it is in.
    return { ...ident, machine, interpreter: undefined, needed: [], glibc: undefined, whole: false };
  }
}

type Phdr = ReturnType<ElfStructs['Phdr']['decode']>;
type Dyn = ReturnType<ElfStructs['Dyn']['decode']>;

/** The tables that are found through the program headers: those serve the loader, and no `strip` removes them. */
class Tables {
  readonly #read: Read;
  readonly #little: boolean;
  readonly #structs: ElfStructs;
  readonly #segments: readonly Phdr[];
  #steps = 0;

  constructor(read: Read, { bits, byteOrder }: ElfIdent) {
    this.#read = read;
    this.#little = byteOrder === 'little';
    this.#structs = elfStructs(bits, byteOrder);
    this.#segments = this.#programHeaders();
  }

  says(): Pick<Elf, 'interpreter' | 'needed' | 'glibc'> {
    const interp = this.#segments.find(({ p_type }) => p_type === PT_INTERP);
    const interpreter = interp && this.#string(this.#read(interp.p_offset, Math.min(interp.p_filesz, MAX_STRING)), 0);
    const dynamic = this.#dynamic();
    const value = (wanted: bigint): bigint | undefined => dynamic.find(({ d_tag }) => d_tag === wanted)?.d_val;
    const [table, size] = [value(DT_STRTAB), value(DT_STRSZ)];
    if (table === undefined || size === undefined) return { interpreter, needed: [], glibc: undefined };
    const strings = this.#read(this.#offsetOf(table), Number(size));
    const needed = dynamic.flatMap(({ d_tag, d_val }) =>
      d_tag === DT_NEEDED ? [this.#string(strings, Number(d_val))] : [],
    );
    const verneed = value(DT_VERNEED);
    const versions = verneed === undefined ? [] : this.#versions(this.#offsetOf(verneed));
    return { interpreter, needed, glibc: highest(versions.map((name) => this.#string(strings, name))) };
  }

  #programHeaders(): Phdr[] {
    const { Ehdr, Phdr } = this.#structs;
    const { e_phoff, e_phentsize, e_phnum } = Ehdr.decode(this.#read(0, Ehdr.size));
    if (e_phnum > 0 && e_phentsize < Phdr.size) throw new RangeError();
    const table = this.#read(e_phoff, e_phentsize * e_phnum);
    return Array.from({ length: e_phnum }, (_, i) => Phdr.decode(table, i * e_phentsize));
  }

  /** The entries of the dynamic section; none in a static executable. */
  #dynamic(): Dyn[] {
    const segment = this.#segments.find(({ p_type }) => p_type === PT_DYNAMIC);
    if (!segment) return [];
    const { p_offset, p_filesz } = segment;
    if (p_filesz > MAX_DYNAMIC) throw new RangeError();
    const { Dyn } = this.#structs;
    const table = this.#read(p_offset, p_filesz);
    const entries: Dyn[] = [];
    for (let at = 0; at + Dyn.size <= p_filesz; at += Dyn.size) {
      const entry = Dyn.decode(table, at);
      if (entry.d_tag === DT_NULL) break;
      entries.push(entry);
    }
    return entries;
  }

  /** Where in the string table the versions stand that are needed. */
  #versions(start: number): number[] {
    const names: number[] = [];
    for (let at = start, next = 1; next !== 0; at += next) {
      const need = this.#view(at, 16);
      let aux = at + need.getUint32(8, this.#little);
      for (let left = need.getUint16(2, this.#little); left > 0; left--) {
        const entry = this.#view(aux, 16);
        if (!(entry.getUint16(4, this.#little) & VER_FLG_WEAK)) names.push(entry.getUint32(8, this.#little));
        aux += entry.getUint32(12, this.#little);
      }
      next = need.getUint32(12, this.#little);
    }
    return names;
  }

  /** Where in the file an address lies. */
  #offsetOf(address: bigint): number {
    const segment = this.#segments.find(
      ({ p_type, p_vaddr, p_filesz }) =>
        p_type === PT_LOAD && address >= p_vaddr && address < p_vaddr + BigInt(p_filesz),
    );
    if (!segment) throw new RangeError();
    return segment.p_offset + Number(address - segment.p_vaddr);
  }

  #string(table: Buffer, at: number): string {
    this.#step();
    const bytes = table.subarray(at, at + MAX_STRING);
    const end = bytes.indexOf(0);
    if (end < 0) throw new RangeError();
    return bytes.toString('utf8', 0, end);
  }

  #view(offset: number, length: number): DataView {
    this.#step();
    return dataViewOf(this.#read(offset, length));
  }

  #step(): void {
    if (++this.#steps > MAX_STEPS) throw new RangeError();
  }
}

function highest(names: readonly string[]): GlibcVersion | undefined {
  const versions = names.flatMap((name) => {
    const [, major, minor] = /^GLIBC_(\d+)\.(\d+)/.exec(name) ?? [];
    const version = major && minor ? { major: Number(major), minor: Number(minor) } : features[name];
    return version ? [version] : [];
  });
  return versions.reduce<GlibcVersion | undefined>((a, b) => (a && !isOlder(a, b) ? a : b), undefined);
}

/** Whether a glibc is older than another. */
export function isOlder(a: GlibcVersion, b: GlibcVersion): boolean {
  return a.major < b.major || (a.major === b.major && a.minor < b.minor);
}
