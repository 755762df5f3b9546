/** The picture of a struct is to scale: what is drawn is read back and compared with the layout, under every target. */
import { expect, test } from '@jest/globals';
import { chartsOf } from '../../scripts/docs/chart.ts';
import { kinds, ruler } from '../../scripts/docs/ruler.ts';
import { type Layout, leaves } from '../../src/layouts/layout.ts';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { targets } from '../../src/layouts/targets.ts';
import { dataModels } from '../../src/target.ts';

interface Drawn {
  readonly kind: string;
  readonly path: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

const SVG =
  /<g class="kind-(?<kind>\w+)(?: marked)?"(?: data-path="(?<path>[^"]*)")?>.*?<rect x="(?<x>[\d.]+)" y="(?<y>[\d.]+)" width="(?<width>[\d.]+)"/g;

/** The offset before a row, and where its text stands: in the middle of the row's first lane. */
const ROW = /<text class="ruler-scale" x="36" y="(?<y>[\d.]+)" text-anchor="end">(?<offset>\d+)</g;
const HALF = 26;

function drawnIn(svg: string): Drawn[] {
  return [...svg.matchAll(SVG)].map(({ groups = {} }) => ({
    kind: groups.kind ?? '',
    path: groups.path ?? '',
    x: Number(groups.x),
    y: Number(groups.y),
    width: Number(groups.width),
  }));
}

test('every byte is drawn where it lies, in the width of a byte', () => {
  let boxes = 0;
  const wrong: unknown[] = [];
  for (const tag of targets) {
    const little = dataModels[layoutsFor(tag).PyObject.target.model].byteOrder === 'little';
    for (const layout of Object.values(layoutsFor(tag)) as readonly Layout[]) {
      const svg = ruler(layout);
      const drawn = drawnIn(svg);
      // Where the rows begin, by the height of the offset that stands before each.
      const rows = [...svg.matchAll(ROW)].map(({ groups = {} }) => [Number(groups.offset), Number(groups.y)] as const);
      const byPath = new Map<string, Drawn[]>();
      for (const box of drawn) byPath.set(box.path, [...(byPath.get(box.path) ?? []), box]);
      const left = Math.min(...drawn.map(({ x }) => x));
      const byte = (Math.max(...drawn.map(({ x, width }) => x + width)) + 1 - left) / 8;
      wrong.push(...drawn.filter(({ kind }) => !Object.hasOwn(kinds, kind)));
      for (const { path, offset, size, shift, type } of leaves(layout)) {
        const parts = byPath.get(path) ?? [];
        const bits = type.kind === 'bits' ? type.width : size * 8;
        const from = type.kind !== 'bits' || little ? shift : size * 8 - shift - bits;
        const total = parts.reduce((sum, { width }) => sum + width + 1, 0);
        const width = Math.round((total / byte) * 8);
        const first = Math.round((((parts[0]?.x ?? 0) - left) / byte) * 8);
        const row = rows.findLast(([, y]) => y - (parts[0]?.y ?? 0) < HALF)?.[0];
        const right = row === 8 * Math.floor((offset * 8 + from) / 64);
        if (!right || width !== bits || first !== (offset * 8 + from) % 64)
          wrong.push([tag, layout.name, path, first, width]);
        boxes += parts.length;
      }
    }
  }
  process.stdout.write(`\n${boxes} boxes\n`);
  expect(wrong).toEqual([]);
  expect(boxes).toBeGreaterThan(50_000);
});

test('what no field takes is hatched, and no field is drawn over another', () => {
  const layout = layoutsFor('3.14t-llp64').PyASCIIObject;
  const drawn = drawnIn(ruler(layout));
  expect(drawn.filter(({ kind }) => kind === 'padding')).toHaveLength(2);
  for (const layout of Object.values(layoutsFor('3.14-lp64')) as readonly Layout[]) {
    const boxes = drawnIn(ruler(layout));
    const over = boxes.filter((one, i) =>
      boxes.slice(i + 1).some((two) => one.y === two.y && one.x < two.x + two.width && two.x < one.x + one.width),
    );
    expect(over).toEqual([]);
  }
});

test('fields that are pointed out are marked, and no other', () => {
  const svg = ruler(layoutsFor('3.13-lp64').Py_buffer, new Set(['ndim']));
  expect([...svg.matchAll(/class="kind-\w+ marked" data-path="(\w+)"/g)].map(([, path]) => path)).toEqual(['ndim']);
});

test('a chart has a bar for each number of the columns it asks for', () => {
  const table = '| array | ours | theirs |\n| :---- | ---: | -----: |\n| `f64` | 1.5 | 3 |\n| i64 | 1,000 | 2 |\n';
  const [drawn = '', ...more] = chartsOf(
    `# Figures\n\n<!-- chart: ours, theirs; ns -->\n\n${table}\nAnd so on.\n\n${table}`,
  );
  expect(more).toEqual([]);
  expect([...drawn.matchAll(/<title>(.*?)<\/title>/g)].map(([, title]) => title)).toEqual([
    'f64, ours: 1.5 ns',
    'f64, theirs: 3 ns',
    'i64, ours: 1000 ns',
    'i64, theirs: 2 ns',
  ]);
  expect(() => chartsOf(`<!-- chart: yours; ns -->\n\n${table}`)).toThrow(
    'a chart asks for the column "yours"; the table has array, ours, theirs',
  );
  expect(() => chartsOf(`<!-- chart: array; ns -->\n\n${table}`)).toThrow('has a cell that is no number');
  expect(() => chartsOf('<!-- chart: ours; ns -->\n\n| array | ours |\n| --- | --- |\n| f64 | |')).toThrow(
    'has a cell that is no number',
  );
  expect(() => chartsOf('<!-- chart: ours; ns -->\n\nNo table.\n')).toThrow('stands before a table without rows');
});
