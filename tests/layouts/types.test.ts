/** What an editor knows of a layout: these lines are the test, for they do not compile if a type is wrong. */
import { expect, test } from '@jest/globals';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { int, overlay, Py_ssize_t, pointer, type StructValue, struct } from '../../src/layouts/vocabulary.ts';
import type { Memory } from '../../src/memory/memory.ts';
import { readStruct } from '../../src/view/struct.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const proves = <_ extends true>(): void => {};

declare const memory: Memory;
const read = () => readStruct(memory, layoutsFor('3.13-lp64').PyMemoryViewObject, 0n);
type View = ReturnType<typeof read>;

test('fields of a layout are named and typed', () => {
  proves<Equal<View['flags'], number>>();
  proves<Equal<View['view']['ndim'], number>>();
  proves<Equal<View['view']['buf'], bigint>>();
  proves<Equal<View['ob_array'], readonly bigint[]>>();
  proves<Equal<View['ob_base']['ob_base']['ob_type'], bigint>>();
  // Only some builds have it, and its size varies over the releases.
  proves<Equal<View['ob_base']['ob_base']['ob_refcnt'], bigint | number | undefined>>();
  // A field that a later release added is a field, though not of all.
  const tuple = () => readStruct(memory, layoutsFor('3.14-lp64').PyTupleObject, 0n);
  proves<Equal<ReturnType<typeof tuple>['ob_hash'], bigint | undefined>>();
  const text = () => readStruct(memory, layoutsFor('3.14-lp64').PyUnicodeObject, 0n);
  proves<Equal<ReturnType<typeof text>['_base']['_base']['state']['kind'], number>>();
  proves<Equal<ReturnType<typeof text>['data']['ucs2'], bigint>>();
  const { PyMemoryViewObject } = layoutsFor('3.13-lp64');
  expect(PyMemoryViewObject.offsetOf('view.shape')).toBe(104);
  // @ts-expect-error no such field
  expect(() => PyMemoryViewObject.offsetOf('view.size')).toThrow(RangeError);
});

test('a declaration gives the type of its values', () => {
  const Node = struct('Node', 'node.h', { count: int, next: pointer('Node'), raw: overlay('count', Py_ssize_t) });
  type Fields = ReturnType<(typeof Node)['fields']>;
  proves<Equal<StructValue<Fields>['count'], number>>();
  proves<Equal<StructValue<Fields>['raw'], bigint>>();
  expect(Node.name).toBe('Node');
});
