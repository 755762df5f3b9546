/** The command on the memory of another process and of its core, as a person and as a program uses it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findAll, hasGcore, hasNumpy } from './found.ts';
import { type Held, Holder } from './held.ts';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'memview-cli-'));
const known = findAll().filter(({ target, executable }) => target !== undefined && existsSync(executable));
const python = known.find(hasNumpy) ?? known[0];

function memview(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

interface Printed {
  readonly target: string;
  readonly complete: boolean;
  readonly found: number;
  readonly buffers: readonly { readonly address: string; readonly type: string; readonly nbytes: number }[];
}

const skipped = python ? undefined : 'skipped: no Python is found\n';
if (skipped) process.stdout.write(skipped);

(skipped ? describe.skip : describe)('find, show and json', () => {
  let holder: Holder;
  let held: Held;
  let places: (readonly [option: string, value: string, title: RegExp])[];

  beforeAll(async () => {
    holder = new Holder(python?.executable ?? '');
    held = await holder.ask<Held>('held');
    places = [['--pid', String(holder.pid), /^CPython 3\.\S+, process \d+\n/]];
    if (!hasGcore) return void process.stdout.write('skipped: gcore is not installed\n');
    execFileSync('gcore', ['-o', join(folder, 'core'), String(holder.pid)], { stdio: 'ignore' });
    places.push(['--core', join(folder, `core.${holder.pid}`), /^CPython 3\.\S+, core file \/.*\n/]);
  });

  afterAll(async () => {
    await holder.kill();
    rmSync(folder, { recursive: true });
  });

  test('find prints a table, the biggest first', () => {
    for (const [option, value, title] of places) {
      const { status, stdout, stderr } = memview('find', option, value, '--limit', '5');
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(title);
      const lines = stdout.split('\n');
      expect(lines[2]).toMatch(/^address +type +format +shape +bytes +refs +exports +memory of +elements$/);
      const rows = lines.slice(3, 8);
      expect(rows.every((row) => /^0x[0-9a-f]+ /.test(row))).toBe(true);
      expect(stdout).toMatch(
        /\n\n\d+ buffers, \d+ bytes of their own\n\d+ smaller ones are not shown; --limit 0 shows all\n/,
      );
      expect(stdout.includes('the process ran on meanwhile')).toBe(option === '--pid');
    }
  });

  test('find --json is for programs, and has all that is held', () => {
    for (const [option, value] of places) {
      const { status, stdout } = memview('find', option, value, '--json', '--limit', '0');
      const { target, complete, found, buffers } = JSON.parse(stdout) as Printed;
      expect([status, target, complete, found]).toEqual([0, python?.target, true, buffers.length]);
      const addresses = new Set(buffers.map(({ address }) => Number(address)));
      expect(held.made.filter(({ id }) => !addresses.has(id))).toEqual([]);
    }
  });

  test('find leaves out what is small or of another type', () => {
    const [option = '', value = ''] = places[0] ?? [];
    const some = memview('find', option, value, '--json', '--min-bytes', '50', '--type', 'memoryview', 'array.array');
    const { buffers } = JSON.parse(some.stdout) as Printed;
    expect([...new Set(buffers.map(({ type }) => type))].sort()).toEqual(['array.array', 'memoryview']);
    expect(Math.min(...buffers.map(({ nbytes }) => nbytes))).toBeGreaterThanOrEqual(50);
  });

  test('show and json take an address and a name', () => {
    for (const [option, value] of places) {
      const text = [...Buffer.from('found by its name')];
      expect(memview('json', option, value, '__main__.table')).toEqual({
        status: 0,
        stdout: `${JSON.stringify(text)}\n`,
        stderr: '',
      });
      const address = `0x${held.table.toString(16)}`;
      expect(JSON.parse(memview('json', option, value, address).stdout)).toEqual(text);
      const { status, stdout } = memview('show', option, value, address);
      expect(status).toBe(0);
      expect(stdout).toMatch(
        new RegExp(`^PyByteArrayObject at ${address}, 3\\.\\S+, \\d+ bytes\noffset  field +value\n`),
      );
      expect(stdout).toMatch(/\n +\d+ +ob_type +0x[0-9a-f]+ {2}bytearray\n/);
      expect(stdout).toContain('format   "B", itemsize 1\nshape    (17)\n');
    }
  });

  test('every kind of object is shown', () => {
    const kinds = new Map(held.made.map((made) => [made.type, made]));
    for (const made of kinds.values()) {
      const { status, stdout, stderr } = memview('show', '--pid', String(holder.pid), String(made.id));
      expect([made.type, status, stderr]).toEqual([made.type, 0, '']);
      expect(stdout).not.toContain('[object');
    }
  });

  test.each([
    [['show', '__main__.nothing'], /^memview: the module __main__ has no variable nothing; it has /],
    [['json', 'table'], /^memview: expected an address, such as 0x7f10c0de, or a module and its variable, such as /],
    [['json', '0x10'], /^memview: cannot read \d+ bytes at 0x10: nothing readable is mapped there/],
    [['json', '__main__.made'], /^memview: expected a memoryview, bytes, .* at 0x[0-9a-f]+, got "list"\n$/],
  ])('%j is a clear error and status 1', ([verb = '', what = ''], message) => {
    const ended = memview(verb, '--pid', String(holder.pid), what);
    expect([ended.status, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toMatch(message);
  });
});

test.each([
  [['find'], 'memview: expected a process or a core file: --pid PID or --core FILE\n'],
  ...['find', 'show', 'json'].map(
    (verb) =>
      [
        [verb, '--target', '3.12-lp64', ...(verb === 'find' ? [] : ['b"abc"'])],
        'memview: expected --pid PID or --core FILE with --target, which says whose objects are in another memory\n',
      ] as const,
  ),
  [['find', '--pid', 'abc'], "argument 'abc' is invalid. expected the number of a process."],
  [['find', '--pid', '1', '--core', 'x'], "option '--core <file>' cannot be used with option '--pid <pid>'"],
  [['find', '--pid', '1', '--limit', '-3'], "argument '-3' is invalid. expected a whole number, 0 or more."],
  [['show', '--pid', '1', '--pyodide', 'x.y'], "option '--pid <pid>' cannot be used with option '--pyodide'"],
  [['json', '--core', '/no/such/core', 'x.y'], 'memview: cannot open /no/such/core: ENOENT; expected a core file that'],
  [['find', '--core', command], 'memview: cannot read'],
])('%j is a clear error and status 1', (args, message) => {
  const ended = memview(...args);
  expect([ended.status, ended.stdout]).toEqual([1, '']);
  expect(ended.stderr).toContain(message);
});
