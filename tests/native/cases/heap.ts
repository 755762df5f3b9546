/** The buffers of one's own interpreter, searched for as those of another: a heap, or this process. */
import assert from 'node:assert/strict';
import { processMemory } from '../../../src/attach/attach.ts';
import { findBuffers } from '../../../src/attach/find.ts';
import { lookup } from '../../../src/attach/lookup.ts';
import { heapMemory } from '../../../src/memory/heap.ts';
import { formatTarget } from '../../../src/target.ts';
import { viewObject } from '../../../src/view/object.ts';
import { type Cases, type Subject, value } from './subject.ts';

/** A bytearray so large that a heap of Pyodide has to grow for it. */
const LARGE = 60_000_000;

function found(subject: Subject): string {
  subject.exec(`
import array
searched = [bytearray(b"abc" * i) for i in range(1, 40)] + [array.array("d", range(9)), bytes(range(200)) * 20]
searched += [memoryview(searched[5])[::2], memoryview(searched[-1]).cast("H")[3:9], memoryview(searched[7])]
searched[-1].release()
`);
  // A memory of this process that can be searched is one that has found its Python by itself.
  const memory = subject.python ? processMemory('self') : subject.memory;
  assert.equal(formatTarget(memory.target), formatTarget(subject.memory.target));
  const all = new Map([...findBuffers(memory)].map((one) => [one.address, one]));
  const kept = value<string[]>(subject, '[str(id(x)) for x in searched]').map(BigInt);
  assert.deepEqual(
    kept.filter((address) => !all.has(address)),
    [],
  );
  const lists = value<(number[] | null)[]>(
    subject,
    '[None if x is searched[-1] else memoryview(x).tolist() for x in searched]',
  );
  for (const [i, address] of kept.entries()) {
    const one = all.get(address);
    if (lists[i] === null) assert.equal(one?.released, true);
    else assert.deepEqual(one?.view().toList(), lists[i]);
  }
  const array = lookup(memory, '__main__.searched');
  assert.equal(array, BigInt(subject.text('id(searched)')));
  return `${all.size} buffers, ${kept.length} of them known`;
}

function growth(subject: Subject): string {
  if (subject.python) return 'skipped: no heap of its own';
  const { memory } = subject;
  subject.exec('before = bytearray(range(256)); import array; doubles = array.array("d", range(100))');
  const expected = Array.from({ length: 256 }, (_, i) => i);
  const view = viewObject(memory, BigInt(subject.text('id(before)')));
  const doubles = viewObject(memory, lookup(memory, '__main__.doubles'));
  const stale = view.data;
  const fixed = heapMemory(new Uint8Array(memory.read(0n, 1).buffer as ArrayBuffer), memory.target);
  const old = viewObject(fixed, view.object);
  assert.deepEqual([...stale], expected);
  assert.deepEqual(old.toList(), expected);
  const length = memory.mappings?.()[0]?.length ?? 0;
  subject.exec(`large = [bytearray(b"x" * ${LARGE}) for i in range(4)]`);
  const grown = memory.mappings?.()[0]?.length ?? 0;
  assert.ok(grown > length, `expected the heap to grow beyond ${length} bytes`);
  assert.equal(stale.length, 0);
  assert.deepEqual(view.toList(), expected);
  assert.deepEqual([...view.data], expected);
  assert.equal(doubles.get(99), 99);
  assert.deepEqual(
    viewObject(memory, BigInt(subject.text('id(large[3])')))
      .slice([0, 3])
      .toList(),
    [120, 120, 120],
  );
  // Bytes that were not given afresh are gone: that is said, and no empty buffer shown.
  for (const read of [() => old.get(0), () => old.toList(), () => old.bytes, () => old.toTypedArray()]) {
    assert.throws(read, { name: 'MemoryFault', message: /the heap grew and left these bytes; pass a function/ });
  }
  subject.exec('del large');
  return `from ${length} to ${grown} bytes`;
}

/** Run on every interpreter. */
export const heapCases: Cases<Subject> = {
  'every buffer that is kept is found in its memory': found,
  'views survive growth of the heap, and stale bytes are a fault': growth,
};
