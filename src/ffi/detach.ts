/** Taking memory back from JavaScript: typed arrays that outlive a view must be empty, not dangling. */

/**
 * Detaches an ArrayBuffer: every typed array over it gets length 0. Node 22 and later have `transfer`; Node 20
 * detaches what is enqueued in a byte stream (WHATWG Streams, ReadableByteStreamControllerEnqueue).
 */
export function detach(buffer: ArrayBuffer): void {
  if (buffer.byteLength === 0) return;
  if (typeof buffer.transfer === 'function') {
    buffer.transfer(0);
    return;
  }
  const stream = new ReadableStream({
    type: 'bytes',
    start(controller) {
      controller.enqueue(new Uint8Array(buffer));
    },
  });
  void stream.cancel();
}
