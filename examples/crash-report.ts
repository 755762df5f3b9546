/**
 * What a Python held when it died: the globals of a module that are buffers, and the biggest others, as JSON that a
 * service can keep with the report. The core file is all that is needed.
 *
 *   npx tsx examples/crash-report.ts CORE [NAME ...]        e.g. crash-report.ts core.4711 __main__.frame
 */
import { type BufferView, encodeJson, formatTarget, viewObject } from 'memview';
import { coreMemory, findBuffers, lookup } from 'memview/node';

const [path, ...names] = process.argv.slice(2);
if (!path) throw new TypeError('expected a core file: crash-report.ts CORE [NAME ...]');

/** Elements of each array that the report keeps. */
const KEPT = 8;

const memory = coreMemory(path);

/** What an array was, and how it begins. */
function told(find: () => bigint): Record<string, unknown> {
  try {
    const view = viewObject(memory, find());
    const first = view.slice(...view.shape.map((): [number, number] => [0, KEPT]));
    return { format: view.format, shape: view.shape, nbytes: view.nbytes, first: elementsOf(first) };
  } catch (error) {
    // No such global, no buffer, one that was released, elements that JSON has nothing for, pages that the core leaves
    // out: whatever it is, the rest of the report is worth having.
    return { first: null, why: (error as Error).message };
  }
}

/** As JSON has them; integers that a JavaScript number does not hold as text. */
function elementsOf(view: BufferView): unknown {
  return JSON.parse(new TextDecoder().decode(encodeJson(view, { bigInteger: 'string' })));
}

const report = {
  target: formatTarget(memory.target),
  globals: Object.fromEntries(names.map((name) => [name, told(() => lookup(memory, name))])),
  biggest: Array.from(findBuffers(memory, { limit: 3 }), ({ address, type, refcount }) => ({
    type,
    refcount,
    ...told(() => address),
  })),
};
console.log(JSON.stringify(report, null, 2));
