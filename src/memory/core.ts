/**
 * The memory of a process that is no more, from its core file. What the core leaves out is read from the file that
 * was mapped there, if that is still the same; otherwise it is a fault. Knows nothing of whose objects lie in it.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { hex, MemoryFault } from '../errors.ts';
import type { Target } from '../target.ts';
import { type CoreFacts, type CoreFile, type Range, readCoreFile, type Source } from './corefile.ts';
import { elfIdent, elfStructs } from './elf.ts';
import { lastAtOrBelow, type Mapping } from './mapping.ts';
import { checkRange, type Memory } from './memory.ts';
import { allocate, codeOf, MOST_PER_READ } from './system.ts';

/** How much of a file is compared with what the core holds of it: a page, with the build's id in it. */
const COMPARED = 4096;

/** A core file, opened. */
export interface Core {
  readonly facts: CoreFacts;
  /**
   * What was mapped, in the order of the addresses. Of what only the core's list of files tells (gcore's cores),
   * the rights are not known, and stand as readable.
   */
  readonly mappings: readonly Mapping[];
  /** Its memory, under the target whose objects lie in it. */
  memory(target: Target): Memory;
}

/**
 * Opens a core file, whatever its size: its memory is read when it is asked for.
 *
 * @param path of a core file of Linux, as the kernel or gcore write it
 * @throws Error if it cannot be opened, is no core file, or is damaged in its headers or notes.
 */
export function openCore(path: string): Core {
  const source = attempt(path, () => fileSource(path));
  return coreOf(source, path, fileSource);
}

/**
 * The same of bytes that come from elsewhere.
 *
 * @param name of the source, for messages
 * @param open opens a file that was mapped; throws an Error with a `code` if it cannot
 * @internal
 */
export function coreOf(source: Source, name: string, open: (path: string) => Source): Core {
  const { facts, ranges } = attemptRead(name, source);
  const mappings = ranges.map(({ held, at, ...mapping }): Mapping => mapping);
  const fileOf = mappedFiles(source, ranges, open);
  const partsOf = partsIn(source, ranges, fileOf);
  return {
    facts,
    mappings,
    memory: (target) => ({
      target,
      live: false,
      mappings: () => mappings,
      touched: (mapping) => readableParts(source, ranges, fileOf, mapping),
      readInto(address, into) {
        checkRange(address, into.length);
        fill(address, into, partsOf(address, into.length));
      },
      read(address, length) {
        checkRange(address, length);
        // A length that came from garbage must not become an allocation: each part is known to be there first.
        const parts = partsOf(address, length);
        const bytes = allocate(address, length);
        fill(address, bytes, parts);
        return bytes;
      },
    }),
  };
}

function attemptRead(name: string, source: Source): CoreFile {
  try {
    return readCoreFile(source);
  } catch (cause) {
    throw new Error(`cannot read ${name} as a core file: ${messageOf(cause)}`, { cause });
  }
}

/** Bytes one after the other in a source. */
interface Part {
  readonly source: Source;
  readonly offset: number;
  readonly length: number;
}

/** Where the bytes of a read are; nothing is read for it but what tells a mapped file by. */
function partsIn(source: Source, ranges: readonly Range[], fileOf: (range: Range) => Source | string) {
  return (address: bigint, length: number): Part[] => {
    const parts: Part[] = [];
    let i = lastAtOrBelow(ranges, address);
    for (let done = 0; done < length; i++) {
      const at = address + BigInt(done);
      const fault = (reason: string, from = done) => {
        const place = from > 0 ? ` (from ${hex(address + BigInt(from))} on)` : '';
        return new MemoryFault(address, length, reason + place);
      };
      const range = ranges[i];
      const from = range && at >= range.address ? Number(at - range.address) : Number.POSITIVE_INFINITY;
      if (!range || from >= range.length) throw fault('nothing was mapped there, says the core');
      const held = Math.min(Math.max(range.held - from, 0), length - done);
      if (held > 0 && range.at + from + held > source.size) throw fault('the core file is truncated');
      if (held > 0) parts.push({ source, offset: range.at + from, length: held });
      const omitted = Math.min(range.length - from, length - done) - held;
      if (omitted > 0) {
        const file = fileOf(range);
        if (typeof file === 'string') throw fault(`the core leaves it out${file}`, done + held);
        const offset = range.offset + from + held;
        if (offset + omitted > file.size) {
          throw fault(`the core leaves it out, and ${range.path}, which was mapped there, ends before it`, done + held);
        }
        parts.push({ source: file, offset, length: omitted });
      }
      done += held + omitted;
    }
    return parts;
  };
}

