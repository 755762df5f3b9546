/**
 * The kernels between numbers and JSON, from TypeScript's side: one WebAssembly module, compiled and started when it is
 * first needed. Elements are put into its memory a chunk at a time and text is taken from there, or the other
 * way (plain.ts); it knows nothing of views.
 */
import { PyBUF_MAX_NDIM } from '../layouts/pybuffer.ts';
import { hostIsLittle } from '../view/typed-array.ts';
import type { ChunkEncoder } from './chunk.ts';
import { kernelWasm } from './kernel.wasm.ts';
import type { Policies } from './options.ts';
import { powersOfTen } from './powers.ts';

/** What the kernels are told of the policies. */
export type NumberPolicies = Pick<Policies, 'nonFinite' | 'bigInteger'>;

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
    unit: number,
  ): number;
  refused(): number;
  weave(count: number, leaves: number, dimensions: number, first: boolean): number;
  preparePlain(): void;
  parse(
    length: number,
    dimensions: number,
    open: number,
    next: number,
    kind: number,
    shift: number,
    least: bigint,
    most: bigint,
    places: number,
    nulls: boolean,
  ): number;
  parsedBytes(): number;
  parsedDepth(): number;
  parsedEnd(): number;
  parsedPhase(): number;
}

/** The places in the kernels' memory, as kernel/main.ts exports them. */
type Place =
  | 'DIMENSIONS'
  | 'MOST_DIMENSIONS'
  | 'POWERS'
  | 'POWERS128'
  | 'INPUT'
  | 'INPUT_SIZE'
  | 'OUTPUT'
  | 'OUTPUT_SIZE'
  | 'SLACK'
  | 'COLUMNS'
  | 'COLUMNS_SIZE'
  | 'LEAVES'
  | 'MOST_LEAVES'
  | 'BETWEEN'
  | 'BETWEEN_SIZE';

interface Type {
  readonly name: string;
  readonly size: number;
  /** The longest text of an element, with its comma. */
  readonly longest: number;
}

/** In the order of kernel/main.ts. */
const types = [
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
  { name: 'datetime64', size: 8, longest: '"9999-12-31T23:59:59.999999999",'.length },
] as const satisfies readonly Type[];

/** The element types that have a kernel. Of datetime64 it knows years 0 to 9999 of some units, and refuses others. */
export type KernelName = (typeof types)[number]['name'];

const numbers: ReadonlyMap<string, number> = new Map(types.map(({ name }, number) => [name, number]));

// Numbered as in kernel/policy.ts.
const nonFinitePolicies = ['null', 'string', 'literal', 'error'] as const;
const bigIntegerPolicies = ['number', 'string', undefined, 'error'] as const;

/** The module, started, and views of its memory, which never grows. */
export interface Kernel extends Omit<Exports, 'memory'> {
  readonly at: Record<Place, number>;
  readonly memory: Uint8Array;
  readonly dimensions: Float64Array;
  readonly leaves: Uint32Array;
}

let loaded: Kernel | undefined;
const prepared = new Set<number>();

/** The module, compiled and started once. */
export function kernel(): Kernel {
  loaded ??= load();
  return loaded;
}

function load(): Kernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fromBase64(kernelWasm)));
  const globals = Object.entries(exports).filter(([, value]) => value instanceof WebAssembly.Global);
  const places = Object.fromEntries(
    globals.map(([name, value]) => [name, Number((value as WebAssembly.Global).value)]),
  );
  const at = places as Record<Place, number>;
  const functions = exports as unknown as Exports;
  const { memory } = functions;
  const powers = powersOfTen();
  new BigUint64Array(memory.buffer, at.POWERS, powers.length).set(powers);
  return {
    ...functions,
    at,
    memory: new Uint8Array(memory.buffer),
    dimensions: new Float64Array(memory.buffer, at.DIMENSIONS, 2 * at.MOST_DIMENSIONS),
    leaves: new Uint32Array(memory.buffer, at.LEAVES, 4 * (at.MOST_LEAVES + 1)),
  };
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  // Not by Uint8Array.from with a function, which takes 13 ms for this.
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

