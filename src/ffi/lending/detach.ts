/** Taking memory back from JavaScript: typed arrays that outlive it must be empty, not dangling. */
import { type ReadableByteStreamController, ReadableStream } from 'node:stream/web';
import { enqueueUnnoticed, transferUnnoticed } from './moves.ts';

/**
 * Detaches an ArrayBuffer: every typed array over it gets length 0. Node 22 and later have `transfer`; Node 20
 * detaches what is enqueued in a byte stream (WHATWG Streams, ReadableByteStreamControllerEnqueue).
 *
 * @throws TypeError if somebody has seen to it that it cannot be detached.
 */
export function detach(buffer: ArrayBuffer): void {
  if (buffer.byteLength === 0) return;
  if (!transferUnnoticed(buffer)) enqueueUnnoticed(drain(), new Uint8Array(buffer));
}

let open: ReadableByteStreamController | undefined;

/** One stream for all that is detached in a synchronous stretch: making one costs 20 times an `enqueue`. */
function drain(): ReadableByteStreamController {
  if (open) return open;
  const stream = new ReadableStream({
    type: 'bytes',
    start(controller) {
      open = controller;
    },
  });
  void Promise.resolve().then(() => {
    open = undefined;
    // What lies in it is let go.
    void stream.cancel();
  });
  return open as unknown as ReadableByteStreamController;
}
