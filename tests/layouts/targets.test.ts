import { expect, test } from '@jest/globals';
import { computeLayout } from '../../src/layouts/layout.ts';
import { parseTarget, targets } from '../../src/layouts/targets.ts';
import { versions } from '../../src/layouts/versions.ts';
import { int, struct } from '../../src/layouts/vocabulary.ts';
import { formatTarget, type Target, type Version } from '../../src/target.ts';

const plain = { freeThreaded: false, debug: false, traceRefs: false } as const;

test.each<[string, Target]>([
  ['3.8-lp64', { ...plain, version: '3.8', model: 'lp64' }],
  ['3.13t-debug-lp64be', { ...plain, version: '3.13', freeThreaded: true, debug: true, model: 'lp64be' }],
  ['3.12-tracerefs-llp64', { ...plain, version: '3.12', traceRefs: true, model: 'llp64' }],
  ['3.9-debug-tracerefs-ilp32', { ...plain, version: '3.9', debug: true, traceRefs: true, model: 'ilp32' }],
  ['3.14-wasm32', { ...plain, version: '3.14', model: 'wasm32' }],
])('%s is parsed, and formatted back', (tag, target) => {
  expect(parseTarget(tag)).toEqual(target);
  expect(formatTarget(target)).toBe(tag);
});

test('the tags are versions × builds × models, each once', () => {
  const models = ['lp64', 'lp64be', 'llp64', 'ilp32', 'armhf', 'wasm32', 'win32'];
  expect(versions.slice(0, 8)).toEqual(['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14', '3.15']);
  const tags = models.flatMap((model) =>
    versions.flatMap((version) => {
      const builds = ['', '-debug', '-tracerefs', '-debug-tracerefs'];
      // A free-threaded build traces no references.
      if (Number(version.slice(2)) >= 13) builds.push('t', 't-debug');
      return builds.map((build) => `${version}${build}-${model}`);
    }),
  );
  expect(tags).toHaveLength((versions.length * 2 * 2 + (versions.length - 5) * 2) * 7);
  expect(targets.toSorted()).toEqual(tags.toSorted());
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
  ['3.13-toString', 'expected a data model of lp64, lp64be'],
])('%j is refused with a reason', (tag, reason) => {
  expect(() => parseTarget(tag)).toThrow(RangeError);
  expect(() => parseTarget(tag)).toThrow(reason);
});

test('a target without a row has no declarations, for one of two reasons', () => {
  const of = (version: Version) => () =>
    computeLayout(struct('Own', 'own.h', { a: int }), { ...plain, version, freeThreaded: true, model: 'lp64' });
  expect(of('3.7')).toThrow('the headers of CPython 3.7 are not known; known are 3.8, 3.9');
  expect(of('toString' as Version)).toThrow('the headers of CPython toString are not known');
  expect(of('3.12')).toThrow('CPython 3.12 has no free-threaded build; leave out freeThreaded');
});
