/** The page on layouts says where orjson's struct differs from CPython's: its numbers are computed here, and measured. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { computeLayout } from '../../src/layouts/layout.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { int, Py_ssize_t, pointer, struct } from '../../src/layouts/vocabulary.ts';
import { goldenTables } from '../golden/tables.ts';

/** As orjson 3.11.8 declares it in src/ffi/buffer.rs. */
const theirs = struct('_PyManagedBufferObject', 'orjson, src/ffi/buffer.rs', {
  ob_base: pointer('PyObject'),
  flags: int,
  exports: Py_ssize_t,
  master: pointer('Py_buffer'),
});

test('the table of the page', () => {
  const page = readFileSync(new URL('../../docs/layouts.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `?(\w+)`? +\| (\d+) +\| (\d+) +\|$/gm)].map(([, name, orjson, cpython]) => [
    name,
    Number(orjson),
    Number(cpython),
  ]);
  const layout = computeLayout(theirs, parseTarget('3.13-lp64'));
  // CPython's side is what a C compiler said; the nested structs begin where their first field does.
  const measured = goldenTables().get('3.13-lp64')?.get('_PyManagedBufferObject');
  if (!measured) throw new Error('not measured');
  const first = (prefix: string) =>
    Math.min(...Object.entries(measured.fields).flatMap(([path, [at]]) => (path.startsWith(prefix) ? [at] : [])));
  expect(rows).toEqual([
    ...(['ob_base', 'flags', 'exports', 'master'] as const).map((name) => [name, layout.offsetOf(name), first(name)]),
    ['size', layout.size, measured.size],
  ]);
});
