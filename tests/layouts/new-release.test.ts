/** CONTRIBUTING's made-up release: applied to a copy, it touches two files, compiles, and is a target like the others. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'memview-'));
afterAll(() => rmSync(copy, { recursive: true }));

test('a new CPython is its row and the structs it changed', () => {
  const [, patch = ''] = /```diff\n([\s\S]*?)```/.exec(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')) ?? [];
  expect([...patch.matchAll(/^\+\+\+ b\/(.*)$/gm)].map(([, path]) => path)).toEqual([
    'src/layouts/tupleobject.ts',
    'src/layouts/versions.ts',
  ]);
  for (const path of ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) {
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const run = (command: string, args: readonly string[], input = ''): string =>
    execFileSync(command, args, { cwd: copy, input, encoding: 'utf8' });
  run('git', ['apply', '--unidiff-zero', '-'], patch);
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noEmit']);
  const program = `
    import { targets } from './src/layouts/targets.ts';
    import { layoutsFor } from './src/layouts/layouts.ts';
    const { PyTupleObject, PyMemoryViewObject } = layoutsFor('3.16-lp64');
    console.log(JSON.stringify([
      targets.filter((tag) => tag.startsWith('3.16')).length,
      PyTupleObject.offsetOf('ob_item'),
      layoutsFor('3.16t-lp64').PyTupleObject.offsetOf('ob_item'),
      PyMemoryViewObject.size,
    ]));`;
  const printed = run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
  // (release, debug) × (plain, trace-refs, free-threaded) × 7 models; a word more than in 3.15.
  expect(JSON.parse(printed)).toEqual([42, 40, 56, 152]);
});
