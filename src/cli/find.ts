/** The buffers of a memory as text: for people a table, for programs JSON. */
import { type FindProgress, type FoundBuffer, findBuffers } from '../attach/find.ts';
import { hex, MemoryFault, ReleasedError } from '../errors.ts';
import { formatTarget } from '../target.ts';
import { glance } from './preview.ts';
import { searching } from './searching.ts';
import type { Place } from './source.ts';
import { faint, heading } from './style.ts';
import { commands, printable } from './value.ts';

/** What is shown of what is found. */
export interface FindOptions {
  readonly json?: true;
  /** How many, the biggest; 0 for all. */
  readonly limit: number;
  readonly minBytes: number;
  /** The names of types; all of them by default. */
  readonly type?: readonly string[];
}

/** What a search came to. */
interface Searched {
  readonly shown: readonly FoundBuffer[];
  readonly progress: Readonly<FindProgress>;
  readonly fault: MemoryFault | undefined;
}

/**
 * Prints what is found.
 *
 * @returns what went wrong on the way, if anything did: then not all was found
 */
export function find(place: Place, options: FindOptions, print: (text: string) => void): MemoryFault | undefined {
  const searched = search(place, options);
  print(options.json ? toJson(place, searched) : table(place, searched));
  return searched.fault;
}

function search({ memory }: Place, { minBytes, type, limit }: FindOptions): Searched {
  const shown: FoundBuffer[] = [];
  let progress: Readonly<FindProgress> = { done: 0, total: 0, unread: 0, found: 0, bytes: 0 };
  try {
    searching('searching', (tell) => {
      const onProgress = (now: Readonly<FindProgress>): void => {
        progress = now;
        tell(now);
      };
      const options = { minBytes, onProgress, ...(limit > 0 && { limit }), ...(type && { types: type }) };
      for (const buffer of findBuffers(memory, options)) shown.push(buffer);
    });
  } catch (error) {
    if (error instanceof MemoryFault) return { shown, progress, fault: error };
    throw error;
  }
  return { shown, progress, fault: undefined };
}

function toJson({ memory }: Place, { shown, progress, fault }: Searched): string {
  const address = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? hex(value) : value);
  const buffers = shown.map(({ exports = null, exporter = null, ...rest }) => ({ ...rest, exports, exporter }));
  const { found, unread } = progress;
  const all = { target: formatTarget(memory.target), complete: !fault, found, unread, buffers };
  return JSON.stringify(all, address).replace(commands, escaped);
}

/** What JSON leaves as it is, and a terminal would obey. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const columns = ['address', 'type', 'format', 'shape', 'bytes', 'refs', 'exports', 'memory of', 'elements'] as const;

/** Those that are numbers stand to the right. */
const toRight: ReadonlySet<string> = new Set(['bytes', 'refs', 'exports']);

function table({ title, memory }: Place, { shown, progress }: Searched): string {
  const rows = [[...columns], ...shown.map((buffer) => rowOf(buffer).map(printable))];
  const widths = columns.map((_, i) => rows.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), 0));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (toRight.has(columns[i] ?? '') ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const { found, bytes, unread } = progress;
  const left = found - shown.length;
  const notes = [
    `${found} buffers, ${bytes} bytes of their own`,
    ...(left > 0 ? [`${left} smaller ones are not shown; --limit 0 shows all`] : []),
    ...(unread > 0 ? [`${unread} bytes that were mapped could not be read, and were not searched`] : []),
    ...(memory.changing ? ['the process ran on meanwhile: what is shown is of different moments'] : []),
  ];
  return [heading(title), '', ...lines.map((line, i) => (i === 0 ? faint(line) : line)), '', ...notes].join('\n');
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
