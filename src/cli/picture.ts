/** A large buffer of numbers as a picture of a few characters: where its values lie, and of a plane the plane. */
import type { BufferView } from '../view/buffer-view.ts';
import type { Range } from '../view/range.ts';

/** The formats of one number, but for addresses. */
const numeric = /^[@=<>!^]?[bBhHiIlLqQnNefdgE]$/;

/** Fewer elements than these are shown in digits as a whole, or nearly. */
const FEW = 100;
/** Elements looked at. */
const MOST = 1 << 16;
/** Characters across, and down. */
const WIDTH = 64;
const HEIGHT = 24;
/** Rows and columns from which on a plane is more than its digits. */
const PLANE = 16;

const bars = '▁▂▃▄▅▆▇█';
const shades = ' ░▒▓█';

/** The picture, or undefined where digits say as much. */
export function picture(view: BufferView): string | undefined {
  const count = view.shape.reduce((product, size) => product * size, 1);
  if (count <= FEW || !numeric.test(view.format)) return undefined;
  // Of plain bytes the values say nothing.
  if (view.ndim === 1 && /^[@=<>!^]?B$/.test(view.format)) return undefined;
  const [rows = 0, columns = 0] = view.shape;
  const isPlane = view.ndim === 2 && rows >= PLANE && columns >= PLANE;
  return [...(isPlane ? plane(view, rows, columns) : []), histogram(view, count)].join('\n');
}

/** Dark is little and full is much. A character is twice as high as wide, so it stands for twice as many rows. */
function plane(view: BufferView, rows: number, columns: number): string[] {
  const step = Math.max(1, Math.ceil(columns / WIDTH), Math.ceil(rows / (2 * HEIGHT)));
  const part = view.slice([null, null, 2 * step], [null, null, step]);
  const values = numbersOf(part);
  const [least, most] = boundsOf(values.filter(Number.isFinite));
  if (!(least <= most)) return [];
  const width = part.shape[1] ?? 0;
  const shade = (value: number): string => {
    if (Number.isNaN(value)) return '?';
    return shades[bin(value, least, most, shades.length)] ?? ' ';
  };
  const lines = Array.from({ length: part.shape[0] ?? 0 }, (_, row) =>
    [...values.slice(row * width, (row + 1) * width)].map(shade).join('').trimEnd(),
  );
  return [
    ...lines,
    `each character is the first of ${2 * step} rows and ${step} ${step === 1 ? 'column' : 'columns'}; blank is ${shown(least)}, full ${shown(most)}`,
    '',
  ];
}

/** How many of the values lie where between the least and the most. */
function histogram(view: BufferView, count: number): string {
  const part = sample(view, count);
  const all = numbersOf(part);
  const values = all.filter(Number.isFinite);
  const [least, most] = boundsOf(values);
  const counts = Array.from({ length: WIDTH / 2 }, () => 0);
  for (const value of values) {
    const at = bin(value, least, most, counts.length);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const highest = Math.max(...counts);
  // Where there are some, they are seen.
  const drawn = counts.map((some) => (some === 0 ? ' ' : bars[Math.ceil((some / highest) * bars.length) - 1])).join('');
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const odd = all.length - values.length;
  const notes = [
    `mean ${shown(mean)}`,
    ...(odd > 0 ? [`${odd} not finite`] : []),
    ...(all.length < count ? [`of ${all.length} elements out of ${count}`] : []),
  ];
  return values.length === 0
    ? `no finite value, ${notes.slice(1).join(', ')}`
    : `${shown(least)} ${drawn} ${shown(most)}   ${notes.join(', ')}`;
}

/** Elements of all parts of a view, few enough to be looked at. */
function sample(view: BufferView, count: number): BufferView {
  const steps = view.shape.map(() => 1);
  const left = (dimension: number): number => Math.ceil((view.shape[dimension] ?? 1) / (steps[dimension] ?? 1));
  for (let total = count; total > MOST; ) {
    const longest = steps.reduce((best, _, dimension) => (left(dimension) > left(best) ? dimension : best), 0);
    steps[longest] = (steps[longest] ?? 1) * 2;
    total = steps.reduce((product, _, dimension) => product * left(dimension), 1);
  }
  return view.slice(...steps.map((step): Range => [null, null, step]));
}

function numbersOf(view: BufferView): number[] {
  return Array.from(view.toTypedArray() as Iterable<number | bigint>, Number);
}

function boundsOf(values: readonly number[]): readonly [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

/** Which of so many equal parts of a range a value lies in. */
function bin(value: number, least: number, most: number, count: number): number {
  if (!(most > least)) return 0;
  // Halves, for the range of doubles is wider than a double.
  const at = Math.floor(((value / 2 - least / 2) / (most / 2 - least / 2)) * count);
  return Math.min(count - 1, Math.max(0, at));
}

function shown(value: number): string {
  const rounded = Number(value.toPrecision(4));
  // The greatest doubles are rounded to what is none.
  return Number.isFinite(rounded) ? String(rounded) : value.toPrecision(4);
}
