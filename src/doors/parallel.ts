/**
 * The door to JSON by several threads. Node; of Pythons in this process on Linux.
 *
 * @module memview/parallel
 */
export { encodeJsonParallel, type ParallelOptions } from '../parallel/encode.ts';
