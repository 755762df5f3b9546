/**
 * Whether a call of Node's that is under way may hold an ArrayBuffer. Node says which requests are active, and of writes
 * to sockets which arrays they hold; libuv counts them all, so that what Node does not list (zlib, crypto, modules' work in
 * the thread pool) is seen by its number. What cannot be looked into counts as holding it. Threads that modules start
 * by themselves are not seen.
 */
import { executionAsyncId, triggerAsyncId } from 'node:async_hooks';
import { stat } from 'node:fs';
import { types } from 'node:util';
import { dataViewOf } from '../../bytes.ts';
import { bindFunctions, mapMemory, openLibrary } from '../native.ts';
import { writersOf } from './writes.ts';

/** libuv's, exported by Node for its modules. */
const symbols = { uv_default_loop: ['pointer'] } as const;
const PROGRAM = 'memview:program';
/** `active_reqs.count` of a `uv_loop_t`: uv.h of libuv 1.x, behind `data`, `active_handles` and `handle_queue`. */
const ACTIVE_REQS = 32;

/** Node's own lists; not documented, and there since its first releases. */
interface Lists {
  _getActiveRequests?(): object[];
  _getActiveHandles?(): object[];
}

/** How many requests are under way; undefined where that cannot be known. */
export function countRequests(): number | undefined {
  return activeCount()?.();
}

/**
 * What holds the ArrayBuffer, or may do so, in words; undefined if nothing does.
 *
 * @param before how many requests were under way as it was handed out, if no request can have ended since
 */
export function whyHeld(buffer: ArrayBuffer, before?: number): string | undefined {
  const { _getActiveHandles: handlesOf } = process as unknown as Lists;
  const count = activeCount();
  if (!count || !handlesOf) return 'calls that this runtime does not tell of';
  return (
    (count() === before ? undefined : whyRequested(buffer, count())) ?? whyWaiting(buffer, handlesOf.call(process))
  );
}

/** Which request may hold it. */
function whyRequested(buffer: ArrayBuffer, count: number): string | undefined {
  const listed = activeRequests();
  const counted = listed.filter((request) => trials.has(request) || !(isOfFile(request) || hasEnded(request)));
  if (count > counted.length) {
    return listed.some(isOfFile) ? 'a file operation' : 'work in the thread pool (zlib, crypto, a module of C)';
  }
  const holder = counted.find((request) => !isWritten(request, listed) && holds(request, buffer));
  return holder && `a request under way (${nameOf(holder)})`;
}

/** Which connection or stream may hold it, until it has written what came before. */
function whyWaiting(buffer: ArrayBuffer, handles: readonly object[]): string | undefined {
  // What waits for it is nobody's yet.
  if (handles.some((handle) => (handle as { connecting?: boolean }).connecting)) return 'a connection being made';
  const waiting = [...handles, ...writersOf(buffer)].find((stream) => holds(stream, buffer));
  return waiting && `what waits to be written to a ${nameOf(waiting)}`;
}

function nameOf(value: object): string {
  return value.constructor?.name || 'request';
}

/** Of these requests nobody can say what they hold. */
function isOfFile(request: object): boolean {
  return /^(FS|FileHandle)/.test(nameOf(request));
}

/** What Node's requests have, those of sockets the handle as well. */
interface Request {
  readonly handle?: { readonly writeQueueSize?: number };
  getAsyncId?(): number;
}

function idOf(request: Request): number {
  return request.getAsyncId?.() ?? 0;
}

/** Whether a request has ended, and is listed only since its callback is what runs now, or has led to what runs. */
function hasEnded(request: Request): boolean {
  const id = idOf(request);
  return id !== 0 && (id === executionAsyncId() || id === triggerAsyncId());
}

/**
 * Whether a write to a socket has been done, though its callback has not run yet: libuv has nothing left to write there, or
 * the socket has begun the next, which it does one after the other.
 */
function isWritten(request: Request, all: readonly Request[]): boolean {
  const { handle } = request;
  if (nameOf(request) !== 'WriteWrap' || !handle) return false;
  return handle.writeQueueSize === 0 || all.some((other) => other.handle === handle && idOf(other) > idOf(request));
}

function activeRequests(): object[] {
  return (process as unknown as Lists)._getActiveRequests?.() ?? [];
}

/** Requests that were made only to see them counted. */
const trials = new WeakSet<object>();

let counting: (() => number) | false | undefined;

/** How to count the requests of the main loop; undefined where the count does not follow a request that is made. */
function activeCount(): (() => number) | undefined {
  counting ??= findCount() ?? false;
  return counting || undefined;
}

function findCount(): (() => number) | undefined {
  try {
    openLibrary(PROGRAM, '');
    const loop = bindFunctions(PROGRAM, symbols).uv_default_loop();
    const field = dataViewOf(mapMemory(loop + BigInt(ACTIVE_REQS), 4));
    const count = (): number => field.getUint32(0, true);
    const before = count();
    const listed = new Set(activeRequests());
    stat('/', () => {});
    const made = activeRequests().filter((request) => !listed.has(request));
    for (const request of made) trials.add(request);
    return made.length === 1 && count() === before + 1 ? count : undefined;
  } catch {
    return undefined;
  }
}

/** So far from a request or handle arrays are looked for: socket → state → buffered → entry → chunk, and one more. */
const DEPTH = 6;
/** Of one request or handle. */
const MOST_OBJECTS = 5000;
/** What leads from a connection to the rest of the program, and from a timer to all others. */
const aside = new Set([
  'server',
  '_server',
  '_events',
  'agent',
  'domain',
  'parser',
  'constructor',
  'socketOnEnd',
  '_idlePrev',
  '_idleNext',
]);

/** Whether an object leads to an array over the buffer, by properties, entries of maps and items. */
function holds(root: object, buffer: ArrayBuffer): boolean {
  const seen = new Set<object>([root]);
  let level: object[] = [root];
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    const next: object[] = [];
    for (const object of level) {
      if (putsOff(object) || isBeingWritten(object)) return true;
      for (const part of partsOf(object)) {
        if (typeof part !== 'object' || part === null || seen.has(part)) continue;
        if (part === buffer || (ArrayBuffer.isView(part) && part.buffer === buffer)) return true;
        if (ArrayBuffer.isView(part) || seen.size >= MOST_OBJECTS) continue;
        seen.add(part);
        next.push(part);
      }
    }
    level = next;
  }
  return false;
}

/** Whether it is a datagram socket's state with sends that wait for its name, as functions that nobody can look into. */
function putsOff(object: object): boolean {
  const queue: unknown = Reflect.getOwnPropertyDescriptor(object, 'queue')?.value;
  return Array.isArray(queue) && queue.some((item) => typeof item === 'function');
}

/** Whether it is a stream of HTTP/2 that has something to write: its library holds the bytes, and no request is listed. */
function isBeingWritten(object: object): boolean {
  const { writableFinished, destroyed } = object as { writableFinished?: boolean; destroyed?: boolean };
  return /Http2Stream$/.test(nameOf(object)) && writableFinished === false && !destroyed;
}

function* partsOf(object: object): Generator<unknown> {
  // Node's own have no prototype.
  if (types.isMap(object)) yield* Map.prototype.values.call(object);
  else if (types.isSet(object)) yield* Set.prototype.values.call(object);
  for (const key of Reflect.ownKeys(object)) {
    if (aside.has(key as string)) continue;
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
    if (descriptor && 'value' in descriptor) yield descriptor.value;
  }
}
