/**
 * The JSON of one element, for the element types that have no kernel, and where an element is. It knows no array and no
 * chunk.
 */
import { strictTextOf, textOf } from '../bytes.ts';
import { FormatError, JsonEncodeError } from '../errors.ts';
import type { Complex, Element, ElementName, ElementValue, Field } from '../view/element.ts';
import { swapBytes } from '../view/gather.ts';
import { numberElement } from '../view/number.ts';
import { elementCount } from '../view/py-buffer.ts';
import type { Datetime64, Timedelta64 } from '../view/time.ts';
import { base64Text, hexText } from './byte-text.ts';
import { chunkEncoder, hasKernel, type KernelName } from './kernel.ts';
import { bfloat16Text, float16Text, float32Text, float64Text } from './number.ts';
import { isSafe, type Policies } from './options.ts';

/** Writes the element at an offset. */
export type ElementText = (bytes: DataView, offset: number) => string;

/** Steps from an element to a part of it: names of fields, indices. */
export type Path = (string | number)[];

/** A place as JSONPath has it (RFC 9535): `$[0][3].x`. */
export function pathText(steps: Path): string {
  const step = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`);
  return `$${steps.map((each) => (typeof each === 'number' ? `[${each}]` : step(each))).join('')}`;
}

/** The error of a value that a policy refuses. */
export function refusal(value: ElementValue, place: string): JsonEncodeError {
  const refused =
    typeof value === 'number'
      ? `JSON has no ${value}, found at ${place}; pass nonFinite 'null', 'string' or 'literal'`
      : `expected an integer within ±(2^53 - 1), found ${value} at ${place}; pass bigInteger 'number' or 'string'`;
  return new JsonEncodeError(refused);
}

const complexParts = { complex32: 'float16', complex64: 'float32', complex128: 'float64' } as const;

/** What each of the two parts of a complex number is, of those types whose parts have kernels. */
export function complexPart({ name, little }: Element): Element | undefined {
  return name in complexParts ? numberElement(complexParts[name as keyof typeof complexParts], little) : undefined;
}

/** An address as the number that it is written as; anything else as it is. */
export function addressAsNumber(element: Element): Element {
  const { name, size, little } = element;
  return name === 'pointer' ? numberElement(size === 8 ? 'uint64' : 'uint32', little) : element;
}

const floatTexts: Partial<Record<ElementName, (value: number) => string>> = {
  float16: float16Text,
  bfloat16: bfloat16Text,
  float32: float32Text,
  float64: float64Text,
  longdouble: float64Text,
  complex32: float16Text,
  complex64: float32Text,
  complex128: float64Text,
  clongdouble: float64Text,
};

/**
 * How elements of a type are written.
 *
 * @param where while an element is written, the steps to the part of it that is; an error is thrown there
 * @throws FormatError if there is no JSON for them, whatever their values.
 */
export function elementText(element: Element, policies: Policies, where: Where): ElementText {
  const { read, name } = element;
  const floatText = floatTexts[name];
  if (floatText) {
    const number = finite(floatText, policies, where);
    if (!/^c/.test(name)) return (bytes, offset) => number(read(bytes, offset) as number);
    const asObject = policies.complex === 'object';
    return (bytes, offset) => {
      const { re, im } = read(bytes, offset) as Complex;
      const parts = [
        where.within(asObject ? 're' : 0, () => number(re)),
        where.within(asObject ? 'im' : 1, () => number(im)),
      ];
      return asObject ? `{"re":${parts[0]},"im":${parts[1]}}` : `[${parts}]`;
    };
  }
  switch (name) {
    case 'bool':
    case 'int8':
    case 'uint8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
      return (bytes, offset) => String(read(bytes, offset));
    case 'int64':
    case 'uint64':
    case 'pointer': {
      const text = integer(policies, where);
      return (bytes, offset) => text(read(bytes, offset) as bigint);
    }
    case 'bytes':
    case 'void': {
      const text = bytesTexts[policies.bytes];
      const counted = element.bytes === 'counted';
      return (bytes, offset) => text(read(bytes, offset) as Uint8Array, where, counted);
    }
    case 'str':
      return (bytes, offset) => JSON.stringify(read(bytes, offset));
    case 'datetime64':
    case 'timedelta64': {
      const text = integer(policies, where);
      return (bytes, offset) => {
        const time = read(bytes, offset) as Datetime64 | Timedelta64;
        const bare = time.unit === 'generic' && !time.isNaT;
        return bare ? text(time.count * BigInt(time.step)) : JSON.stringify(time);
      };
    }
    case 'record':
      return policies.records === 'array'
        ? listText(element.fields ?? [], policies, where)
        : objectText(element.fields ?? [], policies, where);
    case 'tuple':
      return listText(element.fields ?? [], policies, where);
    case 'subarray':
      return subarrayText(element, policies, where);
    default:
      throw new FormatError(
        `there is no JSON for Python references (elements of ${name}): json.dumps(array.tolist()) writes them, in Python`,
      );
  }
}

function finite(text: (value: number) => string, { nonFinite }: Policies, where: Where): (value: number) => string {
  return (value) => {
    if (Number.isFinite(value)) return text(value);
    if (nonFinite === 'error') throw refusal(value, where.text());
    return nonFinite === 'null' ? 'null' : nonFinite === 'string' ? `"${value}"` : String(value);
  };
}

function integer({ bigInteger }: Policies, where: Where): (value: bigint) => string {
  return (value) => {
    if (bigInteger === 'number' || isSafe(value)) return String(value);
    if (bigInteger === 'error') throw refusal(value, where.text());
    return `"${value}"`;
  };
}

/** @param counted whether NULs at the end are not there to fill it up */
type BytesText = (value: Uint8Array, where: Where, counted: boolean) => string;

const bytesTexts: Readonly<Record<Policies['bytes'], BytesText>> = {
  base64: (value) => `"${base64Text(value)}"`,
  hex: (value) => `"${hexText(value)}"`,
  array: (value) => `[${value}]`,
  utf8(value, where, counted) {
    let end = value.length;
    while (!counted && end > 0 && value[end - 1] === 0) end--;
    try {
      return JSON.stringify(strictTextOf(value, end));
    } catch (cause) {
      throw new JsonEncodeError(`the bytes at ${where.text()} are no UTF-8; pass bytes 'base64', 'hex' or 'array'`, {
        cause,
      });
    }
  },
};

function objectText(fields: readonly Field[], policies: Policies, where: Where): ElementText {
  const parts = fields.map(({ name, offset, element }, i) => ({
    step: String(name),
    before: `${i > 0 ? ',' : '{'}${JSON.stringify(String(name))}:`,
    offset,
    text: elementText(element, policies, where),
  }));
  return (bytes, at) => {
    let all = parts.length === 0 ? '{' : '';
    for (const { step, before, offset, text } of parts) {
      all += before + where.within(step, () => text(bytes, at + offset));
    }
    return `${all}}`;
  };
}

function listText(fields: readonly Field[], policies: Policies, where: Where): ElementText {
  const runs = fields.map(({ element, offset, repeat }) => ({
    offset,
    repeat,
    size: element.size,
    text: elementText(element, policies, where),
    many: manyText(element, [repeat], policies),
  }));
  return (bytes, at) => {
    let [all, step] = ['', 0];
    for (const { offset, repeat, size, text, many } of runs) {
      const run = many?.(bytes, at + offset);
      if (run !== undefined) {
        all += `,${run.slice(1, -1)}`;
        step += repeat;
        continue;
      }
      for (let i = 0; i < repeat; i++, step++) {
        all += `,${where.within(step, () => text(bytes, at + offset + i * size))}`;
      }
    }
    return `[${all.slice(1)}]`;
  };
}

function subarrayText({ shape = [], item }: Element, policies: Policies, where: Where): ElementText {
  if (!item) throw new TypeError('expected a subarray to have an item');
  const text = elementText(item, policies, where);
  const many = manyText(item, shape, policies);
  const along = (dimension: number, bytes: DataView, offset: number): [text: string, end: number] => {
    const length = shape[dimension];
    if (length === undefined) return [text(bytes, offset), offset + item.size];
    const all: string[] = [];
    let at = offset;
    for (let i = 0; i < length; i++) {
      const [one, end] = where.within(i, () => along(dimension + 1, bytes, at));
      all.push(one);
      at = end;
    }
    return [`[${all}]`, at];
  };
  return (bytes, offset) => many?.(bytes, offset) ?? along(0, bytes, offset)[0];
}

/** From so many numbers on in one element, a kernel writes them sooner than they are written one by one. */
const MANY = 32;

/** Writes an array within an element by a kernel; undefined if there is none for it, or it refuses a number. */
function manyText(
  { name, size, little }: Element,
  shape: readonly number[],
  policies: Policies,
): ((bytes: DataView, offset: number) => string | undefined) | undefined {
  const count = elementCount(shape);
  if (count < MANY || !hasKernel(name, shape.length)) return undefined;
  return (bytes, offset) => {
    const encoder = chunkEncoder(name as KernelName, shape, policies);
    let all = '';
    while (encoder.done < count) {
      const at = bytes.byteOffset + offset + encoder.done * size;
      const room = encoder.room(Math.min(encoder.most, count - encoder.done));
      room.set(new Uint8Array(bytes.buffer, at, room.length));
      if (!little) swapBytes(room, size);
      all += textOf(encoder.encode(room.length / size));
      if (encoder.refused >= 0) return undefined;
    }
    return all;
  };
}

/** Where in the array something is: the index of an element, and the steps to a part of it. */
export class Where {
  readonly #inside: Path = [];
  readonly #outside: () => Path;

  /** @param outside the steps to the element that is being written or read */
  constructor(outside: () => Path) {
    this.#outside = outside;
  }

  within<T>(step: string | number, write: () => T): T {
    this.#inside.push(step);
    const written = write();
    // After an error the place is the error's.
    this.#inside.pop();
    return written;
  }

  text(): string {
    return pathText([...this.#outside(), ...this.#inside]);
  }

  /** Back to the element, after an error that is none. */
  reset(): void {
    this.#inside.length = 0;
  }
}
