import { expect, test } from '@jest/globals';
import { parseTarget, targets } from '../../src/layouts/targets.ts';
import { versions } from '../../src/layouts/versions.ts';
import { formatTarget } from '../../src/target.ts';

test('every tag is parsed and formatted back', () => {
  for (const tag of targets) expect(formatTarget(parseTarget(tag))).toBe(tag);
});

test('the tags are versions × builds × models, each once', () => {
  // Releases × (release, debug) × (plain, trace-refs); those since 3.13 × (release, debug) free-threaded.
  const freeThreaded = versions.filter((version) => Number(version.slice(2)) >= 13);
  expect(versions.slice(0, 8)).toEqual(['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14', '3.15']);
  expect(new Set(targets).size).toBe((versions.length * 2 * 2 + freeThreaded.length * 2) * 7);
  expect(targets).toHaveLength(new Set(targets).size);
});

test.each([
  '3.8-lp64',
  '3.13t-debug-lp64',
  '3.12-tracerefs-lp64',
  '3.9-debug-tracerefs-ilp32',
  '3.14-wasm32',
  '3.15t-lp64be',
])('%s is a target', (tag) => {
  expect(targets).toContain(tag);
});

test.each([
  ['3.7-lp64', 'expected a version of 3.8, 3.9'],
  ['3.13-lp65', 'expected a data model of lp64, lp64be'],
  ['3.12t-lp64', 'free-threaded builds begin with 3.13'],
  ['3.13t-tracerefs-lp64', 'no free-threaded build traces references'],
  ['linux', 'expected <version>[t][-debug][-tracerefs]-<model>'],
  ['', 'expected <version>[t][-debug][-tracerefs]-<model>'],
  ['toString', 'expected <version>'],
])('%j is refused with a reason', (tag, reason) => {
  expect(() => parseTarget(tag)).toThrow(RangeError);
  expect(() => parseTarget(tag)).toThrow(reason);
});
