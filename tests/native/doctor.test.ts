/** What `memview doctor` says: the built command, on venvs of a real Python. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { findPythons } from '../../src/ffi/discover.ts';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'memview doctor ü '));
afterAll(() => rmSync(folder, { recursive: true }));

const python = findPythons().find(({ problem }) => problem === undefined);
const venv = join(folder, 'venv');
const reason = python ? whyNoVenv(python.executable) : 'no Python can be loaded here';
const withVenv = reason ? (test.skip as typeof test) : test;
if (reason) process.stdout.write(`skipped: ${reason}\n`);

/** Makes the venv, or says why there is none. */
function whyNoVenv(executable: string): string | undefined {
  const made = spawnSync(executable, ['-m', 'venv', '--without-pip', venv], { encoding: 'utf8' });
  return made.status === 0 ? undefined : `${executable} makes no venv: ${made.stderr.trim().split('\n').at(-1)}`;
}

/** What doctor prints, cut into the reports of Node, of each Python, and of Pyodide. */
function doctor(env: NodeJS.ProcessEnv): { readonly status: number | null; readonly reports: readonly string[] } {
  const { status, stdout } = spawnSync(process.execPath, [command, 'doctor'], {
    encoding: 'utf8',
    // Of the Pythons that installers have put somewhere only the system's are left.
    env: { PATH: '/nonexistent', HOME: folder, ...env },
  });
  return { status, reports: stdout.split(/\n(?=\S)/) };
}

/** A report whose lines are these, and no others. */
const lines = (...wanted: readonly RegExp[]): RegExp =>
  new RegExp(`^${wanted.map(({ source }) => source).join('\\n {20}')}\\s*$`);
const literal = (text: string): RegExp => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
const openssl = process.versions.openssl;

withVenv('it says of a venv where it is, its libpython, its target, and the two OpenSSLs', () => {
  const { status, reports } = doctor({ VIRTUAL_ENV: venv });
  expect(status).toBe(0);
  const ssl = spawnSync(python?.executable ?? '', ['-c', 'import ssl; print(ssl.OPENSSL_VERSION, end="")'], {
    encoding: 'utf8',
  });
  expect(reports[0]).toMatch(
    lines(
      literal(`   Node ${process.versions.node}`.padEnd(20) + process.execPath),
      new RegExp(`${process.platform} ${process.arch}(?:, (?:glibc|musl).*)?`),
      literal(`ssl        OpenSSL ${openssl}`),
    ),
  );
  const own = ssl.status === 0 ? literal(ssl.stdout) : /none: .*/;
  expect(reports[1]).toMatch(
    lines(
      literal(`ok CPython ${python?.version}`.padEnd(20) + join(venv, 'bin/python')),
      literal(`venv       ${venv}`),
      literal(`libpython  ${python?.libpython}`),
      ...(python?.before ?? []).map(({ path }) => new RegExp(`needs {6}${literal(path).source}, opened .*`)),
      literal(`target     ${python?.target}`),
      new RegExp(`ssl        ${own.source} ${literal(`(Node: OpenSSL ${openssl})`).source}`),
      /layout {5}verified against the live interpreter/,
    ),
  );
  expect(reports.at(-1)).toMatch(/^ok Pyodide {10}from npm\n {20}ssl .*\n {20}layout {5}verified against/);
});

withVenv('it says of a Python without ssl why, and is not disturbed by what a start-up file prints', () => {
  const modules = join(folder, 'modules');
  mkdirSync(modules);
  writeFileSync(join(modules, 'ssl.py'), 'raise ImportError("libssl.so.9: cannot open shared object file\\nhint")\n');
  writeFileSync(join(modules, 'sitecustomize.py'), 'print("[1, 2, 3]")\n');
  const { status, reports } = doctor({ VIRTUAL_ENV: venv, PYTHONPATH: modules });
  expect(status).toBe(0);
  expect(reports[1]).toContain(
    `\n${' '.repeat(20)}ssl        none: libssl.so.9: cannot open shared object file (Node:`,
  );
  expect(reports[1]).toContain('verified against the live interpreter');
});

test('it says of what cannot be used why not', () => {
  const broken = join(folder, 'broken');
  mkdirSync(join(broken, 'bin'), { recursive: true });
  symlinkSync('/no/such/python', join(broken, 'bin/python'));
  const { reports } = doctor({ VIRTUAL_ENV: broken });
  expect(reports[1]).toMatch(
    lines(
      literal('-- Python ?'.padEnd(20) + join(broken, 'bin/python')),
      /not usable: it is a link to \/no\/such\/python, which is not there/,
    ),
  );
});
