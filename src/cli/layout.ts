/** Layouts as text: for people as a table, for programs as JSON, and what moved between two targets. */
import { bitsText, type Difference, differences, placesOf, placeText } from '../layouts/difference.ts';
import { type Extent, extents } from '../layouts/extents.ts';
import type { Layout } from '../layouts/layout.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { parseTarget, targets } from '../layouts/targets.ts';
import { formatTarget } from '../target.ts';
import { faint, heading } from './style.ts';

/**
 * The layouts of a target, or the one that is named.
 *
 * @throws RangeError if there is no such target or struct; the message lists those there are.
 */
export function layoutsOf(tag: string, name?: string): readonly Layout[] {
  const all = layoutsFor(known(tag, name)) as Readonly<Record<string, Layout>>;
  if (name === undefined) return Object.values(all);
  const layout = Object.hasOwn(all, name) ? all[name] : undefined;
  if (layout) return [layout];
  throw new RangeError(`unknown struct ${JSON.stringify(name)}; ${tag} has ${Object.keys(all).join(', ')}`);
}

function known(tag: string, name: string | undefined): string {
  try {
    parseTarget(tag);
    return tag;
  } catch (error) {
    const hint = targets.includes(name ?? '') ? '; the target comes first' : '';
    // The list first: what stands last is what a terminal still shows.
    throw new RangeError(`these are the targets:\n${everyTag()}\n${(error as Error).message}${hint}`);
  }
}

/** All tags, those of one release and build on a line. */
function everyTag(): string {
  const lines = new Map<string, string[]>();
  for (const tag of targets) {
    const build = tag.slice(0, tag.lastIndexOf('-'));
    lines.set(build, [...(lines.get(build) ?? []), tag]);
  }
  return [...lines.values()].map((tags) => tags.join(' ')).join('\n');
}

/** JSON of some layouts of a target, one line. */
export function layoutsJson(layouts: readonly Layout[]): string {
  const structs = Object.fromEntries(layouts.map((layout) => [layout.name, placesOf(layout)]));
  return JSON.stringify({ tag: tagOf(layouts), structs });
}

/** The tag of the target that layouts are of. */
function tagOf([first]: readonly Layout[]): string {
  return first ? formatTarget(first.target) : '';
}

interface Line {
  readonly offset: string;
  readonly size: string;
  readonly type: string;
  readonly name: string;
}

function lineOf({ offset, size, depth, field }: Extent): Line {
  const place = { offset: String(offset), size: String(size) };
  if (!field) return { ...place, type: '', name: '(padding)' };
  const bits = field.type.kind === 'bits' ? `  ${bitsText(field.shift, field.type.width)}` : '';
  return { ...place, type: field.c, name: `${'  '.repeat(depth)}${field.name}${bits}` };
}

/** A table of one layout. */
export function layoutTable(layout: Layout): string {
  const header: Line = { offset: 'offset', size: 'size', type: 'type', name: 'field' };
  const lines = [header, ...[...extents(layout)].map(lineOf)];
  const width = Math.max(...lines.map(({ type }) => type.length));
  const rows = lines.map((line) => {
    const { offset, size, type, name } = line;
    const text = `${offset.padStart(6)}  ${size.padStart(4)}  ${type.padEnd(width)}  ${name}`.trimEnd();
    return line === header || type === '' ? faint(text) : text;
  });
  const title = `${layout.name}, ${tagOf([layout])} (${layout.source})`;
  return [heading(title), ...rows, `total ${layout.size} bytes, aligned to ${layout.align}`].join('\n');
}

/** JSON of what differs between two targets, one line. */
export function differencesJson(from: readonly Layout[], to: readonly Layout[]): string {
  const structs = Object.fromEntries(differences(from, to));
  return JSON.stringify({ from: tagOf(from), to: tagOf(to), structs });
}

/** What moved between two targets: each field's offset and size in both. */
export function differencesTable(from: readonly Layout[], to: readonly Layout[]): string {
  const tags = [tagOf(from), tagOf(to)];
  // A nested struct that has a table of its own is one field of this.
  const found = differences(from, to, new Set(from.map(({ name }) => name)));
  if (found.length === 0) return `no difference between ${tags.join(' and ')}`;
  return found.map(([name, difference]) => differenceTable(name, difference, tags)).join('\n\n');
}

function differenceTable(name: string, { size, align, fields }: Difference, tags: readonly string[]): string {
  const rows = [
    ['field', ...tags],
    ...Object.entries(fields).map(([field, places]) => [field, ...places.map(placeText)]),
    ...(size ? [['total', ...size.map(String)]] : []),
    ...(align ? [['aligned to', ...align.map(String)]] : []),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('   ')}`.trimEnd());
  return [heading(`${name}: offset, size`), ...lines].join('\n');
}
