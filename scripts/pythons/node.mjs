// Other releases of Node, as npm has them: a package for each system, which is the executable and little else.
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { installPackage } from './npm.mjs';
import { run } from './run.mjs';

const PACKAGE = `node-${process.platform}-${process.arch}`;
const EXECUTABLE = 'bin/node';

/** @param {number} major of the release */
export function nodeItem(major) {
  const name = `node-${major}`;
  return {
    name,
    major,
    interpreters: [name],
    recipe: { package: PACKAGE, major },
    seconds: 20,
    needs: ['npm'],
    async make({ folder, ...context }) {
      await installPackage(folder, `${PACKAGE}@${major}`, context);
      const made = join(folder, 'made');
      mkdirSync(join(made, 'bin'), { recursive: true });
      // Headers and documentation take as much room again, and no test reads them.
      renameSync(join(folder, 'node_modules', PACKAGE, EXECUTABLE), join(made, EXECUTABLE));
      return made;
    },
    async check({ home, ...context }) {
      const version = (await run(join(home, EXECUTABLE), ['-p', 'process.versions.node'], context)).trim();
      if (Number.parseInt(version, 10) !== major) throw new Error(`its version is ${version}, not ${major}`);
      return [{ entry: { name, major, node: `${name}/${EXECUTABLE}` }, is: { what: 'Node', version } }];
    },
  };
}
