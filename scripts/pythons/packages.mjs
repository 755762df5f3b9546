// The packages of npm's that are lent memory in the tests; packages/ names them, with a lock. What is native of them
// ships inside registry packages, so that none of their scripts has to run.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const folderOfLock = fileURLToPath(new URL('./packages', import.meta.url));
const FILES = ['package.json', 'package-lock.json'];
const { dependencies } = JSON.parse(readFileSync(join(folderOfLock, 'package.json'), 'utf8'));

/** A module that imports from the folder it lies in: some of the packages can be imported only. */
const IMPORT = 'import.mjs';
const program = 'export const importPackage = (name) => import(name);\n';

export const packagesItem = {
  name: 'npm-packages',
  interpreters: [],
  recipe: { lock: readFileSync(join(folderOfLock, 'package-lock.json'), 'utf8') },
  seconds: 60,
  needs: ['npm'],
  async make({ folder, ...context }) {
    for (const name of FILES) copyFileSync(join(folderOfLock, name), join(folder, name));
    writeFileSync(join(folder, IMPORT), program);
    await run('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'], {
      ...context,
      cwd: folder,
    });
    return folder;
  },
  /** Those that cannot be loaded here are named; the tests skip them. */
  async check({ home, ...context }) {
    const names = Object.keys(dependencies);
    const ask = `import { importPackage } from ${JSON.stringify(join(home, IMPORT))};
      const absent = [];
      for (const name of ${JSON.stringify(names)}) await importPackage(name).catch(() => absent.push(name));
      console.log(JSON.stringify(absent));
      process.exit();`;
    const absent = JSON.parse(await run(process.execPath, ['--input-type=module', '-e', ask], context));
    if (absent.length === names.length) throw new Error('none of them can be loaded');
    const without = absent.length > 0 ? `, without ${absent.join(' and ')}` : '';
    const version = `${names.length - absent.length} of ${names.length}${without}`;
    return [{ is: { what: 'packages', version } }];
  },
};
