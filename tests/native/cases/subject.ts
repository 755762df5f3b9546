/** What a case is run on: an interpreter, seen through the source that the command too is built on. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Source } from '../../../src/cli/source.ts';
import type { Python } from '../../../src/ffi/python.ts';

/** A libpython in this process has a `python`; Pyodide has none. */
export interface Subject extends Source {
  readonly python: Python | undefined;
}

/** A libpython in this process. */
export type PythonSubject = Subject & { readonly python: Python };

/** Cases by what they show; each throws if it does not hold, and may answer with what it counted or {@link Seen}. */
export type Cases<S> = Readonly<Record<string, (subject: S) => unknown>>;

/** What a case answers that has a table to show, whose first row names the columns. */
export interface Seen {
  readonly said: string;
  readonly table: readonly (readonly string[])[];
}

/** The value of a Python expression that json can carry. */
export function value<T>({ text, exec }: Subject, expression: string): T {
  exec('import json');
  return JSON.parse(text(`json.dumps(${expression})`)) as T;
}

/** Whether there is a module of that name. One that is there and cannot be imported fails whoever imports it. */
export function has(subject: Subject, module: string): boolean {
  const parts = module.split('.').map((_, i, names) => names.slice(0, i + 1).join('.'));
  return parts.every((name) => value(subject, `__import__("importlib.util").util.find_spec("${name}") is not None`));
}

/** Waits, and lets the garbage collector run, until something holds; fails when it does not within 20 s. */
export async function until(holds: () => boolean, what: () => string): Promise<void> {
  for (const end = performance.now() + 20_000; !holds(); ) {
    assert.ok(performance.now() < end, what());
    // In a turn of its own: what a WeakRef gave is kept until the turn ends.
    await setTimeout(10);
    globalThis.gc?.();
  }
}
