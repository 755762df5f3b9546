/**
 * What a core file says: of whom it is, what was mapped where, and which of it the file holds. Knows neither Python
 * nor files: the bytes come from a source.
 */
import { textOf } from '../bytes.ts';
import { hex } from '../errors.ts';
import {
  type Bits,
  type ByteOrder,
  EI_NIDENT,
  type ElfStruct,
  type ElfStructs,
  ET_CORE,
  elfIdent,
  elfStructs,
  NT_FILE,
  NT_PRSTATUS,
  PF_R,
  PF_W,
  PF_X,
  PN_XNUM,
  PT_LOAD,
  PT_NOTE,
} from './elf.ts';
import { byAddress, type Mapping } from './mapping.ts';

/** Bytes by their offset: those of a file. */
export interface Source {
  /** In bytes. */
  readonly size: number;
  /** Reads into memory of the caller's from an offset on; says how many bytes, 0 at the end. */
  read(offset: number, into: Uint8Array): number;
}

/** Of what a core file is. */
export interface CoreFacts {
  readonly bits: Bits;
  readonly byteOrder: ByteOrder;
  /** ELF's e_machine: 62 is x86-64, 183 AArch64. */
  readonly machine: number;
  /** That ended the process, or 0 if none did; undefined where the core does not say. */
  readonly signal: number | undefined;
  /** Of the thread that got the signal: where that is the first, of the process. Undefined where the core is silent. */
  readonly pid: number | undefined;
  /** Whether the file ends before what it says it holds. */
  readonly truncated: boolean;
}

/** A mapping, and which of it is in the core file: the first `held` bytes, from `at` on. */
export interface Range extends Mapping {
  readonly held: number;
  readonly at: number;
}

/** A core file, read: its ranges are in the order of the addresses and do not overlap. */
export interface CoreFile {
  readonly facts: CoreFacts;
  readonly ranges: readonly Range[];
}

/** The most bytes that are read for the program headers, or for the notes, of a core: those of a million mappings. */
const MOST_HEADER_BYTES = 64 << 20;

/** The most notes there are, some ten for each thread. */
const MOST_NOTES = 1 << 20;

/** The most bytes of NT_FILE: Linux writes no more than the sysctl core_file_note_size_limit, at most these. */
const MOST_FILE_BYTES = 16 << 20;

/**
 * Reads the headers and the notes of a core file, none of its memory.
 *
 * @throws Error if it is no core file, or is damaged there.
 */
export function readCoreFile(source: Source): CoreFile {
  const { bits, byteOrder } = elfIdent(take(source, 0, Math.min(EI_NIDENT, source.size), 'e_ident'));
  const structs = elfStructs(bits, byteOrder);
  const ehdr = structs.Ehdr.decode(take(source, 0, structs.Ehdr.size, 'the ELF header'));
  if (ehdr.e_type !== ET_CORE) {
    const kinds = ['', 'an object file', 'an executable', 'an executable or a shared library'];
    const kind = kinds[ehdr.e_type] || 'an ELF file of another kind';
    throw new Error(`it is ${kind} (e_type ${ehdr.e_type}); expected a core file, as gcore and the kernel write them`);
  }
  const unsorted: Load[] = [];
  const notes: Phdr[] = [];
  for (const header of programHeaders(source, structs, ehdr)) {
    if (header.p_type === PT_NOTE) notes.push(header);
    if (isLoad(header)) unsorted.push(loadOf(header, bits));
  }
  const { status, files } = readNotes(source, structs, notes);
  const loads = inOrder(unsorted);
  const facts: CoreFacts = {
    bits,
    byteOrder,
    machine: ehdr.e_machine,
    signal: status && (status.pr_cursig || status.si_signo),
    pid: status?.pr_pid,
    truncated: loads.some(({ at, held }) => at + held > source.size),
  };
  return { facts, ranges: join(loads, files) };
}

function take(source: Source, offset: number, length: number, what: string): Uint8Array {
  if (!(offset + length <= source.size)) {
    throw new Error(
      `it is truncated: ${what} would end at ${offset + length}, the file ends at ${source.size}. ` +
        'Let the core be written in full (ulimit -c unlimited), or copy it again',
    );
  }
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = source.read(offset + done, bytes.subarray(done));
    if (count === 0) throw new Error(`it got shorter while it was read: ${what} is not there`);
    done += count;
  }
  return bytes;
}

