// Arrays whose text is timed, as data: a name, an element type, and how each element is drawn. The same in every run.

/** sfc32 (Doty-Humphrey, PractRand): 32 random bits at a time. */
function randomBits(seed) {
  let [a, b, c, count] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  return () => {
    const result = (a + b + count++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
}

/** What elements are drawn from. */
function source(seed) {
  const bits = randomBits(seed);
  for (let i = 0; i < 20; i++) bits();
  const uniform = () => (bits() * 2 ** 21 + (bits() >>> 11)) / 2 ** 53;
  return {
    bits,
    uniform,
    below: (bound) => Math.floor(uniform() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    bits64: () => (BigInt(bits()) << 32n) | BigInt(bits()),
  };
}

const arrays = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Their formats of PEP 3118. */
export const formats = {
  bool: '?',
  int8: 'b',
  uint8: 'B',
  int16: 'h',
  uint16: 'H',
  int32: 'i',
  uint32: 'I',
  int64: 'q',
  uint64: 'Q',
  float16: 'e',
  float32: 'f',
  float64: 'd',
};

/** A float of random bits, whatever they mean. */
const floatOfBits = (array, bits) => {
  const draw = array === Float64Array ? () => BigUint64Array.of(bits()) : () => Uint32Array.of(bits());
  return () => new array(draw().buffer)[0];
};

/**
 * Each draws one element; the number is the ratio of orjson's time to ours that is aimed at. The last says how the
 * elements lie, where they are not one million in a row.
 */
const distributions = [
  ['f64 random', 'float64', 1.7, ({ uniform }) => uniform],
  [
    'f64 2 decimals',
    'float64',
    3.3,
    ({ below }) =>
      () =>
        below(100_000) / 100,
  ],
  [
    'f64 6 decimals',
    'float64',
    1.5,
    ({ below }) =>
      () =>
        below(1e6) / 1e6,
  ],
  [
    'f64 integers',
    'float64',
    3.2,
    ({ below }) =>
      () =>
        below(1e6),
  ],
  ['f64 random bits', 'float64', 1, ({ bits64 }) => floatOfBits(Float64Array, bits64)],
  ['f32 random', 'float32', 3.2, ({ uniform }) => uniform],
  ['f32 random bits', 'float32', 1, ({ bits }) => floatOfBits(Float32Array, bits)],
  [
    'f16 random',
    'float16',
    15,
    ({ below }) =>
      () =>
        below(0x3c00),
  ],
  [
    'i64 large',
    'int64',
    2.4,
    ({ bits64 }) =>
      () =>
        BigInt.asIntN(64, bits64()),
  ],
  [
    'i64 small',
    'int64',
    1.9,
    ({ below }) =>
      () =>
        BigInt(below(1000)),
  ],
  ['u64 large', 'uint64', 2.4, ({ bits64 }) => bits64],
  [
    'i32',
    'int32',
    3.2,
    ({ bits }) =>
      () =>
        bits() | 0,
  ],
  [
    'i32 small',
    'int32',
    2.8,
    ({ below }) =>
      () =>
        below(1000),
  ],
  [
    'i16',
    'int16',
    8,
    ({ bits }) =>
      () =>
        (bits() << 16) >> 16,
  ],
  [
    'u16',
    'uint16',
    3.8,
    ({ bits }) =>
      () =>
        bits() >>> 16,
  ],
  [
    'i8',
    'int8',
    10,
    ({ bits }) =>
      () =>
        bits() >> 24,
  ],
  [
    'u8',
    'uint8',
    8,
    ({ bits }) =>
      () =>
        bits() >>> 24,
  ],
  [
    'bool',
    'bool',
    5,
    ({ bits }) =>
      () =>
        bits() & 1,
  ],
  ['f64 zeros', 'float64', 1, () => () => 0],
  [
    'f64 70 % zeros',
    'float64',
    1,
    ({ uniform }) =>
      () =>
        uniform() < 0.7 ? 0 : uniform(),
  ],
  [
    'f64 0 and 1',
    'float64',
    1,
    ({ bits }) =>
      () =>
        bits() & 1,
  ],
  [
    'f64 1 % NaN',
    'float64',
    1,
    ({ uniform }) =>
      () =>
        uniform() < 0.01 ? Number.NaN : uniform(),
  ],
  [
    'f64 log-normal',
    'float64',
    1,
    ({ normal }) =>
      () =>
        Math.exp(normal()),
  ],
  [
    'f64 log-uniform',
    'float64',
    1,
    ({ uniform }) =>
      () =>
        10 ** (uniform() * 40 - 20),
  ],
  [
    'i64 six digits',
    'int64',
    1,
    ({ below }) =>
      () =>
        BigInt(100_000 + below(900_000)),
  ],
  [
    'i64 below 10^6',
    'int64',
    1,
    ({ below }) =>
      () =>
        BigInt(below(1_000_000)),
  ],
  [
    'i64 log-uniform',
    'int64',
    1,
    ({ uniform }) =>
      () =>
        BigInt(Math.floor(2 ** (uniform() * 62))),
  ],
  ['f64 1000 × 1000', 'float64', 1, ({ uniform }) => uniform, { shape: [1000, 1000] }],
  ['f64 250 000 × 4', 'float64', 1, ({ uniform }) => uniform, { shape: [250_000, 4] }],
  [
    'u8 1000 × 1000',
    'uint8',
    1,
    ({ bits }) =>
      () =>
        bits() >>> 24,
    { shape: [1000, 1000] },
  ],
  ['f64 transposed', 'float64', 1, ({ uniform }) => uniform, { shape: [1000, 1000], lies: 'transposed' }],
  ['f64 every second', 'float64', 1, ({ uniform }) => uniform, { lies: 'every second' }],
  ['f64 big-endian', 'float64', 1, ({ uniform }) => uniform, { lies: 'big-endian' }],
  ['f64, 10 elements', 'float64', 1, ({ uniform }) => uniform, { shape: [10] }],
  ['f64, 100 elements', 'float64', 1, ({ uniform }) => uniform, { shape: [100] }],
  [
    'i32, 10 elements',
    'int32',
    1,
    ({ below }) =>
      () =>
        below(1000),
    { shape: [10] },
  ],
  [
    'i32, 100 elements',
    'int32',
    1,
    ({ below }) =>
      () =>
        below(1000),
    { shape: [100] },
  ],
];

const MILLION = 1_000_000;

/** The cases, each with the array of so many elements, in C order, to be made when it is asked for. */
export const corpus = distributions.map(
  ([name, type, goal, drawFrom, { shape = [MILLION], lies = 'together' } = {}], seed) => ({
    name,
    type,
    goal,
    shape,
    lies,
    make(size = shape.reduce((product, n) => product * n, 1)) {
      const draw = drawFrom(source(seed + 1));
      const array = new arrays[type](size);
      for (let i = 0; i < size; i++) array[i] = draw();
      return array;
    },
  }),
);

/** The same elements over a SharedArrayBuffer, which every runtime can share with Python. */
export function overShared(array) {
  const Class = array instanceof Buffer ? Uint8Array : array.constructor;
  const copy = new Class(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
