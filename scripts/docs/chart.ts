/** The tables of the benches as bars: a comment before a table names the columns that are drawn. */
import { element, escapeHtml } from './html.ts';

/** `<!-- chart: ours, theirs; unit -->`, then a table in Markdown. */
const request = /^<!-- chart: ([^;]*); (.*?) -->(?:\n+((?:\|.*(?:\n|$))+))?/gm;

/** The charts that a page asks for, in their order. */
export function chartsOf(markdown: string): string[] {
  return Array.from(markdown.matchAll(request), ([, names = '', unit = '', table = '']) =>
    element('div', { class: 'scrolling' }, barChart(table, names.split(', '), unit)),
  );
}

/** Where a chart goes. */
export const chartMark = /^<!-- chart: .*? -->$/gm;

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''));

/** Measures in units of the picture. */
const LABEL = 150;
const WIDTH = 640;
const VALUE = 60;
const BAR = 11;
const GAP = 7;
const TOP = 26;

/** @param table its first column names the rows, its first line the columns */
function barChart(table: string, names: readonly string[], unit: string): string {
  const [header = [], , ...rows] = table.trim().split('\n').map(cellsOf);
  if (rows.length === 0) throw new RangeError(`a chart of ${names.join(', ')} stands before a table without rows`);
  const columns = names.map((name) => {
    const at = header.indexOf(name);
    if (at < 0)
      throw new RangeError(`a chart asks for the column ${JSON.stringify(name)}; the table has ${header.join(', ')}`);
    return at;
  });
  const values = rows.map((row) => columns.map((at) => Number((row[at] || 'none').replaceAll(',', ''))));
  const most = Math.max(...values.flat());
  if (!Number.isFinite(most)) throw new RangeError(`a chart of ${names.join(', ')} has a cell that is no number`);
  const each = names.length * BAR + GAP;
  const height = TOP + rows.length * each;
  const legend = names.map((name, i) =>
    [
      element('rect', { class: `series-${i}`, x: LABEL + i * 120, y: 3, width: 10, height: 10 }),
      element('text', { x: LABEL + i * 120 + 15, y: 12 }, escapeHtml(name)),
    ].join(''),
  );
  const bars = rows.flatMap((row, i) => {
    const y = TOP + i * each;
    const label = element(
      'text',
      { x: LABEL - 8, y: y + (names.length * BAR) / 2 + 4, 'text-anchor': 'end' },
      escapeHtml(row[0] ?? ''),
    );
    return [
      label,
      ...(values[i] ?? []).map((value, j) => {
        const width = Math.max(1, (value / most) * (WIDTH - LABEL - VALUE));
        const title = element('title', {}, escapeHtml(`${row[0]}, ${names[j]}: ${value} ${unit}`));
        return [
          element('rect', { class: `series-${j}`, x: LABEL, y: y + j * BAR, width, height: BAR - 1, rx: 1 }, title),
          element('text', { class: 'bar-value', x: LABEL + width + 5, y: y + j * BAR + 9 }, String(value)),
        ].join('');
      }),
    ];
  });
  return element(
    'svg',
    {
      class: 'chart',
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'img',
      'aria-label': `${unit}, of ${names.join(' and ')}`,
    },
    ...legend,
    element('text', { x: WIDTH, y: 12, 'text-anchor': 'end', class: 'bar-value' }, escapeHtml(unit)),
    ...bars,
  );
}
