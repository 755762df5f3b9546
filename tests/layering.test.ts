/** Who may import whom, as data: imports go to lower levels only, never sideways between folders. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const src = resolve(dirname(fileURLToPath(import.meta.url)), '../src');

/** The level of each folder (or file) of src. */
const levels: Readonly<Record<string, number>> = {
  'target.ts': 0,
  'errors.ts': 0,
  'bytes.ts': 0,
  layouts: 1,
  memory: 1,
  view: 2,
  json: 3,
  ffi: 3,
  attach: 3,
  parallel: 4,
  cli: 4,
  doors: 4,
};

/** Files, by the start of their path, that may import Node's own modules. */
const mayUseNode = ['memory/process.ts', 'memory/core.ts', 'ffi/', 'parallel/', 'cli/'];

/** Packages, and the start of the paths that may import them. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'typed-struct': ['layouts/compile.ts'],
  buffer: ['layouts/compile.ts', 'view/struct.ts'],
  restructure: ['memory/elf.ts'],
  'ffi-rs': ['ffi/native.ts'],
  commander: ['cli/'],
  'cli-progress': ['cli/'],
  pyodide: ['cli/pyodide.ts'],
};

/** What the portable door reaches must not reach Node. */
const portableDoor = 'doors/memview.ts';

interface Import {
  readonly from: string;
  readonly to: string;
}

/** AssemblyScript: a program of its own, which imports nothing else of src and is imported as WebAssembly only. */
const kernel = 'json/kernel/';

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
const files = sources.filter((path) => !path.startsWith(kernel));

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(src, from), 'utf8').replace(/^\s*\*.*$/gm, '');
  const specifiers = [...text.matchAll(/(?:from\s+|import\s*\(?\s*)'([^']+)'/g)].map(
    ([, specifier]) => specifier ?? '',
  );
  return specifiers.map((to) => ({
    from,
    to: to.startsWith('.') ? relative(src, resolve(src, dirname(from), to)) : to,
  }));
});

const folder = (path: string): string => path.split('/')[0] ?? '';

test('there are imports to check', () => {
  expect(imports.length).toBeGreaterThan(100);
  expect(files.map(folder).filter((name) => !(name in levels))).toEqual([]);
});

test('imports between folders go to a lower level', () => {
  const wrong = imports.filter(({ from, to }) => {
    if (!to.endsWith('.ts') || folder(from) === folder(to)) return false;
    // The doors name what stands beside them on the top level.
    if (folder(from) === 'doors' && folder(to) === 'parallel') return false;
    return (levels[folder(to)] ?? 9) >= (levels[folder(from)] ?? -1);
  });
  expect(wrong).toEqual([]);
});

test('the kernels import each other, and nobody them', () => {
  const within = sources.filter((path) => path.startsWith(kernel));
  const specifiers = within.flatMap((path) => [...readFileSync(join(src, path), 'utf8').matchAll(/ from '([^']+)'/g)]);
  expect(specifiers.length).toBeGreaterThan(10);
  expect(specifiers.map(([, to]) => to).filter((to) => !to?.match(/^\.\/[a-z0-9-]+$/))).toEqual([]);
  expect(imports.filter(({ to }) => to.startsWith(kernel))).toEqual([]);
});

test("Node's modules are imported only where the table says", () => {
  const wrong = imports.filter(
    ({ from, to }) => to.startsWith('node:') && !mayUseNode.some((path) => from.startsWith(path)),
  );
  expect(wrong).toEqual([]);
});

test('each package is imported only where the table says', () => {
  const wrong = imports.filter(({ from, to }) => {
    if (to.endsWith('.ts') || to.startsWith('node:')) return false;
    return !packages[to]?.some((path) => from.startsWith(path));
  });
  expect(wrong).toEqual([]);
});

test('what the portable door reaches needs no Node', () => {
  const reached = new Set([portableDoor]);
  for (const file of reached) {
    for (const { from, to } of imports) if (from === file && to.endsWith('.ts')) reached.add(to);
  }
  expect([...reached].filter((file) => mayUseNode.some((path) => file.startsWith(path)))).toEqual([]);
  expect(reached.size).toBeGreaterThan(20);
});

test('no door holds logic', () => {
  for (const file of files.filter((path) => folder(path) === 'doors')) {
    const text = readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    expect(text.replace(/export (type )?\{[^}]*\} from '[^']+';/g, '').trim()).toBe('');
  }
});
