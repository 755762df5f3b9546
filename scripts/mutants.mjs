// `npm run mutants`: ten lines of layouts, view and JSON, each made wrong in a copy of the sources; the tests named then
// have to fail. One that they do not notice is an error, and so is a test that fails without a mutant.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A line, what becomes of it, and the tests that have to notice. */
const mutants = [
  {
    what: 'offsets are rounded down to their alignment',
    file: 'src/layouts/layout.ts',
    from: 'return Math.ceil(offset / align) * align;',
    to: 'return Math.floor(offset / align) * align;',
    tests: 'tests/layouts/layout',
  },
  {
    what: 'a bit field that just fits its unit moves on',
    file: 'src/layouts/layout.ts',
    from: 'Math.floor((next + width - 1) / bits)',
    to: 'Math.floor((next + width) / bits)',
    tests: 'tests/layouts/layout',
  },
  {
    what: "a memoryview's flags have eight bytes",
    file: 'src/layouts/memoryobject.ts',
    from: '  hash: Py_hash_t,\n  flags: int,',
    to: '  hash: Py_hash_t,\n  flags: Py_ssize_t,',
    tests: 'tests/golden/golden',
  },
  {
    what: '3.14 has the tuples of 3.13',
    file: 'src/layouts/versions.ts',
    from: '  PyTupleObject: PyTupleObject_3_14,\n',
    to: '',
    tests: 'tests/golden/golden',
  },
  {
    what: 'a released memoryview is viewed',
    file: 'src/view/py-buffer.ts',
    from: 'if (fields.flags(bytes, base) & _Py_MEMORYVIEW_RELEASED)',
    to: 'if (fields.flags(bytes, base) & 0)',
    tests: 'tests/view/buffer-view',
  },
  {
    what: 'the index behind the last element is taken',
    file: 'src/view/range.ts',
    from: 'if (counted >= 0 && counted < size) return counted;',
    to: 'if (counted >= 0 && counted <= size) return counted;',
    tests: 'tests/view/buffer-view',
  },
  {
    what: 'a slice with a step has one element too few',
    file: 'src/view/range.ts',
    from: 'Math.ceil((stop - start) / step)',
    to: 'Math.floor((stop - start) / step)',
    tests: 'tests/view/buffer-view',
  },
  {
    what: 'a slice with a step has the strides of the whole',
    file: 'src/view/select.ts',
    from: 'strides.push(stride * by);',
    to: 'strides.push(stride);',
    tests: 'tests/view/buffer-view',
  },
  {
    what: 'a byte of JSON may be 256',
    file: 'src/json/values.ts',
    from: 'if (value < 0n || value > 255n)',
    to: 'if (value < 0n || value > 256n)',
    tests: 'tests/json/decode.test',
  },
  {
    what: 'floats that JSON lacks are written as Python does',
    file: 'src/json/kernel.ts',
    from: "const nonFinitePolicies = ['null', 'string', 'literal', 'error'] as const;",
    to: "const nonFinitePolicies = ['literal', 'string', 'null', 'error'] as const;",
    tests: 'tests/json/encode',
  },
];

const copy = mkdtempSync(join(tmpdir(), 'memview-mutants-'));

/** Whether the tests pass, in the copy. */
function passes(tests) {
  const jest = [
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    '--selectProjects',
    'portable',
  ];
  const { status, stderr, error } = spawnSync(process.execPath, [...jest, '--bail', '--testPathPatterns', tests], {
    cwd: copy,
    encoding: 'utf8',
    timeout: 600_000,
  });
  if (error) throw error;
  // A copy whose tests do not even start has proven nothing.
  if (!/^Tests: .*\b[1-9]\d* total$/m.test(stderr)) throw new Error(`no test ran:\n${stderr}`);
  return status === 0;
}

let survivors = 0;
try {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split(
    '\n',
  );
  for (const file of files.filter(Boolean)) cpSync(join(root, file), join(copy, file));
  cpSync(join(root, 'src/json/kernel.wasm.ts'), join(copy, 'src/json/kernel.wasm.ts'));
  for (const folder of ['node_modules', 'dist']) symlinkSync(join(root, folder), join(copy, folder));
  for (const tests of new Set(mutants.map((mutant) => mutant.tests))) {
    if (!passes(tests)) throw new Error(`${tests} fails without a mutant`);
  }
  for (const { what, file, from, to, tests } of mutants) {
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file} has not once ${JSON.stringify(from)}`);
    writeFileSync(path, text.replace(from, to));
    const noticed = !passes(tests);
    writeFileSync(path, text);
    console.log(`${noticed ? 'noticed ' : 'SURVIVED'}  ${file}: ${what}`);
    if (!noticed) survivors++;
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${mutants.length - survivors} of ${mutants.length} mutants were noticed`);
if (survivors > 0) process.exitCode = 1;
