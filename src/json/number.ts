/**
 * Numbers as JSON text. Floats get the shortest digits that read back to the same bits in their own width, written
 * as orjson writes them: always with a point or an exponent, decimal between the bounds below, `1e+16` beyond.
 */
import { bfloat16FromBits, bfloat16ToBits, float16FromBits, float16ToBits } from '../view/float16.ts';

/** Between these magnitudes orjson writes no exponent; the bounds are those of Ryū's pretty printer (Adams, 2018). */
interface Decimal {
  readonly from: number;
  readonly below: number;
}

const decimal64: Decimal = { from: 1e-5, below: 1e16 };
const decimal32: Decimal = { from: 1e-6, below: 1e13 };

/** Lays out the shortest digits of a finite double. */
function layOut(value: number, { from, below }: Decimal): string {
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < from || magnitude >= below)) return value.toExponential();
  // JavaScript's own text has an exponent only below 1e-6 and from 1e21 on, outside both bounds.
  if (!Number.isInteger(value)) return String(value);
  return Object.is(value, -0) ? '-0.0' : `${value}.0`;
}

/** The text of a finite binary64 number. */
export function float64Text(value: number): string {
  return layOut(value, decimal64);
}

/** The text of a finite binary32 number. */
export function float32Text(value: number): string {
  return layOut(shortest(value, Math.fround, 9), decimal32);
}

/** The text of a finite binary16 number. */
export function float16Text(value: number): string {
  return layOut(shortest(value, toFloat16, 5), decimal32);
}

/** The text of a finite bfloat16 number. */
export function bfloat16Text(value: number): string {
  return layOut(shortest(value, toBfloat16, 5), decimal32);
}

function toBfloat16(value: number): number {
  return bfloat16FromBits(bfloat16ToBits(value));
}

function toFloat16(value: number): number {
  return float16FromBits(float16ToBits(value));
}

/** Digits after which no binary32 number comes near a tie without being one. */
const EXACT = 60;

/**
 * The decimal of fewest digits that rounds to `value` in a narrower width, among those the nearest, and of two
 * equally near the even one (Steele and White, 1990). It has few enough digits for a double to hold it, so that its
 * own shortest text is the answer.
 *
 * @param most digits that always suffice for the width
 */
function shortest(value: number, round: (value: number) => number, most: number): number {
  if (value === 0) return value;
  const magnitude = Math.abs(value);
  const [mantissa = '', exponent = ''] = magnitude.toExponential(EXACT).split('e');
  const all = mantissa.replace('.', '');
  for (let digits = 1; digits < most; digits++) {
    const below = Number(all.slice(0, digits));
    // Below a power of two the gap is half as wide, so the nearest may miss where the one above it does not.
    for (const candidate of [below + up(all, digits), below + 1]) {
      const decimal = Number(`${candidate}e${Number(exponent) - digits + 1}`);
      if (round(decimal) === magnitude) return Math.sign(value) * decimal;
    }
  }
  return Number(value.toExponential(most - 1));
}

/** 1 if rounding to so many digits goes up, else 0; a tie goes to the even digit. */
function up(all: string, digits: number): 0 | 1 {
  const rest = all.slice(digits);
  const tie = '5'.padEnd(rest.length, '0');
  if (rest !== tie) return rest > tie ? 1 : 0;
  return Number(all[digits - 1]) % 2 === 1 ? 1 : 0;
}
