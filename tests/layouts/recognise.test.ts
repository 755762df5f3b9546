import { expect, test } from '@jest/globals';
import { LayoutMismatch } from '../../src/errors.ts';
import { type BuildFacts, recogniseTarget, verifyLayouts } from '../../src/layouts/recognise.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { formatTarget } from '../../src/target.ts';

/** As CPython 3.13 on 64-bit Linux states them. */
const facts: BuildFacts = {
  version: '3.13',
  byteorder: 'little',
  platform: 'linux',
  multiarch: 'x86_64-linux-gnu',
  pointer: 8,
  long: 8,
  freeThreaded: false,
  debug: false,
  traceRefs: false,
  sizes: {
    'memoryview.__basicsize__': 144,
    'memoryview.__itemsize__': 8,
    'memoryview.__weakrefoffset__': 136,
    'managedbuffer.__basicsize__': 112,
    'bytes.__basicsize__': 33,
    'bytearray.__basicsize__': 56,
    'str.__basicsize__': 64,
    'int.__basicsize__': 24,
    'int.__itemsize__': 4,
    'float.__basicsize__': 24,
    'tuple.__basicsize__': 24,
    'list.__basicsize__': 40,
    'dict.__basicsize__': 48,
  },
};

test.each<[string, Partial<BuildFacts>]>([
  ['3.13-lp64', {}],
  ['3.13-debug-lp64', { debug: true }],
  ['3.13t-lp64', { freeThreaded: true }],
  ['3.12-tracerefs-lp64', { version: '3.12', traceRefs: true }],
  ['3.13-lp64be', { byteorder: 'big', multiarch: 's390x-linux-gnu' }],
  ['3.13-llp64', { platform: 'win32', multiarch: '', long: 4 }],
  ['3.13-win32', { platform: 'win32', multiarch: '', pointer: 4, long: 4 }],
  ['3.13-wasm32', { platform: 'emscripten', multiarch: 'wasm32-emscripten', pointer: 4, long: 4 }],
  ['3.13-armhf', { multiarch: 'arm-linux-gnueabihf', pointer: 4, long: 4 }],
  ['3.13-ilp32', { multiarch: 'i386-linux-gnu', pointer: 4, long: 4 }],
])('%s is recognised', (tag, stated) => {
  expect(formatTarget(recogniseTarget({ ...facts, ...stated }))).toBe(tag);
});

test('a release that is not known is refused', () => {
  expect(() => recogniseTarget({ ...facts, version: '3.99' })).toThrow('expected a version of 3.8');
});

test('layouts that fit are accepted, those that do not name each fact', () => {
  expect(() => verifyLayouts(parseTarget('3.13-lp64'), facts)).not.toThrow();
  const mismatch = () => verifyLayouts(parseTarget('3.13t-lp64'), facts);
  expect(mismatch).toThrow(LayoutMismatch);
  expect(mismatch).toThrow('the layouts of 3.13t-lp64 do not fit: memoryview.__basicsize__: expected 160, found 144;');
  expect(mismatch).toThrow('managedbuffer.__basicsize__: expected 128, found 112');
});
