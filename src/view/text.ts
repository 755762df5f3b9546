/** The element types that are bytes or text of a fixed length, or an address. */
import { FormatError } from '../errors.ts';
import { describe, type Element, type ElementName, type ElementValue, whole } from './element.ts';
import { numberElement } from './number.ts';

/** An element that no typed array shows but one of bytes. */
function opaque(
  name: ElementName,
  size: number,
  little: boolean,
  access: Pick<Element, 'read' | 'write' | 'bytes'>,
): Element {
  return { name, size, array: 'Uint8Array', width: 1, little, values: 1, ...access };
}

function bytesAt(bytes: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length).slice();
}

/** Writes bytes, and NULs after them up to a length. */
function put(bytes: DataView, offset: number, value: Uint8Array, length: number): void {
  const target = new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length);
  target.set(value);
  target.fill(0, value.length);
}

function checkBytes(value: ElementValue, least: number, most: number): Uint8Array {
  if (!(value instanceof Uint8Array)) {
    const remedy = typeof value === 'string' ? '; encode it, as a TextEncoder does' : '';
    throw new TypeError(`expected a Uint8Array, got ${describe(value)}${remedy}`);
  }
  if (value.length >= least && value.length <= most) return value;
  throw new RangeError(`expected ${least === most ? most : `at most ${most}`} bytes, got ${value.length}`);
}

/** Bytes of a fixed length (`5s`), with the NULs at their end. What is shorter is filled up by NULs. */
export function bytesElement(size: number): Element {
  return opaque('bytes', size, true, {
    bytes: 'filled',
    read: (bytes, offset) => bytesAt(bytes, offset, size),
    write: (bytes, offset, value) => put(bytes, offset, checkBytes(value, 0, size), size),
  });
}

/** Bytes of which none may be left out: a single one (`c`), or such as nobody states the meaning of (numpy's void). */
export function exactBytesElement(name: 'bytes' | 'void', size: number): Element {
  return opaque(name, size, true, {
    bytes: 'exact',
    read: (bytes, offset) => bytesAt(bytes, offset, size),
    write: (bytes, offset, value) => put(bytes, offset, checkBytes(value, size, size), size),
  });
}

/** A Pascal string (`5p`): its length in the first byte, NULs up to the size (`struct`, "Format Characters"). */
export function pascalElement(size: number): Element {
  const most = Math.min(Math.max(size - 1, 0), 255);
  return opaque('bytes', size, true, {
    bytes: 'counted',
    read(bytes, offset) {
      return size === 0 ? new Uint8Array() : bytesAt(bytes, offset + 1, Math.min(bytes.getUint8(offset), size - 1));
    },
    write(bytes, offset, value) {
      const checked = checkBytes(value, 0, most);
      if (size === 0) return;
      put(bytes, offset + 1, checked, size - 1);
      bytes.setUint8(offset, checked.length);
    },
  });
}

const LAST_CODE_POINT = 0x10ffff;

/**
 * Text in UCS-4 (`5w`) or UTF-16 (`5u`).
 *
 * @param width of a unit, in bytes
 * @param most units it has, those at the end not shown where they are NUL; undefined for one character, shown as it is
 */
export function textElement(width: 2 | 4, most: number | undefined, little: boolean): Element {
  const count = most ?? 1;
  return opaque('str', count * width, little, {
    read(bytes, offset) {
      let text = '';
      let filled = 0;
      for (let i = 0; i < count; i++) {
        const at = offset + i * width;
        const code = width === 2 ? bytes.getUint16(at, little) : bytes.getUint32(at, little);
        if (code > LAST_CODE_POINT) {
          throw new FormatError(
            `0x${code.toString(16)} is no character, expected at most 0x10ffff; \`bytes\` gives it as it is`,
          );
        }
        text += width === 2 ? String.fromCharCode(code) : String.fromCodePoint(code);
        if (code !== 0) filled = text.length;
      }
      return most === undefined ? text : text.slice(0, filled);
    },
    write(bytes, offset, value) {
      if (typeof value !== 'string') throw new TypeError(`expected a string, got ${describe(value)}`);
      const units = width === 2 ? value.split('').map((unit) => unit.charCodeAt(0)) : Array.from(value, codePoint);
      if (units.length > count || (most === undefined && units.length !== 1)) {
        throw new RangeError(`expected ${most === undefined ? 1 : `at most ${most}`} characters, got ${units.length}`);
      }
      for (let i = 0; i < count; i++) {
        const at = offset + i * width;
        if (width === 2) bytes.setUint16(at, units[i] ?? 0, little);
        else bytes.setUint32(at, units[i] ?? 0, little);
      }
    },
  });
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/**
 * An address, of a Python object or of anything else. It is not followed.
 *
 * @param size in bytes
 */
export function addressElement(name: 'object' | 'pointer', size: 4 | 8, little: boolean): Element {
  const { array, read, write } = numberElement(size === 8 ? 'uint64' : 'uint32', little);
  return {
    name,
    size,
    array,
    width: size,
    little,
    values: 1,
    read: (bytes, offset) => BigInt(read(bytes, offset) as number | bigint),
    write(bytes, offset, value) {
      if (name === 'object')
        throw new TypeError('expected no write to a Python reference, which is counted; assign in Python');
      write(bytes, offset, whole(value, 0n, (1n << BigInt(8 * size)) - 1n, name));
    },
  };
}
