/**
 * Numbers and truth values that follow one another in an array. Where each ends is known before it is looked at: sixty-four
 * bytes at a time are searched for commas and brackets (Lemire and Langdale, Parsing gigabytes of JSON per second, 2019).
 */
import { BRACKETS, COMMAS, decimals, digits, NONE, POINTS, someDigits, upTo8 } from './digits-in';
import { INPUT, OUTPUT, PARSING, TENS } from './memory';
import { narrow, nearest } from './nearest';
import { afterSpaces, beforeSpaces } from './spaces';

/** Why a run ended: behind a value stands what ends it, or a comma where there is no room; the text ended; at no plain value. */
export const ENDED = 0;
const CUT = 1;
export const STOPPED = 2;

/** Where the text goes on, and where the next element goes. */
export let at: usize = 0;
export let put: usize = 0;

export function start(): void {
  at = INPUT;
  put = OUTPUT;
}

export function moveTo(p: usize): void {
  at = p;
}

const MINUS: u8 = 0x2d;
const PLUS: u8 = 0x2b;
const ZERO: u8 = 0x30;
const SPACE: u8 = 0x20;
const POINT: u8 = 0x2e;
const BLOCK: usize = 64;

/** Which of the next 64 bytes are a certain one: a vector at PARSING. */
// @ts-ignore: decorator
@inline
function where(block: usize, byte: usize): u64 {
  return (
    where16(block, byte) |
    (where16(block + 16, byte) << 16) |
    (where16(block + 32, byte) << 32) |
    (where16(block + 48, byte) << 48)
  );
}

// @ts-ignore: decorator
@inline
function where16(p: usize, byte: usize): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(PARSING + byte)));
}

/** Whether the last of the ends that `ends` gave is the array's own, or there is no room for more elements behind it. */
let isLast: bool = false;

/** Where values end in the next 64 bytes, as far as they are of this array, and there is room for them; at least for one. */
// @ts-ignore: decorator
@inline
function ends(block: usize, end: usize, q: usize, room: usize, shift: i32): u64 {
  const close = where(block, BRACKETS);
  // Up to the first bracket.
  let mask = (where(block, COMMAS) | close) & (close ^ (close - 1));
  if (block + BLOCK > end) mask &= (<u64>1 << (end - block)) - 1;
  isLast = (mask & close) != 0;
  const spare = (room - q) >> shift;
  return <usize>popcnt(mask) < spare ? mask : cut(mask, spare);
}

/** The lowest bits that are set, so many. */
function cut(mask: u64, count: usize): u64 {
  isLast = true;
  let rest = mask;
  while (count-- > 0) rest &= rest - 1;
  return mask ^ rest;
}

// @ts-ignore: decorator
@inline
function left(reason: i32, p: usize, q: usize): i32 {
  at = p;
  put = q;
  return reason;
}

/**
 * See parse.ts for what the arguments mean; `room` is where elements must end. Each is stored in eight bytes, of which the
 * next overwrites those that are not its own.
 */
export function integers(p: usize, end: usize, room: usize, shift: i32, least: u64, most: u64): i32 {
  const size = <usize>1 << shift;
  let q = put;
  for (let block = p; block < end; block += BLOCK) {
    for (let mask = ends(block, end, q, room, shift); mask != 0; mask &= mask - 1) {
      const stop = block + <usize>ctz(mask);
      let from = p;
      if (load<u8>(from) <= SPACE) from = afterSpaces(from, stop);
      let negative: u64 = 0;
      if (least != 0) {
        negative = u64(load<u8>(from) == MINUS);
        from += <usize>negative;
      }
      // By arithmetic: of a sign one cannot tell.
      const bound = most + negative * (least - most);
      let value = digits(stop, stop - from);
      // NONE is beyond any bound.
      if (value > bound) value = spaced(from, stop);
      if (value > bound) return left(STOPPED, p, q);
      // No -0: whoever asks for integers may want to know it.
      if (load<u8>(from) == ZERO && (negative || !isAlone(from, stop))) return left(STOPPED, p, q);
      store<u64>(q, (value ^ (0 - negative)) + negative);
      q += size;
      p = stop + 1;
    }
    if (isLast) return left(ENDED, p - 1, q);
  }
  return left(CUT, p, q);
}

/** Digits with white space behind. */
function spaced(from: usize, stop: usize): u64 {
  const last = beforeSpaces(from, stop);
  return someDigits(last, last - from);
}

/** Whether a digit is the only one. */
function isAlone(from: usize, stop: usize): bool {
  return beforeSpaces(from, stop) == from + 1;
}

