/** Random Py_buffers in segments: what is shown is right, or refused; nothing else happens. */
import { expect, test } from '@jest/globals';
import { FormatError, MemoryFault } from '../../src/errors.ts';
import { type Leaf, leaves } from '../../src/layouts/layout.ts';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import type { Memory } from '../../src/memory/memory.ts';
import { segmentMemory } from '../../src/memory/segments.ts';
import type { NestedList } from '../../src/view/gather.ts';
import { viewObject } from '../../src/view/object.ts';
import { DATA, imageSegments, OBJECT } from '../support/image.ts';
import { type Random, random } from '../support/random.ts';
import { withoutTraces } from '../support/traces.ts';

const TAG = '3.13-lp64';
const target = parseTarget(TAG);
const layout = layoutsFor(target).PyMemoryViewObject;
/** Where its fields lie, by their path. */
const places = new Map([...leaves(layout)].map((leaf) => [leaf.path, leaf]));
const ROUNDS = 1_000_000;
const DATA_BYTES = 512;
const FORMAT = 0x60000n;
/** Where the sizes lie when they are not in the object itself. */
const SIZES = 0x70000n;

/** Formats whose elements the test reads by itself, with their size; the rest only must not do harm. */
const plain: Readonly<Record<string, readonly [size: number, read: (bytes: DataView, at: number) => number]>> = {
  B: [1, (bytes, at) => bytes.getUint8(at)],
  '<h': [2, (bytes, at) => bytes.getInt16(at, true)],
  '>I': [4, (bytes, at) => bytes.getUint32(at)],
  f: [4, (bytes, at) => bytes.getFloat32(at, true)],
};
const formats = [
  ...Object.keys(plain),
  'T{b:a:>h:b:}',
  'Zf',
  '3s',
  'w',
  'Q',
  'k',
  '',
  'T{<b:a:<d:b:}',
  '(2,2)B',
  'O',
  'e',
];

interface Metadata {
  readonly format: string;
  readonly itemsize: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly suboffsets: readonly number[] | undefined;
  readonly offset: number;
}

function metadata(rng: Random): Metadata {
  const format = rng.pick(formats);
  const stated = plain[format]?.[0] ?? rng.pick([1, 3, 8, 9, 16]);
  const itemsize = rng.below(20) === 0 ? rng.pick([0, 1, 5, 16, -1, 2 ** 40]) : stated;
  const ndim = rng.below(rng.below(10) === 0 ? 8 : 4);
  const wild = (usual: number): number =>
    rng.below(60) === 0 ? rng.pick([0, -1, 2 ** 31, 2 ** 52, -(2 ** 60), 2 ** 62]) : usual;
  const shape = Array.from({ length: ndim }, () => wild(rng.between(1, 4)));
  const strides = shape.map(() => wild(rng.between(-20, 20)));
  const suboffsets = rng.below(8) === 0 ? shape.map(() => wild(rng.between(-1, 8))) : undefined;
  return { format, itemsize, shape, strides, suboffsets, offset: wild(rng.between(0, DATA_BYTES)) };
}

/** One memory whose memoryview is rewritten again and again. */
class Image {
  readonly memory: Memory;
  readonly #object: DataView;
  readonly #sizes = new DataView(new ArrayBuffer(8 * 3 * 8));
  readonly #format = new Uint8Array(64);
  readonly data: DataView;