/** The module with the tables of a type, made once. */
function kernelFor(type: number): Kernel {
  const all = kernel();
  if (prepared.has(type)) return all;
  all.prepare(type);
  prepared.add(type);
  return all;
}

/**
 * Whether kernels write arrays of so many dimensions here: they find their numbers as WebAssembly stores them. Arrays whose
 * elements are arrays may have more dimensions than CPython's have.
 */
export function kernelsRun(dimensions: number): boolean {
  return hostIsLittle && dimensions <= PyBUF_MAX_NDIM;
}

/** Whether there is a kernel for every value of a type, in arrays of so many dimensions. */
export function hasKernel(name: string, dimensions: number): boolean {
  return kernelsRun(dimensions) && numbers.has(name) && name !== 'datetime64';
}

/** The units of datetime64 that the kernel knows: how many seconds they have, or minus what divides a second. */
export const timeUnits: Readonly<Record<string, number>> = {
  W: 604_800,
  D: 86_400,
  h: 3600,
  m: 60,
  s: 1,
  ms: -1e3,
  us: -1e6,
  ns: -1e9,
};

/**
 * An encoder for an array of a shape; none of its sizes is 0. Without dimensions it writes one number.
 *
 * Encoders may take turns: what one has written so far is its own, only the memory is everyone's.
 *
 * @param unit of datetime64, as {@link timeUnits} has it
 */
export function chunkEncoder(
  name: KernelName,
  shape: readonly number[],
  policies: NumberPolicies,
  unit = 1,
): ChunkEncoder {
  return new KernelEncoder(numbers.get(name) as number, shape, policies, unit);
}

/** A class, for small arrays: its objects are made in a tenth of the time of an object with getters. */
class KernelEncoder implements ChunkEncoder {
  readonly most: number;
  done = 0;
  refused = -1;
  readonly #kernel: Kernel;
  readonly #type: number;
  readonly #shape: readonly number[];
  readonly #nonFinite: number;
  readonly #bigInteger: number;
  readonly #unit: number;

  constructor(type: number, shape: readonly number[], { nonFinite, bigInteger }: NumberPolicies, unit: number) {
    this.#unit = unit;
    this.#kernel = kernelFor(type);
    this.#type = type;
    this.#shape = shape;
    this.#nonFinite = nonFinitePolicies.indexOf(nonFinite);
    this.#bigInteger = bigIntegerPolicies.indexOf(bigInteger);
    const { at } = this.#kernel;
    const { size, longest } = types[type] as Type;
    // Beyond the elements' own text: a row's end closes and opens at most this many brackets.
    const brackets = 2 * shape.length;
    const perRow = Math.max(1, shape.at(-1) ?? 1);
    const room = at.OUTPUT_SIZE - at.SLACK - brackets;
    this.most = Math.floor(Math.min(at.INPUT_SIZE / size, room / (longest + brackets / perRow)));
  }

  room(count: number): Uint8Array {
    const { memory, at } = this.#kernel;
    return memory.subarray(at.INPUT, at.INPUT + count * (types[this.#type] as Type).size);
  }

  encode(count: number): Uint8Array {
    const { most, done } = this;
    if (!(count >= 1 && count <= most)) throw new RangeError(`a chunk has 1 to ${most} elements, not ${count}`);
    writeDimensions(this.#kernel, this.#shape, done);
    const { encode, refused, memory, at } = this.#kernel;
    const length = encode(
      this.#type,
      count,
      this.#shape.length,
      done === 0,
      this.#nonFinite,
      this.#bigInteger,
      this.#unit,
    );
    const byte = refused();
    this.refused = byte < 0 ? -1 : done + byte / (types[this.#type] as Type).size;
    this.done += count;
    return memory.subarray(at.OUTPUT, at.OUTPUT + length);
  }
}

/** Where an array stands, as kernel/rows.ts reads it. */
export function writeDimensions({ dimensions }: Kernel, shape: readonly number[], done: number): void {
  let index = done;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i] ?? 1;
    dimensions[2 * i] = size;
    dimensions[2 * i + 1] = size - (index % size);
    index = Math.floor(index / size);
  }
}

/** The longest text of a number of a type, with its comma, in bytes. */
export function longestText(name: KernelName): number {
  return (types[numbers.get(name) as number] as Type).longest;
}
