/**
 * Who transfers an ArrayBuffer over memory that is Python's, takes the memory along: it is in use, though the ArrayBuffer
 * that was lent is garbage. A FinalizationRegistry cannot tell the two apart, so the ways to transfer are watched:
 * `transfer` of ArrayBuffers, and byte streams, which transfer what they are given. `structuredClone` and
 * `postMessage` refuse memory that a module of Node's has mapped.
 */

import { ReadableByteStreamController, ReadableStreamBYOBReader, ReadableStreamBYOBRequest } from 'node:stream/web';

/** What is told that its ArrayBuffer was transferred. */
export interface Movable {
  move(): void;
}

interface Moves {
  readonly owners: WeakMap<ArrayBuffer, Movable>;
  /** A byte stream's own method, which nobody watches. */
  readonly enqueue: typeof ReadableByteStreamController.prototype.enqueue;
  readonly transfer: ((this: ArrayBuffer, length: number) => ArrayBuffer) | undefined;
}

/** All copies of this package in the process have the same one, and each file of jest's tests has a copy. */
const MOVES = Symbol.for('memview.moves');

const common = ReadableByteStreamController as { [MOVES]?: Moves };

/** Detaches an array's memory by way of a stream, unnoticed. */
export function enqueueUnnoticed(controller: ReadableByteStreamController, array: Uint8Array<ArrayBuffer>): void {
  moves().enqueue.call(controller, array);
}

/** Detaches a buffer, unnoticed; false where this runtime cannot without a stream. */
export function transferUnnoticed(buffer: ArrayBuffer): boolean {
  const { transfer: own } = moves();
  own?.call(buffer, 0);
  return own !== undefined;
}

/** From now on the owner hears of a transfer of this ArrayBuffer. */
export function watchMoves(buffer: ArrayBuffer, owner: Movable): void {
  moves().owners.set(buffer, owner);
}

/** Who hears of it. */
export function ownerOf(buffer: ArrayBufferLike): Movable | undefined {
  return common[MOVES]?.owners.get(buffer as ArrayBuffer);
}

function notice(buffer: unknown): void {
  if (typeof buffer !== 'object' || buffer === null) return;
  const owner = common[MOVES]?.owners.get(buffer as ArrayBuffer);
  if (owner && (buffer as ArrayBuffer).byteLength === 0) owner.move();
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The method, which says afterwards what it was to transfer. */
function noticing(method: Method, name: string, transferred: (self: unknown, args: unknown[]) => unknown): Method {
  const { [name]: watching } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      const buffer = transferred(this, args);
      try {
        return method.apply(this, args);
      } finally {
        notice(buffer);
      }
    },
  };
  return watching as Method;
}

/** Node 22 and later have it. */
const transfer: ((this: ArrayBuffer, length: number) => ArrayBuffer) | undefined = ArrayBuffer.prototype.transfer;

/** From now on what transfers is watched. */
export function watchTransfers(): void {
  moves();
}

/** Watches what transfers, once in a process. */
function moves(): Moves {
  if (common[MOVES]) return common[MOVES];
  common[MOVES] = { owners: new WeakMap(), enqueue: ReadableByteStreamController.prototype.enqueue, transfer };
  const given = (_: unknown, [view]: unknown[]): unknown => (view as ArrayBufferView | undefined)?.buffer;
  watch(ReadableByteStreamController.prototype, 'enqueue', given);
  watch(ReadableStreamBYOBReader.prototype, 'read', given);
  watch(ReadableStreamBYOBRequest.prototype, 'respondWithNewView', given);
  for (const name of ['transfer', 'transferToFixedLength']) watch(ArrayBuffer.prototype, name, (self) => self);
  return common[MOVES];
}

function watch(prototype: object, name: string, transferred: (self: unknown, args: unknown[]) => unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  if (!descriptor?.configurable) return;
  Object.defineProperty(prototype, name, { ...descriptor, value: noticing(descriptor.value, name, transferred) });
}
