/**
 * The door to other memories: processes. Node on Linux.
 *
 * @module memview/node
 */
export { locatedMemory, processMemory } from '../memory/process.ts';
