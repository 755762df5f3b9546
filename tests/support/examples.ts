/** The examples of a page or of docstrings, and what they are to print. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A block of TypeScript that is to be run. */
export interface Example {
  /** The file, from the root, and its line. */
  readonly place: string;
  readonly code: string;
}

/** Every block of a file; in a source, of its docstrings. */
export function examplesOf(path: string): Example[] {
  const text = readFileSync(join(root, path), 'utf8');
  const inDocstring = path.endsWith('.ts');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => ({
    place: `${path}:${text.slice(0, match.index).split('\n').length}`,
    code: inDocstring ? (match[1] ?? '').replace(/^ *\* ?/gm, '') : (match[1] ?? ''),
  }));
}

/** What each `console.log(…); // text` is to print. */
export function expectedOf(code: string): string {
  return [...code.matchAll(/console\.log\(.*\);? \/\/ (.*)$/gm)].map(([, text]) => `${text}\n`).join('');
}
