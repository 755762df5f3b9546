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

/** What a range takes of a dimension of `size` elements, as Python's `slice.indices` has it. */
export function take(range: Range, size: number, dimension: number): Taken {
  if (typeof range === 'number') return { start: checkIndex(range, size, dimension), length: 1, step: 1, single: true };
  const step = range?.[2] ?? 1;
  if (!Number.isInteger(step) || step === 0) throw new RangeError(`expected a step other than 0, got ${String(step)}`);
  const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
  const bound = (given: number | null | undefined, otherwise: number): number => {
    if (given === undefined || given === null) return otherwise;
    if (!Number.isInteger(given)) throw new TypeError(`expected whole numbers in a slice, got ${String(given)}`);
    return Math.min(Math.max(given < 0 ? given + size : given, lowest), highest);
  };
  const start = bound(range?.[0], step > 0 ? lowest : highest);
  const stop = bound(range?.[1], step > 0 ? highest : lowest);
  return { start, length: Math.max(0, Math.ceil((stop - start) / step)), step, single: false };
}
