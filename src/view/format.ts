/**
 * Formats, the `format` of a Py_buffer: which elements there are, and where the parts of each lie. The grammar is that
 * of PEP 3118, as numpy, ctypes, array and `struct` write it:
 *
 *     format  = { space | mark | item }        mark = "@" | "^" | "=" | "<" | ">" | "!"       holds until the next
 *     item    = { count | "(" n { "," n } ")" | mark } type [ ":" name ":" ]            a count and a shape at most
 *     type    = code | "Z" float | "T{" format "}" | "&" item | "X{" … "}"
 *
 * and, for what buffers cannot say and other sources do (ours, after numpy's spelling): `M8[25s]` and `m8[ns]` for
 * datetime64 and timedelta64, `E` for bfloat16, and `#12 ` for "here is byte 12 of the record", where the next item
 * begins, or the end is.
 */
import { FormatError } from '../errors.ts';
import { PyBUF_MAX_NDIM } from '../layouts/pybuffer.ts';
import { type DataModel, dataModels, type LongDoubleForm, perTarget, type Target } from '../target.ts';
import type { Element, Field } from './element.ts';
import { longDoubleElement, type NumberName, numberElement } from './number.ts';
import { recordElement, subarrayElement, tupleElement } from './record.ts';
import { addressElement, bytesElement, exactBytesElement, pascalElement, textElement } from './text.ts';
import { type TimeUnit, timeElement, timeUnits } from './time.ts';

/** How a format that states too little, or something else than the itemsize, is taken. */
interface Reading {
  /** Every part is aligned as C aligns it, whatever the marks say: ctypes leaves out its padding before 3.12. */
  readonly aligned: boolean;
  /** Bytes of a `u`: a UCS-2 unit in PEP 3118, a `wchar_t` in ctypes. */
  readonly u: 2 | 4;
}

/** The size that C gives (`@`, `^`, or no mark), and the size under `=`, `<`, `>` and `!`; undefined where not allowed. */
interface NumberCode {
  readonly kind: 'bool' | 'int' | 'uint' | 'float' | 'bfloat' | 'complex';
  readonly native: number | 'long' | 'pointer';
  readonly standard?: number;
}

const same = (kind: NumberCode['kind'], size: number): NumberCode => ({ kind, native: size, standard: size });

const numberCodes: Readonly<Record<string, NumberCode>> = {
  '?': same('bool', 1),
  b: same('int', 1),
  B: same('uint', 1),
  h: same('int', 2),
  H: same('uint', 2),
  i: same('int', 4),
  I: same('uint', 4),
  l: { kind: 'int', native: 'long', standard: 4 },
  L: { kind: 'uint', native: 'long', standard: 4 },
  q: same('int', 8),
  Q: same('uint', 8),
  n: { kind: 'int', native: 'pointer' },
  N: { kind: 'uint', native: 'pointer' },
  e: same('float', 2),
  f: same('float', 4),
  d: same('float', 8),
  E: same('bfloat', 2),
  // The struct module of 3.14 and ctypes of 3.14; 3.15 writes Zf and Zd.
  F: same('complex', 8),
  D: same('complex', 16),
  Ze: same('complex', 4),
  Zf: same('complex', 8),
  Zd: same('complex', 16),
};

/** Codes of addresses. ctypes has `z` and `Z` for char* and wchar_t*. */
const addressCodes: Readonly<Record<string, 'object' | 'pointer'>> = {
  O: 'object',
  P: 'pointer',
  z: 'pointer',
  Z: 'pointer',
};

/** Codes of what is no scalar, or depends on more than a size. */
const otherCodes = ['g', 'G', 'Zg', 's', 'p', 'x', 'c', 'w', 'u', 'T{', '&', 'X{', 'M8[', 'm8['];

/** For messages. */
const knownCodes = [...Object.keys(numberCodes), ...Object.keys(addressCodes), ...otherCodes].join(' ');

