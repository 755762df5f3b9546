/** Memory stays flat, however large the array: on the built package, in a process of its own. */
import { spawnSync } from 'node:child_process';
import { freemem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { findPythons } from '../../src/ffi/discover.ts';

const script = fileURLToPath(new URL('./stream.mjs', import.meta.url));
const usable = findPythons().find(({ problem }) => problem === undefined);
const enough = freemem() > 2 ** 31;

const may = usable && enough ? test : test.skip;
may(`800 MB as JSON to /dev/null: less than 64 MB on top${enough ? '' : ' (skipped: less than 2 GB are free)'}`, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, usable?.executable ?? ''], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  const { input, length, risen } = JSON.parse(stdout) as Record<string, number>;
  expect(input).toBe(800_000_000);
  // As JavaScript writes the same: brackets, commas, and `.0` where there is no fraction.
  const texts = Array.from({ length: 100_000 }, (_, i) => `${i / 7}${i % 7 === 0 ? '.0' : ''}`);
  expect(length).toBe(1000 * (texts.join().length + 1) + 1);
  expect(risen).toBeLessThan(64);
});
