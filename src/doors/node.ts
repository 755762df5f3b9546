/**
 * The door to other memories: processes. Node on Linux.
 *
 * @module memview/node
 */
export { processMemory } from '../memory/process.ts';
