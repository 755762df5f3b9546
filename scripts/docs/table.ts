/** A struct as a table, and what moved between two. */
import { bitsText, type Difference, placesOf, placeText } from '../../src/layouts/difference.ts';
import { extents } from '../../src/layouts/extents.ts';
import { type Layout, leaves } from '../../src/layouts/layout.ts';
import { element, escapeHtml } from './html.ts';
import { kindOf } from './ruler.ts';

const code = (text: string): string => element('code', {}, escapeHtml(text));
const cell = (html: string, of?: string): string => element('td', { class: of }, html);

function table(columns: readonly string[], rows: readonly string[], of: string): string {
  const head = element('tr', {}, ...columns.map((column) => element('th', { scope: 'col' }, column)));
  return element('table', { class: of }, element('thead', {}, head), element('tbody', {}, ...rows));
}

/** Every field with offset and size in bytes, nested ones indented, and the padding. */
export function fieldTable(layout: Layout): string {
  const rows = [...extents(layout)].map(({ offset, size, depth, path, field }) => {
    const nested = field?.layout && field.type.kind !== 'array';
    const chip = nested ? '' : element('i', { class: `kind kind-${kindOf(field?.type)}` });
    const bits = field?.type.kind === 'bits' ? ` ${bitsText(field.shift, field.type.width)}` : '';
    const name = field ? `${code(field.name)}${bits}` : '(padding)';
    return element(
      'tr',
      { 'data-path': path || undefined, class: nested ? 'nested' : undefined },
      cell(String(offset), 'number'),
      cell(String(size), 'number'),
      element('td', { style: `padding-left: ${0.6 + depth * 1.2}em` }, chip, name),
      cell(field ? code(field.c) : ''),
    );
  });
  return table(['offset', 'size', 'field', 'type'], rows, 'fields');
}

/** Where each field lies in both, those that differ marked. */
export function differenceTable(
  from: Layout,
  to: Layout,
  difference: Difference | undefined,
  tags: readonly [string, string],
): string {
  const [before, after] = [placesOf(from).fields, placesOf(to).fields];
  const types = new Map([...leaves(to), ...leaves(from)].map(({ path, c }) => [path, c]));
  const rows = [...new Set([...Object.keys(before), ...Object.keys(after)])].map((path) =>
    element(
      'tr',
      { 'data-path': path, class: difference?.fields[path] ? 'marked' : undefined },
      cell(code(path)),
      cell(code(types.get(path) ?? '')),
      cell(placeText(before[path] ?? null)),
      cell(placeText(after[path] ?? null)),
    ),
  );
  rows.push(
    element(
      'tr',
      { class: difference?.size ? 'marked' : undefined },
      cell('total'),
      cell(''),
      cell(String(from.size)),
      cell(String(to.size)),
    ),
  );
  return table(['field', 'type', ...tags.map(escapeHtml)], rows, 'fields');
}

/** The fields of a struct that moved. @param title markup, for the first column */
export function movedTable(title: string, difference: Difference, tags: readonly [string, string]): string {
  const rows = [
    ...Object.entries(difference.fields).map(([path, places]) => [
      code(path),
      ...places.map((place) => placeText(place)),
    ]),
    ...(difference.size ? [['total', ...difference.size.map(String)]] : []),
    ...(difference.align ? [['aligned to', ...difference.align.map(String)]] : []),
  ];
  return table(
    [title, ...tags.map(escapeHtml)],
    rows.map((cells) => element('tr', {}, ...cells.map((text) => cell(text)))),
    'fields moved',
  );
}

/** The sizes of structs in columns, marked where they differ from the column before. */
export function sizeTable(
  columns: readonly string[],
  rows: readonly (readonly [title: string, sizes: readonly (number | undefined)[]])[],
): string {
  const lines = rows.map(([title, sizes]) => {
    const cells = sizes.map((size, i) =>
      cell(String(size ?? '–'), i > 0 && size !== sizes[i - 1] ? 'number marked' : 'number'),
    );
    return element('tr', {}, cell(title), ...cells);
  });
  return table(['struct', ...columns], lines, 'fields sizes');
}
