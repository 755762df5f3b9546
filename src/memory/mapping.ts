/** What is mapped where in a process: the ranges of its addresses, and the files they come from. */

/** A range of addresses that one rule governs. */
export interface Mapping {
  readonly address: bigint;
  /** In bytes. */
  readonly length: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  /** Whether other processes see what is written, where that is known. */
  readonly shared?: boolean;
  /** The file that is mapped, or what the system calls the range, such as `[heap]`; empty where it has no name. */
  readonly path: string;
  /** Where in the file it begins, in bytes. */
  readonly offset: number;
}

/** The index of the last range that begins at or below an address, or -1. The ranges are in the order of addresses. */
export function lastAtOrBelow(sorted: readonly { readonly address: bigint }[], address: bigint): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = sorted[middle];
    if (range && range.address <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Compares by address, for a sort. */
export function byAddress(a: { readonly address: bigint }, b: { readonly address: bigint }): number {
  return a.address < b.address ? -1 : a.address > b.address ? 1 : 0;
}
