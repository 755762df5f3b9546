/**
 * The door to a Python in this process: libpython, loaded through ffi-rs. Node on Linux.
 *
 * @module memview/ffi
 */
export { PythonNotFound } from '../errors.ts';
export { findPythons } from '../ffi/discover.ts';
export type { PinnedExport } from '../ffi/lending/pinned-exports.ts';
export type { Limits } from '../ffi/limits.ts';
export { type OpenOptions, openPython } from '../ffi/open.ts';
export type { PythonInstallation } from '../ffi/probe.ts';
export { Python, type RunOptions, type ShareOptions, type ViewOptions } from '../ffi/python.ts';
export { PythonError } from '../ffi/python-error.ts';
export { PyRef } from '../ffi/ref.ts';
