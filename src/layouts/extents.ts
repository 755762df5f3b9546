/** What lies where in a struct, byte by byte, holes too. It knows no value and no address. */
import { dataModels, type Target } from '../target.ts';
import type { FieldLayout, Layout } from './layout.ts';

/** Bytes of a struct that a field takes, or that none does. */
export interface Extent {
  /** Bytes from the start of the whole struct; of a bit field its unit's. */
  readonly offset: number;
  /** Bytes; of a bit field its unit's. */
  readonly size: number;
  /** How many fields it is nested in. */
  readonly depth: number;
  /** Dotted, from the whole struct; empty for padding. */
  readonly path: string;
  /** Undefined where it is padding. */
  readonly field: FieldLayout | undefined;
}

/**
 * The fields of a layout in the order of their declaration, each followed by those nested in it, and the padding
 * between and after them. The elements of arrays are not looked into.
 *
 * @example
 * ```ts
 * import { extents, layoutsFor } from 'memview';
 * const padding = [...extents(layoutsFor('3.13-lp64').PyMemoryViewObject)].filter(({ field }) => !field);
 * console.log(padding.map(({ offset, size }) => [offset, size])); // [ [ 44, 4 ] ]
 * ```
 */
export function* extents(layout: Layout): Generator<Extent> {
  yield* within(layout, 0, 0, '');
}

function* within(layout: Layout, base: number, depth: number, prefix: string): Generator<Extent> {
  let end = 0;
  for (const field of layout.fields) {
    if (field.offset > end) yield padding(base + end, field.offset - end, depth);
    const extent = { offset: base + field.offset, size: field.size, depth, path: prefix + field.name, field };
    yield extent;
    if (field.layout && field.type.kind !== 'array') {
      yield* within(field.layout, extent.offset, depth + 1, `${extent.path}.`);
    }
    end = Math.max(end, field.offset + bytesTaken(field, layout.target));
  }
  if (layout.size > end) yield padding(base + end, layout.size - end, depth);
}

function padding(offset: number, size: number, depth: number): Extent {
  return { offset, size, depth, path: '', field: undefined };
}

/** Bytes from a field's offset to the end of what it takes: of a bit field's unit as far as its last bit. */
function bytesTaken({ size, shift, type }: FieldLayout, { model }: Target): number {
  if (type.kind !== 'bits') return size;
  const last = dataModels[model].byteOrder === 'little' ? shift + type.width : size * 8 - shift;
  return Math.ceil(last / 8);
}
