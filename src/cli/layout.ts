/** Layouts as text: for people as a table, for programs as JSON, and what moved between two targets. */
import { type FieldLayout, type Layout, leaves } from '../layouts/layout.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import { parseTarget, targets } from '../layouts/targets.ts';
import { dataModels, formatTarget, type Target } from '../target.ts';

/** `[offset, size]` in bytes; of a bit field its unit's, then how far it is shifted and how many bits it has. */
type Place = readonly [offset: number, size: number] | readonly [number, number, shift: number, bits: number];

/** One struct as JSON says it: nested fields are dotted. */
export interface LayoutJson {
  readonly size: number;
  readonly align: number;
  readonly fields: Readonly<Record<string, Place>>;
}

function placeOf({ offset, size, shift, type }: FieldLayout): Place {
  return type.kind === 'bits' ? [offset, size, shift, type.width] : [offset, size];
}

/** @param whole the names of nested structs that are to be one field */
function layoutJson(layout: Layout, whole?: ReadonlySet<string>): LayoutJson {
  const fields = Object.fromEntries([...leaves(layout, whole)].map((leaf) => [leaf.path, placeOf(leaf)]));
  return { size: layout.size, align: layout.align, fields };
}

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
  const structs = Object.fromEntries(layouts.map((layout) => [layout.name, layoutJson(layout)]));
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

const padding = (offset: number, size: number): Line => ({
  offset: String(offset),
  size: String(size),
  type: '',
  name: '(padding)',
});

/** The fields of a layout in the order of their declaration, nested ones indented, and what no field takes. */
function* linesOf(layout: Layout, base: number, depth: number): Generator<Line> {
  const indent = '  '.repeat(depth);
  let end = 0;
  for (const field of layout.fields) {
    if (field.offset > end) yield padding(base + end, field.offset - end);
    const bits = field.type.kind === 'bits' ? `  ${bitsText(field.shift, field.type.width)}` : '';
    const offset = base + field.offset;
    yield { offset: String(offset), size: String(field.size), type: field.c, name: `${indent}${field.name}${bits}` };
    if (field.layout && field.type.kind !== 'array') yield* linesOf(field.layout, offset, depth + 1);
    end = Math.max(end, field.offset + bytesTaken(field, layout.target));
  }
  if (layout.size > end) yield padding(base + end, layout.size - end);
}

/** Bytes from a field's offset to the end of what it takes: of a bit field's unit as far as its last bit. */
function bytesTaken({ size, shift, type }: FieldLayout, { model }: Target): number {
  if (type.kind !== 'bits') return size;
  const last = dataModels[model].byteOrder === 'little' ? shift + type.width : size * 8 - shift;
  return Math.ceil(last / 8);
}

/** A table of one layout. */
export function layoutTable(layout: Layout): string {
  const header: Line = { offset: 'offset', size: 'size', type: 'type', name: 'field' };
  const lines = [header, ...linesOf(layout, 0, 0)];
  const width = Math.max(...lines.map(({ type }) => type.length));
  const rows = lines.map(({ offset, size, type, name }) =>
    `${offset.padStart(6)}  ${size.padStart(4)}  ${type.padEnd(width)}  ${name}`.trimEnd(),
  );
  const title = `${layout.name}, ${tagOf([layout])} (${layout.source})`;
  return [title, ...rows, `total ${layout.size} bytes, aligned to ${layout.align}`].join('\n');
}

/** What one struct is in two targets, where it differs: `[from, to]`, null where it is not there. */
interface Difference {
  readonly size?: readonly [number, number];
  readonly align?: readonly [number, number];
  readonly fields: Readonly<Record<string, readonly [Place | null, Place | null]>>;
}

function differenceOf(from: LayoutJson, to: LayoutJson): Difference | undefined {
  const names = new Set([...Object.keys(from.fields), ...Object.keys(to.fields)]);
  const moved = [...names].flatMap((name) => {
    const places = [from.fields[name] ?? null, to.fields[name] ?? null] as const;
    return String(places[0]) === String(places[1]) ? [] : [[name, places] as const];
  });
  const size = from.size === to.size ? {} : { size: [from.size, to.size] as const };
  const align = from.align === to.align ? {} : { align: [from.align, to.align] as const };
  if (moved.length === 0 && !('size' in size) && !('align' in align)) return undefined;
  return { ...size, ...align, fields: Object.fromEntries(moved) };
}

/** What differs, by the name of the struct. */
function differences(
  from: readonly Layout[],
  to: readonly Layout[],
  whole?: ReadonlySet<string>,
): (readonly [string, Difference])[] {
  return from.flatMap((layout) => {
    const other = to.find(({ name }) => name === layout.name);
    const difference = other && differenceOf(layoutJson(layout, whole), layoutJson(other, whole));
    return difference ? [[layout.name, difference] as const] : [];
  });
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
  return [`${name}: offset, size`, ...lines].join('\n');
}

function placeText(place: Place | null): string {
  if (!place) return '–';
  const [offset, size, shift, bits] = place;
  return bits === undefined ? `${offset}, ${size}` : `${offset}, ${size}, ${bitsText(shift ?? 0, bits)}`;
}

function bitsText(shift: number, width: number): string {
  return width === 1 ? `bit ${shift}` : `bits ${shift}–${shift + width - 1}`;
}
