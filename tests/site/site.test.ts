/** The site of the documentation as a reader has it: built, served, and looked at in a browser. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { findChromium, launch, serve } from '../support/browser.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'memview-site-'));
const chromium = findChromium();
if (!chromium) process.stdout.write('skipped: no Chromium is installed to look at the documentation\n');

afterAll(() => rmSync(folder, { recursive: true }));

/** What a page says of itself once it is shown. */
interface Shown {
  readonly path: string;
  readonly ids: readonly string[];
  readonly links: readonly string[];
  /** In pixels. */
  readonly width: number;
}

/** Of a telephone, in pixels. */
const NARROW = 400;

(chromium ? describe : describe.skip)('the site', () => {
  let browser: Browser;
  let page: Page;
  let site: Awaited<ReturnType<typeof serve>>;
  /** Errors on the console, exceptions, requests that failed or went elsewhere. */
  const complaints: string[] = [];

  beforeAll(async () => {
    const args = ['--import', 'tsx', 'scripts/docs/main.ts', folder];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${stdout}${stderr}`);
    site = await serve(folder);
    browser = await launch(chromium ?? '');
    page = await browser.newPage();
    const where = (): string => page.url().slice(site.url.length);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${where()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`${where()}: ${error.message}`));
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${where()}: ${response.url()} is ${response.status()}`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(site.url) && !request.url().startsWith('data:')) {
        complaints.push(`${where()}: asks for ${request.url()}`);
      }
    });
  });

  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  const structPage = (name: string): string => `${site.url}/documents/Layout_atlas.${name}.html`;
  const sentence = (): Promise<string[]> => page.locator('.sentence').allTextContents();

  test('the atlas shows the target that is chosen', async () => {
    await page.goto(structPage('PyMemoryViewObject'));
    for (const [version, build, model] of [
      ['3.8', '-tracerefs', 'wasm32'],
      ['3.14', 't', 'lp64'],
    ] as const) {
      await page.selectOption('[name=target-version]', version);
      await page.selectOption('[name=target-model]', model);
      await page.selectOption('[name=target-build]', build);
      const tag = `${version}${build}-${model}`;
      const { size, align } = layoutsFor(tag).PyMemoryViewObject;
      expect((await sentence())[0]).toMatch(new RegExp(`^${tag}: ${size} bytes, aligned to ${align}\\.`));
      expect(new URL(page.url()).hash).toBe(`#${tag}`);
      const cells = page.locator('tr[data-path="view.ndim"] td');
      const { offset } = layoutsFor(tag).PyMemoryViewObject.find('view.ndim');
      expect(await cells.first().textContent()).toBe(String(offset));
    }
    // A place of the page is not a target.
    await page.click('.tsd-typography h2 a');
    expect(new URL(page.url()).hash).not.toMatch(/lp64/);
    expect((await sentence())[0]).toMatch(/^3\.14t-lp64: /);
    // Nor is what is no address.
    await page.goto(`${structPage('PyMemoryViewObject')}#%`);
    await page.reload();
    expect((await sentence())[0]).toMatch(/^3\.14-lp64: /);
    // A build that the release does not have cannot be chosen, and what was chosen is kept where it can be.
    await page.selectOption('[name=target-version]', '3.12');
    expect(await page.locator('[name=target-build] option[value=t]').isDisabled()).toBe(true);
    expect((await sentence())[0]).toMatch(/^3\.12-lp64: /);
    expect(complaints).toEqual([]);
  });

  test('two targets are compared, and the address says which', async () => {
    await page.goto(structPage('PyByteArrayObject'));
    await page.check('[name=compare]');
    await page.selectOption('[name=target-version]', '3.14');
    await page.selectOption('[name=other-version]', '3.15');
    expect(await page.locator('.ruler').count()).toBe(2);
    expect(await page.locator('.verdict').textContent()).toBe('1 field differs; 56 bytes became 64.');
    expect(await page.locator('tr.marked').allInnerTexts()).toEqual([
      expect.stringMatching(/^ob_bytes_object\s+PyObject \*\s+–\s+56, 8$/),
      expect.stringMatching(/^total\s+56\s+64$/),
    ]);
    const address = page.url();
    expect(new URL(address).hash).toBe('#3.14-lp64...3.15-lp64');
    await page.goto('about:blank');
    await page.goto(address);
    expect(await page.locator('.verdict').textContent()).toBe('1 field differs; 56 bytes became 64.');
    await page.uncheck('[name=compare]');
    expect(await page.locator('.ruler').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('the overview says what moved in all structs, and leads to each', async () => {
    await page.goto(`${site.url}/documents/Layout_atlas.html#3.13-lp64...3.13t-lp64`);
    const moved = await page.locator('table.moved th:first-child').allTextContents();
    expect(moved).toContain('PyObject');
    expect(moved).not.toContain('Py_buffer');
    await page.click('table.moved >> text=PyObject');
    await page.waitForSelector('.pair');
    expect(page.url()).toBe(`${structPage('PyObject')}#3.13-lp64...3.13t-lp64`);
    expect(await sentence()).toEqual([
      expect.stringMatching(/^3\.13-lp64: 16 /),
      expect.stringMatching(/^3\.13t-lp64: 32 /),
    ]);
    expect(complaints).toEqual([]);
  });

  describe('on a telephone', () => {
    beforeAll(() => page.setViewportSize({ width: NARROW, height: 800 }));

    test('every page is shown without a complaint, fits, and every link leads somewhere', async () => {
      const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.html'));
      const pages = new Map<string, Shown>();
      for (const path of paths) {
        await page.goto(`${site.url}/${path}`);
        const shown = await page.evaluate(() => ({
          ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
          links: [...document.querySelectorAll('a[href]')].map((link) =>
            link instanceof SVGAElement
              ? new URL(link.href.baseVal, document.baseURI).href
              : (link as HTMLAnchorElement).href,
          ),
          width: document.documentElement.scrollWidth,
        }));
        pages.set(path, { path, ...shown });
      }
      const broken = [...pages.values()].flatMap(({ path, links }) =>
        links.flatMap((link) => {
          if (!link.startsWith(site.url)) return [];
          const { pathname, hash } = new URL(link);
          const target = pages.get(decodeURIComponent(pathname.slice(1)) || 'index.html');
          const id = decodeURIComponent(hash.slice(1));
          return target && (id === '' || target.ids.includes(id)) ? [] : [`${path}: ${link.slice(site.url.length)}`];
        }),
      );
      expect(broken).toEqual([]);
      expect(complaints).toEqual([]);
      expect([...pages.values()].filter(({ width }) => width > NARROW).map(({ path }) => path)).toEqual([]);
      process.stdout.write(
        `\n${pages.size} pages, ${[...pages.values()].flatMap(({ links }) => links).length} links\n`,
      );
      expect(pages.size).toBeGreaterThan(100);
    });

    test('two targets fit', async () => {
      await page.goto(`${structPage('PyTypeObject')}#3.13-lp64...3.14-lp64`);
      await page.waitForSelector('.pair');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(NARROW);
    });
  });
});
