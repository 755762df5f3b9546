// Pyodide as npm has it: CPython compiled to WebAssembly, which Node loads without a network.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackage } from './npm.mjs';
import { run } from './run.mjs';

const loader = fileURLToPath(new URL('./load-pyodide.mjs', import.meta.url));
const PACKAGE = 'node_modules/pyodide';

/** @param {string} version of the package */
export function pyodideItem(version) {
  const title = `pyodide ${version}`;
  const name = `pyodide-${version}`;
  return {
    name,
    interpreters: [title],
    recipe: { version },
    seconds: 20,
    needs: ['npm'],
    async make({ folder, ...context }) {
      await installPackage(folder, `pyodide@${version}`, context);
      return folder;
    },
    async check({ home, ...context }) {
      // Early releases announce on the same output what they load.
      const lines = (await run(process.execPath, [loader, join(home, PACKAGE)], context)).trim().split('\n');
      const is = JSON.parse(lines.at(-1));
      return [{ entry: { name: title, pyodide: `${name}/${PACKAGE}`, python: is.version }, is }];
    },
  };
}