type Decoded<S> = S extends ElfStruct<infer T> ? T : never;
type Ehdr = Decoded<ElfStructs['Ehdr']>;
type Phdr = Decoded<ElfStructs['Phdr']>;

function* programHeaders(source: Source, { Phdr, Shdr }: ElfStructs, ehdr: Ehdr): Generator<Phdr> {
  let count = ehdr.e_phnum;
  if (count === PN_XNUM) {
    expectSize('e_shentsize', ehdr.e_shentsize, Shdr);
    count = Shdr.decode(take(source, ehdr.e_shoff, Shdr.size, 'section header 0')).sh_info;
  }
  if (count === 0) throw new Error('it has no program headers; expected those of its memory and notes');
  expectSize('e_phentsize', ehdr.e_phentsize, Phdr);
  const length = count * Phdr.size;
  if (length > MOST_HEADER_BYTES)
    throw new Error(`it has ${count} program headers; expected at most ${Math.floor(MOST_HEADER_BYTES / Phdr.size)}`);
  const table = take(source, ehdr.e_phoff, length, `the last of ${count} program headers`);
  for (let i = 0; i < count; i++) yield Phdr.decode(table, i * Phdr.size);
}

function expectSize(field: string, size: number, struct: ElfStruct<unknown>): void {
  if (size !== struct.size) throw new Error(`expected an ${field} of ${struct.size} (${struct.name}), got ${size}`);
}

/** Addresses of which one rule holds. */
interface Span {
  readonly address: bigint;
  readonly end: bigint;
}

/** A PT_LOAD. */
interface Load extends Span {
  readonly flags: number;
  readonly held: number;
  readonly at: number;
}

/** An entry of NT_FILE; the offset is in bytes. */
interface MappedFile extends Span {
  readonly path: string;
  readonly offset: number;
}

function isLoad({ p_type, p_memsz, p_filesz }: Phdr): boolean {
  return p_type === PT_LOAD && (p_memsz > 0 || p_filesz > 0);
}

function loadOf({ p_vaddr, p_memsz, p_filesz, p_offset, p_flags }: Phdr, bits: Bits): Load {
  const end = p_vaddr + BigInt(p_memsz);
  const where = `the segment at ${hex(p_vaddr)}`;
  if (p_filesz > p_memsz) throw new Error(`${where} has a p_filesz of ${p_filesz}, more than its p_memsz, ${p_memsz}`);
  if (end > 1n << BigInt(bits)) throw new Error(`${where} ends beyond the ${bits} bits of an address`);
  return { address: p_vaddr, end, flags: p_flags, held: p_filesz, at: p_offset };
}

/** Sorted by address; two that overlap would be two answers to one question. */
function inOrder<T extends Span>(spans: T[]): T[] {
  spans.sort(byAddress);
  for (const [i, { address }] of spans.entries()) {
    const before = spans[i - 1];
    if (before && before.end > address) {
      throw new Error(
        `what begins at ${hex(before.address)} overlaps what begins at ${hex(address)}; ` +
          'expected no address twice among the segments, or among the entries of NT_FILE',
      );
    }
  }
  return spans;
}

/** Of several threads, the first is the one that got the signal. */
function readNotes(source: Source, structs: ElfStructs, headers: readonly Phdr[]) {
  let status: Decoded<ElfStructs['prstatus']> | undefined;
  let files: MappedFile[] | undefined;
  let total = 0;
  let count = 0;
  for (const { p_offset, p_filesz, p_align } of headers) {
    total += p_filesz;
    if (total > MOST_HEADER_BYTES)
      throw new Error(`it has ${total} bytes of notes or more; expected at most ${MOST_HEADER_BYTES}`);
    const bytes = take(source, p_offset, p_filesz, 'the notes');
    for (const { name, type, desc } of notesOf(bytes, structs.Nhdr, p_align === 8 ? 8 : 4)) {
      if (++count > MOST_NOTES) throw new Error(`it has more than ${MOST_NOTES} notes`);
      if (name !== 'CORE') continue;
      if (type === NT_PRSTATUS) status ??= structs.prstatus.decode(desc);
      if (type === NT_FILE) files ??= filesOf(desc, structs);
    }
  }
  return { status, files: files ?? [] };
}

