/**
 * An ELF image as the loader has mapped it: the symbols it exports, read out of the memory they lie in. It knows nothing
 * of Python, and of a file only that it was mapped.
 */
import { dataViewOf, textOf } from '../bytes.ts';
import { MemoryFault } from '../errors.ts';
import {
  DT_GNU_HASH,
  DT_HASH,
  DT_NULL,
  DT_STRTAB,
  DT_SYMTAB,
  EI_NIDENT,
  type ElfStructs,
  elfIdent,
  elfStructs,
  PT_DYNAMIC,
  PT_LOAD,
} from '../memory/elf.ts';
import { type Memory, readCString } from '../memory/memory.ts';

/** The exported symbols of an image. */
export interface Image {
  /** The address of a symbol that the image defines; undefined if it defines none of that name. */
  addressOf(name: string): bigint | undefined;
}

/** No dynamic section has more entries, and no bucket more symbols: what goes on for longer is garbage. */
const MOST_ENTRIES = 4096;
const MOST_PROGRAM_HEADERS = 256;

/**
 * The image whose ELF header is at an address.
 *
 * @throws Error if there is no ELF image of a machine that has this memory's pointers, or it exports nothing.
 * @throws MemoryFault if it cannot be read.
 */
export function readImage(memory: Memory, base: bigint): Image {
  const { bits, byteOrder } = elfIdent(memory.read(base, EI_NIDENT));
  const structs = elfStructs(bits, byteOrder);
  const segments = readSegments(memory, structs, base);
  // The loader put the lowest segment here, whatever address the file asks for.
  const first = segments.find(({ p_type, p_offset }) => p_type === PT_LOAD && p_offset === 0);
  const bias = base - (first?.p_vaddr ?? 0n);
  const dynamic = segments.find(({ p_type }) => p_type === PT_DYNAMIC);
  if (!dynamic) throw new Error('it is statically linked: it exports no symbols');
  const entries = new Map<bigint, bigint>();
  const { Dyn } = structs;
  for (let at = 0; at + Dyn.size <= Math.min(dynamic.p_memsz, MOST_ENTRIES * Dyn.size); at += Dyn.size) {
    const { d_tag, d_val } = Dyn.decode(memory.read(bias + dynamic.p_vaddr + BigInt(at), Dyn.size));
    if (d_tag === DT_NULL) break;
    entries.set(d_tag, d_val);
  }
  // glibc writes addresses over what the file says, musl does not.
  const pointer = (tag: bigint): bigint | undefined => {
    const value = entries.get(tag);
    return value !== undefined && value < base ? value + bias : value;
  };
  const [strings, symbols] = [pointer(DT_STRTAB), pointer(DT_SYMTAB)];
  if (strings === undefined || symbols === undefined) throw new Error('it exports no symbols');
  const table: Table = { memory, structs, strings, symbols, word: bits / 8, little: byteOrder === 'little' };
  const [gnu, sysv] = [pointer(DT_GNU_HASH), pointer(DT_HASH)];
  return {
    addressOf(name) {
      const found = gnu !== undefined ? byGnuHash(table, gnu, name) : sysv && byHash(table, sysv, name);
      return found && found.st_value + bias;
    },
  };
}

function readSegments(memory: Memory, { Ehdr, Phdr }: ElfStructs, base: bigint) {
  const { e_phoff, e_phnum, e_phentsize } = Ehdr.decode(memory.read(base, Ehdr.size));
  if (e_phentsize !== Phdr.size || e_phnum > MOST_PROGRAM_HEADERS) {
    throw new Error(`expected up to ${MOST_PROGRAM_HEADERS} program headers of ${Phdr.size} bytes`);
  }
  const bytes = memory.read(base + BigInt(e_phoff), e_phnum * Phdr.size);
  return Array.from({ length: e_phnum }, (_, i) => Phdr.decode(bytes, i * Phdr.size));
}

interface Table {
  readonly memory: Memory;
  readonly structs: ElfStructs;
  readonly strings: bigint;
  readonly symbols: bigint;
  /** Bytes of a word of the Bloom filter. */
  readonly word: number;
  readonly little: boolean;
}

function readUint32({ memory, little }: Table, address: bigint): number {
  return dataViewOf(memory.read(address, 4)).getUint32(0, little);
}

/** The symbol of an index if it has that name and is defined here. */
function symbolNamed({ memory, structs: { Sym }, strings, symbols }: Table, index: number, name: string) {
  const symbol = Sym.decode(memory.read(symbols + BigInt(index * Sym.size), Sym.size));
  if (symbol.st_shndx === 0) return undefined;
  return textOf(readCString(memory, strings + BigInt(symbol.st_name))) === name ? symbol : undefined;
}

/** DT_GNU_HASH: four words, a Bloom filter, buckets, and chains whose last member has the lowest bit set. */
function byGnuHash(table: Table, at: bigint, name: string) {
  let hash = 5381;
  for (const byte of new TextEncoder().encode(name)) hash = (Math.imul(hash, 33) + byte) >>> 0;
  const [buckets, first, filter] = [0, 4, 8].map((offset) => readUint32(table, at + BigInt(offset))) as [
    number,
    number,
    number,
  ];
  if (buckets === 0) return undefined;
  const bucketsAt = at + 16n + BigInt(filter) * BigInt(table.word);
  const chainsAt = bucketsAt + 4n * BigInt(buckets);
  const start = readUint32(table, bucketsAt + 4n * BigInt(hash % buckets));
  if (start < first) return undefined;
  for (let index = start; index - start < MOST_ENTRIES; index++) {
    const other = readUint32(table, chainsAt + 4n * BigInt(index - first));
    if ((other | 1) === (hash | 1)) {
      const symbol = symbolNamed(table, index, name);
      if (symbol) return symbol;
    }
    if (other & 1) return undefined;
  }
  throw endless(at);
}

/** DT_HASH: the numbers of buckets and of symbols, the buckets, and for each symbol the next of its bucket. */
function byHash(table: Table, at: bigint, name: string) {
  let hash = 0;
  for (const byte of new TextEncoder().encode(name)) {
    hash = (hash << 4) + byte;
    hash = (hash ^ ((hash >>> 24) & 0xf0)) & 0x0fffffff;
  }
  const buckets = readUint32(table, at);
  if (buckets === 0) return undefined;
  const chainsAt = at + 8n + 4n * BigInt(buckets);
  let index = readUint32(table, at + 8n + 4n * BigInt(hash % buckets));
  for (let i = 0; i < MOST_ENTRIES; i++) {
    if (index === 0) return undefined;
    const symbol = symbolNamed(table, index, name);
    if (symbol) return symbol;
    index = readUint32(table, chainsAt + 4n * BigInt(index));
  }
  throw endless(at);
}

function endless(at: bigint): MemoryFault {
  return new MemoryFault(at, 4, `expected a table of symbols, but a chain of it has more than ${MOST_ENTRIES}`);
}
