/** What is done with bytes whatever they mean. */

/** A DataView of the same bytes. */
export function dataViewOf(bytes: ArrayBufferView): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A copy in memory of its own. Of a typed array the constructor writes no zeros first, as `slice` does. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** The parts one after the other, in memory of their own. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const decoder = new TextDecoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that no other thread has, which decoders of text refuse. */
export function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof ArrayBuffer ? bytes : copyOf(bytes);
}

/** UTF-8 as text. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(unshared(bytes));
}

/**
 * The same of the first bytes, every one of which counts.
 *
 * @throws TypeError if they are no UTF-8.
 */
export function strictTextOf(bytes: Uint8Array, end: number = bytes.length): string {
  return shortAscii(bytes, end) ?? strictDecoder.decode(unshared(bytes.subarray(0, end)));
}

/** Short text without a byte beyond 127; undefined if it is another: a call of the decoder takes a microsecond. */
function shortAscii(bytes: Uint8Array, end: number): string | undefined {
  if (end > 64) return undefined;
  let text = '';
  for (let i = 0; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > 127) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
