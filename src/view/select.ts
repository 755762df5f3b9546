/** What a part of a buffer is, or the same elements seen otherwise: new metadata, and never an element read. */
import { FormatError } from '../errors.ts';
import { PyBUF_MAX_NDIM } from '../layouts/pybuffer.ts';
import type { Memory } from '../memory/memory.ts';
import { step } from './gather.ts';
import { type BufferInfo, cStrides, elementCount, followed } from './py-buffer.ts';
import { type Range, take } from './range.ts';

/**
 * The elements that ranges take, one per dimension from the first; the rest is taken whole.
 *
 * @throws RangeError if an index is out of range, a step is 0, or there are more ranges than dimensions.
 * @throws FormatError if an index would leave a pointer that no dimension follows, or elements before a pointer.
 */
export function slice(memory: Memory, info: BufferInfo, ranges: readonly Range[]): BufferInfo {
  if (ranges.length > info.shape.length) {
    throw new RangeError(`expected at most ${info.shape.length} ranges, got ${ranges.length}`);
  }
  const taken = info.shape.map((size, dimension) => take(ranges[dimension] ?? null, size, dimension));
  const [shape, strides, suboffsets]: [number[], number[], number[]] = [[], [], []];
  let { address } = info;
  // Bytes before the first pointer move the address, those behind one its suboffset.
  const move = (bytes: number): void => {
    const pointer = suboffsets.findLastIndex((offset) => offset >= 0);
    if (pointer < 0) {
      address += BigInt(bytes);
      return;
    }
    const moved = (suboffsets[pointer] ?? 0) + bytes;
    // A negative suboffset would say that there is no pointer.
    if (moved < 0) {
      throw new FormatError(
        'cannot slice so that elements begin before the pointer they lie behind; use get(), or copy it by toTypedArray()',
      );
    }
    suboffsets[pointer] = moved;
  };
  taken.forEach(({ start, length, step: by, single }, i) => {
    const suboffset = info.suboffsets?.[i] ?? -1;
    const stride = info.strides[i] ?? 0;
    if (single && suboffset >= 0) {
      const last = suboffsets.length - 1;
      if (last < 0) address = step(memory, { ...info, address }, i, address, start);
      else if ((suboffsets[last] ?? -1) >= 0) throw unfollowed(i);
      else {
        move(start * stride);
        suboffsets[last] = suboffset;
      }
      return;
    }
    // An empty dimension has no first element to start from.
    if (length > 0) move(start * stride);
    if (single) return;
    shape.push(length);
    strides.push(stride * by);
    suboffsets.push(suboffset);
  });
  return { ...info, address, shape, strides, suboffsets: followed(suboffsets) };
}

function unfollowed(dimension: number): FormatError {
  return new FormatError(
    `cannot take one index of dimension ${dimension}, which follows pointers that another one gives; take a range`,
  );
}

/**
 * The dimensions in another order, by default the reverse.
 *
 * @throws RangeError if the axes are not each dimension once.
 * @throws FormatError if pointers are followed on the way: their order is that of the dimensions.
 */
export function transpose(info: BufferInfo, axes: readonly number[]): BufferInfo {
  if (info.suboffsets) throw new FormatError('cannot transpose a view with suboffsets; copy it by toTypedArray()');
  const all = [...info.shape.keys()];
  const order = axes.length === 0 ? all.toReversed() : axes.map((axis) => (axis < 0 ? axis + all.length : axis));
  if (order.toSorted((a, b) => a - b).join() !== all.join()) {
    throw new RangeError(`expected each of ${all.length} axes once, got (${axes.join(', ')})`);
  }
  const pick = (values: readonly number[]): number[] => order.map((axis) => values[axis] ?? 0);
  return { ...info, shape: pick(info.shape), strides: pick(info.strides) };
}

/**
 * The bytes of a C-contiguous buffer as other elements.
 *
 * @param itemsize of those, in bytes
 * @param shape in elements; by default one dimension
 * @throws FormatError if the buffer is not C-contiguous, or its bytes are no whole number of such elements.
 * @throws RangeError if the shape has not as many elements, or more than 64 dimensions.
 */
export function cast(info: BufferInfo, format: string, itemsize: number, shape?: readonly number[]): BufferInfo {
  if (!isCContiguous(info))
    throw new FormatError('cannot cast a view that is not C-contiguous; copy it by toTypedArray()');
  const nbytes = elementCount(info.shape) * info.itemsize;
  const length = itemsize === 0 ? 0 : nbytes / itemsize;
  if (!Number.isInteger(length) || (itemsize === 0 && nbytes > 0)) {
    throw new FormatError(`cannot cast ${nbytes} bytes to elements of ${itemsize}: they are no whole number of them`);
  }
  const cut = shape ?? [length];
  for (const size of cut) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new RangeError(`expected sizes of 0 or more, got ${String(size)}`);
  }
  if (cut.length > PyBUF_MAX_NDIM) {
    throw new RangeError(`expected at most ${PyBUF_MAX_NDIM} dimensions, got ${cut.length}`);
  }
  if (elementCount(cut) * itemsize !== nbytes) {
    throw new RangeError(`expected a shape of ${length} elements, got (${cut.join(', ')})`);
  }
  return { ...info, format, itemsize, shape: [...cut], strides: cStrides(cut, itemsize) };
}

/** Whether the elements lie one after the other with the last index varying fastest. */
export function isCContiguous(info: Pick<BufferInfo, 'shape' | 'strides' | 'itemsize'> & Partial<BufferInfo>): boolean {
  const { shape, strides, itemsize, suboffsets } = info;
  return !suboffsets && isContiguous(shape, strides, itemsize);
}

/** Whether the elements lie one after the other with the first index varying fastest. */
export function isFContiguous({ shape, strides, itemsize, suboffsets }: BufferInfo): boolean {
  return !suboffsets && isContiguous(shape.toReversed(), strides.toReversed(), itemsize);
}

function isContiguous(shape: readonly number[], strides: readonly number[], itemsize: number): boolean {
  let expected = itemsize;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i] ?? 1;
    if (size === 0) return true;
    if (size !== 1 && strides[i] !== expected) return shape.includes(0);
    expected *= size;
  }
  return true;
}
