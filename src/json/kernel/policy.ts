/**
 * What is written for values that have more than one text in JSON, or none. Set for every chunk, by main.ts: encoders
 * take turns.
 */

/** Of NaN and the infinities, and of integers beyond 2^53. */
export const NULL = 0;
export const STRING = 1;
export const LITERAL = 2;
export const ERROR = 3;
/** Of integers beyond 2^53: their digits, as for any other. */
export const NUMBER = 0;

export let nonFinite: i32 = NULL;
export let bigInteger: i32 = NUMBER;
/** Where the first element lies that the policy refuses; 0 if there is none. */
export let offender: usize = 0;

export function setPolicy(ofNonFinite: i32, ofBigInteger: i32): void {
  nonFinite = ofNonFinite;
  bigInteger = ofBigInteger;
}

export function refuse(element: usize): void {
  if (offender == 0) offender = element;
}

export function clearOffender(): void {
  offender = 0;
}

/** Writes NaN or an infinity with its comma; stores up to 16 bytes. */
export function writeNonFinite(isNaN: bool, negative: bool, element: usize, p: usize): usize {
  if (nonFinite == ERROR) refuse(element);
  if (nonFinite == NULL || nonFinite == ERROR) {
    store<u64>(p, 0x2c6c6c756e); // null,
    return p + 5;
  }
  const quote: u8 = 0x22;
  if (nonFinite == STRING) store<u8>(p++, quote);
  if (isNaN) {
    store<u32>(p, 0x4e614e); // NaN
    p += 3;
  } else {
    if (negative) store<u8>(p++, 0x2d);
    store<u64>(p, 0x7974696e69666e49); // Infinity
    p += 8;
  }
  if (nonFinite == STRING) store<u8>(p++, quote);
  store<u8>(p, 0x2c);
  return p + 1;
}