/** Each note is its header, its name and its content, the latter two padded. */
function* notesOf(bytes: Uint8Array, Nhdr: ElfStructs['Nhdr'], align: number) {
  for (let at = 0; at + Nhdr.size <= bytes.length; ) {
    const { n_namesz, n_descsz, n_type } = Nhdr.decode(bytes, at);
    const named = at + Nhdr.size + n_namesz;
    const begin = Math.ceil(named / align) * align;
    const end = begin + n_descsz;
    if (end > bytes.length) throw new Error(`the note at ${at} would end at ${end}, the notes end at ${bytes.length}`);
    // The name of those that matter is CORE and a NUL.
    const name = n_namesz === 5 ? String.fromCharCode(...bytes.subarray(named - 5, named - 1)) : '';
    yield { name, type: n_type, desc: bytes.subarray(begin, end) };
    at = Math.ceil(end / align) * align;
  }
}

function filesOf(desc: Uint8Array, { NtFile, NtFileEntry }: ElfStructs): MappedFile[] {
  if (desc.length > MOST_FILE_BYTES)
    throw new Error(`NT_FILE has ${desc.length} bytes; expected at most ${MOST_FILE_BYTES}`);
  const { count, page_size } = NtFile.decode(desc);
  let name = NtFile.size + count * NtFileEntry.size;
  if (!(name <= desc.length)) throw new Error(`NT_FILE has ${desc.length} bytes, too few for ${count} entries`);
  const files: MappedFile[] = [];
  for (let i = 0; i < count; i++) {
    const { start, end, file_ofs } = NtFileEntry.decode(desc, NtFile.size + i * NtFileEntry.size);
    const offset = file_ofs * page_size;
    const nul = desc.indexOf(0, name);
    const what = `entry ${i} of NT_FILE`;
    if (end <= start || end - start > Number.MAX_SAFE_INTEGER) throw new Error(`${what} ends before it begins`);
    if (!Number.isSafeInteger(offset)) throw new Error(`${what} has an offset of ${file_ofs} pages of ${page_size}`);
    if (nul < 0) throw new Error(`${what} has no name that ends in NUL`);
    files.push({ address: start, end, offset, path: textOf(desc.subarray(name, nul)) });
    name = nul + 1;
  }
  return inOrder(files);
}

/**
 * The segments, by the names of the files that were mapped there; and what only NT_FILE tells of, as gcore writes no
 * header for memory that it leaves out. The rights of the latter are not known.
 */
function join(loads: readonly Load[], files: readonly MappedFile[]): Range[] {
  const ranges: Range[] = [];
  for (let i = 0, j = 0, at = 0n; i < loads.length || j < files.length; ) {
    const load = loads[i];
    const file = files[j];
    // Where the next of the two begins, and what is there until one begins or ends.
    const starts = [load, file].flatMap((span) => (span ? [span.address > at ? span.address : at] : []));
    const address = least(starts);
    const bounds = [load, file].flatMap((span) => (span ? [span.address > address ? span.address : span.end] : []));
    at = least(bounds);
    const inLoad = load && load.address <= address ? load : undefined;
    const inFile = file && file.address <= address ? file : undefined;
    ranges.push(rangeOf(address, at, inLoad, inFile));
    if (load && load.end <= at) i++;
    if (file && file.end <= at) j++;
  }
  return ranges;
}

function least(values: readonly bigint[]): bigint {
  let least = values[0] ?? 0n;
  for (const value of values) if (value < least) least = value;
  return least;
}

function rangeOf(address: bigint, end: bigint, load: Load | undefined, file: MappedFile | undefined): Range {
  const flags = load?.flags ?? PF_R;
  const length = Number(end - address);
  const into = load ? Number(address - load.address) : 0;
  return {
    address,
    length,
    readable: (flags & PF_R) !== 0,
    writable: (flags & PF_W) !== 0,
    executable: (flags & PF_X) !== 0,
    path: file?.path ?? '',
    offset: file ? file.offset + Number(address - file.address) : 0,
    held: load ? Math.min(Math.max(load.held - into, 0), length) : 0,
    at: load ? load.at + into : 0,
  };
}
