/**
 * What Python does alone it does in Node: extension modules of our own in C++ and C, libraries by ctypes, and children,
 * for each Python that has headers and each Node, beside the same executable alone.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { findAll, otherNodeFor, ownMajor } from './found.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = join(root, 'tests/native/symbols');
const folder = mkdtempSync(join(tmpdir(), 'memview-symbols-'));
afterAll(() => rmSync(folder, { recursive: true }));

function ended(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, signal, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    input: '',
    timeout: 120_000,
  });
  return { status, signal, stdout, stderr };
}

const compiler = ended('g++', ['--version']).status === 0;
/** What can be linked with, by a small program. */
const links = (header: string, library: string): boolean =>
  compiler &&
  spawnSync('g++', ['-x', 'c++', '-', `-l${library}`, '-o', '/dev/null'], {
    input: `#include <${header}>\nint main() {}`,
  }).status === 0;
const zlib = links('zlib.h', 'z');
const crypto = links('openssl/evp.h', 'crypto');

function compile(...args: string[]): void {
  const { status, stderr } = ended('g++', ['-shared', '-fPIC', '-O1', '-I', sources, ...args]);
  if (status !== 0) throw new Error(stderr);
}

/** Builds the modules for a Python; an empty folder where it has no headers. */
function build(executable: string): string {
  const modules = mkdtempSync(join(folder, 'modules-'));
  const { stdout } = ended(executable, ['-c', 'import sysconfig; print(sysconfig.get_paths()["include"])']);
  const include = stdout.trim();
  if (!compiler || !existsSync(join(include, 'Python.h'))) {
    process.stdout.write(`skipped: the modules for ${executable}: ${compiler ? 'no Python.h' : 'no g++'} here\n`);
    return modules;
  }
  compile(join(sources, 'thrower.cpp'), '-o', join(modules, 'libthrower.so'));
  const [definitions, libraries]: [string[], string[]] = [[], []];
  if (zlib) definitions.push('-DWITH_ZLIB');
  if (zlib) libraries.push('-lz');
  if (crypto) definitions.push('-DWITH_CRYPTO');
  if (crypto) libraries.push('-lcrypto');
  const own = ['-L', modules, '-lthrower', '-Wl,-rpath,$ORIGIN', '-pthread'];
  const module = join(modules, 'memview_symbols.so');
  compile('-I', include, ...definitions, join(sources, 'module.cpp'), '-o', module, ...own, ...libraries);
  if (!zlib) return modules;
  // Without libstdc++, as a module in C is.
  const args = ['-shared', '-fPIC', '-I', include, join(sources, 'packer.c'), '-o', join(modules, 'memview_packer.so')];
  const { status, stderr } = ended('gcc', [...args, '-lz']);
  if (status !== 0) throw new Error(stderr);
  return modules;
}

const usable = findAll().filter(({ problem }) => problem === undefined);
const majors = [...new Set([20, 24, 26, ownMajor])];
const program = (file: string) => `
  import { readFileSync } from 'node:fs';
  import { openPython } from 'memview/ffi';
  openPython({ python: process.argv[1] }).exec(readFileSync(${JSON.stringify(file)}, 'utf8'));`;
const inNode = (node: string, executable: string, file: string, env: NodeJS.ProcessEnv) =>
  ended(node, ['--input-type=module', '-e', program(file), executable], env);

for (const installation of usable) {
  const { executable, version } = installation;
  const title = `${version} (${executable})`;
  test(`modules, libraries and children of Python ${title} do as they do alone`, () => {
    const env = { MEMVIEW_SYMBOLS_MODULES: build(executable) };
    const alone = ended(executable, ['-X', 'utf8', '-c', readFileSync(join(sources, 'work.py'), 'utf8')], env);
    expect(alone).toMatchObject({ status: 0, signal: null });
    for (const major of majors) {
      const node = otherNodeFor(installation, major);
      if (node)
        expect({ major, ...inNode(node, executable, join(sources, 'work.py'), env) }).toEqual({ major, ...alone });
      else process.stdout.write(`skipped: ${title} in Node ${major}: no such Node\n`);
    }
  });
}

const [some] = usable.filter((installation) => otherNodeFor(installation, ownMajor) === process.execPath);
const testWithPython = some ? test : (test.skip as typeof test);
if (!some) process.stdout.write('skipped: no libpython here\n');

testWithPython('no library of OpenSSL and zlib is bound to Node in part', () => {
  for (const installation of usable) {
    if (otherNodeFor(installation, ownMajor) !== process.execPath) continue;
    const trace = mkdtempSync(join(folder, 'trace-'));
    const script = "import ctypes\nfor name in ('_ssl', '_hashlib', 'zlib'):\n    __import__(name)";
    const args = [
      '--input-type=module',
      '-e',
      `import { openPython } from 'memview/ffi';
      openPython({ python: process.argv[1] }).exec(${JSON.stringify(script)});`,
      installation.executable,
    ];
    const env = { LD_DEBUG: 'bindings', LD_DEBUG_OUTPUT: join(trace, 'ld'), LD_BIND_NOW: '1' };
    expect(ended(process.execPath, args, env)).toMatchObject({ status: 0 });
    const bindings = readdirSync(trace).flatMap((name) => readFileSync(join(trace, name), 'latin1').split('\n'));
    const ofThese = bindings.filter((line) => /binding file \S*\/lib(?:ssl|crypto|z)\.so\S* /.test(line));
    expect(ofThese.filter((line) => /\/libc\.so/.test(line)).length).toBeGreaterThan(0);
    expect(ofThese.filter((line) => / to \S*node\S* \[0\]/.test(line))).toEqual([]);
  }
});

const allocators = ['libjemalloc.so.2', 'libtcmalloc_minimal.so.4', 'libmimalloc.so.2'].flatMap((name) =>
  ended('sh', ['-c', 'ls /usr/lib/*/"$0" 2>/dev/null', name]).stdout.split('\n').slice(0, 1).filter(Boolean),
);
const withAllocators = some && allocators.length > 0 ? test : (test.skip as typeof test);
if (allocators.length === 0) process.stdout.write('skipped: no jemalloc, tcmalloc or mimalloc here\n');

withAllocators('under a preloaded allocator modules work as they do without', () => {
  const executable = some?.executable ?? '';
  const env = { MEMVIEW_SYMBOLS_MODULES: build(executable) };
  const without = inNode(process.execPath, executable, join(sources, 'work.py'), env);
  for (const path of allocators) {
    const under = inNode(process.execPath, executable, join(sources, 'work.py'), { ...env, LD_PRELOAD: path });
    expect({ path, ...under }).toEqual({ path, ...without });
  }
});
