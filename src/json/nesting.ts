/** Where in nested arrays a text is, and whether they are regular. It knows no text. */
import { Unexpected } from './tokens.ts';

/** What may come next; numbered as in kernel/parse.ts. */
export const Phase = {
  /** A value, or an array. */
  Value: 0,
  /** The same, or the end of the array that has just begun. */
  First: 1,
  /** A comma, or the end of the array. */
  After: 2,
} as const;

export type Phase = (typeof Phase)[keyof typeof Phase];

export class Nesting {
  /** How many items the arrays of each dimension have; -1 where that is not known yet. */
  readonly sizes: number[];
  /** How many the open ones have so far. */
  readonly counts: number[];
  /** How many are open. */
  depth = 0;
  phase: Phase = Phase.Value;

  constructor(sizes: readonly number[]) {
    this.sizes = [...sizes];
    this.counts = sizes.map(() => 0);
  }

  /** Whether the text may end here. */
  get ended(): boolean {
    return this.depth === 0 && this.phase === Phase.After;
  }

  /** Whether elements are next, rather than arrays. */
  get within(): boolean {
    return this.depth === this.sizes.length;
  }

  /** The steps to what comes next. */
  path(): number[] {
    const open = this.counts.slice(0, this.depth);
    // An array that has ended counts already; what is wrong with it, or behind it, is there.
    return this.phase === Phase.After && this.depth > 0 ? open.slice(0, -1) : open;
  }

  /** @throws Unexpected if the open array has all its items. */
  checkRoom(at: number): void {
    const size = this.sizes[this.depth - 1] ?? -1;
    if (size >= 0 && this.counts[this.depth - 1] === size) throw this.#ragged(at, 'a longer one');
  }

  open(): void {
    this.counts[this.depth++] = 0;
    this.phase = Phase.First;
  }

  /** @throws Unexpected if the array has fewer items than it should. */
  close(at: number): void {
    const last = this.depth - 1;
    const count = this.counts[last] as number;
    const size = this.sizes[last] as number;
    if (size < 0) this.sizes[last] = count;
    else if (size !== count) throw this.#ragged(at, `one of ${count}`);
    this.depth--;
    this.item();
  }

  /** One item more of the open array has ended. */
  item(): void {
    if (this.depth > 0) this.counts[this.depth - 1] = (this.counts[this.depth - 1] as number) + 1;
    this.phase = Phase.After;
  }

  #ragged(at: number, got: string): Unexpected {
    const expected = `an array of ${this.sizes[this.depth - 1]}`;
    return new Unexpected(`expected ${expected}, as the shape or others of this dimension are, got ${got}`, at);
  }
}
