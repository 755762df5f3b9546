/** The buffers of a memory as text: for people a table, for programs JSON. */
import { type FoundBuffer, findBuffers } from '../attach/find.ts';
import { hex, MemoryFault, ReleasedError } from '../errors.ts';
import { formatTarget } from '../target.ts';
import { glance } from './preview.ts';
import { searching } from './searching.ts';
import type { Place } from './source.ts';

/** What is shown of what is found. */
export interface FindOptions {
  readonly json?: true;
  /** How many, the biggest; 0 for all. */
  readonly limit: number;
  readonly minBytes: number;
  /** The names of types; all of them by default. */
  readonly type?: readonly string[];
}

/**
 * Prints what is found.
 *
 * @returns what went wrong on the way, if anything did: then not all was found
 */
export function find(source: Place, options: FindOptions, print: (text: string) => void): MemoryFault | undefined {
  const { found, unread, fault } = search(source, options);
  const { limit, json } = options;
  const shown = limit > 0 ? found.slice(0, limit) : found;
  if (json) print(toJson(source, shown, found, unread, fault));
  else print(table(source, shown, found, unread));
  return fault;
}

interface Searched {
  readonly found: readonly FoundBuffer[];
  /** Bytes that could not be read. */
  readonly unread: number;
  readonly fault: MemoryFault | undefined;
}

function search({ memory }: Place, { minBytes, type }: FindOptions): Searched {
  const found: FoundBuffer[] = [];
  let unread = 0;
  try {
    searching('searching', (tell) => {
      const onProgress: typeof tell = (progress) => {
        ({ unread } = progress);
        tell(progress);
      };
      for (const buffer of findBuffers(memory, { minBytes, onProgress })) {
        if (!type || type.includes(buffer.type)) found.push(buffer);
      }
    });
  } catch (error) {
    if (error instanceof MemoryFault) return { found, unread, fault: error };
    throw error;
  }
  return { found, unread, fault: undefined };
}

function toJson(
  { memory }: Place,
  shown: readonly FoundBuffer[],
  found: readonly FoundBuffer[],
  unread: number,
  fault: MemoryFault | undefined,
): string {
  const address = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? hex(value) : value);
  const buffers = shown.map(({ exports = null, exporter = null, ...rest }) => ({ ...rest, exports, exporter }));
  const target = formatTarget(memory.target);
  return JSON.stringify({ target, complete: !fault, found: found.length, unread, buffers }, address);
}

const columns = ['address', 'type', 'format', 'shape', 'bytes', 'refs', 'exports', 'memory of', 'elements'] as const;

/** Those that are numbers stand to the right. */
const toRight: ReadonlySet<string> = new Set(['bytes', 'refs', 'exports']);

function table(source: Place, shown: readonly FoundBuffer[], found: readonly FoundBuffer[], unread: number): string {
  const rows = [[...columns], ...shown.map(rowOf)];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (toRight.has(columns[i] ?? '') ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const bytes = found.reduce((sum, { nbytes, exporter }) => sum + (exporter ? 0 : nbytes), 0);
  const left = found.length - shown.length;
  const notes = [
    `${found.length} buffers, ${bytes} bytes of their own`,
    ...(left > 0 ? [`${left} smaller ones are not shown; --limit 0 shows all`] : []),
    ...(unread > 0 ? [`${unread} bytes that were mapped could not be read, and were not searched`] : []),
    ...(source.memory.changing ? ['the process ran on meanwhile: what is shown is of different moments'] : []),
  ];
  return [source.title, '', ...lines, '', ...notes].join('\n');
}

function rowOf(buffer: FoundBuffer): string[] {
  const { address, type, format, shape, nbytes, refcount, exports, exporter, released } = buffer;
  return [
    hex(address),
    type,
    released ? '' : shortened(format),
    released ? 'released' : `(${shape.join(', ')})`,
    String(nbytes),
    String(refcount),
    exports === undefined ? '' : String(exports),
    exporter ? `${exporter.type} ${hex(exporter.address)}` : '',
    released ? '' : elementsOf(buffer),
  ];
}

/** The format of a large record would push all else off the screen. */
const LONGEST_FORMAT = 24;

function shortened(format: string): string {
  return format.length > LONGEST_FORMAT ? `${format.slice(0, LONGEST_FORMAT - 1)}…` : format;
}

function elementsOf(buffer: FoundBuffer): string {
  try {
    return glance(buffer.view());
  } catch (error) {
    // It went between the search and now.
    if (error instanceof MemoryFault || error instanceof ReleasedError || error instanceof TypeError) return 'gone';
    throw error;
  }
}
