/**
 * The structs of ELF files and of the notes in core files, as <elf.h> and Linux declare them, for 32 and 64 bits in
 * either byte order. Knows neither where the bytes come from nor what follows from them.
 */
import {
  Buffer as Bytes,
  DecodeStream,
  int32be,
  int32le,
  Struct,
  type Type,
  uint8,
  uint16be,
  uint16le,
  uint32be,
  uint32le,
} from 'restructure';
import { hex } from '../errors.ts';

/** The word size of a program, as EI_CLASS says. */
export type Bits = 32 | 64;

/** As EI_DATA says. */
export type ByteOrder = 'little' | 'big';

export const EI_NIDENT = 16;
export const ET_CORE = 4;
export const PT_LOAD = 1;
export const PT_DYNAMIC = 2;
export const PT_NOTE = 4;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;
/** As e_phnum: there are so many program headers that sh_info of section 0 says how many. */
export const PN_XNUM = 0xffff;
export const NT_PRSTATUS = 1;
export const NT_FILE = 0x46494c45;
export const DT_NULL = 0n;
export const DT_HASH = 4n;
export const DT_STRTAB = 5n;
export const DT_SYMTAB = 6n;
export const DT_STRSZ = 10n;
export const DT_GNU_HASH = 0x6ffffef5n;

/** What kind of ELF file its first 16 bytes say it is. */
export interface ElfIdent {
  readonly bits: Bits;
  readonly byteOrder: ByteOrder;
}

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];

/**
 * Reads e_ident.
 *
 * @param bytes the first of the file, 16 or more
 * @throws Error if they are not those of an ELF file.
 */
export function elfIdent(bytes: Uint8Array): ElfIdent {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    const got = bytes.length === 0 ? 'nothing' : digits(bytes.subarray(0, 4));
    throw new Error(`expected an ELF file, which begins with ${digits(MAGIC)}; got ${got}`);
  }
  if (bytes.length < EI_NIDENT) {
    throw new Error(`expected the ${EI_NIDENT} bytes of e_ident, got ${bytes.length}: the file is truncated`);
  }
  const [, , , , kind = 0, order = 0] = bytes;
  if (kind !== 1 && kind !== 2) throw new Error(`expected an EI_CLASS of 1 or 2 (32 or 64 bits), got ${kind}`);
  if (order !== 1 && order !== 2) throw new Error(`expected an EI_DATA of 1 or 2 (little or big endian), got ${order}`);
  return { bits: kind === 1 ? 32 : 64, byteOrder: order === 1 ? 'little' : 'big' };
}

function digits(bytes: Iterable<number>): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** A struct at an offset of some bytes. */
export interface ElfStruct<T> {
  /** C's own: `Elf64_Ehdr` … */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /**
   * The values of its fields. Addresses are bigint, and so are sh_flags, d_tag, d_val, pr_sigpend and pr_sighold; e_ident
   * is bytes, all else a number.
   *
   * @param offset in the bytes
   * @throws Error if the bytes end before the struct does, or if a size or offset is beyond 2^53.
   */
  decode(bytes: Uint8Array, offset?: number): T;
}

/** The structs of one word size and byte order. */
export type ElfStructs = ReturnType<typeof declare>;

const declared = new Map<string, ElfStructs>();

/**
 * The structs of one word size and byte order.
 *
 * @param bits of a word, see {@link elfIdent}
 */
export function elfStructs(bits: Bits, byteOrder: ByteOrder): ElfStructs {
  const key = `${bits}${byteOrder}`;
  const known = declared.get(key) ?? declare(bits, byteOrder);
  declared.set(key, known);
  return known;
}

/** What a field is, in the words of <elf.h>; `size` is Elf64_Xword, Elf32_Word and the `long` of the notes. */
interface Kinds {
  readonly ident: Uint8Array;
  readonly byte: number;
  readonly half: number;
  readonly int: number;
  readonly word: number;
  readonly size: number;
  readonly off: number;
  readonly addr: bigint;
}

type Fields = { readonly [name: string]: keyof Kinds };

/** The fields of a struct, read. */
export type Values<F extends Fields> = { readonly [K in keyof F]: Kinds[F[K]] };

const Ehdr = {
  e_ident: 'ident',
  e_type: 'half',
  e_machine: 'half',
  e_version: 'word',
  e_entry: 'addr',
  e_phoff: 'off',
  e_shoff: 'off',
  e_flags: 'word',
  e_ehsize: 'half',
  e_phentsize: 'half',
  e_phnum: 'half',
  e_shentsize: 'half',
  e_shnum: 'half',
  e_shstrndx: 'half',
} as const satisfies Fields;

const Elf64_Phdr = {
  p_type: 'word',
  p_flags: 'word',
  p_offset: 'off',
  p_vaddr: 'addr',
  p_paddr: 'addr',
  p_filesz: 'size',
  p_memsz: 'size',
  p_align: 'size',
} as const satisfies Fields;

const Elf32_Phdr = {
  p_type: 'word',
  p_offset: 'off',
  p_vaddr: 'addr',
  p_paddr: 'addr',
  p_filesz: 'size',
  p_memsz: 'size',
  p_flags: 'word',
  p_align: 'size',
} as const satisfies Fields;

