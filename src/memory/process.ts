/**
 * The memory of a running process, through Linux' /proc/PID/mem: no ffi, no capability, and a bad address is an
 * error code where following it would be a SIGSEGV.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { textOf } from '../bytes.ts';
import { MemoryFault } from '../errors.ts';
import type { Target } from '../target.ts';
import type { Mapping } from './mapping.ts';
import { checkRange, type Memory, type MemoryLocator } from './memory.ts';
import { allocate, codeOf, MOST_PER_READ } from './system.ts';

/** Where the highest byte of a word of 8 bytes lies. */
const HIGHEST = endianness() === 'LE' ? 7 : 0;

/** Reads longer than this are tried at their last byte before memory is taken for them. */
const PROBE_ABOVE = 1 << 20;

/**
 * The memory of a process, as snapshots: each read copies what is there at that moment.
 *
 * @param pid of a process this user may trace, or `'self'`
 * @param target whose objects lie in it
 * @param changing whether what is read may change meanwhile: by default that of any process but this one, where who
 * reads keeps what is read alive
 * @throws Error if the process cannot be opened; the message says what was tried.
 * @internal
 */
export function processMemory(pid: number | 'self', target: Target, changing = !isOwn(pid)): Memory {
  const handle = { file: openMemory(pid) };
  unused.register(handle, handle.file);
  const readInto = (address: bigint, into: Uint8Array): void => {
    const { length } = into;
    checkRange(address, length);
    for (let done = 0; done < length; ) {
      const count = readAt(handle, into, done, address, length);
      // Also of a process that runs another program since: its number is the same, its memory is not.
      if (count === 0) throw new MemoryFault(address, length, 'the process has ended', { ended: true });
      done += count;
    }
  };
  return {
    target,
    live: false,
    changing,
    mappings: () => readMappings(pid),
    touched: (mapping) => touchedParts(pid, mapping),
    locator: { pid: pid === 'self' ? process.pid : pid, target },
    readInto,
    read(address, length) {
      checkRange(address, length);
      // A length that came from garbage must not become an allocation: the far end is asked for first.
      if (length > PROBE_ABOVE) readAt(handle, Buffer.allocUnsafe(1), 0, address + BigInt(length - 1), 1);
      const bytes = allocate(address, length);
      readInto(address, bytes);
      return bytes;
    },
  };
}

/**
 * The memory that another thread has located: its bytes, in snapshots. What is viewed in it must be kept alive by
 * whoever gave the locator, until the other thread is done.
 *
 * @param locator of a memory, as `postMessage` or `workerData` brought it
 * @throws Error if the process cannot be opened.
 * @example
 * ```ts
 * import { Worker } from 'node:worker_threads';
 * import { openPython } from 'memview/ffi';
 * const python = openPython();
 * using view = python.view('bytearray(b"abc")');
 * const code = `(async () => {
 *   const { parentPort, workerData } = await import('node:worker_threads');
 *   const { viewObject } = await import('memview');
 *   const { locatedMemory } = await import('memview/node');
 *   parentPort.postMessage(viewObject(locatedMemory(workerData.locator), workerData.object).toList());
 * })()`;
 * const workerData = { locator: python.memory.locator, object: view.object };
 * const worker = new Worker(code, { eval: true, workerData });
 * console.log(await new Promise((resolve) => worker.once('message', resolve))); // [ 97, 98, 99 ]
 * ```
 */
export function locatedMemory({ pid, target }: MemoryLocator): Memory {
  return processMemory(pid === process.pid ? 'self' : pid, target);
}

/**
 * What a process has mapped, from its /proc/PID/maps.
 *
 * @throws Error if there is no such process, or it belongs to another user.
 */
function readMappings(pid: number | 'self'): readonly Mapping[] {
  const path = `/proc/${pid}/maps`;
  const text = attempt(path, () => readFileSync(path, 'latin1'));
  if (text === '') throw new Error(`${path} is empty: the process has ended`);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => mappingOf(line, path));
}

/** One line, e.g. `7f12a000-7f12b000 rw-p 00000000 00:00 0   [heap]`; a line feed in a name is written `\\012`. */
function mappingOf(line: string, path: string): Mapping {
  const parts = /^([0-9a-f]+)-([0-9a-f]+) (....) ([0-9a-f]+) \S+ \d+ *(.*)$/.exec(line);
  if (!parts) throw new Error(`expected lines of addresses in ${path}, got ${JSON.stringify(line)}`);
  const [, from = '', to = '', mode = '', offset = '', name = ''] = parts;
  const address = BigInt(`0x${from}`);
  return {
    address,
    length: Number(BigInt(`0x${to}`) - address),
    readable: mode[0] === 'r',
    writable: mode[1] === 'w',
    executable: mode[2] === 'x',
    shared: mode[3] === 's',
    path: textOf(Buffer.from(name, 'latin1')).replaceAll('\\012', '\n'),
    offset: Number.parseInt(offset, 16),
  };
}

/** Bits of the highest byte of an entry of /proc/PID/pagemap: the page is in memory, or in swap; it is the file's. */
const PRESENT_OR_SWAPPED = 0xc0;
const OF_FILE = 0x20;

/** Pages whose entries are read at once. */
const PAGES_AT_ONCE = 1 << 16;

/** Gaps of fewer pages are not worth a part of their own. */
const SHORTEST_GAP = 16;

/** The data of a library is no larger, in bytes; what is, is data that a program maps. */
const LARGEST_IMAGE = 64 << 20;

