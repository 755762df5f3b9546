/** A memory that is one array of bytes from address 0: the heap of a WebAssembly program, such as Pyodide's. */
import { MemoryFault } from '../errors.ts';
import type { Target } from '../target.ts';
import { checkRange, type Memory } from './memory.ts';

/** The heap, or a function that gives it afresh: growth of a WebAssembly memory detaches the array given before. */
export type Heap = Uint8Array | { readonly buffer: ArrayBufferLike } | (() => Uint8Array);

/**
 * A WebAssembly heap as a memory, live: what is read from it is the heap itself.
 *
 * @param heap a `WebAssembly.Memory`, a function returning the present bytes, or, for a heap that never grows, bytes
 * @param target whose objects lie in it, e.g. `parseTarget('3.14-wasm32')`
 * @example
 * ```ts
 * import { heapMemory, parseTarget } from 'memview';
 * const wasm = new WebAssembly.Memory({ initial: 1 });
 * const memory = heapMemory(wasm, parseTarget('3.14-wasm32'));
 * console.log(memory.read(0n, 4).length); // 4
 * ```
 */
export function heapMemory(heap: Heap, target: Target): Memory {
  const present = reader(heap);
  return {
    target,
    live: true,
    mappings: () => [{ ...everything, length: present().length }],
    read(address, length) {
      checkRange(address, length);
      const bytes = present();
      const start = Number(address);
      if (start + length <= bytes.length) return bytes.subarray(start, start + length);
      if (bytes.length > 0) throw new MemoryFault(address, length, `the heap ends at ${bytes.length}`);
      throw new MemoryFault(
        address,
        length,
        'the heap grew and left these bytes; pass a function that gives it afresh',
      );
    },
  };
}

/** A heap has no ranges of its own rules. */
const everything = { address: 0n, readable: true, writable: true, executable: false, path: '', offset: 0 } as const;

function reader(heap: Heap): () => Uint8Array {
  if (typeof heap === 'function') return heap;
  if (heap instanceof Uint8Array) return () => heap;
  return () => new Uint8Array(heap.buffer);
}