  constructor(rng: Random) {
    const data = rng.bytes(DATA_BYTES);
    this.data = new DataView(data.buffer);
    // Pointers for suboffsets to follow: into the data, and out of it.
    for (let at = 0; at < DATA_BYTES; at += 32)
      this.data.setBigUint64(at, DATA + BigInt(rng.between(-8, DATA_BYTES)), true);
    const segments = imageSegments({ tag: TAG, data, shape: [1, 1, 1, 1, 1, 1, 1, 1] });
    const object = segments.find(({ address }) => address === OBJECT)?.bytes as Uint8Array;
    this.#object = new DataView(object.buffer, object.byteOffset, object.byteLength);
    this.memory = segmentMemory(
      [
        ...segments,
        { address: FORMAT, bytes: this.#format },
        { address: SIZES, bytes: new Uint8Array(this.#sizes.buffer) },
      ],
      target,
    );
  }

  write(rng: Random, { format, itemsize, shape, strides, suboffsets, offset }: Metadata): void {
    this.#format.fill(0).set(new TextEncoder().encode(format));
    const inside = rng.below(2) === 0;
    const start = inside ? layout.offsetOf('ob_array') : 0;
    const base = inside ? OBJECT + BigInt(start) : SIZES;
    const into = inside ? this.#object : this.#sizes;
    const lists = [shape, strides, suboffsets ?? []];
    lists.flat().forEach((value, i) => {
      const at = start + 8 * i;
      if (at + 8 <= into.byteLength) into.setBigInt64(at, BigInt(value), true);
    });
    const nbytes = shape.reduce((product, size) => product * size, itemsize);
    const pointer = (skipped: number): bigint => base + BigInt(8 * skipped);
    const wrong = (value: bigint): bigint =>
      rng.below(200) === 0 ? rng.pick([0n, 1n, OBJECT - 8n, 2n ** 63n]) : value;
    const fields = {
      'view.buf': wrong(BigInt.asUintN(64, DATA + BigInt(offset))),
      'view.len': BigInt.asUintN(64, BigInt(rng.below(50) === 0 ? nbytes + 1 : nbytes)),
      'view.itemsize': BigInt.asUintN(64, BigInt(itemsize)),
      'view.ndim': BigInt(rng.below(200) === 0 ? rng.pick([65, 2 ** 31]) : shape.length),
      'view.format': wrong(FORMAT),
      'view.shape': wrong(pointer(0)),
      'view.strides': wrong(pointer(shape.length)),
      'view.suboffsets': suboffsets ? wrong(pointer(2 * shape.length)) : 0n,
    };
    for (const [path, value] of Object.entries(fields)) {
      const { offset: at, size } = places.get(path) as Leaf;
      if (size === 8) this.#object.setBigUint64(at, value, true);
      else this.#object.setUint32(at, Number(value & 0xffffffffn), true);
    }
  }
}

/** The elements as the metadata say, read without the code under test; undefined where one lies outside. */
function expected(data: DataView, { format, shape, strides, suboffsets, offset }: Metadata): NestedList | undefined {
  const [size, read] = plain[format] ?? [0, () => 0];
  let outside = false;
  const nest = (dimension: number, at: number): NestedList => {
    const length = shape[dimension];
    if (length === undefined) {
      if (at >= 0 && at + size <= data.byteLength) return read(data, at);
      outside = true;
      return 0;
    }
    return Array.from({ length: Math.min(length, 5) }, (_, i) => {
      let there = at + i * (strides[dimension] ?? 0);
      const suboffset = suboffsets?.[dimension] ?? -1;
      // Without elements no pointer is followed.
      if (suboffset >= 0 && !shape.includes(0)) {
        if (there < 0 || there + 8 > data.byteLength) {
          outside = true;
          return 0;
        }
        there = Number(data.getBigUint64(there, true) - DATA) + suboffset;
      }
      return outside ? 0 : nest(dimension + 1, there);
    });
  };
  const list = nest(0, offset);
  return outside ? undefined : list;
}

test('1,000,000 random Py_buffers: a FormatError, a MemoryFault, or the right elements', () => {
  const rng = random(7);
  const image = new Image(rng);
  using _ = withoutTraces();
  let [right, refused, harmless] = [0, 0, 0];
  for (let i = 0; i < ROUNDS; i++) {
    const said = metadata(rng);
    image.write(rng, said);
    try {
      using view = viewObject(image.memory, OBJECT);
      // What was left as it was said; some fields were spoilt on the way.
      const same =
        view.format === said.format &&
        `${view.shape}|${view.strides}|${view.address}` ===
          `${said.shape}|${said.strides}|${DATA + BigInt(said.offset)}` &&
        `${view.suboffsets}` === `${said.suboffsets?.some((offset) => offset >= 0) ? said.suboffsets : undefined}`;
      const count = view.shape.reduce((product, size) => product * size, 1);
      if (count > 5000) {
        harmless++;
        continue;
      }
      const list = view.toList();
      // Of another itemsize a B is no number.
      const numbers = plain[said.format]?.[0] === said.itemsize;
      if (rng.below(4) === 0) {
        const copy = view.toTypedArray();
        if (same && numbers && `${[...(copy as Float32Array)]}` !== `${[list].flat(9)}`)
          throw new Error(`copied ${copy}`);
        view.slice(...view.shape.map(() => [null, null, rng.pick([1, -1, 2])] as const)).toList();
      }
      if (!same || !numbers || said.shape.some((size) => size > 4 || size < 0)) {
        harmless++;
        continue;
      }
      const known = expected(image.data, said);
      if (known === undefined || JSON.stringify(known) !== JSON.stringify(list)) {
        throw new Error(`expected ${JSON.stringify(known)}, got ${JSON.stringify(list)}`);
      }
      right++;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof MemoryFault)) {
        throw new Error(`${JSON.stringify(said)}: ${error}`, { cause: error });
      }
      refused++;
    }
  }
  expect(right).toBeGreaterThan(ROUNDS / 20);
  expect(refused).toBeGreaterThan(ROUNDS / 20);
  expect(right + refused + harmless).toBe(ROUNDS);
});
