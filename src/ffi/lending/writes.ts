/**
 * Which streams of Node's were given a lent array to write. What a stream has not taken yet waits in objects that no list
 * of Node's names: a zlib stream that nobody reads, a file that is not open yet.
 */
import { Duplex, Writable } from 'node:stream';
import { ownerOf } from './moves.ts';

/** The streams that were given arrays over one ArrayBuffer, each once. */
interface Given {
  readonly known: WeakSet<Writable>;
  refs: WeakRef<Writable>[];
}

/** All copies of this package in the process have the same one, and each file of jest's tests has a copy. */
const WRITES = Symbol.for('memview.writes');

const common = Writable as { [WRITES]?: WeakMap<ArrayBufferLike, Given> };

/** The streams that were given the bytes of this ArrayBuffer to write, and may have some of them left. */
export function writersOf(buffer: ArrayBuffer): Writable[] {
  const given = common[WRITES]?.get(buffer);
  if (!given) return [];
  const writers = given.refs.flatMap((ref) => ref.deref() ?? []).filter(({ destroyed }) => !destroyed);
  given.refs = writers.map((writer) => new WeakRef(writer));
  return writers;
}

/** From now on, once in a process, it is noticed what streams are given. */
export function watchWrites(): void {
  if (common[WRITES]) return;
  common[WRITES] = new WeakMap();
  // A Duplex has copies of the methods.
  for (const { prototype } of [Writable, Duplex]) for (const name of ['write', 'end'] as const) watch(prototype, name);
}

type Method = (this: Writable, chunk?: unknown, ...more: unknown[]) => unknown;

function watch(prototype: Writable, name: 'write' | 'end'): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  if (!descriptor?.configurable) return;
  const method: Method = descriptor.value;
  const { [name]: watching } = {
    [name](this: Writable, ...args: Parameters<Method>): unknown {
      if (ArrayBuffer.isView(args[0])) note(this, args[0].buffer);
      return method.apply(this, args);
    },
  };
  Object.defineProperty(prototype, name, { ...descriptor, value: watching });
}

function note(stream: Writable, buffer: ArrayBufferLike): void {
  if (!ownerOf(buffer)) return;
  const all = common[WRITES];
  const given = all?.get(buffer) ?? { known: new WeakSet(), refs: [] };
  if (given.known.has(stream)) return;
  all?.set(buffer, given);
  given.known.add(stream);
  // Of an array that is sent again and again most streams have ended.
  if (given.refs.length >= 2 * MOST_REFS) given.refs = given.refs.filter((ref) => ref.deref()?.destroyed === false);
  given.refs.push(new WeakRef(stream));
}

/** So many are kept before those of ended streams are looked for. */
const MOST_REFS = 32;
