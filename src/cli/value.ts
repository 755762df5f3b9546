/** A value of a buffer as text for people, on one line. */
import type { Complex, ElementValue } from '../view/element.ts';
import { Datetime64, Timedelta64 } from '../view/time.ts';

/** Bytes of a value that are shown. */
const MOST_BYTES = 16;

/** The value, in Python's notation where JavaScript has none of its own. */
export function valueText(value: ElementValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof Datetime64 || value instanceof Timedelta64) return value.toString();
  if (value instanceof Uint8Array) return bytesText(value);
  if (Array.isArray(value)) return `(${value.map(valueText).join(', ')})`;
  if (isComplex(value)) return `${value.re}${value.im < 0 || Object.is(value.im, -0) ? '' : '+'}${value.im}j`;
  return `{${Object.entries(value)
    .map(([name, part]) => `${name}: ${valueText(part)}`)
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
