/** Which source the options of a verb name. */
import { PythonNotFound } from '../errors.ts';
import { type Elsewhere, openElsewhere } from './elsewhere.ts';
import { openLibpython } from './libpython.ts';
import { openPyodide } from './pyodide.ts';
import type { Place, Source } from './source.ts';

/** The options of every verb that runs Python. */
export interface SourceOptions {
  readonly python?: string;
  readonly pyodide?: boolean;
  readonly setup?: string;
}

/** What an option of another place, or else of an interpreter, names. */
export async function openPlace(options: SourceOptions & Elsewhere, tell: (message: string) => void): Promise<Place> {
  return openElsewhere(options) ?? openSource(options, tell);
}

/**
 * Opens what the options name. With none, the Python of the shell, or, where it cannot be loaded, Pyodide; `tell`
 * then says why.
 */
export async function openSource(options: SourceOptions, tell: (message: string) => void): Promise<Source> {
  const source = await choose(options, tell);
  if (options.setup !== undefined) source.exec(options.setup);
  return source;
}

async function choose({ python, pyodide }: SourceOptions, tell: (message: string) => void): Promise<Source> {
  if (pyodide) return openPyodide();
  if (python !== undefined) return openLibpython(python);
  try {
    return openLibpython();
  } catch (error) {
    if (!(error instanceof PythonNotFound)) throw error;
    const source = await openPyodide(error);
    tell(`${error.message}\nrunning on ${source.title} instead`);
    return source;
  }
}
