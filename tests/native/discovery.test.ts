/**
 * Finding Pythons, and what is said of those that cannot be used. Real parts only: executables and libraries are copies
 * of real ones with some bytes changed, venvs are made by their Pythons, and what fails is run.
 */
import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { choosePython, findPythons } from '../../src/ffi/discover.ts';
import { architectureOf, type Elf, readElf } from '../../src/ffi/elf.ts';
import { whyForeign, whyNotLoadable } from '../../src/ffi/host.ts';
import { type PythonInstallation, probe } from '../../src/ffi/probe.ts';
import { fetched, findAll, nodeFor } from './found.ts';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'memview discovery ü '));
afterAll(() => rmSync(folder, { recursive: true }));

const found = findAll();
const usable = found.filter(({ problem }) => problem === undefined);
const here = usable.filter((installation) => nodeFor(installation) === process.execPath);
const nodeElf = readElf(process.execPath);

/** Says why a test does not run, as a test cannot be skipped from inside. */
function skipped(reason: string): void {
  process.stdout.write(`skipped: ${reason}\n`);
}

/** Runs with other variables; undefined takes one away. */
function withEnv<T>(env: Readonly<Record<string, string | undefined>>, run: () => T): T {
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(env)) set(name, value);
  try {
    return run();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}

let count = 0;
const place = (name: string): string => join(folder, `${++count} ${name}`);

function makeFolder(name: string): string {
  const path = place(name);
  mkdirSync(path, { recursive: true });
  return path;
}

