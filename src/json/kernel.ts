/**
 * The kernels that write numbers as JSON, from TypeScript's side: one WebAssembly module, compiled and started when it is
 * first needed. Elements are put into its memory a chunk at a time and text is taken from there; it knows nothing of views.
 */
import type { ElementName } from '../view/element.ts';
import { kernelWasm } from './kernel.wasm.ts';
import { powersOfTen } from './powers.ts';

/** How values are written for which JSON has more than one text, or none. */
export interface NumberPolicies {
  /** NaN and the infinities. */
  readonly nonFinite: 'null' | 'string' | 'literal' | 'error';
  /** Integers that are no safe integers of JavaScript. */
  readonly bigInteger: 'number' | 'string' | 'error';
}

/** Writes the text of one array, chunk by chunk, in C order. */
export interface ChunkEncoder {
  /** The most elements of a chunk: as many as keep it and its text in the cache, and surely fit. */
  readonly most: number;
  /** Elements encoded so far. */
  readonly done: number;
  /** Of the whole array, the first element that a policy `error` refuses, once a chunk had it; or -1. */
  readonly refused: number;
  /**
   * Where the bytes of the next `count` elements go, in the machine's byte order and without gaps. Memory of all encoders:
   * fill it, then call `encode`, and nothing else in between.
   */
  room(count: number): Uint8Array;
  /**
   * The text of the `count` elements in the room, the brackets before and after them included. It stands in memory of all
   * encoders: copy it before anything else is encoded.
   */
  encode(count: number): Uint8Array;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  prepare(type: number): void;
  encode(
    type: number,
    count: number,
    dimensions: number,
    first: boolean,
    nonFinite: number,
    bigInteger: number,
  ): number;
  refused(): number;
}

type Place = 'DIMENSIONS' | 'POWERS' | 'INPUT' | 'INPUT_SIZE' | 'OUTPUT' | 'OUTPUT_SIZE' | 'SLACK' | 'MOST_DIMENSIONS';

interface Type {
  readonly name: ElementName;
  readonly size: number;
  /** The longest text of an element, with its comma. */
  readonly longest: number;
}

/** In the order of kernel/main.ts. */
const types: readonly Type[] = [
  { name: 'bool', size: 1, longest: 'false,'.length },
  { name: 'int8', size: 1, longest: '-128,'.length },
  { name: 'uint8', size: 1, longest: '255,'.length },
  { name: 'int16', size: 2, longest: '-32768,'.length },
  { name: 'uint16', size: 2, longest: '65535,'.length },
  { name: 'int32', size: 4, longest: '-2147483648,'.length },
  { name: 'uint32', size: 4, longest: '4294967295,'.length },
  { name: 'int64', size: 8, longest: '"-9223372036854775808",'.length },
  { name: 'uint64', size: 8, longest: '"18446744073709551615",'.length },
  { name: 'float16', size: 2, longest: '"-Infinity",'.length },
  { name: 'float32', size: 4, longest: '-0.00000123456789,'.length },
  { name: 'float64', size: 8, longest: '-1.2345678901234567e-308,'.length },
];

// Numbered as in kernel/policy.ts.
const nonFinitePolicies = ['null', 'string', 'literal', 'error'] as const;
const bigIntegerPolicies = ['number', 'string', undefined, 'error'] as const;

let loaded: { readonly exports: Exports; readonly at: Record<Place, number> } | undefined;
const prepared = new Set<Type>();

function load(): NonNullable<typeof loaded> {
  if (loaded) return loaded;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fromBase64(kernelWasm)));
  const globals = Object.entries(exports).filter(([, value]) => value instanceof WebAssembly.Global);
  const at = Object.fromEntries(globals.map(([name, value]) => [name, Number((value as WebAssembly.Global).value)]));
  loaded = { exports: exports as unknown as Exports, at: at as Record<Place, number> };
  return loaded;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  // Not by Uint8Array.from with a function, which takes 13 ms for this.
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

/** Compiles and starts the module and makes the tables of a type, all once. */
function loadFor(type: Type): NonNullable<typeof loaded> {
  const kernel = load();
  if (prepared.has(type)) return kernel;
  const powers = powersOfTen();
  new BigUint64Array(kernel.exports.memory.buffer, kernel.at.POWERS, powers.length).set(powers);
  kernel.exports.prepare(types.indexOf(type));
  prepared.add(type);
  return kernel;
}

/** Whether the kernels run here: they read elements in their own byte order, which is little-endian. */
export const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * An encoder for an array of a shape; none of its sizes is 0. Without dimensions it writes one number.
 *
 * Encoders may take turns: what one has written so far is its own, only the memory is everyone's.
 */
export function chunkEncoder(name: ElementName, shape: readonly number[], policies: NumberPolicies): ChunkEncoder {
  const number = types.findIndex((each) => each.name === name);
  const type = types[number];
  if (!type) throw new TypeError(`there is no kernel for ${name}`);
  const { exports, at } = loadFor(type);
  const nonFinite = nonFinitePolicies.indexOf(policies.nonFinite);
  const bigInteger = bigIntegerPolicies.indexOf(policies.bigInteger);
  const memory = new Uint8Array(exports.memory.buffer);
  const dimensions = new Float64Array(exports.memory.buffer, at.DIMENSIONS, 2 * shape.length);
  let done = 0;
  let refused = -1;

  /** Beyond the elements' own text: a row's end closes and opens at most this many brackets. */
  const brackets = 2 * shape.length;
  const perRow = Math.max(1, shape.at(-1) ?? 1);
  const room = at.OUTPUT_SIZE - at.SLACK - brackets;
  const most = Math.floor(Math.min(at.INPUT_SIZE / type.size, room / (type.longest + brackets / perRow)));

  /** Where the array stands, as kernel/rows.ts reads it. */
  const resume = (): void => {
    let index = done;
    for (let i = shape.length - 1; i >= 0; i--) {
      const size = shape[i] ?? 1;
      dimensions[2 * i] = size;
      dimensions[2 * i + 1] = size - (index % size);
      index = Math.floor(index / size);
    }
  };

  return {
    most,
    get done() {
      return done;
    },
    get refused() {
      return refused;
    },
    room: (count) => memory.subarray(at.INPUT, at.INPUT + count * type.size),
    encode(count) {
      if (!(count >= 1 && count <= most)) throw new RangeError(`a chunk has 1 to ${most} elements, not ${count}`);
      resume();
      const length = exports.encode(number, count, shape.length, done === 0, nonFinite, bigInteger);
      const byte = exports.refused();
      if (byte >= 0 && refused < 0) refused = done + byte / type.size;
      done += count;
      return memory.subarray(at.OUTPUT, at.OUTPUT + length);
    },
  };
}
