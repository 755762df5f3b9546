/**
 * The map of the module's flat memory. Nothing here is in the module file: tables are made when first needed, and a page
 * that is never touched costs no memory. TypeScript's side has the same map from the exports of main.ts.
 */

/** Sizes of the array, outermost first, and what is left of each: two f64 for each of at most 64 dimensions. */
export const DIMENSIONS: usize = 0x400;
/** The most dimensions that CPython's buffers have. */
export const MOST_DIMENSIONS = 64;
/** 0, 1, … 15, then bytes that select no lane: an unaligned load at + n is a swizzle that drops n bytes. */
export const DROP: usize = 0xc00;
/** How a float is laid out, for binary64 and binary32; see layout.ts. */
export const SHAPES64: usize = 0x1000;
export const SHAPES32: usize = 0x2800;
/** `e-324,` to `e+308,` by decimal exponent, for binary64; `e-45,` to `e+38,` for binary32; see layout.ts. */
export const EXPONENTS64: usize = 0x4000;
export const EXPONENTS32: usize = 0x5400;
/** Of a run of floats, between the two loops over it: see layout.ts. */
export const DIGITS: usize = 0x5800;
export const HEADS: usize = 0x5c00;
/** Powers of ten to 126 bits, written by TypeScript; see powers.ts. */
export const POWERS: usize = 0x6000;
/** By biased exponent, what float32.ts and float64.ts multiply by. */
export const FACTORS32: usize = 0xa000;
export const FACTORS64: usize = 0x10000;
/** Text of eight truth values at a time, of int8, of uint16, of the magnitudes of float16. */
export const BOOLS: usize = 0x20000;
export const INT8S: usize = 0x24000;
export const UINT16S: usize = 0x30000;
export const FLOAT16S: usize = 0xb0000;
/** Elements come here, native, one after the other. */
export const INPUT: usize = 0x130000;
export const INPUT_SIZE: usize = 0x10000;
/** Text goes here. */
export const OUTPUT: usize = 0x140000;
export const OUTPUT_SIZE: usize = 0x40000;
/** Stores may reach so far past the end of the text. */
export const SLACK: usize = 64;
