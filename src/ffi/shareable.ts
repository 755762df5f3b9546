/** Which of JavaScript's memory may be shared with Python, as what, and how it is kept in its place. */
import { types } from 'node:util';
import { markAsUntransferable } from 'node:worker_threads';

/** The formats of PEP 3118 for the elements of each class, in native order; a DataView's are bytes. */
const formats: Readonly<Record<string, string>> = {
  Int8Array: 'b',
  Uint8Array: 'B',
  Uint8ClampedArray: 'B',
  Int16Array: 'h',
  Uint16Array: 'H',
  Int32Array: 'i',
  Uint32Array: 'I',
  BigInt64Array: 'q',
  BigUint64Array: 'Q',
  Float16Array: 'e',
  Float32Array: 'f',
  Float64Array: 'd',
  DataView: 'B',
};

/** What Python is to take an array for. */
export interface Shareable {
  readonly format: string;
  /** In bytes. */
  readonly itemsize: number;
  /** The memory itself. */
  readonly bytes: Uint8Array;
}

/**
 * Looks at what is to be shared, and sees to it that its memory stays where it is: from now on the ArrayBuffer can be
 * neither transferred nor detached.
 *
 * @throws TypeError if it is no typed array or DataView, or its memory can be resized.
 */
export function shareable(array: ArrayBufferView): Shareable {
  const format = ArrayBuffer.isView(array) ? formats[classOf(array)] : undefined;
  if (format === undefined) {
    throw new TypeError(`expected a typed array or a DataView to share, got ${Object.prototype.toString.call(array)}`);
  }
  // Small arrays lie in V8's heap, where they move, until somebody asks for their buffer.
  const { buffer, byteOffset, byteLength } = array;
  if (!types.isSharedArrayBuffer(buffer)) pin(buffer as ArrayBuffer);
  const itemsize = 'BYTES_PER_ELEMENT' in array ? (array.BYTES_PER_ELEMENT as number) : 1;
  return { format, itemsize, bytes: Buffer.from(buffer, byteOffset, byteLength) };
}

function classOf(array: ArrayBufferView): string {
  return Object.prototype.toString.call(array).slice('[object '.length, -1);
}

const pinned = new WeakSet<ArrayBuffer>();

function pin(buffer: ArrayBuffer): void {
  if (pinned.has(buffer)) return;
  if ('resizable' in buffer && buffer.resizable) {
    throw new TypeError('expected memory of a fixed size to share, got a resizable ArrayBuffer; share a copy of it');
  }
  markAsUntransferable(buffer);
  const refuse = (): never => {
    throw new TypeError('this ArrayBuffer was shared with Python, which may still use it; transfer a copy of it');
  };
  for (const name of ['transfer', 'transferToFixedLength']) Object.defineProperty(buffer, name, { value: refuse });
  pinned.add(buffer);
}
