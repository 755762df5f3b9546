/**
 * The map of the module's flat memory. Nothing here is in the module file: tables are made when first needed, and a page
 * that is never touched costs no memory. The compiler keeps its references to functions below all this. TypeScript's side
 * has the same map from the exports of main.ts.
 */

/**
 * Sizes of the array, outermost first, and what is left of each, or what there is so far where it is read: two f64 for each
 * of at most 64 dimensions.
 */
export const DIMENSIONS: usize = 0x800;
/** The most dimensions that CPython's buffers have. */
export const MOST_DIMENSIONS = 64;
/** 0, 1, … 15, then bytes that select no lane: an unaligned load at + n is a swizzle that drops n bytes. */
export const DROP: usize = 0xc00;
/** `e-324,` to `e+308,` by decimal exponent, for binary64; `e-45,` to `e+38,` for binary32; see layout.ts. */
export const EXPONENTS64: usize = 0x1000;
export const EXPONENTS32: usize = 0x2400;
/** Vectors that a loop is better off loading than making anew. */
export const VECTORS: usize = 0x2800;
/** What comes before the last eight digits of 32 bits; see integers.ts. */
export const PREFIXES: usize = 0x4000;
/** How a float is laid out, for binary64 and binary32; see layout.ts. */
export const SHAPES64: usize = 0x3000;
export const SHAPES32: usize = 0x6000;
/** Powers of ten to 126 bits, written by TypeScript; see powers.ts. */
export const POWERS: usize = 0x9000;
/** By sign and biased exponent, what float32.ts and float64.ts multiply by. */
export const FACTORS32: usize = 0xc000;
export const FACTORS64: usize = 0x10000;
/**
 * Between the loops over a run of numbers: numbers of eight digits, what comes before them or how they are written, their
 * digits; of binary64 what x is and how far a multiple of ten may be; of sparse ones which numbers are left and where they
 * were.
 */
export const EIGHTS: usize = 0x30000;
export const HEADS: usize = 0x30800;
export const DIGITS: usize = 0x31000;
export const RESTS: usize = 0x32000;
export const UPPERS: usize = 0x32400;
export const REACHES: usize = 0x32600;
/** The digits of a single number. */
export const SCRATCH: usize = 0x32800;
export const DENSE: usize = 0x33000;
export const PLACES: usize = 0x33800;
/** The text of a block of elements whose rows are short, before it is cut into rows. */
export const TEXTS: usize = 0x34000;
/** Text of eight truth values at a time, of int8, of uint16, of the magnitudes of float16. */
export const BOOLS: usize = 0x38000;
export const INT8S: usize = 0x3c000;
export const UINT16S: usize = 0x40000;
export const FLOAT16S: usize = 0xc0000;
/** Elements come here, native, one after the other; or text that is read. */
export const INPUT: usize = 0x140000;
export const INPUT_SIZE: usize = 0x10000;
/** Text goes here, or elements that were read. */
export const OUTPUT: usize = 0x150000;
export const OUTPUT_SIZE: usize = 0x40000;
/** Of records: the texts of each field, the fields, and what is written between them; see weave.ts. */
export const COLUMNS: usize = 0x190000;
export const COLUMNS_SIZE: usize = 0x40000;
export const LEAVES: usize = 0x1d0000;
/** Records of more fields are rather written one by one. */
export const MOST_LEAVES: i32 = 64;
export const BETWEEN: usize = 0x1d1000;
export const BETWEEN_SIZE: usize = 0x4000;
/** Four digits of each number below 10^4. */
export const FOURS: usize = 0x1d5000;
/** Those, as they follow a point. */
export const FRACTIONS: usize = 0x1e0000;
/** What the parsers load: vectors, powers of ten as integers and as doubles; see digits-in.ts and nearest.ts. */
export const PARSING: usize = 0x1f4000;
export const TENS: usize = 0x1f4100;
export const DOUBLE_TENS: usize = 0x1f4200;
/** Powers of ten to 128 bits, written by TypeScript; see powers.ts. */
export const POWERS128: usize = 0x1f4400;
/** Stores may reach so far past the end of the text. */
export const SLACK: usize = 64;
