/** The elements of a view, as many as a person looks at. */
import { FormatError } from '../errors.ts';
import type { BufferView } from '../view/buffer-view.ts';

/** Elements shown at either end of a dimension that is too long to show whole. */
const EDGE = 3;
/** Elements shown in all: a buffer of many dimensions has many ends. */
const MOST = 400;

/** Nested brackets like numpy's, one row a line, the middle of long dimensions left out. */
export function preview(view: BufferView): string {
  let left = MOST;
  const render = (dimension: number, index: readonly number[]): string => {
    const size = view.shape[dimension];
    if (left <= 0) return '…';
    if (size === undefined) {
      left--;
      return String(view.get(...index));
    }
    const indices = [...Array(size > 2 * EDGE + 1 ? EDGE : size).keys()];
    const items = indices.map((i) => render(dimension + 1, [...index, i]));
    if (size > indices.length) {
      items.push('…', ...indices.map((i) => render(dimension + 1, [...index, size - EDGE + i])));
    }
    const shown = items.filter((item, i) => item !== '…' || items[i - 1] !== '…');
    return `[${shown.join(dimension === view.ndim - 1 ? ', ' : `,\n${' '.repeat(dimension + 1)}`)}]`;
  };
  try {
    return render(0, []);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return `(${error.message})`;
  }
}
