// A package of npm's in a folder of its own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

/** Installs a package, as `name@version`, into the `node_modules` of a folder, and lets none of its scripts run. */
export async function installPackage(folder, spec, context) {
  // A package.json of its own, lest npm climb to the repository's.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  await run('npm', ['install', ...options, '--save-exact', spec], { ...context, cwd: folder });
}
