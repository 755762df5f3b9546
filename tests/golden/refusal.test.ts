/**
 * For every pair of targets of one release and pointer size whose buffer structs differ: an interpreter of the one,
 * or an image of its memory, is refused where the other is expected. What differs is said by the measured tables.
 */
import { expect, test } from '@jest/globals';
import { LayoutMismatch, MemoryFault } from '../../src/errors.ts';
import { type BuildFacts, recogniseTarget, verifyLayouts } from '../../src/layouts/recognise.ts';
import { parseTarget, targets } from '../../src/layouts/targets.ts';
import { segmentMemory } from '../../src/memory/segments.ts';
import { dataModels, formatTarget, type Target } from '../../src/target.ts';
import { viewObject } from '../../src/view/object.ts';
import { DATA, imageSegments, OBJECT } from '../support/image.ts';
import { type GoldenStruct, goldenTables } from './tables.ts';

const golden = goldenTables();

function measured(tag: string, struct: string): GoldenStruct {
  const table = golden.get(tag)?.get(struct);
  if (!table) throw new Error(`${struct} was not measured under ${tag}`);
  return table;
}

/** What the buffer structs of a target are, in one line. */
const buffers = (tag: string): string =>
  JSON.stringify(
    ['PyObject', 'PyVarObject', 'Py_buffer', '_PyManagedBufferObject', 'PyMemoryViewObject'].map((name) => {
      const { size, align, fields } = measured(tag, name);
      return [size, align, fields];
    }),
  );

/** What an interpreter of a target says of itself; the sizes are those that C's compiler has measured. */
function factsOf(tag: string): BuildFacts {
  const { version, model, freeThreaded, debug, traceRefs } = parseTarget(tag);
  const { byteOrder, pointer, long } = dataModels[model];
  const at = (struct: string, ...paths: string[]): number => {
    const { fields } = measured(tag, struct);
    const field = paths.map((path) => fields[path]).find(Boolean);
    if (!field) throw new Error(`no ${paths} in ${struct}`);
    return field[0];
  };
  const digit = measured(tag, 'PyLongObject').fields;
  return {
    version,
    byteorder: byteOrder,
    platform: model === 'wasm32' ? 'emscripten' : dataModels[model].bitFields === 'ms' ? 'win32' : 'linux',
    multiarch: model === 'armhf' ? 'arm-linux-gnueabihf' : '',
    pointer,
    long,
    freeThreaded,
    debug,
    traceRefs,
    sizes: {
      'memoryview.__basicsize__': at('PyMemoryViewObject', 'ob_array'),
      'memoryview.__itemsize__': pointer,
      'memoryview.__weakrefoffset__': at('PyMemoryViewObject', 'weakreflist'),
      'managedbuffer.__basicsize__': measured(tag, '_PyManagedBufferObject').size,
      'bytes.__basicsize__': at('PyBytesObject', 'ob_sval') + 1,
      'bytearray.__basicsize__': measured(tag, 'PyByteArrayObject').size,
      'str.__basicsize__': measured(tag, 'PyUnicodeObject').size,
      'int.__basicsize__': at('PyLongObject', 'ob_digit', 'long_value.ob_digit'),
      'int.__itemsize__': (digit.ob_digit ?? digit['long_value.ob_digit'])?.[1] ?? 0,
      'float.__basicsize__': measured(tag, 'PyFloatObject').size,
      'tuple.__basicsize__': at('PyTupleObject', 'ob_item'),
      'list.__basicsize__': measured(tag, 'PyListObject').size,
      'dict.__basicsize__': measured(tag, 'PyDictObject').size,
    },
  };
}

const samePointer = (a: Target, b: Target): boolean => dataModels[a.model].pointer === dataModels[b.model].pointer;

/** All pairs of one release and pointer size whose buffer structs differ. */
const pairs = targets.flatMap((expected) =>
  targets.flatMap((live) => {
    const [a, b] = [parseTarget(expected), parseTarget(live)];
    const differ = a.version === b.version && samePointer(a, b) && buffers(expected) !== buffers(live);
    return differ ? [[expected, live] as const] : [];
  }),
);

test('each target accepts its own facts, and is recognised by them', () => {
  for (const tag of targets) {
    const facts = factsOf(tag);
    expect(() => verifyLayouts(parseTarget(tag), facts)).not.toThrow();
    expect(formatTarget(recogniseTarget(facts))).toBe(tag);
  }
});

test('an interpreter is refused by every target whose buffer structs are not its own', () => {
  const accepted = pairs.filter(([expected, live]) => {
    try {
      verifyLayouts(parseTarget(expected), factsOf(live));
      return true;
    } catch (error) {
      if (!(error instanceof LayoutMismatch) || !error.message.includes(`the layouts of ${expected} do not fit: `)) {
        throw error;
      }
      return false;
    }
  });
  process.stdout.write(`refused: ${pairs.length - accepted.length} of ${pairs.length} pairs of targets\n`);
  expect(accepted).toEqual([]);
  expect(pairs.length).toBeGreaterThan(1_000);
});

test('so is an image of its memory, before the first element is read', () => {
  const ends = { LayoutMismatch: 0, MemoryFault: 0 };
  for (const [expected, live] of pairs) {
    let reads = 0;
    const image = segmentMemory(imageSegments({ tag: live }), parseTarget(expected));
    const read = (address: bigint, length: number): Uint8Array => {
      if (address >= DATA && address < DATA + 64n) reads++;
      return image.read(address, length);
    };
    try {
      viewObject({ target: image.target, live: image.live, read }, OBJECT);
      throw new Error(`${live} was taken for ${expected}`);
    } catch (error) {
      if (error instanceof LayoutMismatch) ends.LayoutMismatch++;
      else if (error instanceof MemoryFault) ends.MemoryFault++;
      else throw error;
    }
    expect(reads).toBe(0);
  }
  process.stdout.write(`images refused: ${ends.LayoutMismatch} as mismatches, ${ends.MemoryFault} as faults\n`);
  // What leads nowhere is a fault: the images of the other byte order.
  expect(ends.LayoutMismatch).toBeGreaterThan(ends.MemoryFault);
});
