/** Random numbers that are the same in every run: a failure can be met again by its seed. */
export interface Random {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** A whole number between two, both included. */
  between(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  bytes(length: number): Uint8Array<ArrayBuffer>;
}

/** Numbers of 32 bits by mulberry32 (Ettinger, 2017, public domain). */
export function random(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    pick: (from) => from[below(from.length)] as never,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}
