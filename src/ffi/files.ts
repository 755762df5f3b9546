/** Asking the file system, where «it cannot be told» is an answer and no exception: paths come from anywhere. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';

function orUndefined<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

/** What a path leads to, through links. */
export function kindOf(path: string): 'file' | 'folder' | undefined {
  const stat = orUndefined(() => statSync(path));
  if (stat?.isDirectory()) return 'folder';
  return stat?.isFile() ? 'file' : undefined;
}

/** Whether there is something of that name, be it a link that leads nowhere. */
export function isThere(path: string): boolean {
  return orUndefined(() => lstatSync(path)) !== undefined;
}

/** The names in a folder; none if it is no folder. */
export function list(folder: string): string[] {
  return orUndefined(() => readdirSync(folder)) ?? [];
}

/** The path without links, or the path itself. */
export function realpath(path: string): string {
  return orUndefined(() => realpathSync(path)) ?? path;
}

/** Reads bytes of a file, all of them, or throws a RangeError. */
export type Read = (offset: number, length: number) => Buffer;

/** Lends a file's bytes and size; undefined if it is no file that can be read. */
export function readFile<T>(path: string, use: (read: Read, size: number) => T): T | undefined {
  // Without O_NONBLOCK the opening of a FIFO waits for its writer.
  const file = orUndefined(() => openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
  if (file === undefined) return undefined;
  try {
    const stat = fstatSync(file);
    return stat.isFile() ? use(reader(file, stat.size), stat.size) : undefined;
  } finally {
    closeSync(file);
  }
}

function reader(file: number, size: number): Read {
  return (offset, length) => {
    if (!(offset + length <= size)) throw new RangeError('expected an offset and a length inside of the file');
    const bytes = Buffer.alloc(length);
    if (readSync(file, bytes, 0, length, offset) !== length) throw new RangeError('the file was cut meanwhile');
    return bytes;
  };
}

/** The beginning of a file; empty if it cannot be read. */
export function startOf(path: string, length: number): Buffer {
  return orUndefined(() => readFile(path, (read, size) => read(0, Math.min(length, size)))) ?? Buffer.alloc(0);
}
