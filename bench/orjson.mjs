// orjson, in a Python of its own beside this process.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findPythons } from 'memview/ffi';

/** The Python with the newest orjson, among those found and those fetched, or the one that MEMVIEW_BENCH_PYTHON names. */
function findOrjson() {
  const named = process.env.MEMVIEW_BENCH_PYTHON;
  if (named) return named;
  const fetched = existsSync('.pythons')
    ? readdirSync('.pythons').map((name) => join('.pythons', name, 'usr/bin'))
    : [];
  const inFolder = (folder) => readdirSync(folder).filter((name) => /^python3\.\d+$/.test(name));
  const all = [
    ...findPythons().map(({ executable }) => executable),
    ...fetched.filter(existsSync).flatMap((folder) => inFolder(folder).map((name) => join(folder, name))),
  ];
  const versionOf = (path) => spawnSync(path, ['-c', VERSION], { encoding: 'utf8' }).stdout?.trim();
  return all
    .map((path) => ({ path, version: versionOf(path) }))
    .filter(({ version }) => version)
    .sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }))[0]?.path;
}

const VERSION = 'import numpy, orjson; print(orjson.__version__)';

/** A script in the Python that has it, which answers a line of JSON with one; undefined, and said so, if there is none. */
export function startOrjson(script) {
  const executable = findOrjson();
  if (!executable) {
    console.log('no Python with numpy and orjson is found (MEMVIEW_BENCH_PYTHON names one): ours alone');
    return undefined;
  }
  const child = spawn(executable, [fileURLToPath(new URL(script, import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const [line] = await once(lines, 'line');
      return JSON.parse(line);
    },
    end: () => child.stdin.end(),
  };
}