/** Byte-order marks: whether the sizes are C's, whether C's alignment is, and the order they name. */
const marks: Readonly<Partial<Record<string, Mark>>> = {
  '@': { native: true, aligned: true },
  '^': { native: true, aligned: false },
  '=': { native: false, aligned: false },
  '<': { native: false, aligned: false, little: true },
  '>': { native: false, aligned: false, little: false },
  '!': { native: false, aligned: false, little: false },
};

interface Mark {
  readonly native: boolean;
  readonly aligned: boolean;
  /** Undefined: the target's. */
  readonly little?: boolean;
}

/** An element type, and what C aligns it to, in bytes. */
interface Typed {
  readonly element: Element;
  readonly align: number;
}

/** What stands between two braces, or from the beginning to the end. */
interface Sequence extends Typed {
  /** The element, with C's padding at its end. */
  readonly padded: Element;
}

/** Nested deeper than any compiler nests structs. */
const MAX_DEPTH = 64;
/** Values of an element: more than one per byte come only of items without bytes, of which there must not be too many. */
const MAX_EMPTY = 1 << 16;

class Parser {
  readonly #text: string;
  readonly #target: Target;
  readonly #model: DataModel;
  readonly #reading: Reading;
  #at = 0;
  #mark: Mark = { native: true, aligned: true };
  #depth = 0;

  constructor(text: string, target: Target, reading: Reading) {
    this.#text = text;
    this.#target = target;
    this.#model = dataModels[target.model];
    this.#reading = reading;
  }

  /** @throws FormatError that shows the place from which the format is not understood. */
  parse(): Sequence {
    const whole = this.#sequence(false);
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
    return whole;
  }

