/** A Python in this process as a source. */
import { openPython } from '../ffi/open.ts';
import type { PyRef } from '../ffi/ref.ts';
import { viewObject } from '../view/object.ts';
import { memoryviewOf, type Source } from './source.ts';

/** @param name as `openPython` takes it; by default the Python of the shell */
export function openLibpython(name?: string): Source {
  const python = openPython(name === undefined ? {} : { python: name });
  // What is inspected must not be collected before the command ends.
  const kept: PyRef[] = [];
  return {
    title: `CPython ${python.version} in this process, ${python.installation.libpython}`,
    memory: python.memory,
    exec: (code) => python.exec(code),
    text: (expression) => String(python.eval(expression)),
    view: (expression) => python.view(expression),
    inspect(expression) {
      const memoryview = python.eval(memoryviewOf).call(python.eval(expression));
      kept.push(memoryview);
      return viewObject(python.memory, memoryview.address);
    },
  };
}
