/** The text of an array, chunk by chunk: what those who write it have in common, whatever they write it with. */

/** Writes the text of one array in C order, all brackets included. */
export interface ChunkEncoder {
  /** The most elements of a chunk: as many as keep it and its text in the cache, and surely fit. */
  readonly most: number;
  /** Elements encoded so far. Where it is set, the next chunk begins there. */
  done: number;
  /** Of the whole array, the first element in the last chunk that a policy `error` refuses; or -1. */
  readonly refused: number;
  /**
   * Where the bytes of the next `count` elements go, without gaps. Memory of all encoders: fill it, then call `encode`,
   * and nothing else in between.
   */
  room(count: number): Uint8Array;
  /**
   * The text of the `count` elements in the room, the brackets before and after them included. It may stand in memory of
   * all encoders: copy it before anything else is encoded.
   */
  encode(count: number): Uint8Array;
}
