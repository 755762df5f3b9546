/** The portable door in a browser's bundle: nothing of Node is left, and it runs where there is no Node. */
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

const door = fileURLToPath(new URL('../../src/doors/memview.ts', import.meta.url));

test('it bundles for browsers and works there', async () => {
  const { outputFiles, warnings } = await build({
    entryPoints: [door],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'memview',
  });
  expect(warnings).toEqual([]);
  const [bundle] = outputFiles;
  expect(bundle?.text).not.toMatch(/require\("(node:)?(fs|buffer|util|module)"\)/);
  // A context of its own has the language and what a browser gives here, but no process, require or Buffer.
  const context = { TextEncoder, TextDecoder, console, result: undefined as unknown };
  runInNewContext(
    `${bundle?.text}
     const target = memview.parseTarget('3.14-wasm32');
     const heap = new Uint8Array(64);
     heap[16] = 5;
     result = [
       typeof process,
       memview.layoutsFor(target).PyMemoryViewObject.offsetOf('ob_array'),
       String(memview.readStruct(memview.heapMemory(heap, target), memview.layoutsFor(target).PyObject, 16n).ob_refcnt),
     ].join()`,
    context,
  );
  expect(context.result).toBe('undefined,76,5');
});
