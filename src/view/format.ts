/** Formats of PEP 3118, the `format` of a Py_buffer: which element type a code is under a data model. */
import { FormatError } from '../errors.ts';
import { type DataModel, dataModels, type Target } from '../target.ts';
import { type Element, type ElementName, elements } from './element.ts';

/** A format understood: its element type and the order of its bytes. */
export interface Format {
  readonly element: Element;
  readonly little: boolean;
}

/** The size that C gives (`@`, or no mark), and the size under `=`, `<`, `>` and `!`; undefined where not allowed. */
interface Code {
  readonly kind: 'bool' | 'int' | 'uint' | 'float';
  readonly native: number | 'long' | 'pointer';
  readonly standard?: number | 'pointer';
}

const codes: Readonly<Record<string, Code>> = {
  '?': { kind: 'bool', native: 1, standard: 1 },
  b: { kind: 'int', native: 1, standard: 1 },
  B: { kind: 'uint', native: 1, standard: 1 },
  h: { kind: 'int', native: 2, standard: 2 },
  H: { kind: 'uint', native: 2, standard: 2 },
  i: { kind: 'int', native: 4, standard: 4 },
  I: { kind: 'uint', native: 4, standard: 4 },
  l: { kind: 'int', native: 'long', standard: 4 },
  L: { kind: 'uint', native: 'long', standard: 4 },
  q: { kind: 'int', native: 8, standard: 8 },
  Q: { kind: 'uint', native: 8, standard: 8 },
  n: { kind: 'int', native: 'pointer' },
  N: { kind: 'uint', native: 'pointer' },
  // struct allows no order mark here, but ctypes exports `<P`.
  P: { kind: 'uint', native: 'pointer', standard: 'pointer' },
  e: { kind: 'float', native: 2, standard: 2 },
  f: { kind: 'float', native: 4, standard: 4 },
  d: { kind: 'float', native: 8, standard: 8 },
};

/** Byte-order marks: whether the sizes are C's, and the order they name (undefined: the target's). */
const marks: Readonly<Partial<Record<string, { native: boolean; little?: boolean }>>> = {
  '@': { native: true },
  '^': { native: true },
  '=': { native: false },
  '<': { native: false, little: true },
  '>': { native: false, little: false },
  '!': { native: false, little: false },
};

/** A format understood, or what was expected from which place on. */
function match(format: string, target: Target): Format | { readonly at: number; readonly expected: string } {
  const model: DataModel = dataModels[target.model];
  const mark = marks[format[0] ?? ''];
  const at = mark ? 1 : 0;
  const character = format[at] ?? '';
  const code = Object.hasOwn(codes, character) ? codes[character] : undefined;
  if (!code) return { at, expected: 'expected one of ? b B h H i I l L q Q n N P e f d' };
  if (format.length > at + 1) return { at: at + 1, expected: 'expected the end' };
  const named = mark?.native === false ? code.standard : code.native;
  const size = typeof named === 'string' ? model[named] : named;
  if (!size) return { at, expected: `${character} has no standard size: expected the mark @, or none` };
  return { element: elements[nameOf(code.kind, size)], little: mark?.little ?? model.byteOrder === 'little' };
}

function nameOf(kind: Code['kind'], size: number): ElementName {
  return (kind === 'bool' ? 'bool' : `${kind}${size * 8}`) as ElementName;
}

/** The format if it is understood and its elements have that size in bytes, else undefined. @internal */
export function formatOf(format: string, itemsize: number, target: Target): Format | undefined {
  const matched = match(format, target);
  return 'element' in matched && matched.element.size === itemsize ? matched : undefined;
}

/**
 * Reads a format of one number: an optional order mark and one of the codes `? b B h H i I l L q Q n N P e f d`.
 *
 * @param itemsize in bytes, which the format must have too
 * @throws FormatError that shows the place from which the format is not understood.
 */
export function parseFormat(format: string, itemsize: number, target: Target): Format {
  const matched = match(format, target);
  if (!('element' in matched)) {
    const place = matched.at < format.length ? `at ${JSON.stringify(format.slice(matched.at))}` : 'at its end';
    throw notRead(format, `${matched.expected}, ${place}`);
  }
  const { size } = matched.element;
  if (size !== itemsize) throw notRead(format, `it is of ${size} bytes, but the itemsize is ${itemsize}`);
  return matched;
}

function notRead(format: string, why: string): FormatError {
  const quoted = JSON.stringify(format);
  return new FormatError(`cannot read the elements of format ${quoted}: ${why}. \`bytes\` gives them as they are`);
}
