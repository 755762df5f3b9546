/** Writes arrays of the element types that have no kernel, chunk by chunk, element by element. */
import { dataViewOf } from '../bytes.ts';
import type { ChunkEncoder } from './chunk.ts';
import type { ElementText } from './text.ts';

/** Of a chunk, in elements and in bytes of them. */
const MOST = 1024;
const MOST_BYTES = 1 << 16;

const utf8 = new TextEncoder();

/**
 * An encoder for an array of a shape; none of its sizes is 0. Without dimensions it writes one element.
 *
 * @param size of an element, in bytes
 */
export function textChunkEncoder(size: number, shape: readonly number[], text: ElementText): ChunkEncoder {
  const most = Math.max(1, Math.min(MOST, Math.floor(MOST_BYTES / Math.max(size, 1))));
  let room = new Uint8Array();
  let done = 0;

  /** How many arrays end behind so many elements: rows, rows of rows … */
  const ending = (elements: number): number => {
    let [rest, ended] = [elements, 0];
    for (let i = shape.length - 1; i >= 0; i--, ended++) {
      const length = shape[i] as number;
      if (rest % length !== 0) break;
      rest /= length;
    }
    return ended;
  };

  return {
    most,
    get done() {
      return done;
    },
    // What a policy refuses is thrown at once.
    refused: -1,
    room(count) {
      if (room.length < count * size) room = new Uint8Array(count * size);
      return room.subarray(0, count * size);
    },
    encode(count) {
      const bytes = dataViewOf(room);
      let all = done === 0 ? '['.repeat(shape.length) : '';
      for (let i = 0; i < count; i++) {
        all += text(bytes, i * size);
        const ended = ending(++done);
        all += ']'.repeat(ended);
        if (ended < shape.length) all += `,${'['.repeat(ended)}`;
      }
      return utf8.encode(all);
    },
  };
}
