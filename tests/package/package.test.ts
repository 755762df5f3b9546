/** The package as its user has it: packed, installed into an empty folder, and used from there by every door. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build as esbuild, transformSync } from 'esbuild';
import type { Browser } from 'playwright-core';
import { findPythons } from '../../src/ffi/discover.ts';
import { findChromium, launch, serve, viteBuild } from '../support/browser.ts';
import { examplesOf, expectedOf, root } from '../support/examples.ts';

const folder = mkdtempSync(join(tmpdir(), 'memview-package-'));
const project = join(folder, 'project');

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let packed: Packed;

function timed<T>(what: string, run: () => T): T {
  const started = performance.now();
  const value = run();
  process.stdout.write(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  return value;
}

beforeAll(() => {
  // What `npm ci` has built is packed.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  [packed] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' })) as [Packed];
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "version": "1.0.0", "private": true }');
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, packed.filename)];
  timed('npm install of the tarball in an empty folder', () =>
    execFileSync('npm', install, { cwd: project, stdio: 'pipe' }),
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

test('it holds what is needed to run, with its types, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path);
  expect(paths.filter((path) => !path.startsWith('dist/')).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'package.json',
  ]);
  expect(paths.filter((path) => !/\.(js|d\.ts)$/.test(path) && path.startsWith('dist/'))).toEqual([]);
  // Each module has its types, and no types are left of a module that is not there.
  const stems = (end: string): string[] =>
    paths
      .filter((path) => path.endsWith(end))
      .map((path) => path.slice(0, -end.length))
      .sort();
  expect(stems('.d.ts')).toEqual(stems('.js').filter((path) => path.startsWith('dist/')));
  process.stdout.write(`the tarball has ${packed.files.length} files, ${packed.size} bytes\n`);
  expect(packed.size).toBeLessThan(400_000);
});

const usable = findPythons().some(({ problem }) => problem === undefined);
if (!usable) process.stdout.write('skipped: no libpython here for the examples\n');

function run(file: string, code: string): { status: number | null; stdout: string; stderr: string } {
  writeFileSync(join(project, file), code);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const compiled = (code: string): string => transformSync(code, { loader: 'ts', target: 'node20' }).code;

/** The same program for `require`, where no `await` stands at the top. */
function required(code: string): string {
  const imports = /^import \{([^}]*)\} from ("[^"]*");$/gm;
  const body = code.replace(imports, (_, names: string, from: string) => `const {${names}} = require(${from});`);
  return `(async () => {\n${body}\n})();`;
}

describe('the examples of the README', () => {
  for (const { place, code } of examplesOf('README.md')) {
    const testHere = usable || !code.includes('memview/ffi') ? test : (test.skip as typeof test);
    testHere(`${place}, by import and by require`, () => {
      const ended = { status: 0, stdout: expectedOf(code), stderr: '' };
      expect(run('example.mjs', compiled(code))).toEqual(ended);
      expect(run('example.cjs', required(compiled(code)))).toEqual(ended);
    });
  }
});

test('every door has its types, however a project resolves them', () => {
  const program = `
    import { type BufferView, encodeJson, heapMemory, layoutsFor, type Target, viewObject } from 'memview';
    import { openPython, type Python } from 'memview/ffi';
    import { type FoundBuffer, findBuffers, processMemory } from 'memview/node';
    import { encodeJsonParallel } from 'memview/parallel';
    const offset: number = layoutsFor('3.13-lp64').PyMemoryViewObject.offsetOf('view.ndim');
    // @ts-expect-error there is no such field
    layoutsFor('3.13-lp64').PyMemoryViewObject.offsetOf('view.dim');
    const found: Iterable<FoundBuffer> = findBuffers(processMemory(1));
    export const open = (): Python => openPython();
    export const text = (view: BufferView): Uint8Array => encodeJson(view, { indent: 2 });
    export const later = (view: BufferView): Promise<Uint8Array> => encodeJsonParallel(view);
    export const seen = (heap: Uint8Array, target: Target): BufferView => viewObject(heapMemory(heap, target), 8n);
    export { found, offset };
  `;
  writeFileSync(join(project, 'types.mts'), program);
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const strict = [
    '--strict',
    '--noEmit',
    '--target',
    'es2022',
    '--lib',
    'es2022,dom,esnext.disposable',
    '--typeRoots',
    '.',
  ];
  for (const how of [
    ['--module', 'nodenext'],
    ['--module', 'esnext', '--moduleResolution', 'bundler'],
  ]) {
    const { stdout } = spawnSync(process.execPath, [tsc, ...strict, ...how, 'types.mts'], {
      cwd: project,
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
  }
});

test('the command runs', () => {
  const command = ['memview', 'layout', '3.14-lp64', 'Py_buffer'];
  const printed = timed('the command', () => execFileSync('npx', command, { cwd: project, encoding: 'utf8' }));
  expect(printed).toMatch(/^Py_buffer, 3\.14-lp64 .*\n[\s\S]*total 80 bytes, aligned to 8\n$/);
});

/** A page's program, which says on the page what it came to. */
const pageProgram = `
  import { decodeJson, encodeJson, heapMemory, layoutsFor, parseTarget, readStruct } from 'memview';
  const heap = new Uint8Array(64);
  heap[16] = 5;
  const target = parseTarget('3.14-wasm32');
  const { ob_refcnt } = readStruct(heapMemory(heap, target), layoutsFor(target).PyObject, 16n);
  const text = new TextDecoder().decode(encodeJson(decodeJson('[[0.1,1e300],[-2,3]]')));
  document.body.textContent = ob_refcnt + ' ' + text;
`;
const html = '<!doctype html><html lang="en"><body><script type="module" src="./page.js"></script></body></html>';

const chromium = findChromium();
if (!chromium) process.stdout.write('skipped: no Chromium is installed to run the bundles in\n');

(chromium ? describe : describe.skip)('the portable door in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch(chromium ?? '');
  });

  afterAll(() => browser?.close());

  async function shows(out: string): Promise<string> {
    const site = await serve(out);
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => void complaints.push(error.message));
    await page.goto(site.url);
    await page.waitForFunction(() => document.body.textContent !== '');
    const text = await page.evaluate(() => document.body.textContent);
    site.close();
    expect(complaints).toEqual([]);
    return text ?? '';
  }

  beforeAll(() => {
    writeFileSync(join(project, 'index.html'), html);
    writeFileSync(join(project, 'page.js'), pageProgram);
  });

  test('bundled by esbuild', async () => {
    const outfile = join(folder, 'esbuild', 'page.js');
    const { warnings } = await esbuild({
      entryPoints: [join(project, 'page.js')],
      bundle: true,
      format: 'esm',
      minify: true,
      outfile,
    });
    expect(warnings).toEqual([]);
    writeFileSync(join(folder, 'esbuild', 'index.html'), html);
    expect(await shows(join(folder, 'esbuild'))).toBe('5 [[0.1,1e+300],[-2.0,3.0]]');
  });

  test('bundled by vite', async () => {
    const outDir = join(folder, 'vite');
    expect(viteBuild(project, outDir)).toEqual({ status: 0, stderr: '' });
    expect(await shows(outDir)).toBe('5 [[0.1,1e+300],[-2.0,3.0]]');
  });
});
