/** The programs of examples/, each run as its first comment says, against real processes. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { findPythons } from '../../src/ffi/discover.ts';
import { findChromium, launch, serve, viteBuild } from '../support/browser.ts';
import { root } from '../support/examples.ts';
import { hasGcore, hasNumpy } from './found.ts';

const usable = findPythons().filter(({ problem }) => problem === undefined);
const python = usable.find(hasNumpy) ?? usable[0];
const chromium = findChromium();

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** A test of what is here, or the reason why it is skipped. */
function testWith(name: string, missing: string | undefined, run: () => Promise<void>): void {
  if (missing !== undefined) process.stdout.write(`skipped: ${missing} for the example ${name}\n`);
  const declare = missing === undefined ? test : (test.skip as typeof test);
  declare(name, run);
}

const noPython = python ? undefined : 'no libpython here';

function started(
  ...command: readonly [string, ...string[]]
): ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> } {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: pathWith() },
  });
  endings.push(() => child.kill('SIGKILL'));
  return child as ReturnType<typeof started>;
}

/** The Python that is tested comes first. */
function pathWith(): string {
  const own = python ? join(python.executable, '..') : '';
  return `${own}:${process.env.PATH}`;
}

function program(name: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join('examples', name), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** A Python that holds a grid and says when. */
async function holder(): Promise<number> {
  const code = `
import time
from array import array
frame = memoryview(array("d", (i / 4 for i in range(600_000)))).cast("B").cast("d", (600, 1000))
rest = bytearray(2_000_000)
print(flush=True)
time.sleep(100)
`;
  const child = started(python?.executable ?? '', '-c', code);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

testWith('server.ts', noPython, async () => {
  const child = started(process.execPath, '--import', 'tsx', 'examples/server.ts', '0');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = String(line).trim();
  expect(url).toMatch(/^http:\/\/localhost:\d+\/\?rows=1000$/);
  const response = await fetch(url);
  expect(response.headers.get('content-type')).toBe('application/json');
  const walk = (await response.json()) as number[][];
  expect([walk.length, new Set(walk.map((row) => row.length))]).toEqual([1000, new Set([8])]);
  // Another answer of the same seed begins alike; a large one is streamed whole.
  const larger = (await (await fetch(url.replace('rows=1000', 'rows=100000'))).json()) as number[][];
  expect(larger.length).toBe(100_000);
  expect(larger.flat().every(Number.isFinite)).toBe(true);
  const refused = await fetch(url.replace('1000', 'x'));
  expect([refused.status, await refused.text()]).toEqual([400, 'rows: expected 1 to 1000000, got x\n']);
  const { port } = new URL(url);
  const [odd] = (await once(get({ port, path: '//' }), 'response')) as [IncomingMessage];
  expect(odd.resume().statusCode).toBe(400);
  expect((await fetch(url.replace('1000', '1'))).status).toBe(200);
});

testWith('biggest.ts', noPython, async () => {
  const { status, stdout, stderr } = program('biggest.ts', String(await holder()), '3');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^process \d+, CPython 3\.\S+\n/);
  expect(stdout).toMatch(
    / 4\.8 MB {2}memoryview of d, \(600, 1000\)\n +begins \[\[0\.0,0\.25,0\.5\],\[250\.0,250\.25,250\.5\],\[500\.0,/,
  );
  expect(stdout).toMatch(/ 2\.0 MB {2}bytearray of B, \(2000000\)\n +begins \[0,0,0\]\n/);
});

testWith('crash-report.ts', noPython ?? (hasGcore ? undefined : 'no gcore here'), async () => {
  const folder = mkdtempSync(join(tmpdir(), 'memview-crash-'));
  endings.push(() => rmSync(folder, { recursive: true }));
  const pid = await holder();
  expect(spawnSync('gcore', ['-o', join(folder, 'core'), String(pid)], { stdio: 'ignore' }).status).toBe(0);
  process.kill(pid, 'SIGKILL');
  const names = ['__main__.frame', '__main__.missing', '__main__.array'];
  const { status, stdout, stderr } = program('crash-report.ts', join(folder, `core.${pid}`), ...names);
  expect([status, stderr]).toEqual([0, '']);
  const report = JSON.parse(stdout);
  expect(report.target).toMatch(/^3\.\d+/);
  expect(report.globals['__main__.frame']).toMatchObject({ format: 'd', shape: [600, 1000], nbytes: 4_800_000 });
  expect(report.globals['__main__.frame'].first[7]).toEqual([
    1750, 1750.25, 1750.5, 1750.75, 1751, 1751.25, 1751.5, 1751.75,
  ]);
  expect(report.globals['__main__.missing']).toMatchObject({ first: null, why: expect.stringMatching(/missing/) });
  expect(report.globals['__main__.array']).toMatchObject({ first: null, why: expect.stringMatching(/type/) });
  expect(report.biggest.map(({ nbytes }: { nbytes: number }) => nbytes)).toEqual([4_800_000, 4_800_000, 2_000_000]);
});

testWith('browser', chromium ? undefined : 'no Chromium here', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'memview-page-'));
  endings.push(() => rmSync(folder, { recursive: true }));
  expect(viteBuild(join(root, 'examples/browser'), folder)).toEqual({ status: 0, stderr: '' });
  const site = await serve(folder);
  endings.push(() => site.close());
  const browser: Browser = await launch(chromium ?? '');
  endings.push(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => void complaints.push(message.text()));
  page.on('pageerror', (error) => void complaints.push(error.message));
  await page.goto(site.url);
  await page.waitForFunction(() => document.querySelector('#status')?.textContent?.startsWith('f, '), undefined, {
    timeout: 120_000,
  });
  expect(await page.textContent('#status')).toBe('f, (128, 128), 65536 bytes');
  expect(JSON.parse((await page.textContent('#json')) ?? '')).toHaveLength(4);
  expect(await page.evaluate(() => (document.querySelector('canvas') as HTMLCanvasElement).width)).toBe(128);
  await page.fill('#code', 'frame = memoryview(bytes(range(200))).cast("B", (10, 20))[::-1]');
  await page.click('#run');
  expect(await page.textContent('#status')).toBe('B, (10, 20), 200 bytes');
  expect(await page.textContent('#json')).toBe(
    '[[180,181,182,183],[160,161,162,163],[140,141,142,143],[120,121,122,123]]',
  );
  await page.fill('#code', 'frame = 1 / 0');
  await page.click('#run');
  expect(await page.textContent('#status')).toBe('ZeroDivisionError: division by zero');
  expect(complaints).toEqual([]);
});
