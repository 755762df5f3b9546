/** IEEE 754 binary16, for runtimes whose DataView has no getFloat16. */

/** The value of 16 bits. Every binary16 number is exact as a double. */
export function float16FromBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The bits of the nearest binary16 number, ties to even; beyond 65520 an infinity. */
export function float16ToBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  // log2 may round up to the next power of two; the power itself is exact, so this settles it.
  const floor = 2 ** exponent > magnitude ? exponent - 1 : exponent;
  // A fraction that rounds up to 2048 carries into the exponent, which is what the addition does.
  return sign | (((floor + 14) << 10) + roundHalfEven(magnitude * 2 ** (10 - floor)));
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
