// Loads the Pyodide of a folder and says which Python it is: `load-pyodide.mjs <folder>`. Whether one can be loaded
// shows only when it is, which needs a process of its own.
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const folder = resolve(process.argv[2]);
const { loadPyodide } = createRequire(import.meta.url)(join(folder, 'pyodide.js'));
const { stdout } = process;
const pyodide = await loadPyodide({ indexURL: folder, stdout: () => {}, stderr: () => {} });
const version = pyodide.runPython('import sys; sys.version.split()[0]');
const memoryview = pyodide.runPython('memoryview.__basicsize__');
stdout.write(`${JSON.stringify({ version, memoryview })}\n`);
process.exit();
