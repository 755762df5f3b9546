/** Powers of ten for the kernels, to 126 and 128 bits: worked out rather than kept, in a fraction of a millisecond each. */

/** Enough for every binary64 number (Giulietti, The Schubfach way to render doubles, 2021, section 9.8). */
export const minPower = -324;
export const maxPower = 292;

const low63 = (1n << 63n) - 1n;
const low64 = (1n << 64n) - 1n;

/**
 * For each k the two halves, of 63 bits, of g with (g - 1)·2^r <= 10^-k < g·2^r and 2^125 <= g < 2^126: upper, lower.
 */
export function powersOfTen(): BigUint64Array {
  const halves = new BigUint64Array(2 * (maxPower - minPower + 1));
  const put = (k: number, g: bigint): void => {
    halves[2 * (k - minPower)] = g >> 63n;
    halves[2 * (k - minPower) + 1] = g & low63;
  };
  let power = 1n;
  for (let n = 0; n <= -minPower; n++, power *= 10n) {
    const log2 = Math.floor(n * Math.log2(10));
    put(-n, 1n + (log2 > 125 ? power >> BigInt(log2 - 125) : power << BigInt(125 - log2)));
    // A power of ten beyond 1 is no power of two, so that its reciprocal is less than 2^-log2.
    if (n > 0 && n <= maxPower) put(n, 1n + (1n << BigInt(126 + log2)) / power);
  }
  return halves;
}

/** All that matter to a text of 19 digits (Lemire, Number parsing at a gigabyte per second, 2021, section 5). */
export const minPower128 = -342;
export const maxPower128 = 308;
/** 5^27 has 63 bits. */
const SMALL = 27;

/**
 * For each q the two halves, of 64 bits, of 10^q / 2^r with 2^127 <= it < 2^128: upper, lower. It is cut off, but from
 * 10^-27 to 10^-1 rounded up: a number of 64 bits may be a multiple of the divisor there (ibid., section 5.2).
 */
export function powersOfTen128(): BigUint64Array {
  const halves = new BigUint64Array(2 * (maxPower128 - minPower128 + 1));
  const put = (q: number, power: bigint): void => {
    halves[2 * (q - minPower128)] = power >> 64n;
    halves[2 * (q - minPower128) + 1] = power & low64;
  };
  let five = 1n;
  for (let n = 0; n <= -minPower128; n++, five *= 5n) {
    const length = BigInt(n === 0 ? 1 : Math.floor(n * Math.log2(5)) + 1);
    if (n <= maxPower128) put(n, length > 128n ? five >> (length - 128n) : five << (128n - length));
    if (n > 0) put(-n, (1n << (length + 127n)) / five + (n <= SMALL ? 1n : 0n));
  }
  return halves;
}
