/** What the command takes its objects from: an interpreter, wherever it runs. */
import type { Memory } from '../memory/memory.ts';
import type { BufferView } from '../view/buffer-view.ts';

/** An interpreter, as far as the command needs one. Code and expressions are Python's. */
export interface Source {
  /** What it is, for people. */
  readonly title: string;
  readonly memory: Memory;
  /** Runs statements. */
  exec(code: string): void;
  /** The `str()` of an expression's value. */
  text(expression: string): string;
  /** A view of the buffer of an expression's value. */
  view(expression: string): BufferView;
  /** A view of the very memoryview an expression gives, or of one made of its value: nothing stands between. */
  inspect(expression: string): BufferView;
}

/** A Python function: the memoryview of a value, the value itself if it is one. */
export const memoryviewOf = 'lambda value: value if isinstance(value, memoryview) else memoryview(value)';