  #unexpected(expected: string, at = this.#at): FormatError {
    const place = at < this.#text.length ? `at ${JSON.stringify(shorten(this.#text.slice(at)))}` : 'at its end';
    return notRead(this.#text, `expected ${expected}, ${place}`);
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const matched = pattern.exec(this.#text)?.[0];
    if (matched !== undefined) this.#at += matched.length;
    return matched;
  }

  #number(expected: string): number {
    const at = this.#at;
    const value = Number(this.#match(/\d+/y) ?? Number.NaN);
    if (Number.isSafeInteger(value)) return value;
    throw this.#unexpected(expected, at);
  }

  /** Items up to a closing brace, or to the end. */
  #sequence(braced: boolean): Sequence {
    const start = this.#at;
    const fields: Field[] = [];
    const names = new Set<string>();
    let cursor = 0;
    let size = 0;
    let align = 1;
    let padding = false;
    // An offset that is stated is meant: nothing is aligned after it, nor padded at the end.
    let stated = false;
    for (;;) {
      this.#match(/\s+/y);
      if (this.#at === this.#text.length || this.#text[this.#at] === '}') break;
      const mark = marks[this.#text[this.#at] ?? ''];
      if (mark) {
        this.#mark = mark;
        this.#at++;
        continue;
      }
      if (this.#take('#')) {
        cursor = this.#number('an offset');
        size = Math.max(size, cursor);
        stated = true;
        continue;
      }
      const at = this.#at;
      const item = this.#item();
      if (!stated && (this.#reading.aligned || this.#mark.aligned)) {
        cursor = roundUp(cursor, item.align);
        align = Math.max(align, item.align);
      }
      if (item.name === undefined && item.element.name === 'void') padding = true;
      else {
        if (item.name !== undefined && names.has(item.name)) {
          throw this.#unexpected(`another name than ${JSON.stringify(item.name)}, which is taken`, at);
        }
        if (item.name !== undefined) names.add(item.name);
        fields.push({ name: item.name, element: item.element, offset: cursor, repeat: item.repeat });
      }
      cursor += item.repeat * item.element.size;
      size = Math.max(size, cursor);
      if (!Number.isSafeInteger(size)) throw this.#unexpected('less than 2^53 bytes', at);
    }
    if (braced && !this.#take('}')) throw this.#unexpected("'}'");
    const made = (bytes: number): Element => this.#made(fields, bytes, braced, padding, start);
    const natural = !stated && (this.#reading.aligned || this.#mark.aligned) ? roundUp(size, align) : size;
    const element = made(size);
    return { element, padded: natural === size ? element : made(natural), align };
  }

  #made(fields: readonly Field[], size: number, braced: boolean, padding: boolean, start: number): Element {
    const [first] = fields;
    if (!braced) {
      if (!first && padding) return exactBytesElement('void', size);
      if (!first) throw this.#unexpected('an item', start);
      const alone = fields.length === 1 && first.repeat === 1 && first.name === undefined;
      if (alone && first.offset === 0 && first.element.size === size) return first.element;
    }
    const named = braced && fields.length === 0 ? true : fields.some(({ name }) => name !== undefined);
    return this.#bounded(named ? recordElement(naming(fields), size) : tupleElement(fields, size), start);
  }

  /** One item. */
  #item(): Typed & { readonly name: string | undefined; readonly repeat: number } {
    if (++this.#depth > MAX_DEPTH) throw this.#unexpected(`at most ${MAX_DEPTH} levels`);
    let count: number | undefined;
    let shape: number[] | undefined;
    const at = this.#at;
    for (;;) {
      const mark = marks[this.#text[this.#at] ?? ''];
      if (mark) {
        // numpy writes it between a shape and what that is a shape of.
        this.#mark = mark;
        this.#at++;
      } else if (count === undefined && /\d/.test(this.#text[this.#at] ?? ''))
        count = this.#number('a count below 2^53');
      else if (shape === undefined && this.#take('(')) shape = this.#shape();
      else break;
    }
    const typed = this.#type(count);
    let { element } = typed;
    // A count is a length for some types, and for others so many of them; with a name these are one field.
    let repeat = typed.counted ? 1 : (count ?? 1);
    const name = this.#take(':') ? this.#name() : undefined;
    if (repeat !== 1 && (name !== undefined || shape)) {
      element = subarrayElement(element, [repeat]);
      repeat = 1;
    }
    if (shape) element = subarrayElement(element, shape);
    this.#bounded(element, at);
    this.#depth--;
    return { element, align: typed.align, name, repeat };
  }

  /** @throws FormatError if no memory could hold the element, or its values. NaN, too, is beyond the bound. */
  #bounded(element: Element, at: number): Element {
    if (!Number.isSafeInteger(element.size)) throw this.#unexpected('less than 2^53 bytes', at);
    if (!(element.values <= MAX_EMPTY + 8 * element.size)) throw this.#unexpected('fewer items without bytes', at);
    return element;
  }

  #shape(): number[] {
    const sizes: number[] = [];
    do {
      this.#match(/\s+/y);
      sizes.push(this.#number('a size'));
      this.#match(/\s+/y);
      if (sizes.length > PyBUF_MAX_NDIM) throw this.#unexpected(`at most ${PyBUF_MAX_NDIM} dimensions`);
    } while (this.#take(',') && this.#text[this.#at] !== ')');
    if (!this.#take(')')) throw this.#unexpected("',' or ')'");
    return sizes;
  }

  #name(): string {
    const name = this.#match(/[^:]+/y);
    if (name === undefined || !this.#take(':')) throw this.#unexpected("a name and ':'");
    return name;
  }

  /** @param count before the code, which is a length for the types that answer `counted` */
  #type(count: number | undefined): Typed & { readonly counted?: boolean } {
    const at = this.#at;
    if (this.#take('T{')) {
      const { padded: element, align } = this.#sequence(true);
      return { element, align };
    }
    if (this.#take('&')) {
      this.#match(/\s+/y);
      this.#item();
      return this.#address('pointer');
    }
    if (this.#take('X{')) {
      this.#braces();
      return this.#address('pointer');
    }
    const time = this.#time();
    if (time) return time;
    const code = this.#match(/Z[efdg]|./sy) ?? '';
    const length = count ?? 1;
    const little = this.#little;
    switch (code) {
      case 'x':
        return { element: exactBytesElement('void', length), align: 1, counted: true };
      case 's':
        return { element: bytesElement(length), align: 1, counted: true };
      case 'p':
        return { element: pascalElement(length), align: 1, counted: true };
      case 'c':
        return { element: exactBytesElement('bytes', 1), align: 1 };
      case 'w':
        return { element: textElement(4, count, little), align: 4, counted: true };
      case 'u':
        return { element: textElement(this.#reading.u, count, little), align: this.#reading.u, counted: true };
      case 'g':
      case 'G':
      case 'Zg':
        return this.#longDouble(code !== 'g', at);
      default:
        return this.#scalar(code, at);
    }
  }

  get #little(): boolean {
    return this.#mark.little ?? this.#model.byteOrder === 'little';
  }

  #scalar(code: string, at: number): Typed {
    if (Object.hasOwn(addressCodes, code)) return this.#address(addressCodes[code] ?? 'pointer');
    const known = Object.hasOwn(numberCodes, code) ? numberCodes[code] : undefined;
    if (!known) {
      throw this.#unexpected(`one of ${knownCodes}`, at);
    }
    const named = this.#mark.native ? known.native : known.standard;
    if (!named) throw this.#unexpected(`the mark @, or none, before ${code}, which has no standard size`, at);
    const size = typeof named === 'string' ? this.#model[named] : named;
    const name = known.kind === 'bool' ? 'bool' : `${known.kind}${known.kind === 'bfloat' ? 16 : size * 8}`;
    const align = known.kind === 'complex' ? size / 2 : size;
    return {
      element: numberElement(name as NumberName, this.#little),
      align: align === 8 ? this.#model.align8 : align,
    };
  }

  #address(name: 'object' | 'pointer'): Typed {
    const size = this.#model.pointer;
    // Whatever mark stands before it, which is that of a field before: an address is the machine's.
    return { element: addressElement(name, size, this.#model.byteOrder === 'little'), align: size };
  }

  #longDouble(complex: boolean, at: number): Typed {
    const { size, align, form } = longDoubleOf(this.#target);
    if (form) return { element: longDoubleElement(form, size, complex, this.#little), align };
    const remedy = "state it in the memory's target: { ...target, longDouble: 'x87' }, or 'binary128'";
    throw this.#unexpected(`to know how this machine stores a long double (${remedy})`, at);
  }

  /** `M8[ns]`, `m8[25s]`, or without a unit `M8`. */
  #time(): Typed | undefined {
    const kind = this.#match(/[Mm]8/y);
    if (!kind) return undefined;
    let step = 1;
    let unit: TimeUnit = 'generic';
    if (this.#take('[')) {
      const at = this.#at;
      step = /\d/.test(this.#text[this.#at] ?? '') ? this.#number('a count below 2^53') : 1;
      unit = this.#match(/[a-zA-Z]+/y) as TimeUnit;
      if (!timeUnits.includes(unit) || !this.#take(']'))
        throw this.#unexpected(`a unit, one of ${timeUnits.join(' ')}, and ']'`, at);
    }
    const name = kind === 'M8' ? 'datetime64' : 'timedelta64';
    return { element: timeElement(name, unit, step, this.#little), align: this.#model.align8 };
  }

  /** Past the brace that closes the one before. */
  #braces(): void {
    for (let open = 1; open > 0; this.#at++) {
      const character = this.#text[this.#at];
      if (character === undefined) throw this.#unexpected("'}'");
      if (character === '{') open++;
      if (character === '}') open--;
    }
  }
}

function longDoubleOf({ model, longDouble }: Target): { size: number; align: number; form?: LongDoubleForm } {
  const stated: { size: number; align: number; form?: LongDoubleForm } = dataModels[model].longDouble;
  if (stated.form || !longDouble) return stated;
  return longDouble === 'binary64' ? { size: 8, align: 8, form: longDouble } : { ...stated, form: longDouble };
}

/** Fields of which some have a name: the others get those that numpy gives them, the first `f0`, `f1` … that are free. */
function naming(fields: readonly Field[]): Field[] {
  const taken = new Set(fields.map(({ name }) => name));
  let next = 0;
  const free = (): string => {
    while (taken.has(`f${next}`)) next++;
    return `f${next++}`;
  };
  return fields.map((field) => {
    const element = field.repeat === 1 ? field.element : subarrayElement(field.element, [field.repeat]);
    return { ...field, element, repeat: 1, name: field.name ?? free() };
  });
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function notRead(format: string, why: string): FormatError {
  const quoted = JSON.stringify(shorten(format));
  return new FormatError(`cannot read the elements of format ${quoted}: ${why}. \`bytes\` gives them as they are`);
}

/**
 * What was understood before, by itemsize and format. Formats come out of memory, and with garbage there may be any
 * number.
 */
const understood = perTarget(() => new Map<string, Element>());
const MOST_KEPT = 1000;

/**
 * The element type of a format.
 *
 * @param itemsize in bytes, undefined for that of the format. It is trusted: a format that does not add up to it is read
 * with the padding that C would put there, a lone `B` as so many bytes of unknown meaning (a union of ctypes), and
 * anything else refused.
 * @throws FormatError that shows the place from which the format is not understood.
 */
export function parseFormat(format: string, itemsize: number | undefined, target: Target): Element {
  const known = understood(target);
  const which = `${itemsize ?? ''} ${format}`;
  const before = known.get(which);
  if (before) return before;
  const element = parse(format, itemsize, target);
  if (known.size >= MOST_KEPT) known.clear();
  known.set(which, element);
  return element;
}

function parse(format: string, itemsize: number | undefined, target: Target): Element {
  const { wchar_t } = dataModels[target.model];
  const asWritten = new Parser(format, target, { aligned: false, u: wchar_t }).parse();
  if (itemsize === undefined) return asWritten.element;
  const fits = ({ element, padded }: Sequence): Element | undefined =>
    element.size === itemsize ? element : padded.size === itemsize ? padded : undefined;
  const written = fits(asWritten);
  if (written) return written;
  for (const [aligned, u] of [
    [true, wchar_t],
    [false, 2],
    [true, 2],
  ] as const) {
    if (aligned && !format.includes('T{')) continue;
    const other = fits(new Parser(format, target, { aligned, u }).parse());
    if (other) return other;
  }
  if (/^[@=<>!^]?B$/.test(format)) return exactBytesElement('void', itemsize);
  throw notRead(format, `it is of ${asWritten.element.size} bytes, but the itemsize is ${itemsize}`);
}

/** Whether a format is understood, and says all there is to say: that of a record may hide a union. @internal */
export function isPlain(format: string, itemsize: number, target: Target): boolean {
  const name = understand(format, itemsize, target)?.name;
  return name !== undefined && name !== 'record' && name !== 'void';
}

/** Whether two formats are understood and say the same of an element. @internal */
export function sameLayout(one: string, other: string, itemsize: number, target: Target): boolean {
  const [element, better] = [one, other].map((format) => understand(format, itemsize, target));
  return element !== undefined && better !== undefined && alike(element, better);
}

function alike(one: Element, other: Element): boolean {
  const { name, size, little, fields = [], item } = one;
  const { fields: others = [] } = other;
  if (name !== other.name || size !== other.size || little !== other.little) return false;
  if (item && other.item) return `${one.shape}` === `${other.shape}` && alike(item, other.item);
  const same = (field: Field, i: number): boolean => {
    const { name: called, offset, repeat, element } = others[i] as Field;
    return field.name === called && field.offset === offset && field.repeat === repeat && alike(field.element, element);
  };
  return fields.length === others.length && fields.every(same);
}

function understand(format: string, itemsize: number, target: Target): Element | undefined {
  try {
    return parseFormat(format, itemsize, target);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
