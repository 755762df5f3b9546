/** Indices and slices as Python counts them: from the end where negative, and a slice never out of range. */

/** One dimension of a slice: an index (the dimension goes), null (all of it), or `[start, stop, step]`. */
export type Range = number | null | readonly [start?: number | null, stop?: number | null, step?: number | null];

/** The elements of one dimension that a range takes: the first, how many, and the step between them. */
export interface Taken {
  readonly start: number;
  readonly length: number;
  readonly step: number;
  /** The range was an index. */
  readonly single: boolean;
}

/**
 * An index within a dimension, counted from the end where negative.
 *
 * @throws RangeError if it is out of range; TypeError if it is no whole number.
 */
export function checkIndex(index: number, size: number, dimension: number): number {
  if (!Number.isInteger(index)) throw new TypeError(`expected a whole number as index, got ${String(index)}`);
  const counted = index < 0 ? index + size : index;
  if (counted >= 0 && counted < size) return counted;
  throw new RangeError(`index ${index} is out of range: dimension ${dimension} has ${size} elements`);
}

/**
 * What a range takes of a dimension of `size` elements, as Python's `slice.indices` has it.
 *
 * @throws TypeError if it is no range; RangeError if an index is out of range or a step is 0.
 */
export function take(range: Range, size: number, dimension: number): Taken {
  if (typeof range === 'number') return { start: checkIndex(range, size, dimension), length: 1, step: 1, single: true };
  if (range !== null && !(Array.isArray(range) && range.length <= 3)) {
    throw new TypeError(
      `expected an index, null or [start, stop, step] for dimension ${dimension}, got ${typeof range}`,
    );
  }
  const [from, to, by] = (range ?? []).map(checkBound);
  const step = by ?? 1;
  if (step === 0) throw new RangeError('expected a step other than 0');
  const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
  const clip = (bound: number | undefined, otherwise: number): number =>
    bound === undefined ? otherwise : Math.min(Math.max(bound < 0 ? bound + size : bound, lowest), highest);
  const start = clip(from, step > 0 ? lowest : highest);
  const stop = clip(to, step > 0 ? highest : lowest);
  return { start, length: Math.max(0, Math.ceil((stop - start) / step)), step, single: false };
}

function checkBound(bound: number | null | undefined): number | undefined {
  if (bound === null || bound === undefined) return undefined;
  if (!Number.isInteger(bound)) throw new TypeError(`expected whole numbers in a slice, got ${String(bound)}`);
  return bound;
}
