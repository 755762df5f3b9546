/** The elements of a view, as many as a person looks at. */
import { FormatError, MemoryFault } from '../errors.ts';
import type { BufferView } from '../view/buffer-view.ts';
import { bytesText, valueText } from './value.ts';

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
      return valueText(view.get(...index));
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

/** Elements on one line of a table. */
const FEW = 4;
/** The longest such line, in characters. */
const WIDTH = 40;

/** The first elements in C order, on one line; of bytes as Python writes them. */
export function glance(view: BufferView): string {
  try {
    const isText = view.format === 'B' && view.ndim === 1 && view.strides[0] === 1;
    const text = isText ? bytesText(view.slice([0, WIDTH]).bytes) : firstOf(view);
    return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
  } catch (error) {
    if (error instanceof FormatError || error instanceof MemoryFault) return '?';
    throw error;
  }
}

function firstOf(view: BufferView): string {
  const { shape } = view;
  const total = shape.reduce((product, size) => product * size, 1);
  const values = Array.from({ length: Math.min(FEW, total) }, (_, i) => {
    let rest = i;
    const index = shape.toReversed().map((size) => {
      const at = rest % size;
      rest = (rest - at) / size;
      return at;
    });
    return valueText(view.get(...index.reverse()));
  });
  return `${values.join(' ')}${total > FEW ? ' …' : ''}`;
}
