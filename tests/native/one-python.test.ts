/** One Python per process: two files of jest's in one process, and two copies of the package, meet the same. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { findPythons } from '../../src/ffi/discover.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const python = findPythons().find(({ problem }) => problem === undefined);
const testWithPython = python ? test : (test.skip as typeof test);
if (!python) process.stdout.write('skipped: no libpython here\n');

testWithPython('a second file of jest meets the Python that the first has started', () => {
  const config = { rootDir: join(root, 'tests/native/jest'), testMatch: ['**/*.fixture.mjs'], transform: {} };
  const args = ['--experimental-vm-modules', join(root, 'node_modules/jest/bin/jest.js'), '--runInBand'];
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...args, '--config', JSON.stringify({ ...config, moduleFileExtensions: ['mjs', 'js', 'json', 'node'] })],
    { cwd: root, encoding: 'utf8' },
  );
  expect({ status, signal, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  const met = [...stdout.matchAll(/met (\d) of process (\d+)/g)].map(([, times, pid]) => [times, pid]);
  expect(met.map(([times]) => times)).toEqual(['1', '2']);
  expect(met[0]?.[1]).toBe(met[1]?.[1]);
});

testWithPython('a venv is the same Python under whatever path it is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memview-venv-'));
  try {
    const [venv, link, other] = ['venv', 'link', 'other'].map((name) => join(folder, name)) as [string, string, string];
    for (const path of [venv, other]) {
      const made = spawnSync(python?.executable ?? '', ['-m', 'venv', '--without-pip', path], { encoding: 'utf8' });
      if (made.status !== 0) return void process.stdout.write(`skipped: no venv is made: ${made.stderr}\n`);
    }
    symlinkSync(venv, link);
    const program = `
      import { openPython } from 'memview/ffi';
      const [one, two] = ${JSON.stringify([venv, link])}.map((python) => openPython({ python }));
      console.log(one === two);
      try {
        openPython({ python: ${JSON.stringify(other)} });
      } catch (error) {
        console.log(error.message);
      }`;
    const args = ['--input-type=module', '-e', program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^true\ncannot open \S+\/other\/bin\/python: \S+\/venv\/bin\/python runs in this process, /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

testWithPython('a second copy of the package gives the same Python', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memview-copy-'));
  try {
    cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
    cpSync(join(root, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const program = `
      const [one, two] = await Promise.all([import('memview/ffi'), import(${JSON.stringify(join(folder, 'dist/doors/ffi.js'))})]);
      console.log(one.openPython === two.openPython, one.openPython() === two.openPython());`;
    const args = ['--input-type=module', '-e', program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'false true\n', stderr: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
