/**
 * The other direction: which of JavaScript's memory Python may have, as what, and how it is kept in its place for as long
 * as Python has it. Only what is JavaScript's own is pinned: memory that Python has lent is answered by its exporter.
 */
import { type ReadableByteStreamController, ReadableStream } from 'node:stream/web';
import { types } from 'node:util';
import * as workerThreads from 'node:worker_threads';
import { enqueueUnnoticed } from './moves.ts';

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
 * Looks at what is to be shared.
 *
 * @throws TypeError if it is no typed array or DataView.
 */
export function shareable(array: ArrayBufferView): Shareable {
  const format = ArrayBuffer.isView(array) ? formats[classOf(array)] : undefined;
  if (format === undefined) {
    throw new TypeError(`expected a typed array or a DataView to share, got ${Object.prototype.toString.call(array)}`);
  }
  // Small arrays lie in V8's heap, where they move, until somebody asks for their buffer.
  const { buffer, byteOffset, byteLength } = array;
  const itemsize = 'BYTES_PER_ELEMENT' in array ? (array.BYTES_PER_ELEMENT as number) : 1;
  const bytes = byteLength === 0 ? Buffer.alloc(0) : Buffer.from(buffer, byteOffset, byteLength);
  return { format, itemsize, bytes };
}

function classOf(array: ArrayBufferView): string {
  return Object.prototype.toString.call(array).slice('[object '.length, -1);
}

const pinned = new WeakSet<ArrayBuffer>();

/**
 * Sees to it that memory stays where it is: from now on the ArrayBuffer can be neither transferred nor detached.
 *
 * @throws TypeError if that cannot be had: it can be resized, belongs to a WebAssembly.Memory, or this runtime cannot
 * keep any ArrayBuffer from being detached.
 */
export function pin(buffer: ArrayBufferLike): void {
  // Neither can be done to a SharedArrayBuffer.
  if (types.isSharedArrayBuffer(buffer) || pinned.has(buffer as ArrayBuffer)) return;
  const own = buffer as ArrayBuffer;
  if ('resizable' in own && own.resizable) {
    throw new TypeError(
      'expected memory of a fixed size to share, got a resizable ArrayBuffer; use share(x, { copy: true })',
    );
  }
  if (!canPin()) {
    throw new TypeError(
      `Node ${process.versions.node} cannot keep an ArrayBuffer from being detached (a byte stream does that) while Python ` +
        'has it: share a typed array over a SharedArrayBuffer, or a copy by share(x, { copy: true }). Node 24 and ' +
        'later can',
    );
  }
  const marked = isMarked?.(own) ?? false;
  if (!marked && !isDetachable(own)) {
    throw new TypeError(
      'expected memory that stays in its place, got that of a WebAssembly.Memory, which moves when it grows; use ' +
        'share(x, { copy: true })',
    );
  }
  workerThreads.markAsUntransferable(own);
  if (marked) exitByItself();
  const refuse = (): never => {
    throw new TypeError('this ArrayBuffer was shared with Python, which may still use it; transfer a copy of it');
  };
  for (const name of ['transfer', 'transferToFixedLength']) Object.defineProperty(own, name, { value: refuse });
  pinned.add(own);
}

/** Node 21 and later. */
const { isMarkedAsUntransferable: isMarked } = workerThreads as {
  isMarkedAsUntransferable?: (value: object) => boolean;
};

let able: boolean | undefined;

/** Whether what is marked stays: tried on a byte stream, which on Node 20 and 22 detaches it all the same. */
function canPin(): boolean {
  if (able !== undefined) return able;
  const buffer = new ArrayBuffer(1);
  workerThreads.markAsUntransferable(buffer);
  const start = (controller: ReadableByteStreamController): void => {
    try {
      enqueueUnnoticed(controller, new Uint8Array(buffer));
    } catch {
      // As it should be.
    }
  };
  void new ReadableStream({ type: 'bytes', start }).cancel();
  able = buffer.byteLength === 1 && isMarked !== undefined;
  return able;
}

/** Whether the ArrayBuffer could be detached: told by which complaint comes first of two, of which one always comes. */
function isDetachable(buffer: ArrayBuffer): boolean {
  const { port1 } = new workerThreads.MessageChannel();
  try {
    port1.postMessage(undefined, [buffer, buffer]);
  } catch (error) {
    return /duplicate/i.test(String(error));
  } finally {
    port1.close();
  }
  return false;
}

let arranged = false;

/**
 * At a natural exit Node detaches the ArrayBuffers of modules, and aborts where one is kept from that. `process.exit()`
 * detaches none, and so it is called when all else has been done, with the status that is set by then.
 */
function exitByItself(): void {
  if (arranged) return;
  arranged = true;
  const last = (): void => process.exit();
  // Not called where somebody calls process.exit. Each time the listener is put behind those that have come since.
  process.on('beforeExit', () => {
    process.removeListener('exit', last);
    process.on('exit', last);
  });
}
