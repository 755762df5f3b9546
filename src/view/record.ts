/** The element types that are made of others: records, tuples (records without names) and subarrays. */
import { describe, type Element, type ElementValue, type Field } from './element.ts';

const compound = { array: 'Uint8Array', width: 1, little: true } as const;

/** A record (`T{d:x:i:n:}`): an object of its fields. Of two fields of one name there are none. */
export function recordElement(fields: readonly Field[], size: number): Element {
  const names = fields.map(({ name }) => String(name));
  return {
    ...compound,
    name: 'record',
    size,
    fields,
    values: fields.reduce((sum, { element }) => sum + element.values, 1),
    // Not a literal's keys: a field may be called __proto__.
    read: (bytes, offset) =>
      Object.fromEntries(fields.map((field, i) => [names[i], field.element.read(bytes, offset + field.offset)])),
    write(bytes, offset, value) {
      if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
        throw new TypeError(`expected an object with ${names.join(', ')}, got ${describe(value)}`);
      }
      const given = Object.keys(value);
      const unknown = given.filter((key) => !names.includes(key));
      if (unknown.length > 0 || given.length !== names.length) {
        throw new TypeError(
          `expected an object with ${names.join(', ')}, got one with ${given.join(', ') || 'no field'}`,
        );
      }
      fields.forEach((field, i) => {
        const part = (value as Record<string, ElementValue>)[names[i] ?? ''] as ElementValue;
        field.element.write(bytes, offset + field.offset, part);
      });
    },
  };
}

/** Several values without names (`2hd`): an array of them, as Python's `struct` has a tuple. */
export function tupleElement(fields: readonly Field[], size: number): Element {
  const length = fields.reduce((sum, { repeat }) => sum + repeat, 0);
  return {
    ...compound,
    name: 'tuple',
    size,
    fields,
    values: fields.reduce((sum, { element, repeat }) => sum + repeat * element.values, 1),
    read(bytes, offset) {
      const values: ElementValue[] = [];
      for (const { element, offset: at, repeat } of fields) {
        for (let i = 0; i < repeat; i++) values.push(element.read(bytes, offset + at + i * element.size));
      }
      return values;
    },
    write(bytes, offset, value) {
      const values = listOf(value, length);
      let next = 0;
      for (const { element, offset: at, repeat } of fields) {
        for (let i = 0; i < repeat; i++)
          element.write(bytes, offset + at + i * element.size, values[next++] as ElementValue);
      }
    },
  };
}

/** An array within an element (`(2,3)d`), in C order: nested arrays. */
export function subarrayElement(item: Element, shape: readonly number[]): Element {
  const [length = 0, ...rest] = shape;
  const inner = rest.length === 0 ? item : subarrayElement(item, rest);
  return {
    ...compound,
    name: 'subarray',
    size: length * inner.size,
    shape,
    item,
    values: length === 0 ? 1 : 1 + length * inner.values,
    read: (bytes, offset) => {
      const values = new Array<ElementValue>(length);
      for (let i = 0; i < length; i++) values[i] = inner.read(bytes, offset + i * inner.size);
      return values;
    },
    write(bytes, offset, value) {
      const values = listOf(value, length);
      for (let i = 0; i < length; i++) inner.write(bytes, offset + i * inner.size, values[i] as ElementValue);
    },
  };
}

/** The values of an array or typed array of that length. */
function listOf(value: ElementValue, length: number): ArrayLike<ElementValue> {
  const list: unknown = value;
  if (!Array.isArray(list) && !(ArrayBuffer.isView(list) && 'length' in list)) {
    throw new TypeError(`expected an array of ${length} values, got ${describe(value)}`);
  }
  const values = list as ArrayLike<ElementValue>;
  if (values.length !== length) throw new RangeError(`expected an array of ${length} values, got ${values.length}`);
  return values;
}