export function floats(p: usize, end: usize, room: usize, shift: i32, places: i32, nulls: bool): i32 {
  const size = <usize>1 << shift;
  const bias = places == 10 ? 15 : 127;
  let q = put;
  // Of a number that is read once more: what is left out behind its digits, and the exponent that was there.
  let behind: usize = 0;
  let power: i32 = 0;
  for (let block = p; block < end; block += BLOCK) {
    for (let mask = ends(block, end, q, room, shift); mask != 0; ) {
      const stop = block + <usize>ctz(mask);
      let from = p;
      if (load<u8>(from) <= SPACE) from = afterSpaces(from, stop);
      const negative = u64(load<u8>(from) == MINUS);
      from += <usize>negative;
      let bits = decimal(from, stop - behind, power);
      if (bits == NONE) {
        if (behind == 0) {
          behind = stop - beforeExponent(from, stop);
          power = exponent;
          if (behind != 0) continue;
        }
        if (nulls && !negative && isNull(from, beforeSpaces(from, stop))) bits = NAN;
        if (bits == NONE) return left(STOPPED, p, q);
      }
      if (shift == 3) store<u64>(q, bits | (negative << 63));
      else {
        bits = bits == NAN ? <u64>(4 * bias + 3) << (places - 1) : narrow(bits, places, bias);
        if (bits == NONE) return left(STOPPED, p, q);
        store<u32>(q, <u32>(bits | (negative << ((size << 3) - 1))));
      }
      behind = 0;
      power = 0;
      q += size;
      p = stop + 1;
      mask &= mask - 1;
    }
    if (isLast) return left(ENDED, p - 1, q);
  }
  return left(CUT, p, q);
}

const NAN: u64 = 0x7ff8000000000000;

// @ts-ignore: decorator
@inline
function isBool(from: usize, stop: usize): bool {
  const length = i32(stop - from);
  const word = load<u32>(from);
  const isTrue = i32(word == 0x65757274) & i32(length == 4);
  return bool(isTrue | (i32(word == 0x736c6166) & i32(length == 5) & i32(load<u8>(from, 4) == 0x65)));
}

function isSpacedBool(from: usize, stop: usize): bool {
  return isBool(from, beforeSpaces(from, stop));
}

function isNull(from: usize, stop: usize): bool {
  return stop - from == 4 && load<u32>(from) == 0x6c6c756e;
}

/** Digits of which no product with 10^(as many) is beyond 64 bits. */
const MOST_DIGITS: usize = 19;

/** The bits of the number of digits, perhaps with a point, times a power of ten; NONE if it is none. */
// @ts-ignore: decorator
@inline
function decimal(from: usize, stop: usize, power: i32): u64 {
  const length = stop - from;
  const points = <u32>i8x16.bitmask(i8x16.eq(v128.load(from), v128.load(PARSING, POINTS)));
  const whole = <usize>ctz(points | 0x10000);
  let value: u64;
  if (whole >= length || load<u8>(from + whole) != POINT) {
    value = someDigits(stop, length);
    if (value == NONE || (length > 1 && load<u8>(from) == ZERO)) return NONE;
  } else {
    const places = length - whole - 1;
    const before = whole == 1 ? oneDigit(from) : whole - 1 < 8 ? upTo8(from + whole, whole) : someDigits(from + whole, whole);
    value = decimals(stop, places);
    if (before == NONE || value == NONE) return NONE;
    power -= <i32>places;
    if (before != 0) {
      if (load<u8>(from) == ZERO || whole + places > MOST_DIGITS) return NONE;
      value += before * load<u64>(TENS + (places << 3));
    } else if (whole != 1) return NONE;
  }
  return nearest(value, power);
}

// @ts-ignore: decorator
@inline
function oneDigit(p: usize): u64 {
  const digit = <u64>load<u8>(p) - ZERO;
  return digit <= 9 ? digit : NONE;
}

/** Digits of an exponent that are read here. */
const MOST_EXPONENT: usize = 4;

/** What the last exponent was. */
let exponent: i32 = 0;

/** Where the digits before an exponent end, or else the white space behind them begins. */
function beforeExponent(from: usize, stop: usize): usize {
  exponent = 0;
  const end = beforeSpaces(from, stop);
  let e = end;
  // An `e`, the sign, digits.
  const least = max(from, end - MOST_EXPONENT - 2);
  while (e > least && (load<u8>(e - 1) | 0x20) != 0x65) e--;
  if (e == least) return end;
  const sign = load<u8>(e);
  const first = e + usize(sign == MINUS || sign == PLUS);
  const value = someDigits(end, end - first);
  if (value > 9999) return stop;
  exponent = sign == MINUS ? -(<i32>value) : <i32>value;
  return e - 1;
}

export function bools(p: usize, end: usize, room: usize): i32 {
  let q = put;
  for (let block = p; block < end; block += BLOCK) {
    for (let mask = ends(block, end, q, room, 0); mask != 0; mask &= mask - 1) {
      const stop = block + <usize>ctz(mask);
      let from = p;
      if (load<u8>(from) <= SPACE) from = afterSpaces(from, stop);
      if (!isBool(from, stop) && !isSpacedBool(from, stop)) return left(STOPPED, p, q);
      store<u8>(q, u8(load<u8>(from) == 0x74));
      q++;
      p = stop + 1;
    }
    if (isLast) return left(ENDED, p - 1, q);
  }
  return left(CUT, p, q);
}
