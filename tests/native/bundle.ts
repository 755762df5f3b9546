/**
 * The program of the interpreters' tests in one file, for a Node of any version: it starts in a quarter of the time that
 * its modules take one by one, and runs as it will for users. What makes TypeScript of each while it is loaded (tsx)
 * gives every closure a name whenever one is made, which arrays of a few elements feel.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a module finds by its own place it finds from where it was written. */
const places: Plugin = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { loader: 'ts', contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)) };
    });
  },
};

/** Bundles `child.ts`; returns the path of a module that Node runs. */
export async function bundleChild(): Promise<string> {
  const outfile = join(root, 'node_modules/.cache/memview/child.mjs');
  await build({
    entryPoints: [join(root, 'tests/native/child.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    plugins: [places],
    logLevel: 'warning',
  });
  return outfile;
}
