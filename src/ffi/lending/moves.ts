/**
 * Who transfers an ArrayBuffer over memory that is Python's, takes the memory along: it is in use, though the ArrayBuffer
 * that was lent is garbage. A FinalizationRegistry cannot tell the two apart, so the ways to transfer are watched:
 * `transfer` of these ArrayBuffers, and byte streams, which transfer what they are given. `structuredClone` and
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
}

/** All copies of this package in the process have the same one, and each file of jest's tests has a copy. */
const MOVES = Symbol.for('memview.moves');

const common = ReadableByteStreamController as { [MOVES]?: Moves };

/** Detaches an array's memory by way of a stream, unnoticed. */
export function enqueueUnnoticed(controller: ReadableByteStreamController, array: Uint8Array<ArrayBuffer>): void {
  moves().enqueue.call(controller, array);
}

/** From now on the owner hears of a transfer of this ArrayBuffer. */
export function watchMoves(buffer: ArrayBuffer, owner: Movable): void {
  moves().owners.set(buffer, owner);
  if (ownTransfers) Object.defineProperties(buffer, ownTransfers);
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

/** Node 22 and later. */
const ownTransfers = 'transfer' in ArrayBuffer.prototype ? transfers(ArrayBuffer.prototype) : undefined;

function transfers(prototype: object): PropertyDescriptorMap {
  const methods = prototype as Record<string, Method>;
  const entries = ['transfer', 'transferToFixedLength'].map((name) => {
    const value = noticing(methods[name] as Method, name, (self) => self);
    return [name, { value, configurable: true, writable: true }] as const;
  });
  return Object.fromEntries(entries);
}

/** Watches byte streams, once in a process: their own code alone knows that they transfer. */
function moves(): Moves {
  if (common[MOVES]) return common[MOVES];
  common[MOVES] = { owners: new WeakMap(), enqueue: ReadableByteStreamController.prototype.enqueue };
  const methods = [
    [ReadableByteStreamController.prototype, 'enqueue'],
    [ReadableStreamBYOBReader.prototype, 'read'],
    [ReadableStreamBYOBRequest.prototype, 'respondWithNewView'],
  ] as const;
  for (const [prototype, name] of methods) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    if (!descriptor?.configurable) continue;
    const value = noticing(
      descriptor.value as Method,
      name,
      (_, [view]) => (view as ArrayBufferView | undefined)?.buffer,
    );
    Object.defineProperty(prototype, name, { ...descriptor, value });
  }
  return common[MOVES];
}