function script(text: string, mode = 0o755): string {
  const path = place('script');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** A copy of a real file with some bytes changed. */
function patched(original: string, change: (bytes: Buffer) => void): string {
  const path = join(makeFolder('patched'), basename(original));
  const bytes = readFileSync(original);
  change(bytes);
  writeFileSync(path, bytes);
  chmodSync(path, 0o755);
  return path;
}

/** Puts a shorter or equally long text in the place of another, each ended by NUL. */
function replace(from: string, to: string): (bytes: Buffer) => void {
  return (bytes) => {
    if (to.length > from.length) throw new Error(`${to} does not fit`);
    for (let at = bytes.indexOf(`${from}\0`); at >= 0; at = bytes.indexOf(`${from}\0`, at + 1)) {
      bytes.fill(0, at, at + from.length);
      bytes.write(to, at, 'latin1');
    }
  };
}

/** Another architecture than that of Node, and its name. */
const foreign = nodeElf?.machine === 183 ? { machine: 62, name: 'x86-64' } : { machine: 183, name: 'aarch64' };
const ofForeign = (bytes: Buffer): void => void bytes.writeUInt16LE(foreign.machine, 18);
const forThisNode = nodeElf && `this Node for ${architectureOf(nodeElf)}`;
const takeOneArchitecture = 'install a Python of the architecture of Node, or a Node of that of the Python';

/** A start-up file by which a real Python says something else of itself. */
function withStartUp<T>(text: string, run: () => T): T {
  const path = makeFolder('start-up');
  writeFileSync(join(path, 'sitecustomize.py'), text);
  return withEnv({ PYTHONPATH: path }, run);
}

const [first] = here;
/** One that is linked to its libpython, one that has it beside itself: `sysconfig` says where. */
const linked = here.find(({ executable }) => readElf(executable)?.needed.some((name) => name.startsWith('libpython')));
const unlinked = here.find((installation) => {
  const elf = readElf(installation.executable);
  return elf && !elf.needed.some((name) => name.startsWith('libpython'));
});

describe('readElf', () => {
  const files = [process.execPath, ...usable.flatMap(({ executable, libpython = '' }) => [executable, libpython])];

  test('says of real files what readelf says', () => {
    if (spawnSync('readelf', ['--version']).status !== 0) return skipped('there is no readelf');
    for (const file of new Set(files)) {
      const { stdout } = spawnSync('readelf', ['-hldVW', file], {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C' },
        maxBuffer: Number.POSITIVE_INFINITY,
      });
      const elf = readElf(file);
      expect(elf).toMatchObject({ whole: true, bits: Number(/Class: +ELF(\d+)/.exec(stdout)?.[1]) });
      expect(elf?.interpreter).toBe(/interpreter: (.*)\]/.exec(stdout)?.[1]);
      expect(elf?.needed).toEqual([...stdout.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name));
      const minors = [...stdout.matchAll(/Name: GLIBC_2\.(\d+)\S* +Flags: none/g)].map(([, minor]) => Number(minor));
      expect(elf?.glibc).toEqual(minors.length > 0 ? { major: 2, minor: Math.max(...minors) } : undefined);
    }
  });

  test.each([
    { bits: 64, little: true },
    { bits: 64, little: false },
    { bits: 32, little: true },
    { bits: 32, little: false },
  ] as const)('$bits-bit, little-endian: $little', ({ bits, little }) => {
    const path = place('elf');
    writeFileSync(path, image(bits, little));
    expect(readElf(path)).toEqual({
      bits,
      byteOrder: little ? 'little' : 'big',
      machine: 22,
      interpreter: '/lib/ld.so.1',
      needed: ['libc.so.6'],
      glibc: { major: 2, minor: 17 },
      whole: true,
    });
  });

  test('what is no ELF file is undefined, and nothing waits', () => {
    const fifo = place('fifo');
    const empty = script('');
    if (spawnSync('mkfifo', [fifo]).status !== 0) skipped('there is no mkfifo');
    for (const path of [fifo, empty, folder, join(folder, 'none'), '/dev/null', '\0', command, 'x'.repeat(5000)]) {
      expect(readElf(path)).toBeUndefined();
    }
  });

  test('a damaged or hostile file is no exception and no hang', () => {
    const path = place('hostile');
    const whole = image(64, true);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.constantFrom(0, 1, 2, 16, 0x7f, 0x80, 0xff)), { maxLength: 6 }),
        fc.nat(whole.length),
        fc.boolean(),
        (changes, length, cut) => {
          const bytes = Buffer.from(cut ? whole.subarray(0, length) : whole);
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          writeFileSync(path, bytes);
          const elf = readElf(path);
          if (elf) architectureOf(elf);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a need that leads to itself ends', () => {
    const path = place('endless');
    const bytes = image(64, true);
    // 65535 needs, each with 65535 versions, all of which are the first one.
    bytes.writeUInt16LE(0xffff, VERNEED + 2);
    bytes.writeUInt32LE(0, VERNEED + 16 + 12);
    writeFileSync(path, bytes);
    const started = performance.now();
    expect(readElf(path)).toMatchObject({ whole: false, machine: 22, needed: [] });
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

const VERNEED = 0x300;

/**
 * A library of s390x, an architecture of the other byte order: segments at 0x100, its dynamic section at 0x200, the
 * needs at 0x300, strings at 0x400. It is loaded at 0x10000.
 */
function image(bits: 32 | 64, little: boolean): Buffer {
  const bytes = Buffer.alloc(0x500);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (at: number, value: number): void => view.setUint16(at, value, little);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, little);
  const word = (at: number, value: number): void =>
    bits === 64 ? view.setBigUint64(at, BigInt(value), little) : u32(at, value);
  const wide = bits === 64;
  bytes.write('\x7fELF', 0, 'latin1');
  bytes.set([wide ? 2 : 1, little ? 1 : 2, 1], 4);
  u16(18, 22);
  word(wide ? 32 : 28, 0x100);
  u16(wide ? 54 : 42, wide ? 56 : 32);
  u16(wide ? 56 : 44, 3);
  const base = 0x10000;
  const segments = [
    [1, 0, base, 0x500],
    [2, 0x200, base + 0x200, 0x100],
    [3, 0x480, base + 0x480, 13],
  ] as const;
  segments.forEach(([type, offset, address, size], i) => {
    const at = 0x100 + i * (wide ? 56 : 32);
    u32(at, type);
    word(at + (wide ? 8 : 4), offset);
    word(at + (wide ? 16 : 8), address);
    word(at + (wide ? 32 : 16), size);
  });
  const dynamic = [
    [1, 1],
    [5, base + 0x400],
    [10, 0x60],
    [0x6ffffffe, base + VERNEED],
    [0, 0],
  ] as const;
  dynamic.forEach(([tag, value], i) => {
    word(0x200 + (i * bits) / 4, tag);
    word(0x200 + (i * bits) / 4 + bits / 8, value);
  });
  bytes.write('\0libc.so.6\0GLIBC_2.4\0GLIBC_2.17\0GLIBC_2.99\0', 0x400, 'latin1');
  bytes.write('/lib/ld.so.1\0', 0x480, 'latin1');
  u16(VERNEED + 2, 3);
  u32(VERNEED + 8, 16);
  const versions = [
    // The last is weak: the loader only warns of it.
    { name: 21, weak: 0 },
    { name: 11, weak: 0 },
    { name: 32, weak: 2 },
  ];
  versions.forEach(({ name, weak }, i) => {
    u16(VERNEED + 16 * (i + 1) + 4, weak);
    u32(VERNEED + 16 * (i + 1) + 8, name);
    u32(VERNEED + 16 * (i + 1) + 12, i < 2 ? 16 : 0);
  });
  return bytes;
}

describe('what is said of an executable', () => {
  const problemOf = (path: string): string | undefined => probe(path, 5000).problem;

  test('of another architecture', () => {
    if (!first || !nodeElf) return skipped('no Python here is an ELF file');
    expect(problemOf(patched(first.executable, ofForeign))).toBe(
      `it is built for 64-bit ${foreign.name}, ${forThisNode}; ${takeOneArchitecture}`,
    );
  });

  test('of 32 bits', () => {
    if (!first || nodeElf?.machine !== 62) return skipped('no Python here is of x86-64');
    const path = patched(first.executable, (bytes) => {
      bytes[4] = 1;
      bytes.writeUInt16LE(3, 18);
    });
    expect(problemOf(path)).toBe(`it is built for 32-bit x86, ${forThisNode}; ${takeOneArchitecture}`);
  });

  test('of musl, on glibc, and the reverse', () => {
    const loader = first && readElf(first.executable)?.interpreter;
    const version = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header;
    if (!first || !loader || !version.glibcVersionRuntime) return skipped('no Python here runs on glibc');
    expect(problemOf(patched(first.executable, replace(loader, '/lib/ld-musl-x86_64.so.1')))).toBe(
      'it is built for musl, as in Alpine, and this Node runs on glibc; ' +
        'install a Python of this system, or run Node on the system that the Python comes from',
    );
    const musl = { architecture: nodeElf && architectureOf(nodeElf), library: { name: 'musl' } } as const;
    expect(whyForeign(readElf(first.executable) as Elf, musl)).toBe(
      'is built for glibc, as in Debian, Ubuntu or Fedora, and this Node runs on musl; ' +
        'install a Python of this system, or run Node on the system that the Python comes from',
    );
  });

  test('that was cut', () => {
    if (!first || !nodeElf) return skipped('no Python here is an ELF file');
    const path = place('cut');
    writeFileSync(path, readFileSync(first.executable).subarray(0, 5000), { mode: 0o755 });
    expect(problemOf(path)).toBe('it is a damaged executable; install it again');
  });

  test('whose libpython is gone', () => {
    const name = linked && readElf(linked.executable)?.needed.find((one) => one.startsWith('libpython'));
    if (!linked || !name) return skipped('no Python here is linked to its libpython');
    const other = name.replace(/0$/, '9');
    const minor = linked.version.split('.').slice(0, 2).join('.');
    expect(problemOf(patched(linked.executable, replace(name, other)))).toBe(
      `it does not start, for it does not find ${other}: on Debian and Ubuntu install libpython${minor}, ` +
        'elsewhere this Python again, or name the folder that has it in LD_LIBRARY_PATH',
    );
  });

  test('that needs a newer glibc', () => {
    const needs = here.map(({ executable }) => ({ executable, glibc: readElf(executable)?.glibc }));
    const { executable, glibc } = needs.find(({ glibc }) => glibc && glibc.minor >= 10) ?? {};
    if (!executable || !glibc) return skipped('no Python here runs on glibc');
    const path = patched(executable, replace(`GLIBC_${glibc.major}.${glibc.minor}`, 'GLIBC_2.99'));
    expect(problemOf(path)).toMatch(
      /^it needs glibc 2\.99, this system has glibc 2\.\d+; run Node on the system that the Python comes from$/,
    );
  });

  test('that may not be executed', () => {
    expect(problemOf(script('#!/bin/sh\n', 0o644))).toBe(
      'it may not be executed: chmod +x it, or move it from a file system that is mounted noexec',
    );
  });

  test('whose interpreter is not there', () => {
    expect(problemOf(script('#!/no/such/python -s\n'))).toBe(
      'it does not start, for /no/such/python, which it names as its interpreter, is not there',
    );
    const loader = first && readElf(first.executable)?.interpreter;
    if (!first || !loader) return skipped('no Python here is an ELF file');
    expect(problemOf(patched(first.executable, replace(loader, '/no/such/ld.so')))).toBe(
      'it does not start, for /no/such/ld.so, which it names as its interpreter, is not there',
    );
  });

  test('that is a link to nothing, or to itself', () => {
    const path = place('link');
    const other = place('link');
    symlinkSync(other, path);
    symlinkSync('/no/such/python', other);
    expect(problemOf(path)).toBe('it is a link to /no/such/python, which is not there');
    const loop = place('loop');
    symlinkSync(loop, loop);
    expect(problemOf(loop)).toBe('it is a link that leads back to itself');
    expect(problemOf(join(folder, 'none'))).toBe('it is not there');
  });

  test.each([
    ['hangs', 'sleep 60', 'it did not answer in time'],
    ['hangs, and heeds no signal', "trap '' TERM INT HUP; while :; do sleep 1; done", 'it did not answer in time'],
    ['hangs in the background', 'sleep 60 & exit 3', 'it did not answer in time'],
  ])('that %s', (_, text, problem) => {
    const started = performance.now();
    expect(probe(script(`#!/bin/sh\n${text}\n`), 500).problem).toBe(`it does not run as a Python: ${problem}`);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test.each([
    ['echo hello', 'exit status 0 without an answer; it printed "hello"'],
    ["printf '\\033[31m\\0\\377x\\n\\ny'", 'exit status 0 without an answer; it printed "[31m �x y"'],
    ['echo broken >&2; exit 3', 'exit status 3, broken'],
    ['echo memview-probe:{}', 'exit status 0 without an answer; it printed "memview-probe:{}"'],
    ['echo memview-probe:[1', 'exit status 0 without an answer; it printed "memview-probe:[1"'],
    ['echo memview-probe:null', 'exit status 0 without an answer; it printed "memview-probe:null"'],
    [
      'echo \'memview-probe:{"executable":"","version":"","prefix":"","implementation":"","tried":[1]}\'',
      'exit status 0 without an answer; it printed ' +
        JSON.stringify('memview-probe:{"executable":"","version":"","prefix":"","implementation":"","tried":[1]}'),
    ],
    ['kill -SEGV $$', 'ended by SIGSEGV'],
    ['yes', `it prints without end: ${'y '.repeat(100)}`],
    [':', 'exit status 0 without an answer'],
  ])('that answers with %s', (text, problem) => {
    expect(problemOf(script(`#!/bin/sh\n${text}\n`))).toBe(`it does not run as a Python: ${problem}`);
  });

  test('an answer that is invented is a problem, and no exception', () => {
    const facts = ['{}', 'true', '{"version":[],"sizes":5}', '{"pointer":4}'];
    for (const invented of facts) {
      const answer = `{"executable":"x","version":"3.11.0","prefix":"x","implementation":"cpython","facts":${invented}}`;
      expect(typeof problemOf(script(`#!/bin/sh\necho 'memview-probe:${answer}'\n`))).toBe('string');
    }
  });

  test('an answer counts that is followed by a hang, or led by rubbish', () => {
    if (!first) return skipped('no Python can be loaded here');
    const run = `'${first.executable}' "$@"`;
    const { problem, version } = probe(script(`#!/bin/sh\necho rubbish\n${run}\nsleep 60\n`), 3000);
    expect([problem, version]).toEqual([undefined, first.version]);
  });
});

describe('what is said of a Python', () => {
  test('that is too old', () => {
    const old = found.filter(({ version }) => /^(?:2|3\.[0-7])\./.test(version));
    if (old.length === 0) return skipped('no Python here is older than 3.8');
    for (const { version, problem } of old) {
      expect(problem).toBe(`CPython ${version} is too old; 3.8 to 3.15 are supported`);
    }
  });

  test('that is too new', () => {
    if (!first) return skipped('no Python can be loaded here');
    const { problem } = withStartUp('import sys\nsys.version_info = (3, 99, 1)\n', () => probe(first.executable));
    expect(problem).toBe('CPython 3.99.1 is newer than this memview; 3.8 to 3.15 are supported');
  });

  test('that is another implementation', () => {
    const problem = "it is pypy, and memview reads CPython's structs; take a CPython 3.8 to 3.15";
    if (!first) return skipped('no Python can be loaded here');
    const startUp = 'import sys\nsys.implementation.name = "pypy"\n';
    expect(withStartUp(startUp, () => probe(first.executable)).problem).toBe(problem);
    const [pypy] = (process.env.PATH ?? '')
      .split(delimiter)
      .map((path) => join(path, 'pypy3'))
      .filter(existsSync);
    if (!pypy) return skipped('there is no pypy3');
    expect(probe(pypy).problem).toBe(problem);
  });

  /** Makes a Python's own build variables say something else. */
  const reconfigured = (variables: Readonly<Record<string, string>>, installation: PythonInstallation) =>
    withStartUp(`import sysconfig\nsysconfig.get_config_vars().update(${JSON.stringify(variables)})\n`, () =>
      probe(installation.executable),
    );

  test('that has no libpython', () => {
    if (!unlinked) return skipped('every Python here is linked to its libpython');
    const minor = unlinked.version.split('.').slice(0, 2).join('.');
    const remedy =
      `): on Debian and Ubuntu install libpython${minor}; ` +
      'with pyenv build it with PYTHON_CONFIGURE_OPTS=--enable-shared';
    const archive = { INSTSONAME: 'libpython.a', LDLIBRARY: 'libpython.a' };
    expect(reconfigured(archive, unlinked)).toMatchObject({
      libpython: undefined,
      problem: `it has no libpython (tried none: it was built without --enable-shared${remedy}`,
    });
    const gone = { INSTSONAME: 'libgone.so', LDLIBRARY: 'libgone.so', LIBDIR: '/no/such', MULTIARCH: '', LIBPL: '' };
    const { problem } = reconfigured(gone, unlinked);
    expect(problem).toMatch(/^it has no libpython \(tried \/no\/such\/libgone\.so, \S+\/lib\/libgone\.so\)?/);
    expect(problem?.endsWith(remedy)).toBe(true);
  });

  test('whose libpython is of another architecture; the right one is preferred', () => {
    if (!unlinked?.libpython || !nodeElf) return skipped('every Python here is linked to its libpython');
    const { libpython } = unlinked;
    const wrong = patched(libpython, ofForeign);
    expect(reconfigured({ LIBDIR: dirname(wrong), INSTSONAME: basename(wrong) }, unlinked)).toMatchObject({
      libpython: expect.not.stringContaining(folder),
      problem: undefined,
    });
    copyFileSync(wrong, join(dirname(wrong), 'libother.so'));
    const only = { LIBDIR: dirname(wrong), INSTSONAME: 'libother.so', LDLIBRARY: 'libother.so' };
    expect(reconfigured(only, unlinked)).toMatchObject({
      libpython: join(dirname(wrong), 'libother.so'),
      target: unlinked.target,
      problem: `its libpython is built for 64-bit ${foreign.name}, ${forThisNode}; ${takeOneArchitecture}`,
    });
    writeFileSync(join(dirname(wrong), 'libother.so'), 'INPUT(libpython.so.1)\n');
    expect(reconfigured(only, unlinked).problem).toBe('its libpython is no whole library; install it again');
  });

  test('whose libpython needs a newer glibc', () => {
    const { libpython } = here.find((one) => one.libpython && (readElf(one.libpython)?.glibc?.minor ?? 0) >= 10) ?? {};
    const glibc = libpython && readElf(libpython)?.glibc;
    if (!libpython || !glibc) return skipped('no libpython here needs glibc 2.10 or later');
    const path = patched(libpython, replace(`GLIBC_${glibc.major}.${glibc.minor}`, 'GLIBC_2.99'));
    expect(whyNotLoadable(path)).toMatch(
      /^needs glibc 2\.99, this Node runs on 2\.\d+; run Node on the system that the Python comes from$/,
    );
    expect(whyNotLoadable(libpython)).toBeUndefined();
  });

  test('that was fetched with a Node of its own: this Node is too old for it, its own is not', () => {
    const newer = usable.filter((installation) => nodeFor(installation) !== process.execPath);
    if (newer.length === 0) return skipped('no Python was fetched that has a Node of its own');
    for (const installation of newer) {
      const { problem } = probe(installation.executable);
      const needed = readElf(installation.libpython ?? '')?.glibc;
      const { status } = spawnSync(nodeFor(installation), [
        command,
        'json',
        '--python',
        installation.executable,
        'b""',
      ]);
      expect(status).toBe(0);
      if (problem === undefined) continue;
      expect(problem).toMatch(
        new RegExp(`^its libpython needs glibc ${needed?.major}\\.${needed?.minor}, this Node runs on `),
      );
    }
  });

  test('whose shim is not selected', () => {
    const folders = (process.env.PATH ?? '').split(delimiter);
    const shims = folders.find((path) => basename(path) === 'shims' && existsSync(join(path, '../versions')));
    const names = shims ? readdirSync(join(shims, '../versions')) : [];
    const minorOf = (version: string): string => /^\d+\.\d+/.exec(version)?.[0] ?? version;
    // What is elsewhere on the PATH would be found behind the shim.
    const other = names.find((name) => {
      const places = folders.filter((path) => existsSync(join(path, `python${minorOf(name)}`)));
      return /^3\.\d+\.\d+$/.test(name) && places.length === 1 && places[0] === shims;
    });
    const selected = names.find((name) => other && minorOf(name) !== minorOf(other));
    if (!other || !selected) return skipped('there is no pyenv with two versions');
    const shim = `python${minorOf(other)}`;
    expect(() => withEnv({ PYENV_VERSION: selected }, () => choosePython(shim))).toThrow(
      `${shim}: it is a shim of pyenv, which says: ${shim}: command not found; ask for ${other}`,
    );
  });
});

/** A venv made by a Python, with a site-packages of its own; why not, where it makes none. */
function venvOf({ executable }: PythonInstallation, path: string): string | undefined {
  const { status, stderr } = spawnSync(realpathSync(executable), ['-m', 'venv', '--without-pip', path], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `${executable} makes no venv: ${stderr.trim().split('\n').at(-1)}`;
}

describe('what is said of a name', () => {
  const thrownFor = (python?: string): string => {
    try {
      return `it gave ${choosePython(python).executable}`;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('of a folder that is no venv', () => {
    expect(thrownFor(folder)).toBe(
      `no Python for ${JSON.stringify(folder)} can be loaded into this process: ` +
        'it is a folder without bin/python or bin/python3, so neither a venv nor a prefix',
    );
  });

  test.each(['', '/no/such/python', 'no-such-command', '\0', 'x'.repeat(5000), '3.', 'ü'])('of %j', (name) => {
    expect(thrownFor(name)).toBe(
      `no Python for ${JSON.stringify(name)} can be loaded into this process: ` +
        'expected a version such as 3.12, the path of a python or of a venv, or a command on the PATH',
    );
  });

  test('of a version that is not here', () => {
    expect(thrownFor('3.99')).toBe(
      'no Python for "3.99" can be loaded into this process: ' +
        'none of that version was found; `memview doctor` lists those that were',
    );
  });

  test('of a venv whose Python was removed', () => {
    if (!first) return skipped('no Python can be loaded here');
    const base = join(makeFolder('base'), 'bin');
    mkdirSync(base);
    const own = join(base, 'python3');
    symlinkSync(realpathSync(first.executable), own);
    const venv = place('venv');
    const reason = venvOf({ ...first, executable: own }, venv);
    if (reason) return skipped(reason);
    // What a Python that follows links has written is made to name the base that is removed.
    const configuration = join(venv, 'pyvenv.cfg');
    const text = readFileSync(configuration, 'utf8').replace(/^home = .*/m, `home = ${base}`);
    // As uv and virtualenv name it.
    writeFileSync(configuration, text.replace(/^version = /m, 'version_info = '));
    for (const name of ['python', 'python3']) {
      rmSync(join(venv, 'bin', name));
      symlinkSync(own, join(venv, 'bin', name));
    }
    expect(choosePython(venv).prefix).toBe(venv);
    rmSync(base, { recursive: true });
    const gone =
      `it is a link to ${own}, which is not there; the Python ${first.version} that this venv was made from in ${base} ` +
      `is gone: install it again, or make the venv anew: python3 -m venv --clear ${JSON.stringify(venv)}`;
    expect(thrownFor(venv)).toContain(`\n  ${join(venv, 'bin/python')}: ${gone}`);
    expect(thrownFor(join(venv, 'bin/python'))).toContain(`\n  ${join(venv, 'bin/python')}: ${gone}`);
    withEnv({ VIRTUAL_ENV: venv }, () => {
      expect(thrownFor()).toContain(`no Python of VIRTUAL_ENV, ${venv}, can be loaded into this process\n`);
      expect(thrownFor()).toContain(gone);
      expect(findPythons()[0]).toMatchObject({ executable: join(venv, 'bin/python'), problem: gone });
    });
    rmSync(join(venv, 'bin'), { recursive: true });
    withEnv({ VIRTUAL_ENV: venv }, () => {
      expect(thrownFor()).toBe(
        `no Python of VIRTUAL_ENV, ${venv}, can be loaded into this process: ` +
          'it has no bin/python or bin/python3. Make that venv anew, or unset the variable',
      );
    });
  });

  test('a command is one of the PATH, not a file that happens to be here', () => {
    if (!first) return skipped('no Python can be loaded here');
    const [path, cwd, before] = [makeFolder('path'), makeFolder('cwd'), process.cwd()];
    symlinkSync(realpathSync(first.executable), join(path, 'own-python'));
    writeFileSync(join(cwd, 'own-python'), 'no program');
    process.chdir(cwd);
    try {
      expect(withEnv({ PATH: path }, () => choosePython('own-python').version)).toBe(first.version);
      expect(thrownFor('own-python')).toContain(`${join(realpathSync(cwd), 'own-python')}: it may not be executed`);
      expect(choosePython(`../${basename(path)}/own-python`).version).toBe(first.version);
    } finally {
      process.chdir(before);
    }
  });

  const versions = here.map(({ version, target, executable }) => {
    return { name: `${version}${/^[\d.]+t/.test(target ?? '') ? 't' : ''}`, version, executable };
  });
  for (const { name, version, executable } of versions) {
    test(`${name} is that version`, () => {
      const PATH = [process.env.PATH, dirname(executable)].join(delimiter);
      const chosen = withEnv({ PATH }, () => choosePython(name));
      expect(chosen).toMatchObject({ version, problem: undefined });
      expect(/^[\d.]+t/.test(chosen.target ?? '')).toBe(name.endsWith('t'));
    });
  }
});

test('no Python is asked twice under several names, and each venv is one of its own', () => {
  if (!first) return skipped('no Python can be loaded here');
  const path = makeFolder('path');
  const real = realpathSync(first.executable);
  const minor = first.version.split('.').slice(0, 2).join('.');
  for (const name of ['python', 'python3', `python${minor}`]) symlinkSync(real, join(path, name));
  const venvs = [place('venv'), place('venv')];
  for (const venv of venvs) {
    const reason = venvOf(first, venv);
    if (reason) return skipped(reason);
  }
  const log = place('starts');
  const startUp = `import os, sys\nopen(${JSON.stringify(log)}, "ab").write(os.fsencode(sys.executable) + b"\\n")\n`;
  const PATH = [path, ...venvs.map((venv) => join(venv, 'bin')), path].join(delimiter);
  const env = { PATH, VIRTUAL_ENV: venvs[0] };
  const all = withStartUp(startUp, () => withEnv(env, findPythons));
  const ours = [join(venvs[0] as string, 'bin/python'), join(path, 'python3'), join(venvs[1] as string, 'bin/python3')];
  const wanted = (executable: string): boolean => executable.startsWith(folder);
  expect(all.map(({ executable }) => executable).filter(wanted)).toEqual(ours);
  expect(readFileSync(log, 'utf8').split('\n').filter(wanted)).toEqual(ours);
  expect(withEnv(env, () => choosePython().prefix)).toBe(venvs[0]);
});

/** What `python -c` and the same Python inside Node have to agree on; paths as the text of their bytes. */
const setup = `import json, os, site, sys
text = lambda path: os.fsencode(path).decode("utf-8", "surrogateescape")
where = {
    "executable": text(sys.executable),
    "prefix": text(sys.prefix),
    "base_prefix": text(sys.base_prefix),
    "site_packages": [text(path) for path in site.getsitepackages()],
    "path": [text(path) for path in sys.path if path],
}
`;
const expression = 'json.dumps(where).encode("ascii")';
const C_LOCALE = { LC_ALL: 'C', PYTHONCOERCECLOCALE: '0', PYTHONUTF8: '0' };

function output(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${file}: ${stderr}`));
      else resolve(stdout);
    });
  });
}

for (const installation of usable) {
  const { executable: path, target } = installation;
  describe(`${path}, ${target}, inside Node`, () => {
    const node = nodeFor(installation);
    const inside = async (python: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> => {
      const bytes = await output(node, [command, 'json', '--python', python, '--setup', setup, expression], env);
      return JSON.parse(Buffer.from(JSON.parse(bytes) as number[]).toString());
    };
    const itself = async (executable: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> =>
      JSON.parse(await output(executable, ['-c', `${setup}print(json.dumps(where))`], env));
    const agrees = async (python: string, executable: string, env: NodeJS.ProcessEnv): Promise<void> => {
      const [ours, theirs] = await Promise.all([inside(python, env), itself(executable, env)]);
      expect(ours).toEqual(theirs);
    };

    test('it is where `python -c` says that it is', async () => {
      await agrees(installation.executable, installation.executable, {});
      await agrees(installation.executable, installation.executable, C_LOCALE);
    });

    test('so is a venv of it, moved, linked, and under the C locale', async () => {
      const made = place('made');
      const reason = venvOf(installation, made);
      if (reason) return skipped(reason);
      const moved = place('moved ü ☃');
      renameSync(made, moved);
      const link = place('link');
      symlinkSync(moved, link);
      const executable = join(moved, 'bin/python');
      expect(await itself(executable)).toMatchObject({ prefix: moved, executable });
      await agrees(moved, executable, {});
      await agrees(executable, executable, C_LOCALE);
      await agrees(link, join(link, 'bin/python'), C_LOCALE);
      const active = { ...C_LOCALE, VIRTUAL_ENV: moved };
      expect(
        JSON.parse(
          await output(node, [command, 'json', '__import__("os").fsencode(__import__("sys").prefix)'], active),
        ),
      ).toEqual([...Buffer.from(moved)]);
    });
  });
}

test('what was fetched is here', () => {
  const pythons = fetched.filter(({ python, pyodide }) => python && !pyodide);
  if (pythons.length === 0) return skipped('no further interpreters were fetched');
  expect(usable.length).toBeGreaterThanOrEqual(pythons.length);
});
