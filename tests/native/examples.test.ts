/**
 * Every example of the README, the pages and the docstrings is run, against the built package by its own name.
 * What a line prints stands behind it as a comment.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { transformSync } from 'esbuild';
import { findPythons } from '../../src/ffi/discover.ts';
import { examplesOf, expectedOf, root } from '../support/examples.ts';

const files = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending) && !path.startsWith('site/'))
    .map((path) => join(folder, path))
    .sort();

const examples = ['README.md', ...files('docs', '.md'), ...files('src', '.ts')].flatMap(examplesOf);

const usable = findPythons().filter(({ problem }) => problem === undefined);
const [first] = usable;
const whyNot = first === undefined ? 'skipped: no libpython here\n' : undefined;
/** The Python of the shell itself, before the shim that pyenv has for it, which takes longer than most examples. */
const PATH = [...(first ? [dirname(first.executable)] : []), process.env.PATH].join(delimiter);

describe('examples', () => {
  test('there are some', () => {
    expect(examples.length).toBeGreaterThan(10);
  });

  test.each(examples)('$place', ({ code }) => {
    if (whyNot && code.includes('memview/ffi')) {
      process.stdout.write(whyNot);
      return;
    }
    const lines = expectedOf(code);
    expect(lines).not.toBe('');
    const program = transformSync(code, { loader: 'ts', target: 'node20', format: 'esm' }).code;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PATH },
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: lines, stderr: '' });
  });
});

/** A process for the one that the README calls 4711, which has a `__main__.frame`, and its core where that is asked for. */
function standIn(executable: string, command: string): { command: string; end(): void } | undefined {
  const program = 'import time; frame = bytearray(b"abc"); time.sleep(100)';
  const started = spawnSync('sh', ['-c', `'${executable}' -c '${program}' > /dev/null 2>&1 & echo $!; sleep 0.5`], {
    encoding: 'utf8',
  });
  const pid = started.stdout.trim();
  const core = join(tmpdir(), `memview-readme.${pid}`);
  if (command.includes('--core')) {
    const made = spawnSync('gcore', ['-o', join(tmpdir(), 'memview-readme'), pid], { stdio: 'ignore' });
    if (made.error) return undefined;
  }
  const end = (): void => {
    process.kill(Number(pid), 'SIGKILL');
    rmSync(core, { force: true });
  };
  return { command: command.replace('core.4711', core).replace('4711', pid), end };
}

const commands = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^npx (memview .*)$/gm)].map(
  ([, line]) => line ?? '',
);

test.each(commands)('README: npx %s', (line) => {
  const [command = '', output] = line.split(/ +# /);
  const [, version = ''] = /--python (\S+)/.exec(command) ?? [];
  const needed = version ? usable.find((one) => one.version.startsWith(version)) : first;
  const imports = command.includes('numpy') ? ['-c', 'import numpy'] : ['-c', ''];
  if (!needed || spawnSync(needed.executable, imports).status !== 0) {
    process.stdout.write(`skipped: no Python here for ${command}\n`);
    return;
  }
  const named = command.includes('4711') ? standIn(needed.executable, command) : { command, end: () => {} };
  if (!named) {
    process.stdout.write(`skipped: no gcore here for ${command}\n`);
    return;
  }
  const ended = spawnSync('sh', ['-c', `npx ${named.command}`], { cwd: root, encoding: 'utf8' });
  named.end();
  expect([ended.status, ended.stdout.length > 0]).toEqual([0, true]);
  if (output) expect(ended.stdout).toBe(`${output}\n`);
});
