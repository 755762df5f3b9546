/** The command as a person runs it: the built one, in a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findPythons } from '../../src/ffi/discover.ts';
import { hasNumpy } from './found.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = join(root, 'dist/cli/main.js');

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function memview(args: readonly string[], env: NodeJS.ProcessEnv = {}): Ended {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, signal, stdout, stderr };
}

const usable = findPythons().filter(({ problem }) => problem === undefined);
const [first] = usable;
const python = first?.executable ?? '';
const numpy = usable.find(hasNumpy);
const withPython = first ? test : (test.skip as typeof test);
const withNumpy = numpy ? test : (test.skip as typeof test);
if (!first) process.stdout.write('skipped: no libpython here\n');
if (!numpy) process.stdout.write('skipped: no Python with numpy and a libpython here\n');

/** Every source that is here: all Pythons, and Pyodide. */
const sources = [
  ...usable.map(({ version, executable }) => ({
    name: `CPython ${version}, ${executable}`,
    args: ['--python', executable],
  })),
  { name: 'Pyodide', args: ['--pyodide'] },
];

describe.each(sources)('on $name', ({ args }) => {
  test('json prints the elements', () => {
    expect(memview(['json', ...args, 'memoryview(bytearray(b"abc"))'])).toEqual({
      status: 0,
      signal: null,
      stdout: '[97,98,99]\n',
      stderr: '',
    });
  });

  test('json --indent puts every element on a line of its own', () => {
    const { status, stdout } = memview(['json', ...args, '--indent', 'memoryview(bytes(range(4))).cast("B", (2, 2))']);
    expect([status, stdout]).toEqual([0, '[\n  [\n    0,\n    1\n  ],\n  [\n    2,\n    3\n  ]\n]\n']);
  });

  test('show prints every field with its offset, then the view', () => {
    const { status, stdout } = memview([
      'show',
      ...args,
      '--setup',
      'x = memoryview(bytes(range(12))).cast("B", (3, 4))',
      'x[::-2]',
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^PyMemoryViewObject at 0x[0-9a-f]+, 3\.\d+t?-\w+, \d+ bytes\noffset {2}field +value\n/);
    expect(stdout).toMatch(/\n +\d+ {6}ob_type +0x[0-9a-f]+ {2}memoryview\n/);
    expect(stdout).toMatch(/\n +\d+ {4}strides +0x[0-9a-f]+ {2}-8, 1\n/);
    expect(stdout).toMatch(/\n +\d+ {4}format +0x[0-9a-f]+ {2}"B"\n/);
    expect(stdout).toContain('shape    (2, 4)\nstrides  (-8, 1) bytes, contiguous: no\n');
    expect(stdout).toMatch(/\[\[8, 9, 10, 11\],\n \[0, 1, 2, 3\]\]\n$/);
  });

  test('demo ends well: our JSON is what Python says', () => {
    const { status, stdout } = memview(['demo', ...args]);
    expect(status).toBe(0);
    const [, ours = '', theirs] =
      /encodeJson +(.*)\njson\.dumps\(tolist\(\)\) (.*)\nequal, byte for byte\n$/.exec(stdout) ?? [];
    expect(ours).toBe(theirs);
    expect(ours).toMatch(/^\[\[.*\],\[.*\]\]$/);
    expect(stdout).toContain('PyMemoryViewObject at 0x');
  });

  test.each([
    [['json', '1 / 0'], 'memview: ZeroDivisionError: division by zero\n'],
    [['json', '5'], "memview: TypeError: memoryview: a bytes-like object is required, not 'int'\n"],
    [
      ['json', '--setup', 'def fail(text): raise ValueError(text)', 'fail("one\\n  two\\n\\n  three")'],
      'memview: ValueError: one\n  two\n\n  three\n',
    ],
    [['json', '[].x'], "memview: AttributeError: 'list' object has no attribute 'x'\n"],
    [['json', '--setup', 'import sys; sys.exit(7)', 'b""'], 'memview: SystemExit: 7\n'],
    [['json', '__import__("sys").exit(7)'], 'memview: SystemExit: 7\n'],
  ])('%j is a clear error and status 1', ([verb = '', ...rest], stderr) => {
    expect(memview([verb, ...args, ...rest])).toEqual({ status: 1, signal: null, stdout: '', stderr });
  });

  test('a released memoryview is a clear error and status 1', () => {
    for (const verb of ['show', 'json']) {
      const ended = memview([verb, ...args, '--setup', 'm = memoryview(b"x"); m.release()', 'm']);
      expect([ended.status, ended.signal, ended.stdout]).toEqual([1, null, '']);
      expect(ended.stderr).toMatch(/^memview: .*released/);
    }
  });
});

withNumpy('numpy: a strided array as JSON', () => {
  const args = [
    'json',
    '--python',
    numpy?.executable ?? '',
    '--setup',
    'import numpy as np',
    'np.arange(6).reshape(2,3)[:, ::-1]',
  ];
  expect(memview(args)).toMatchObject({ status: 0, stdout: '[[2,1,0],[5,4,3]]\n' });
});

test.each([
  [
    ['json', '--python', '/no/such/python', 'b""'],
    'memview: no Python for "/no/such/python" can be loaded into this process: expected',
  ],
  [['json', '--python', '3.99', 'b""'], 'none of that version was found; `memview doctor` lists those that were'],
  [['json', '--python', process.execPath, 'b""'], 'it does not run as a Python'],
  [['json'], "memview: missing required argument 'expression'"],
  [
    ['json', '--pyodide', '--python', '3.8', 'b""'],
    "option '--python <python>' cannot be used with option '--pyodide'",
  ],
  [['nonsense'], "memview: unknown command 'nonsense'"],
])('%j is a clear error and status 1', (args, message) => {
  const ended = memview(args);
  expect([ended.status, ended.signal, ended.stdout]).toEqual([1, null, '']);
  expect(ended.stderr).toContain(message);
});

test('with no python on the PATH it runs on Pyodide, and says so', () => {
  const env = {
    PATH: dirname(process.execPath).startsWith('/usr') ? '/nonexistent' : dirname(process.execPath),
    VIRTUAL_ENV: '',
  };
  const { status, stdout, stderr } = memview(['json', 'b"abc"'], env);
  expect([status, stdout]).toEqual([0, '[97,98,99]\n']);
  expect(stderr).toMatch(
    /^memview: no Python on the PATH can be loaded into this process: none was found\..*\nrunning on Pyodide /,
  );
});

test('doctor lists what it found, and what cannot be used with its reason', () => {
  const { status, stdout } = memview(['doctor']);
  expect(status).toBe(0);
  const verified = stdout.match(/layout {5}verified against the live interpreter/g) ?? [];
  expect(verified).toHaveLength(usable.length + 1);
  for (const { executable } of usable) expect(stdout).toContain(executable);
});

test('a reader that closes early is no error, and large output is whole', () => {
  const [one] = sources;
  const args = [command, 'json', ...(one?.args ?? []), 'bytes(10**6)'].map((arg) => `'${arg}'`).join(' ');
  const head = spawnSync('sh', ['-c', `'${process.execPath}' ${args} | head -c 9`], { encoding: 'utf8' });
  expect([head.stdout, head.stderr]).toEqual(['[0,0,0,0,', '']);
  const whole = spawnSync('sh', ['-c', `'${process.execPath}' ${args} | wc -c`], { encoding: 'utf8' });
  expect(whole.stdout.trim()).toBe(String(2 * 10 ** 6 + 2));
});

withPython("Python's output is flushed and its atexit handlers run, whatever way node ends", () => {
  const setup = 'import atexit, sys; atexit.register(lambda: print("bye")); sys.stdout.write("no newline")';
  const { stdout } = memview(['json', '--python', python, '--setup', setup, 'b"a"']);
  expect(stdout).toContain('no newline');
  expect(stdout).toContain('bye\n');
  expect(memview(['json', '--python', python, '--setup', setup, '1/0'])).toMatchObject({
    status: 1,
    stdout: 'no newlinebye\n',
  });
});

withPython("what is written to a stdout that Python code replaced is not lost, nor are threads' results", () => {
  const setup = `
import sys, io, atexit, threading, time
def fails(): raise ValueError
atexit.register(fails)
sys.stdout.write("tail,")
def slow():
    time.sleep(0.3)
    sys.__stdout__.write("thread")
threading.Thread(target=slow).start()
sys.stdout = io.StringIO()
`;
  const { status, signal, stdout } = memview(['json', '--python', python, '--setup', setup, 'b"a"']);
  expect([status, signal]).toEqual([0, null]);
  expect(stdout).toContain('tail,');
  expect(stdout).toContain('thread');
});

withPython('an address that cannot be read is a clear error and status 1', () => {
  const setup = 'import ctypes; c = (ctypes.c_double * 2).from_address(4096)';
  for (const verb of ['show', 'json']) {
    expect(memview([verb, '--python', python, '--setup', setup, 'c'])).toEqual({
      status: 1,
      signal: null,
      stdout: '',
      stderr: 'memview: cannot read 1 bytes at 0x1000: nothing readable is mapped there (EIO)\n',
    });
  }
});

test('a full disk is an error, not a stack trace', () => {
  const args = [command, 'json', ...(sources[0]?.args ?? []), 'bytes(10**6)'].map((arg) => `'${arg}'`).join(' ');
  const full = spawnSync('sh', ['-c', `'${process.execPath}' ${args} > /dev/full`], { encoding: 'utf8' });
  expect([full.status, full.stderr]).toEqual([1, 'memview: ENOSPC: no space left on device, write\n']);
});

test('a buffer of many dimensions is not shown to its last element', () => {
  const expression = 'memoryview(bytes(8**6)).cast("B", (8,) * 6)';
  const { status, stdout } = memview(['show', ...(sources[0]?.args ?? []), expression]);
  expect(status).toBe(0);
  expect(stdout.split('\n').length).toBeLessThan(500);
});

withPython('a start-up file may speak, and a broken one is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memview-site-'));
  const args = ['json', '--python', python, 'b"a"'];
  try {
    writeFileSync(join(folder, 'sitecustomize.py'), 'import sys\nsys.stdout.write("[log] ")\n');
    expect(memview(args, { PYTHONPATH: folder })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('[97]\n'),
    });
    writeFileSync(
      join(folder, 'sitecustomize.py'),
      'import sys\nclass S:\n  def write(self, text): pass\n  def flush(self): pass\nsys.stdout = S()\n',
    );
    expect(memview(args, { PYTHONPATH: folder })).toMatchObject({ status: 0, stdout: '[97]\n' });
    const { status, stderr } = memview(['json', '--python', first?.version ?? '', 'b"a"'], {
      PYTHONHOME: '/nonexistent',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/does not run as a Python: .*Fatal Python error/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

withPython('a venv is used as one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memview venv ü '));
  try {
    const made = spawnSync(python, ['-m', 'venv', '--without-pip', folder], { encoding: 'utf8' });
    if (made.status !== 0) {
      process.stdout.write(`skipped: ${python} makes no venv: ${made.stderr.trim().split('\n').at(-1)}\n`);
      return;
    }
    const expression = '__import__("sys").prefix.encode()';
    const asked = (args: string[], env: NodeJS.ProcessEnv = {}) => {
      const { stdout } = memview(['json', ...args, expression], env);
      return Buffer.from(JSON.parse(stdout) as number[]).toString();
    };
    expect(asked(['--python', folder])).toBe(folder);
    expect(asked(['--python', join(folder, 'bin/python')])).toBe(folder);
    expect(asked([], { VIRTUAL_ENV: folder })).toBe(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
