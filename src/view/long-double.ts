/**
 * C's `long double` as a double and back. A binary64 number is exact in each wider form; the way down rounds to the
 * nearest, ties to even, as C's cast and Python's `float()`.
 *
 * x87 (Intel SDM 1, 4.2.2):  bytes 0–7 significand with its integer bit | 8–9 sign and exponent | padding
 * binary128 (IEEE 754):      bytes 0–13 fraction | 14–15 sign and exponent       (as little-endian; reversed otherwise)
 */
import type { LongDoubleForm } from '../target.ts';

/** The forms that are not a double's own. */
export type WideForm = Exclude<LongDoubleForm, 'binary64'>;

interface Codec {
  /** Bytes that have a meaning; others are padding, which is left as it is. */
  readonly used: number;
  /** Bits of the significand that are stored. */
  readonly bits: bigint;
  /** Whether the integer bit is one of them. */
  readonly explicit: boolean;
}

const codecs: Record<WideForm, Codec> = {
  x87: { used: 10, bits: 64n, explicit: true },
  binary128: { used: 16, bits: 112n, explicit: false },
};

const BIAS = 16383;
const SPECIAL = 0x7fff;

/** The nearest double to the long double at an offset. */
export function readLongDouble(form: WideForm, bytes: DataView, offset: number, size: number, little: boolean): number {
  const { used, bits, explicit } = codecs[form];
  let all = 0n;
  for (let i = used - 1; i >= 0; i--)
    all = (all << 8n) | BigInt(bytes.getUint8(little ? offset + i : offset + size - 1 - i));
  const exponent = Number(all >> bits) & SPECIAL;
  const stored = all & ((1n << bits) - 1n);
  const sign = all >> (bits + 15n) ? -1 : 1;
  const fractionBits = explicit ? bits - 1n : bits;
  const integerBit = 1n << fractionBits;
  // An x87 significand without its integer bit is no number, unless it is subnormal ("invalid operand").
  const invalid = explicit && exponent !== 0 && !(stored & integerBit);
  if (invalid || (exponent === SPECIAL && stored & (integerBit - 1n))) return Number.NaN;
  if (exponent === SPECIAL) return sign * Number.POSITIVE_INFINITY;
  const significand = explicit || exponent === 0 ? stored : stored | integerBit;
  return sign * nearest(significand, Math.max(exponent, 1) - BIAS - Number(fractionBits));
}

/** Writes a double as a long double. */
export function writeLongDouble(
  form: WideForm,
  bytes: DataView,
  offset: number,
  value: number,
  size: number,
  little: boolean,
): void {
  const { used, bits, explicit } = codecs[form];
  double.setFloat64(0, value);
  const all64 = double.getBigUint64(0);
  const sign = all64 >> 63n;
  const exponent64 = Number(all64 >> 52n) & 0x7ff;
  let fraction = all64 & ((1n << 52n) - 1n);
  let exponent = exponent64 === 0x7ff ? SPECIAL : exponent64 - 1023 + BIAS;
  if (exponent64 === 0 && fraction === 0n) exponent = 0;
  else if (exponent64 === 0) {
    // What is subnormal as a double is normal here.
    const shift = 53 - fraction.toString(2).length;
    fraction = (fraction << BigInt(shift)) & ((1n << 52n) - 1n);
    exponent = BIAS - 1022 - shift;
  }
  const fractionBits = explicit ? bits - 1n : bits;
  const integerBit = explicit && exponent !== 0 ? 1n << fractionBits : 0n;
  const significand = (fraction << (fractionBits - 52n)) | integerBit;
  const all = (((sign << 15n) | BigInt(exponent)) << bits) | significand;
  for (let i = 0; i < used; i++) {
    bytes.setUint8(little ? offset + i : offset + size - 1 - i, Number((all >> BigInt(8 * i)) & 0xffn));
  }
}

const double = new DataView(new ArrayBuffer(8));

/** The double nearest to `significand` × 2^`exponent`, ties to even. */
function nearest(significand: bigint, exponent: number): number {
  if (significand === 0n) return 0;
  const top = significand.toString(2).length + exponent;
  // Below 2^-1022 a double has no bit lower than 2^-1074: they are cut off here, lest it be rounded twice.
  const cut = top <= -1022 ? -1074 - exponent : 0;
  if (cut > 0) return Number(cutEven(significand, BigInt(cut))) * 2 ** -1074;
  if (top > 1025) return Number.POSITIVE_INFINITY;
  // Number() of a bigint rounds to the nearest, ties to even. In two steps, since 2^exponent alone may be none.
  const half = Math.trunc(exponent / 2);
  return Number(significand) * 2 ** half * 2 ** (exponent - half);
}

/** `value` / 2^`bits` as the nearest whole number, ties to even. */
function cutEven(value: bigint, bits: bigint): bigint {
  const whole = value >> bits;
  const rest = value - (whole << bits);
  const half = 1n << (bits - 1n);
  return rest > half || (rest === half && whole & 1n) ? whole + 1n : whole;
}
