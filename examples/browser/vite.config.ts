/** Pyodide's files are served, and copied into the build, as they are. */
import { cpSync, createReadStream, mkdirSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const pyodide = dirname(fileURLToPath(import.meta.resolve('pyodide')));
const files = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip', 'pyodide-lock.json'];
const types: Readonly<Record<string, string>> = {
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

export default defineConfig(({ command }) => {
  let outDir = '';
  return {
    root: import.meta.dirname,
    base: './',
    build: { target: 'es2022' },
    plugins: [
      {
        name: 'pyodide',
        configResolved: (config) => {
          outDir = resolve(config.root, config.build.outDir);
        },
        configureServer: ({ middlewares }) => {
          middlewares.use((request, response, next) => {
            const name = /^\/pyodide\/([\w.-]+)$/.exec(request.url ?? '')?.[1] ?? '';
            if (!files.includes(name)) return next();
            response.setHeader('content-type', types[extname(name)] ?? 'application/octet-stream');
            createReadStream(join(pyodide, name)).pipe(response);
          });
        },
        closeBundle: () => {
          if (command !== 'build') return;
          mkdirSync(join(outDir, 'pyodide'), { recursive: true });
          for (const name of files) cpSync(join(pyodide, name), join(outDir, 'pyodide', name));
        },
      },
    ],
  };
});
