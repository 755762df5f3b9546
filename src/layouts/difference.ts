/** Where the fields of a struct lie, as plain data, and what of that differs between two targets. */
import { type FieldLayout, type Layout, leaves } from './layout.ts';

/** `[offset, size]` in bytes; of a bit field its unit's, then how far it is shifted and how many bits it has. */
export type Place = readonly [offset: number, size: number] | readonly [number, number, shift: number, bits: number];

/** Size and alignment of a struct in bytes, and the place of each of its fields, nested ones dotted. */
export interface Places {
  readonly size: number;
  readonly align: number;
  readonly fields: Readonly<Record<string, Place>>;
}

function placeOf({ offset, size, shift, type }: FieldLayout): Place {
  return type.kind === 'bits' ? [offset, size, shift, type.width] : [offset, size];
}

/** @param whole the names of nested structs that are to be one field */
export function placesOf(layout: Layout, whole?: ReadonlySet<string>): Places {
  const fields = Object.fromEntries([...leaves(layout, whole)].map((leaf) => [leaf.path, placeOf(leaf)]));
  return { size: layout.size, align: layout.align, fields };
}

/** What of a struct differs: `[from, to]`, null where a field is not there. */
export interface Difference {
  readonly size?: readonly [number, number];
  readonly align?: readonly [number, number];
  readonly fields: Readonly<Record<string, readonly [Place | null, Place | null]>>;
}

/** What differs, or undefined. */
export function differenceOf(from: Places, to: Places): Difference | undefined {
  const names = new Set([...Object.keys(from.fields), ...Object.keys(to.fields)]);
  const moved = [...names].flatMap((name) => {
    const places = [from.fields[name] ?? null, to.fields[name] ?? null] as const;
    return String(places[0]) === String(places[1]) ? [] : [[name, places] as const];
  });
  const size = from.size === to.size ? {} : { size: [from.size, to.size] as const };
  const align = from.align === to.align ? {} : { align: [from.align, to.align] as const };
  if (moved.length === 0 && !('size' in size) && !('align' in align)) return undefined;
  return { ...size, ...align, fields: Object.fromEntries(moved) };
}

/**
 * What differs of each of several structs, by its name.
 *
 * @param whole the names of nested structs that are to be one field
 */
export function differences(
  from: readonly Layout[],
  to: readonly Layout[],
  whole?: ReadonlySet<string>,
): (readonly [name: string, Difference])[] {
  return from.flatMap((layout) => {
    const other = to.find(({ name }) => name === layout.name);
    const difference = other && differenceOf(placesOf(layout, whole), placesOf(other, whole));
    return difference ? [[layout.name, difference] as const] : [];
  });
}

/** A place for a person to read: offset, size, and the bits of a bit field. */
export function placeText(place: Place | null): string {
  if (!place) return '–';
  const [offset, size, shift, bits] = place;
  return bits === undefined ? `${offset}, ${size}` : `${offset}, ${size}, ${bitsText(shift ?? 0, bits)}`;
}

/** Which bits of its unit a bit field is, counted from the lowest. */
export function bitsText(shift: number, width: number): string {
  return width === 1 ? `bit ${shift}` : `bits ${shift}–${shift + width - 1}`;
}
