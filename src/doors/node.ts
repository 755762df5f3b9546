/**
 * The door to other memories: running processes, core files, and what is found in them. Node on Linux.
 *
 * @module memview/node
 */
export { coreMemory, processMemory } from '../attach/attach.ts';
export { type FindOptions, type FindProgress, type FoundBuffer, findBuffers } from '../attach/find.ts';
export { type LookupOptions, lookup } from '../attach/lookup.ts';
export type { SweepProgress } from '../attach/sweep.ts';
export { locatedMemory } from '../memory/process.ts';