/** Which of a mapping there is, in the core or in the file that was mapped. */
function readableParts(
  source: Source,
  ranges: readonly Range[],
  fileOf: (range: Range) => Source | string,
  mapping: Mapping,
): readonly Mapping[] {
  const range = ranges[lastAtOrBelow(ranges, mapping.address)];
  if (range?.address !== mapping.address) return [mapping];
  const held = Math.max(Math.min(range.held, source.size - range.at), 0);
  const file = held === range.held && held < range.length ? fileOf(range) : '';
  if (typeof file === 'string') return held > 0 ? [{ ...mapping, length: held }] : [];
  return [{ ...mapping, length: Math.min(Math.max(held, file.size - range.offset), range.length) }];
}

/** The file that was mapped somewhere, or why it is not to be had, as the end of a sentence. */
function mappedFiles(source: Source, ranges: readonly Range[], open: (path: string) => Source) {
  const known = new Map<string, Source | string>();
  // Who leaves out private memory leaves out what was written to private mappings, whatever their rights are now.
  const hasPrivate = ranges.some(({ path, writable, held }) => path === '' && writable && held > 0);
  const openSame = (path: string): Source | string => {
    const witness = witnessOf(ranges, path, source.size);
    if (!witness) return `, and holds nothing of ${path}, which was mapped there, to know that file by`;
    try {
      const file = open(path);
      if (sameIn(source, file, witness)) return file;
      return `, and ${path} is not the one that was mapped there`;
    } catch (cause) {
      return `, and ${path}, which was mapped there, cannot be read: ${codeOf(cause)}`;
    }
  };
  return ({ path, writable }: Range): Source | string => {
    if (path === '') return '';
    if (writable || !hasPrivate) return `, and ${path}, which was mapped there, need not hold what was written to it`;
    const file = known.get(path) ?? openSame(path);
    known.set(path, file);
    return file;
  };
}

/**
 * What the core holds of a file and no relocation has changed: its first page, or code; else, where the first page may
 * be written to, the headers in it.
 */
function witnessOf(ranges: readonly Range[], path: string, size: number): Range | undefined {
  const held = ranges.filter((range) => range.path === path && range.held > 0 && range.at < size);
  const constant = held.filter(({ writable }) => !writable);
  const first = ({ offset }: Range): boolean => offset === 0;
  return constant.find(first) ?? constant.find(({ executable }) => executable) ?? held.find(first);
}

function sameIn(core: Source, file: Source, { at, held, offset, writable }: Range): boolean {
  const there = Math.min(COMPARED, held, core.size - at);
  const length = writable ? headersIn(core, at, there) : there;
  if (length === 0 || offset + length > file.size) return false;
  const [ours, theirs] = [new Uint8Array(length), new Uint8Array(length)];
  return readFully(core, at, ours) && readFully(file, offset, theirs) && ours.every((byte, i) => byte === theirs[i]);
}

/** How many of the bytes there the ELF header and the program headers behind it take, 0 if there are none. */
function headersIn(core: Source, at: number, there: number): number {
  const bytes = new Uint8Array(there);
  if (!readFully(core, at, bytes)) return 0;
  try {
    const { bits, byteOrder } = elfIdent(bytes);
    const { e_phoff, e_phnum, e_phentsize } = elfStructs(bits, byteOrder).Ehdr.decode(bytes);
    return Math.min(e_phoff + e_phnum * e_phentsize, there);
  } catch {
    return 0;
  }
}

function fill(address: bigint, bytes: Uint8Array, parts: readonly Part[]): void {
  let done = 0;
  for (const { source, offset, length } of parts) {
    const into = bytes.subarray(done, done + length);
    const there = faultOf(address, bytes.length, () => readFully(source, offset, into));
    if (!there) throw new MemoryFault(address, bytes.length, 'the file got shorter since it was opened');
    done += length;
  }
}

/** Whether all of the bytes were there. */
function readFully(source: Source, offset: number, bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length; ) {
    const count = source.read(offset + done, bytes.subarray(done));
    if (count === 0) return false;
    done += count;
  }
  return true;
}

function faultOf<T>(address: bigint, length: number, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new MemoryFault(address, length, `the file cannot be read (${codeOf(cause)})`, { cause });
  }
}

/** A descriptor is closed when nobody can read by it any more. */
const unused = new FinalizationRegistry<number>((file) => closeSync(file));

/** A regular file: of anything else, opening or reading may wait for ever, or do something. */
function fileSource(path: string): Source {
  if (!statSync(path).isFile()) throw new Error('it is no regular file');
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const source: Source = {
    size: fstatSync(file).size,
    read: (offset, into) => readSync(file, into, 0, Math.min(into.length, MOST_PER_READ), offset),
  };
  unused.register(source, file);
  return source;
}

function attempt<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new Error(`cannot open ${path}: ${codeOf(cause)}; expected a core file that this user may read`, { cause });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
