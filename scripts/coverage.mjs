// `npm run coverage`: which lines of src the tests run, those of the portable project in jest, those of the native one in
// the processes that it starts: the command, one Python with all its cases, and Pyodide.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPythons } from 'memview/ffi';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
rmSync('coverage', { recursive: true, force: true });

const bin = (name) => resolve('node_modules', name);
const run = (args, env = {}) => {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`failed: node ${args.join(' ')}`);
};
const jest = ['--experimental-vm-modules', '--no-warnings', bin('jest/bin/jest.js')];

const v8 = { NODE_V8_COVERAGE: resolve('coverage/v8') };
const collect = [
  '--coverage',
  '--coverageProvider=v8',
  '--coverageReporters=json',
  '--coverageDirectory=coverage/jest',
];
run([...jest, '--selectProjects', 'portable', ...collect, '--collectCoverageFrom=src/**/*.ts']);
// The command is run as it was built: where its lines came from has to be known.
execFileSync(process.execPath, [bin('typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--sourceMap']);
try {
  run(
    [
      ...jest,
      '--selectProjects',
      'native',
      '--testPathPatterns',
      'native/(cli|attach-refusals|doctor|stream|discovery)',
    ],
    v8,
  );
  const python = findPythons().find(({ problem }) => problem === undefined);
  for (const which of [...(python ? [python.executable] : []), 'pyodide']) {
    // Not as one file, of which c8 would take each line for run.
    run(['--expose-gc', '--import', 'tsx', 'tests/native/child.ts', which], v8);
  }
  const report = ['report', '--temp-directory=coverage/v8', '--reporter=json', '--reports-dir=coverage/c8'];
  run([bin('c8/bin/c8.js'), ...report, '--include=src/**/*.ts', '--include=dist/**/*.js', '--exclude-after-remap']);
} finally {
  execFileSync(process.execPath, ['scripts/build.mjs']);
}

/** Of each file, its lines, and whether they were run. */
const files = new Map();
for (const path of ['coverage/jest/coverage-final.json', 'coverage/c8/coverage-final.json']) {
  for (const [file, { statementMap, s: hits }] of Object.entries(JSON.parse(readFileSync(path, 'utf8')))) {
    const name = relative(resolve('src'), file);
    if (
      name.startsWith('..') ||
      name.startsWith(join('json', 'kernel') + sep) ||
      name === join('json', 'kernel.wasm.ts')
    )
      continue;
    const lines = files.get(name) ?? new Map();
    files.set(name, lines);
    for (const [key, { start }] of Object.entries(statementMap)) {
      lines.set(start.line, lines.get(start.line) || hits[key] > 0);
    }
  }
}

const folders = new Map();
for (const [name, lines] of files) {
  const folder = name.includes(sep) ? name.slice(0, name.indexOf(sep)) : '.';
  const sum = folders.get(folder) ?? { all: 0, run: 0 };
  folders.set(folder, { all: sum.all + lines.size, run: sum.run + [...lines.values()].filter(Boolean).length });
}
const total = [...folders.values()].reduce((sum, { all, run }) => ({ all: sum.all + all, run: sum.run + run }), {
  all: 0,
  run: 0,
});
const row = (name, { all, run }) =>
  console.log(
    `${name.padEnd(10)} ${String(run).padStart(6)} of ${String(all).padStart(6)} lines  ${((100 * run) / all).toFixed(1).padStart(5)} %`,
  );
console.log('');
for (const [name, sum] of [...folders].sort()) row(name, sum);
row('all', total);
