/** Memory that grows. What is larger than these tests may take is only asked for. */
import { expect, test } from '@jest/globals';
import { Room } from '../../src/json/room.ts';

/** The sizes that a room asks for until it is refused one, in bytes. */
function asked(put: (room: Room) => void): number[] {
  const sizes: number[] = [];
  const room = new Room(0, (size) => {
    sizes.push(size);
    if (size > 1 << 20) throw new RangeError('Array buffer allocation failed');
    return new Uint8Array(size);
  });
  try {
    put(room);
  } catch (error) {
    expect((error as Error).message).toBe(
      `there is no memory for ${sizes.at(-1)} bytes in one piece; take the array in parts`,
    );
  }
  return sizes;
}

test('it grows to twice what is needed, and by half a gigabyte at most', () => {
  const piece = Uint8Array.of(1, 2, 3);
  const sizes = asked((room) => {
    room.put(0, piece);
    room.put(3, piece);
    room.put(4, piece);
    expect([...room.first(7)]).toEqual([1, 2, 3, 1, 1, 2, 3]);
  });
  expect(sizes).toEqual([0, 6, 14]);
  expect(asked((room) => room.put(2 ** 28 - 3, piece))).toEqual([0, 2 ** 29]);
  // Node 20 has no more than 2^32 bytes in one piece.
  expect(asked((room) => room.put(2 ** 31, piece))).toEqual([0, 2 ** 31 + 3 + 2 ** 29]);
});
