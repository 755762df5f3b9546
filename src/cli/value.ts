/** A value of a buffer as text for people, on one line. */
import type { Complex, ElementValue } from '../view/element.ts';
import { Datetime64, Timedelta64 } from '../view/time.ts';

/** Bytes of a value that are shown. */
const MOST_BYTES = 16;

/**
 * Text that comes from another program, as it can be shown: what would command a terminal, or turn the line around, is
 * written as `\x1b`.
 */
export function printable(text: string): string {
  return text.replace(commands, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

/** What a terminal obeys: C0, DEL and C1, and Unicode's directions (UAX #9). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
export const commands = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The value, in Python's notation where JavaScript has none of its own. */
export function valueText(value: ElementValue): string {
  if (typeof value === 'string') return printable(JSON.stringify(value));
  if (typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof Datetime64 || value instanceof Timedelta64) return value.toString();
  if (value instanceof Uint8Array) return bytesText(value);
  if (Array.isArray(value)) return `(${value.map(valueText).join(', ')})`;
  if (isComplex(value)) return `${value.re}${value.im < 0 || Object.is(value.im, -0) ? '' : '+'}${value.im}j`;
  return `{${Object.entries(value)
    .map(([name, part]) => `${printable(name)}: ${valueText(part)}`)
    .join(', ')}}`;
}

function isComplex(value: object): value is Complex {
  return 're' in value && 'im' in value && Object.keys(value).length === 2;
}

/** As Python writes bytes. */
export function bytesText(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, MOST_BYTES)].map((byte) => {
    if (byte === 0x27 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `b'${shown.join('')}${bytes.length > MOST_BYTES ? '…' : ''}'`;
}