const Shdr = {
  sh_name: 'word',
  sh_type: 'word',
  sh_flags: 'addr',
  sh_addr: 'addr',
  sh_offset: 'off',
  sh_size: 'size',
  sh_link: 'word',
  sh_info: 'word',
  sh_addralign: 'size',
  sh_entsize: 'size',
} as const satisfies Fields;

const Nhdr = { n_namesz: 'word', n_descsz: 'word', n_type: 'word' } as const satisfies Fields;

/** d_val is d_ptr as well. */
const Dyn = { d_tag: 'addr', d_val: 'addr' } as const satisfies Fields;

const Elf64_Sym = {
  st_name: 'word',
  st_info: 'byte',
  st_other: 'byte',
  st_shndx: 'half',
  st_value: 'addr',
  st_size: 'size',
} as const satisfies Fields;

const Elf32_Sym = {
  st_name: 'word',
  st_value: 'addr',
  st_size: 'size',
  st_info: 'byte',
  st_other: 'byte',
  st_shndx: 'half',
} as const satisfies Fields;

/** The head of NT_FILE, Linux fs/binfmt_elf.c, fill_files_note(); so many entries follow, and so many names. */
const NtFile = { count: 'size', page_size: 'size' } as const satisfies Fields;

/** Where a file was mapped; file_ofs counts in units of page_size. */
const NtFileEntry = { start: 'addr', end: 'addr', file_ofs: 'size' } as const satisfies Fields;

/** Linux include/linux/elfcore.h, the fields up to pr_pid, which lie alike on every machine; pr_info is the si_*. */
const prstatus = {
  si_signo: 'int',
  si_code: 'int',
  si_errno: 'int',
  pr_cursig: 'half',
  padding: 'half',
  pr_sigpend: 'addr',
  pr_sighold: 'addr',
  pr_pid: 'int',
} as const satisfies Fields;

function declare(bits: Bits, byteOrder: ByteOrder) {
  const types = typesOf(bits, byteOrder === 'little');
  const struct = <F extends Fields>(name: string, fields: F): ElfStruct<Values<F>> => {
    const typed = Object.entries(fields).map(([field, kind]) => [field, types[kind]] as const);
    return elfStruct<Values<F>>(name, new Struct(Object.fromEntries(typed)));
  };
  return {
    Ehdr: struct(`Elf${bits}_Ehdr`, Ehdr),
    Phdr: struct(`Elf${bits}_Phdr`, bits === 64 ? Elf64_Phdr : Elf32_Phdr),
    Shdr: struct(`Elf${bits}_Shdr`, Shdr),
    Nhdr: struct(`Elf${bits}_Nhdr`, Nhdr),
    Dyn: struct(`Elf${bits}_Dyn`, Dyn),
    Sym: struct(`Elf${bits}_Sym`, bits === 64 ? Elf64_Sym : Elf32_Sym),
    NtFile: struct('NT_FILE', NtFile),
    NtFileEntry: struct('an entry of NT_FILE', NtFileEntry),
    prstatus: struct('elf_prstatus', prstatus),
  };
}

function typesOf(bits: Bits, little: boolean): { readonly [K in keyof Kinds]: Type<Kinds[K]> } {
  const word = little ? uint32le : uint32be;
  const off = bits === 64 ? new Safe(new Unsigned64(little)) : word;
  return {
    ident: new Bytes(EI_NIDENT),
    byte: uint8,
    half: little ? uint16le : uint16be,
    int: little ? int32le : int32be,
    word,
    size: off,
    off,
    addr: bits === 64 ? new Unsigned64(little) : new Widened(word),
  };
}

function elfStruct<T>(name: string, type: Type<unknown>): ElfStruct<T> {
  const size = type.size();
  return {
    name,
    size,
    decode(bytes, offset = 0) {
      // What is beyond the end is not to become a RangeError of a DataView.
      if (!(Number.isSafeInteger(offset) && offset >= 0 && offset + size <= bytes.length)) {
        throw new Error(`expected the ${size} bytes of ${name} at ${offset}, but there are ${bytes.length} in all`);
      }
      return type.decode(new DecodeStream(bytes.subarray(offset, offset + size))) as T;
    },
  };
}

/** Elf64_Addr and Elf64_Xword. */
class Unsigned64 implements Type<bigint> {
  readonly #little: boolean;

  constructor(little: boolean) {
    this.#little = little;
  }

  decode(stream: DecodeStream): bigint {
    const value = stream.view.getBigUint64(stream.pos, this.#little);
    stream.pos += 8;
    return value;
  }

  size(): number {
    return 8;
  }
}

/** An address of 32 bits, as one of 64. */
class Widened implements Type<bigint> {
  readonly #type: Type<number>;

  constructor(type: Type<number>) {
    this.#type = type;
  }

  decode(stream: DecodeStream): bigint {
    return BigInt(this.#type.decode(stream));
  }

  size(): number {
    return this.#type.size();
  }
}

/** A size of 64 bits as a number, which a larger one is not rounded to. */
class Safe implements Type<number> {
  readonly #type: Type<bigint>;

  constructor(type: Type<bigint>) {
    this.#type = type;
  }

  decode(stream: DecodeStream): number {
    const value = this.#type.decode(stream);
    if (value <= Number.MAX_SAFE_INTEGER) return Number(value);
    throw new Error(`expected a size or offset below 2^53, got ${hex(value)}`);
  }

  size(): number {
    return this.#type.size();
  }
}
