/** The kernel that reads plain numbers, from TypeScript's side: pieces of text to elements. It knows no policy but for null. */
import type { Element, ElementName } from '../view/element.ts';
import { swapBytes } from '../view/gather.ts';
import { type Kernel, kernel, kernelsRun } from './kernel.ts';
import type { Nesting, Phase } from './nesting.ts';
import { MOST_SAFE, type Policies } from './options.ts';
import { powersOfTen128 } from './powers.ts';

/** What elements are, numbered as in kernel/parse.ts. */
const Kind = { Integer: 0, Float: 1, Bool: 2 } as const;

/** What the kernel is told of an element type. */
interface Plain {
  readonly kind: (typeof Kind)[keyof typeof Kind];
  /** Of floats, the bits of their mantissa. */
  readonly places: number;
  /** Of integers, the greatest magnitude of a negative one, and the greatest; as far as they are below 2^53, and all. */
  readonly bounds: readonly [safe: readonly [bigint, bigint], all: readonly [bigint, bigint]];
}

/** The kernel takes the greatest integer of 64 bits for none. */
const BELOW_NONE = 2n ** 64n - 2n;

function integer(least: bigint, most: bigint): Plain {
  const within = (bound: bigint): readonly [bigint, bigint] => [
    least < bound ? least : bound,
    most < bound ? most : bound,
  ];
  return { kind: Kind.Integer, places: 0, bounds: [within(MOST_SAFE), within(BELOW_NONE)] };
}

const signed = (bits: bigint): Plain => integer(1n << (bits - 1n), (1n << (bits - 1n)) - 1n);
const unsigned = (bits: bigint): Plain => integer(0n, (1n << bits) - 1n);
const float = (places: number): Plain => ({ ...integer(0n, 0n), kind: Kind.Float, places });

const types: Partial<Record<ElementName, Plain>> = {
  bool: { ...integer(0n, 0n), kind: Kind.Bool },
  int8: signed(8n),
  uint8: unsigned(8n),
  int16: signed(16n),
  uint16: unsigned(16n),
  int32: signed(32n),
  uint32: unsigned(32n),
  int64: signed(64n),
  uint64: unsigned(64n),
  float16: float(10),
  bfloat16: float(7),
  float32: float(23),
  float64: float(52),
};

/** Of kernel/parse.ts: the text goes on. */
const MORE = 0;

/** What the kernel made of a text. */
export interface Parsed {
  /** Bytes of the text that it took. */
  readonly taken: number;
  /** Whether it stopped at something that is not plain; or else where it did not see the end of a number. */
  readonly stopped: boolean;
  /** The bytes of the elements; they stand until more is parsed. */
  readonly elements: Uint8Array;
}

/** Reads numbers as long as they are plain, and takes the nesting along. */
export type PlainParser = (bytes: Uint8Array, from: number, nesting: Nesting) => Parsed;

/** Of the text that is looked at when little was plain, in bytes. */
const LEAST = 256;

/** A parser of elements of a type, in arrays of so many dimensions; undefined if there is none. */
export function plainParser(
  { name, size, little }: Element,
  dimensions: number,
  { nonFinite, bigInteger }: Policies,
): PlainParser | undefined {
  const plain = types[name];
  if (!plain || dimensions === 0 || !kernelsRun(dimensions)) return undefined;
  const { kind, places, bounds } = plain;
  const [least, most] = bounds[bigInteger === 'error' ? 0 : 1];
  const shift = Math.log2(size);
  const { at, memory, dimensions: state, parse, parsedBytes, parsedDepth, parsedEnd, parsedPhase } = prepared();
  let window = at.INPUT_SIZE;
  return (bytes, from, nesting) => {
    const length = Math.min(window, bytes.length - from);
    memory.set(bytes.subarray(from, from + length), at.INPUT);
    const { sizes, counts } = nesting;
    for (let i = 0; i < dimensions; i++) {
      state[2 * i] = sizes[i] as number;
      state[2 * i + 1] = counts[i] as number;
    }
    const { depth, phase } = nesting;
    const stopped =
      parse(length, dimensions, depth, phase, kind, shift, least, most, places, nonFinite === 'null') !== MORE;
    const taken = parsedBytes();
    for (let i = 0; i < dimensions; i++) {
      sizes[i] = state[2 * i] as number;
      counts[i] = state[2 * i + 1] as number;
    }
    nesting.depth = parsedDepth();
    nesting.phase = parsedPhase() as Phase;
    // Text that is not looked at need not be copied.
    window = Math.min(at.INPUT_SIZE, Math.max(LEAST, 4 * taken));
    const elements = memory.subarray(at.OUTPUT, parsedEnd());
    if (!little) swapBytes(elements, size);
    return { taken, stopped, elements };
  };
}

let ready: Kernel | undefined;

/** The module with what the parsers need, made once. */
function prepared(): Kernel {
  if (ready) return ready;
  const all = kernel();
  all.preparePlain();
  const powers = powersOfTen128();
  new BigUint64Array(all.memory.buffer, all.at.POWERS128, powers.length).set(powers);
  ready = all;
  return ready;
}
