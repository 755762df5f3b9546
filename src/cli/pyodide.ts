/** Pyodide as a source: CPython compiled to WebAssembly, its heap read as a memory. No libpython is needed. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { PythonNotFound } from '../errors.ts';
import { type BuildFacts, pythonFacts, recogniseTarget, verifyLayouts } from '../layouts/recognise.ts';
import { heapMemory } from '../memory/heap.ts';
import { viewObject } from '../view/object.ts';
import { memoryviewOf, type Source } from './source.ts';

/** The part of Pyodide's interface that is used, the same in every release since 0.21. */
interface Pyodide {
  readonly version: string;
  readonly _module: { readonly HEAPU8: Uint8Array };
  runPython(code: string): unknown;
}

type PyFunction<R> = (argument: string) => R;

/** Evaluates an expression, keeps its memoryview alive, and says where it lies. */
const addressOf = `
def _memview_address(expression, kept=[]):
    kept.append((${memoryviewOf})(eval(expression, globals())))
    return id(kept[-1])
_memview_address`;

type Load = (options: { readonly indexURL: string }) => Promise<Pyodide>;

const require = createRequire(import.meta.url);

/** Loads the Pyodide of a folder, any release since 0.21: its `pyodide.js` is one that Node can require. */
export async function openPyodideIn(folder: string): Promise<Source> {
  spareInlining();
  const { loadPyodide } = require(join(folder, 'pyodide.js')) as { loadPyodide: Load };
  // Before 0.23 it tells of its loading by console.log, which is where the command answers.
  const { log } = console;
  console.log = console.error;
  try {
    // Where its files are it would otherwise guess from the stack of an error, which fails under a loader.
    return sourceOf(await loadPyodide({ indexURL: folder }));
  } finally {
    console.log = log;
  }
}

/**
 * Loads the Pyodide that is installed beside memview.
 *
 * @param because why no libpython serves, where that is so
 * @throws PythonNotFound if the package is not installed.
 */
export async function openPyodide(because?: Error): Promise<Source> {
  return openPyodideIn(installedPyodide(because));
}

function installedPyodide(because: Error | undefined): string {
  try {
    return dirname(require.resolve('pyodide'));
  } catch (cause) {
    const why = because ? `${because.message}\nand ` : '';
    throw new PythonNotFound(`${why}Pyodide is not installed; \`npm install pyodide\` puts it beside memview`, {
      cause,
    });
  }
}

/**
 * V8 11 inlines calls from JavaScript into WebAssembly, and ends the process ("unreachable code" in its deoptimizer)
 * where such a call of Pyodide's must be undone: 3 of 14 runs of the tests on Node 20, none without, none on Node 24.
 */
function spareInlining(): void {
  if (Number.parseInt(process.versions.node, 10) < 24) setFlagsFromString('--no-turbo-inline-js-wasm-calls');
}

function sourceOf(pyodide: Pyodide): Source {
  const facts = JSON.parse(pyodide.runPython(`__import__("json").dumps(${pythonFacts})`) as string) as BuildFacts;
  const target = recogniseTarget(facts);
  verifyLayouts(target, facts);
  // Afresh for every read: growth of the heap detaches the array given before.
  const memory = heapMemory(() => pyodide._module.HEAPU8, target);
  const find = pyodide.runPython(addressOf) as PyFunction<number>;
  const text = pyodide.runPython('lambda expression: str(eval(expression, globals()))') as PyFunction<string>;
  const view = (expression: string) => viewObject(memory, BigInt(attempt(() => find(expression))));
  return {
    title: `Pyodide ${pyodide.version}, CPython ${facts.version}`,
    memory,
    exec: (code) => void attempt(() => pyodide.runPython(code)),
    text: (expression) => attempt(() => text(expression)),
    view,
    inspect: view,
  };
}

/** Pyodide's errors carry a whole traceback as their message; what a person wants is what comes after it. */
function attempt<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'PythonError') throw error;
    throw new Error(afterTraceback(error.message.trimEnd()), { cause: error });
  }
}

/** What follows the frames of the last traceback, which are indented; all of it where they begin otherwise. */
function afterTraceback(message: string): string {
  const lines = message.split('\n');
  const traceback = lines.lastIndexOf('Traceback (most recent call last):');
  const after = lines.findIndex((line, i) => i > traceback && !line.startsWith(' '));
  return lines.slice(Math.max(after, 0)).join('\n');
}
