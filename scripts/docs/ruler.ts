/** A struct drawn to scale: eight bytes a row, each field a box, fields of a union above one another. */
import { type Extent, extents } from '../../src/layouts/extents.ts';
import type { Layout } from '../../src/layouts/layout.ts';
import type { CType } from '../../src/layouts/vocabulary.ts';
import { dataModels } from '../../src/target.ts';
import { element, escapeHtml } from './html.ts';

/** What the colour of a field says. */
export type Kind = 'pointer' | 'function' | 'signed' | 'unsigned' | 'float' | 'array' | 'bits' | 'padding';

/** The kinds in the order of a legend. */
export const kinds: Readonly<Record<Kind, string>> = {
  pointer: 'pointer',
  function: 'pointer to a function',
  signed: 'signed integer',
  unsigned: 'unsigned integer',
  float: 'floating point',
  array: 'array',
  bits: 'bit field',
  padding: 'padding',
};

export function kindOf(type: CType | undefined): Kind {
  if (!type) return 'padding';
  if (type.kind === 'array' || type.kind === 'bits') return type.kind;
  if (type.kind === 'aligned') return kindOf(type.type);
  if (type.kind !== 'scalar') throw new TypeError(`${type.name} is no field but a struct of fields`);
  if (type.pointee) return type.pointee.kind === 'data' ? 'pointer' : 'function';
  return type.encoding;
}

/** Bytes a row. */
const ROW = 8;
/** Measures in units of the picture. */
const BYTE = 54;
const LANE = 26;
const LEFT = 44;
const TOP = 20;
/** Of one character of the labels. */
const CHARACTER = 7.4;

/** Bits from the start of the struct. */
interface Box {
  readonly from: number;
  readonly to: number;
  readonly extent: Extent;
  /** 0, or above how many fields of the same bytes it stands. */
  readonly lane: number;
}

/** @param marked the dotted paths of fields to point out */
export function ruler(layout: Layout, marked: ReadonlySet<string> = new Set()): string {
  const boxes = boxesOf(layout);
  const rows = Array.from({ length: Math.ceil(layout.size / ROW) }, (_, row) =>
    boxes.filter(({ from, to }) => from < (row + 1) * ROW * 8 && to > row * ROW * 8),
  );
  const lanes = rows.map((row) => Math.max(1, ...row.map(({ lane }) => lane + 1)));
  const tops = lanes.map((_, row) => TOP + lanes.slice(0, row).reduce((sum, count) => sum + count, 0) * LANE);
  const height = TOP + lanes.reduce((sum, count) => sum + count, 0) * LANE + 2;
  const width = LEFT + ROW * BYTE + 2;
  const columns = Array.from({ length: ROW }, (_, byte) =>
    element(
      'text',
      { class: 'ruler-scale', x: LEFT + (byte + 0.5) * BYTE, y: TOP - 7, 'text-anchor': 'middle' },
      `${byte}`,
    ),
  );
  const lines = rows.flatMap((row, i) => {
    const y = tops[i] ?? 0;
    const offset = element(
      'text',
      { class: 'ruler-scale', x: LEFT - 8, y: y + LANE / 2 + 4, 'text-anchor': 'end' },
      String(i * ROW),
    );
    return [offset, ...row.map((box) => drawn(box, i, y, marked))];
  });
  return element(
    'svg',
    {
      class: 'ruler',
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': `${layout.name}: ${layout.size} bytes, ${boxes.filter(({ extent }) => extent.field).length} fields to scale`,
    },
    ...columns,
    ...lines,
  );
}

/** What padding is filled with: once on a page that has rulers. */
export const hatch = element(
  'svg',
  { width: 0, height: 0, class: 'ruler-defs', 'aria-hidden': 'true' },
  element(
    'pattern',
    { id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    element('rect', { class: 'hatch', width: 2, height: 6 }),
  ),
);

/** The part of a box that lies in a row. */
function drawn({ from, to, extent, lane }: Box, row: number, top: number, marked: ReadonlySet<string>): string {
  const start = row * ROW * 8;
  const left = Math.max(from, start) - start;
  const right = Math.min(to, start + ROW * 8) - start;
  const x = LEFT + (left / 8) * BYTE;
  const width = ((right - left) / 8) * BYTE;
  const y = top + lane * LANE;
  const { field, path, offset, size } = extent;
  const kind = kindOf(field?.type);
  const text = field && from >= start ? label(path, field.c, width - 10) : undefined;
  const title = field
    ? `${path}: ${field.c}, offset ${offset}, ${size} bytes`
    : `padding, offset ${offset}, ${size} bytes`;
  return element(
    'g',
    { class: `kind-${kind}${marked.has(path) ? ' marked' : ''}`, 'data-path': path || undefined },
    element('title', {}, escapeHtml(title)),
    element('rect', { x: x + 0.5, y: y + 0.5, width: width - 1, height: LANE - 1, rx: 2 }),
    text && element('text', { x: x + 6, y: y + LANE / 2 + 4.5 }, text.name),
    text?.type &&
      element(
        'text',
        { class: 'ruler-type', x: x + width - 6, y: y + LANE / 2 + 4.5, 'text-anchor': 'end' },
        text.type,
      ),
  );
}

/** As much of a field's dotted name as there is room for, its end first, and its type where that fits as well. */
function label(path: string, c: string, width: number): { readonly name: string; readonly type: string } | undefined {
  const room = Math.floor(width / CHARACTER);
  const names = path.split('.');
  for (let first = 0; first < names.length; first++) {
    const name = names.slice(first).join('.');
    if (name.length > room) continue;
    const outer = name.slice(0, name.lastIndexOf('.') + 1);
    const inner = escapeHtml(name.slice(outer.length));
    return {
      name: (outer && element('tspan', { class: 'ruler-outer' }, escapeHtml(outer))) + inner,
      type: name.length + c.length + 2 <= room ? escapeHtml(c) : '',
    };
  }
  const last = names.at(-1) ?? '';
  return room >= 3 ? { name: `${escapeHtml(last.slice(0, room - 1))}…`, type: '' } : undefined;
}

/** The fields that hold no further ones, and the padding. */
function boxesOf(layout: Layout): Box[] {
  const little = dataModels[layout.target.model].byteOrder === 'little';
  const boxes: Box[] = [];
  for (const extent of extents(layout)) {
    const { offset, size, field } = extent;
    if (field?.layout && field.type.kind !== 'array') continue;
    const bits = field?.type.kind === 'bits' ? field.type.width : undefined;
    const shift = bits === undefined ? 0 : little ? (field?.shift ?? 0) : size * 8 - (field?.shift ?? 0) - bits;
    const from = offset * 8 + shift;
    const to = from + (bits ?? size * 8);
    const taken = new Set(boxes.filter((box) => box.from < to && box.to > from).map(({ lane }) => lane));
    let lane = 0;
    while (taken.has(lane)) lane++;
    boxes.push({ from, to, extent, lane });
  }
  return boxes;
}