/** From so many bytes on the kernel is asked whether there is anything at all, before it is asked for every page. */
const HUGE = 1 << 30;

/**
 * The parts of a mapping that were written to. What else is anonymous is zeros: large reserves, as mimalloc makes one of
 * 1 GiB, are mostly such. What else is mapped from a file would be read from it, and be memory of that process from
 * then on; the data of a library are small and taken whole. All of it where Linux does not tell.
 */
function touchedParts(pid: number | 'self', mapping: Mapping): readonly Mapping[] {
  const isFile = mapping.path.startsWith('/');
  if (isFile && mapping.length <= LARGEST_IMAGE) return [mapping];
  try {
    if (mapping.length >= HUGE && isEmpty(pid, mapping)) return [];
    return writtenParts(pid, mapping, isFile);
  } catch {
    return [mapping];
  }
}

function writtenParts(pid: number | 'self', mapping: Mapping, isFile: boolean): readonly Mapping[] {
  const parts: Mapping[] = [];
  const entries = Buffer.allocUnsafe(PAGES_AT_ONCE * 8);
  const pageSize = readPageSize();
  const file = openSync(`/proc/${pid}/pagemap`, 'r');
  const give = (from: number, to: number): void => {
    const address = mapping.address + BigInt(from * pageSize);
    parts.push({ ...mapping, address, length: (to - from) * pageSize, offset: mapping.offset + from * pageSize });
  };
  try {
    const pages = mapping.length / pageSize;
    let from = -1;
    let last = 0;
    for (let first = 0; first < pages; first += PAGES_AT_ONCE) {
      const count = Math.min(PAGES_AT_ONCE, pages - first);
      const at = (mapping.address / BigInt(pageSize) + BigInt(first)) * 8n;
      if (readSync(file, entries, 0, count * 8, at) !== count * 8) return [mapping];
      for (let i = 0; i < count; i++) {
        const bits = entries[i * 8 + HIGHEST] as number;
        if ((bits & PRESENT_OR_SWAPPED) === 0 || (isFile && (bits & OF_FILE) !== 0)) continue;
        const page = first + i;
        if (from < 0) from = page;
        else if (page - last > SHORTEST_GAP) {
          give(from, last + 1);
          from = page;
        }
        last = page;
      }
    }
    if (from >= 0) give(from, last + 1);
    return parts;
  } finally {
    closeSync(file);
  }
}

/** Whether a mapping has no page, in memory or in swap, says /proc/PID/smaps. */
function isEmpty(pid: number | 'self', { address }: Mapping): boolean {
  const text = readFileSync(`/proc/${pid}/smaps`, 'latin1');
  const begin = text.search(new RegExp(`^0*${address.toString(16)}-`, 'm'));
  if (begin < 0) return false;
  const next = text.slice(begin).search(/\n[0-9a-f]+-[0-9a-f]+ /);
  const entry = text.slice(begin, next < 0 ? undefined : begin + next);
  const kilobytes = ['Rss', 'Swap'].map((name) => new RegExp(`^${name}: *(\\d+) kB$`, 'm').exec(entry)?.[1]);
  return kilobytes.every((count) => count === '0');
}

/** Of <elf.h>: the size of a page, among what the kernel tells each process at its start. */
const AT_PAGESZ = 6;

/** In bytes: 4096 on most machines, up to 65536 on some. */
function readPageSize(): number {
  const words = new Uint32Array(new Uint8Array(readFileSync('/proc/self/auxv')).buffer);
  // Pairs of words of 64 bits, of which the lower half says all.
  const low = HIGHEST === 7 ? 0 : 1;
  for (let i = 0; i + 3 < words.length; i += 4) if (words[i + low] === AT_PAGESZ) return words[i + 2 + low] as number;
  throw new Error('expected the size of a page in /proc/self/auxv');
}

function isOwn(pid: number | 'self'): boolean {
  return pid === 'self' || pid === process.pid;
}

/** What every memory that reads by a descriptor refers to, whatever its target. */
interface Handle {
  readonly file: number;
}

/** A descriptor is closed when nobody can read by it any more. */
const unused = new FinalizationRegistry<number>((file) => closeSync(file));

function openMemory(pid: number | 'self'): number {
  const path = `/proc/${pid}/mem`;
  return attempt(path, () => openSync(path, 'r'));
}

function attempt<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new Error(`cannot open ${path}: ${codeOf(cause)}; ${remedyOf(codeOf(cause))}`, { cause });
  }
}

function remedyOf(code: string): string {
  if (code === 'EMFILE') return 'too many files are open; those of memories that nothing refers to are closed, in time';
  if (code === 'ENOENT' || code === 'ESRCH') return 'there is no such process, or it has ended, or this is not Linux';
  if (code !== 'EACCES' && code !== 'EPERM') return 'expected a running process of this user, on Linux';
  return (
    'the system does not let this user trace that process. It has to be one of this user; where ' +
    '/proc/sys/kernel/yama/ptrace_scope is 1 or more, a child of this one, or run as root; in a container grant ' +
    'CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE)'
  );
}

function readAt({ file }: Handle, bytes: Uint8Array, done: number, address: bigint, length: number): number {
  try {
    return readSync(file, bytes, done, Math.min(length - done, MOST_PER_READ), address + BigInt(done));
  } catch (cause) {
    throw new MemoryFault(address, length, `nothing readable is mapped there (${codeOf(cause)})`, { cause });
  }
}
