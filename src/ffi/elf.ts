/**
 * What an ELF file says of where it can run: architecture, dynamic loader, the libraries and the glibc it needs. Knows
 * no Python, and what is read is not believed: a damaged or hostile file is less information, never an exception.
 *
 * Sources: the System V ABI, "Object Files" and "Dynamic Linking"; the Linux Standard Base, "Symbol Versioning".
 */
import { dataViewOf } from '../bytes.ts';
import { type Read, readFile } from './files.ts';

/** A version of the C library of GNU. */
export interface GlibcVersion {
  readonly major: number;
  readonly minor: number;
}

/** Of an ELF file, what decides whether a process can load it. */
export interface Elf {
  readonly bits: 32 | 64;
  readonly byteOrder: 'little' | 'big';
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
 * offset  64-bit 32-bit
 *   ELF header
 * e_ident[EI_CLASS]     4      4  1 byte: 1 is 32-bit, 2 is 64-bit
 * e_ident[EI_DATA]      5      5  1 byte: 1 is little-endian, 2 is big-endian
 * e_machine            18     18  2 bytes
 * e_phoff              32     28  a word
 * e_phentsize          54     42  2 bytes
 * e_phnum              56     44  2 bytes
 *   program header
 * p_type                0      0  4 bytes
 * p_offset              8      4  a word
 * p_vaddr              16      8  a word
 * p_filesz             32     16  a word
 *   entry of the dynamic section: d_tag, d_val, a word each
 *   Verneed: vn_cnt +2 (2 bytes), vn_aux +8, vn_next +12 (4 bytes each)
 *   Vernaux: vna_flags +4 (2 bytes), vna_name +8, vna_next +12 (4 bytes each)
 */
const headers = {
  64: { length: 64, e_phoff: 32, e_phentsize: 54, e_phnum: 56, p_offset: 8, p_vaddr: 16, p_filesz: 32, p_length: 56 },
  32: { length: 52, e_phoff: 28, e_phentsize: 42, e_phnum: 44, p_offset: 4, p_vaddr: 8, p_filesz: 16, p_length: 32 },
} as const;

const MAGIC = 0x7f454c46;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_STRSZ = 10;
const DT_VERNEED = 0x6ffffffe;
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
  const ident = dataViewOf(read(0, 20));
  const bits = ({ 1: 32, 2: 64 } as const)[ident.getUint8(4)];
  const byteOrder = ({ 1: 'little', 2: 'big' } as const)[ident.getUint8(5)];
  if (ident.getUint32(0) !== MAGIC || !bits || !byteOrder) return undefined;
  const head = { bits, byteOrder, machine: ident.getUint16(18, byteOrder === 'little') } as const;
  try {
    return { ...head, ...new Tables(read, bits, byteOrder === 'little').says(), whole: true };
  } catch {
    // A RangeError: something is said to lie outside of the file, or of the table that it is in.
    return { ...head, interpreter: undefined, needed: [], glibc: undefined, whole: false };
  }
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** The tables that are found through the program headers: those serve the loader, and no `strip` removes them. */
class Tables {
  readonly #read: Read;
  readonly #bits: 32 | 64;
  readonly #little: boolean;
  readonly #segments: readonly Segment[];
  #steps = 0;

  constructor(read: Read, bits: 32 | 64, little: boolean) {
    this.#read = read;
    this.#bits = bits;
    this.#little = little;
    this.#segments = this.#programHeaders();
  }

  says(): Pick<Elf, 'interpreter' | 'needed' | 'glibc'> {
    const interp = this.#segments.find(({ type }) => type === PT_INTERP);
    const interpreter = interp && this.#string(this.#read(interp.offset, Math.min(interp.size, MAX_STRING)), 0);
    const dynamic = this.#dynamic();
    const value = (wanted: number): number | undefined => dynamic.find(([tag]) => tag === wanted)?.[1];
    const [table, size] = [value(DT_STRTAB), value(DT_STRSZ)];
    if (table === undefined || size === undefined) return { interpreter, needed: [], glibc: undefined };
    const strings = this.#read(this.#offsetOf(table), size);
    const needed = dynamic.flatMap(([tag, at]) => (tag === DT_NEEDED ? [this.#string(strings, at)] : []));
    const verneed = value(DT_VERNEED);
    const versions = verneed === undefined ? [] : this.#versions(this.#offsetOf(verneed));
    return { interpreter, needed, glibc: highest(versions.map((name) => this.#string(strings, name))) };
  }

  #programHeaders(): Segment[] {
    const { length, e_phoff, e_phentsize, e_phnum, p_offset, p_vaddr, p_filesz, p_length } = headers[this.#bits];
    const header = this.#view(0, length);
    const size = header.getUint16(e_phentsize, this.#little);
    const count = header.getUint16(e_phnum, this.#little);
    if (count > 0 && size < p_length) throw new RangeError();
    const table = this.#view(this.#word(header, e_phoff), size * count);
    return Array.from({ length: count }, (_, i) => ({
      type: table.getUint32(i * size, this.#little),
      offset: this.#word(table, i * size + p_offset),
      address: this.#word(table, i * size + p_vaddr),
      size: this.#word(table, i * size + p_filesz),
    }));
  }

  /** The entries of the dynamic section; none in a static executable. */
  #dynamic(): [tag: number, value: number][] {
    const segment = this.#segments.find(({ type }) => type === PT_DYNAMIC);
    if (!segment) return [];
    if (segment.size > MAX_DYNAMIC) throw new RangeError();
    const table = this.#view(segment.offset, segment.size);
    const word = this.#bits / 8;
    const entries: [number, number][] = [];
    for (let at = 0; at + 2 * word <= segment.size; at += 2 * word) {
      const tag = this.#word(table, at);
      if (tag === 0) break;
      entries.push([tag, this.#word(table, at + word)]);
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
  #offsetOf(address: number): number {
    const segment = this.#segments.find(
      ({ type, address: start, size }) => type === PT_LOAD && address >= start && address < start + size,
    );
    if (!segment) throw new RangeError();
    return segment.offset + (address - segment.address);
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

  /** An address, an offset or a size; one beyond 2^53 lies outside of every file. */
  #word(view: DataView, at: number): number {
    return this.#bits === 64 ? Number(view.getBigUint64(at, this.#little)) : view.getUint32(at, this.#little);
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
