/** Numbers of 16 bits: IEEE 754 binary16, which not every runtime's DataView has, and bfloat16, which none has. */

/** The value of 16 bits. Every binary16 number is exact as a double. */
export function float16FromBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  // By the bits of a binary32 number: 2 to a power that varies would take ten times as long.
  wide[0] = ((bits & 0x7fff) << 13) + (112 << 23);
  return sign * (single[0] as number);
}

const single = new Float32Array(1);
const wide = new Uint32Array(single.buffer);

/** The bits of the nearest binary16 number, ties to even; beyond 65520 an infinity. */
export function float16ToBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24);
  const floor = floorLog2(magnitude);
  // A fraction that rounds up to 2048 carries into the exponent, which is what the addition does.
  return sign | (((floor + 14) << 10) + roundHalfEven(magnitude * 2 ** (10 - floor)));
}

/** The exponent of the power of two at or below a normal number. */
function floorLog2(magnitude: number): number {
  const exponent = Math.floor(Math.log2(magnitude));
  // log2 may round up to the next power of two; the power itself is exact, so this settles it.
  return 2 ** exponent > magnitude ? exponent - 1 : exponent;
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** The value of the 16 bits of a bfloat16: the upper half of a binary32 number. */
export function bfloat16FromBits(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

/** The bits of the nearest bfloat16, ties to even; beyond the greatest an infinity. */
export function bfloat16ToBits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  // Below 2^-126 the gap between neighbours is 2^-133, above it 2^-7 of the power of two below.
  const exponent = magnitude < 2 ** -126 ? -126 : Math.min(floorLog2(magnitude), 128);
  if (exponent === 128) return sign | 0x7f80;
  // In two steps: the factor alone may be beyond the greatest double. A fraction rounded up carries into the exponent.
  const fraction = roundHalfEven(magnitude * 2 ** 67 * 2 ** (-60 - exponent));
  return sign | (magnitude < 2 ** -126 ? fraction : ((exponent + 126) << 7) + fraction);
}

const word = new DataView(new ArrayBuffer(4));
