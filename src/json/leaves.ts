/**
 * What the text of an element is made of: of a record the fields that have no fields, and what is written between them;
 * of what JSON has as an array, its dimensions.
 */
import type { Element } from '../view/element.ts';
import { elementCount } from '../view/py-buffer.ts';
import type { Policies } from './options.ts';
import { addressAsNumber, complexPart } from './text.ts';

/** A field that has no fields: its place in the record, and what is written between the one before and it. */
export interface Leaf {
  readonly before: string;
  readonly element: Element;
  readonly offset: number;
}

/**
 * The fields of an element in the order of their text, and what is written behind the last; undefined if there are none, or
 * more than `most`.
 */
export function leavesOf(
  root: Element,
  policies: Policies,
  most: number,
): { leaves: Leaf[]; after: string } | undefined {
  const leaves: Leaf[] = [];
  let before = '';
  const visit = (element: Element, offset: number): void => {
    const { name, fields = [], shape = [], item, size } = element;
    const part = complexPart(element);
    if (leaves.length > most) return;
    if (item) nest(item, shape, offset);
    else if (name === 'record' || name === 'tuple') {
      const named = name === 'record' && policies.records === 'object';
      before += named ? '{' : '[';
      let first = true;
      for (const field of fields) {
        for (let i = 0; i < field.repeat && leaves.length <= most; i++, first = false) {
          before += `${first ? '' : ','}${named ? `${JSON.stringify(String(field.name))}:` : ''}`;
          visit(field.element, offset + field.offset + i * field.element.size);
        }
      }
      before += named ? '}' : ']';
    } else if (part) {
      const asObject = policies.complex === 'object';
      before += asObject ? '{"re":' : '[';
      visit(part, offset);
      before += asObject ? ',"im":' : ',';
      visit(part, offset + size / 2);
      before += asObject ? '}' : ']';
    } else {
      leaves.push({ before, element: addressAsNumber(element), offset });
      before = '';
    }
  };
  const nest = (item: Element, [length, ...rest]: readonly number[], offset: number): void => {
    if (length === undefined) visit(item, offset);
    else {
      before += '[';
      const step = elementCount(rest) * item.size;
      for (let i = 0; i < length && leaves.length <= most; i++) {
        if (i > 0) before += ',';
        nest(item, rest, offset + i * step);
      }
      before += ']';
    }
  };
  visit(root, 0);
  return leaves.length > 0 && leaves.length <= most ? { leaves, after: before } : undefined;
}

/** An element as more dimensions of its array, as far as JSON has them alike: what they are of, and their sizes. */
export function takenApart(
  element: Element,
  inner: readonly number[],
  policies: Policies,
): { readonly element: Element; readonly inner: readonly number[] } {
  const { name, size, shape = [], item, fields = [] } = element;
  if (item) return takenApart(item, [...inner, ...shape], policies);
  const part = policies.complex === 'array' ? complexPart(element) : undefined;
  if (part) return { element: part, inner: [...inner, 2] };
  const [only] = fields;
  if (name === 'tuple' && only && fields.length === 1 && only.repeat * only.element.size === size) {
    return takenApart(only.element, [...inner, only.repeat], policies);
  }
  return { element: addressAsNumber(element), inner };
}
