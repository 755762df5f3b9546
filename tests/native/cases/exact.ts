/** Values of Python and of JavaScript as one and the same text, so that they can be compared bit for bit. */
import type { Complex, Element, ElementValue } from '../../../src/view/element.ts';
import type { NestedList } from '../../../src/view/gather.ts';
import { Datetime64, Timedelta64 } from '../../../src/view/time.ts';

/**
 * Values as text that keeps every bit, lists and tuples alike: integers in decimal, floats as the bytes of a double,
 * bytes and text in hexadecimal.
 */
export const exactPython = `
import struct, sys
pack = struct.Struct(">d").pack
def exact(x):
    kind = type(x)
    if kind is float:
        return "nan" if x != x else pack(x).hex()
    if kind is int:
        return str(x)
    if kind is list or kind is tuple:
        return "[" + ",".join(map(exact, x)) + "]"
    if kind is bool:
        return "true" if x else "false"
    if kind is bytes:
        return "b" + x.hex()
    if kind is str:
        return "s" + x.encode("utf-16-be", "surrogatepass").hex()
    if kind is complex:
        return "(" + exact(x.real) + "," + exact(x.imag) + ")"
    if kind.__name__ in ("longdouble", "float128", "float16"):
        return exact(float(x))
    if kind.__name__ in ("clongdouble", "complex256"):
        return exact(complex(x))
    if kind.__name__ in ("datetime64", "timedelta64"):
        return str(int(x.astype("i8")))
    if kind.__name__ == "bool_" or kind.__name__ == "bool":
        return exact(bool(x))
    return exact(x.tolist())
`;

/** Bytes in hexadecimal, as Python's `hex`. */
export const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
const word = new DataView(new ArrayBuffer(8));

/** The bytes of a double, in hexadecimal. */
export function exactFloat(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  word.setFloat64(0, x);
  return hex(new Uint8Array(word.buffer));
}

/** As Python's `exact` writes it. */
export function exact(value: ElementValue, element: Element): string {
  const { name, fields = [], item } = element;
  if (/float|^longdouble/.test(name)) return exactFloat(value as number);
  if (/^complex|^clong/.test(name)) {
    const { re, im } = value as Complex;
    return `(${exactFloat(re)},${exactFloat(im)})`;
  }
  if (name === 'record') {
    const values = value as Record<string, ElementValue>;
    return `[${fields.map((field) => exact(values[field.name ?? ''] as ElementValue, field.element)).join(',')}]`;
  }
  if (name === 'tuple') {
    const parts = fields.flatMap((field) => new Array<Element>(field.repeat).fill(field.element));
    const texts = parts.map((part, i) => exact((value as ElementValue[])[i] as ElementValue, part));
    // Python unwraps a tuple of one.
    return texts.length === 1 ? `${texts[0]}` : `[${texts.join(',')}]`;
  }
  if (item) return exactList(value as NestedList, element.shape?.length ?? 0, item);
  if (typeof value === 'string') return `s${utf16(value)}`;
  if (value instanceof Uint8Array) return `b${hex(value)}`;
  if (value instanceof Datetime64 || value instanceof Timedelta64) return String(value.count);
  return String(value);
}

/** The same of all elements of a buffer. */
export function exactList(list: NestedList, ndim: number, element: Element): string {
  if (ndim === 0) return exact(list as ElementValue, element);
  return `[${(list as NestedList[]).map((part) => exactList(part, ndim - 1, element)).join(',')}]`;
}

function utf16(text: string): string {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0')).join('');
}
