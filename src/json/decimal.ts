/** The text of a number to its value, exactly: what JavaScript has no number for. It knows no array. */

/** A decimal: a magnitude of digits times a power of ten. */
interface Decimal {
  readonly negative: boolean;
  /** Without zeros at either end, so that how many there are says how large it is; none of zero. */
  readonly digits: string;
  readonly exponent: number;
}

function decimalOf(text: string): Decimal {
  const [, sign, whole = '', fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE](.*))?$/.exec(text) ?? [];
  const all = whole + fraction;
  // Not by a pattern: one that ends in zeros is tried at each of them.
  let [from, to] = [0, all.length];
  while (from < to && all[from] === '0') from++;
  while (to > from && all[to - 1] === '0') to--;
  const digits = all.slice(from, to);
  const exponent = digits ? Number(power) - fraction.length + all.length - to : 0;
  return { negative: sign === '-', digits, exponent };
}

/** No element has an integer of as many digits, for which there is {@link BEYOND}. */
const MOST_DIGITS = 40;
export const BEYOND = 10n ** BigInt(MOST_DIGITS);

/** The value of a whole number, however it is written; undefined if it is none. One of more than 40 digits is cut to 10^40. */
export function integerOf(text: string): bigint | undefined {
  if (/^-?\d{1,20}$/.test(text)) return BigInt(text);
  const { negative, digits, exponent } = decimalOf(text);
  if (exponent < 0) return undefined;
  const beyond = digits.length + exponent > MOST_DIGITS;
  const magnitude = beyond ? BEYOND : BigInt(digits) * 10n ** BigInt(exponent);
  return negative ? -magnitude : magnitude;
}

/** Floats narrower than a double: the bits of their mantissa, and the exponent of the least normal number. */
const narrow = {
  float16: { places: 10, least: -14 },
  bfloat16: { places: 7, least: -126 },
  float32: { places: 23, least: -126 },
} as const;

export type Narrow = keyof typeof narrow;

/**
 * The double nearest to a number; for a narrower float, one that is rounded to the same as the number itself: where the
 * nearest double lies halfway between two floats, and the number does not, its neighbour.
 */
export function floatOf(text: string, as?: Narrow): number {
  const value = Number(text);
  if (as === undefined || value === 0 || !Number.isFinite(value)) return value;
  const { places, least } = narrow[as];
  const unit = 2 ** (Math.max(floorLog2(Math.abs(value)), least) - places);
  if (Math.abs(value / unit) % 1 !== 0.5) return value;
  const side = compare(decimalOf(text), Math.abs(value));
  return side === 0 ? value : neighbour(value, side);
}

const bits = new DataView(new ArrayBuffer(8));

/** Of a normal double. */
function floorLog2(magnitude: number): number {
  bits.setFloat64(0, magnitude);
  return (bits.getUint16(0) >> 4) - 1023;
}

/** The next double away from 0 or towards it. */
function neighbour(value: number, side: number): number {
  bits.setFloat64(0, value);
  bits.setBigUint64(0, bits.getBigUint64(0) + BigInt(side));
  return bits.getFloat64(0);
}

/** More digits than any double has; of those behind them it matters only that they are there. */
const ENOUGH = 800;

/** The sign of the magnitude of a decimal less a double. */
function compare(decimal: Decimal, magnitude: number): -1 | 0 | 1 {
  const cut = Math.max(decimal.digits.length - ENOUGH, 0);
  const digits = cut > 0 ? BigInt(`${decimal.digits.slice(0, ENOUGH)}1`) : BigInt(decimal.digits);
  const exponent = decimal.exponent + (cut > 0 ? cut - 1 : 0);
  const power = floorLog2(magnitude) - 52;
  bits.setFloat64(0, magnitude);
  const mantissa = (bits.getBigUint64(0) & ((1n << 52n) - 1n)) | (1n << 52n);
  const one = digits * 10n ** BigInt(Math.max(exponent, 0)) * 2n ** BigInt(Math.max(-power, 0));
  const other = mantissa * 2n ** BigInt(Math.max(power, 0)) * 10n ** BigInt(Math.max(-exponent, 0));
  return one > other ? 1 : one < other ? -1 : 0;
}
