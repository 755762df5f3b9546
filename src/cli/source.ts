/** What the command takes its objects from: an interpreter, wherever it runs, or the memory of one. */
import type { Memory } from '../memory/memory.ts';
import type { BufferView } from '../view/buffer-view.ts';

/** Where objects are looked at. */
export interface Place {
  /** What it is, for people. */
  readonly title: string;
  readonly memory: Memory;
  /** A view of the buffer of what is named: an expression of Python's, or, of a memory alone, an address or a global. */
  view(what: string): BufferView;
  /** A view of the very object that is named, or, of an interpreter, of a memoryview made of it. */
  inspect(what: string): BufferView;
}

/** An interpreter, as far as the command needs one. Code and expressions are Python's. */
export interface Source extends Place {
  /** Runs statements. */
  exec(code: string): void;
  /** The `str()` of an expression's value. */
  text(expression: string): string;
}

/** A Python function: the memoryview of a value, the value itself if it is one. */
export const memoryviewOf = 'lambda value: value if isinstance(value, memoryview) else memoryview(value)';
