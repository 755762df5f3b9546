/** `memview layout` as a person or a program runs it: the built command, in a process of its own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { targets } from '../../src/layouts/targets.ts';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

function layout(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'layout', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('a struct as a table, its padding shown as such', () => {
  const table = `PyASCIIObject, 3.14t-llp64 (Include/cpython/unicodeobject.h, 3.14, Py_GIL_DISABLED)
offset  size  type                    field
     0    32  PyObject                ob_base
     0     8  uintptr_t                 ob_tid
     8     2  uint16_t                  ob_flags
    10     1  PyMutex                   ob_mutex
    10     1  uint8_t                     _bits
    11     1  uint8_t                   ob_gc_bits
    12     4  uint32_t                  ob_ref_local
    16     8  Py_ssize_t                ob_ref_shared
    24     8  PyTypeObject *            ob_type
    32     8  Py_ssize_t              length
    40     8  Py_hash_t               hash
    48     8  _PyUnicodeObject_state  state
    48     1  unsigned char             interned
    49     3                          (padding)
    52     4  unsigned int : 3          kind  bits 0–2
    52     4  unsigned int : 1          compact  bit 3
    52     4  unsigned int : 1          ascii  bit 4
    52     4  unsigned int : 1          statically_allocated  bit 5
    53     3                          (padding)
total 56 bytes, aligned to 8
`;
  expect(layout('3.14t-llp64', 'PyASCIIObject')).toEqual({ status: 0, stdout: table, stderr: '' });
});

test('--json: nested fields dotted, bit fields with shift and bits', () => {
  const { stdout } = layout('3.8-lp64be', 'PyASCIIObject', '--json');
  expect(JSON.parse(stdout)).toEqual({
    tag: '3.8-lp64be',
    structs: {
      PyASCIIObject: {
        size: 48,
        align: 8,
        fields: {
          'ob_base.ob_refcnt': [0, 8],
          'ob_base.ob_type': [8, 8],
          length: [16, 8],
          hash: [24, 8],
          'state.interned': [32, 4, 30, 2],
          'state.kind': [32, 4, 27, 3],
          'state.compact': [32, 4, 26, 1],
          'state.ascii': [32, 4, 25, 1],
          'state.ready': [32, 4, 24, 1],
          wstr: [40, 8],
        },
      },
    },
  });
});

test('--diff: what moved, each struct by its own fields', () => {
  const table = `PyTypeObject: offset, size
  field          3.14-lp64   3.15-lp64
  _tp_iteritem   –           416, 8
  total          416         424

PyByteArrayObject: offset, size
  field             3.14-lp64   3.15-lp64
  ob_bytes_object   –           56, 8
  total             56          64
`;
  expect(layout('3.14-lp64', '--diff', '3.15-lp64').stdout).toBe(table);
  expect(JSON.parse(layout('3.14-lp64', 'PyByteArrayObject', '--diff', '3.15-lp64', '--json').stdout)).toEqual({
    from: '3.14-lp64',
    to: '3.15-lp64',
    structs: { PyByteArrayObject: { size: [56, 64], fields: { ob_bytes_object: [null, [56, 8]] } } },
  });
  expect(layout('3.9-lp64', '--diff', '3.10-lp64').stdout).toBe('no difference between 3.9-lp64 and 3.10-lp64\n');
});

test('an unknown target lists the valid ones, an unknown struct those there are', () => {
  const unknown = layout('3.12t-lp64');
  expect([unknown.status, unknown.stdout]).toEqual([1, '']);
  expect(unknown.stderr).toMatch(/\nunknown target "3.12t-lp64": free-threaded builds begin with 3.13; .*\n$/);
  for (const tag of targets) expect(unknown.stderr.split(/\s/)).toContain(tag);
  const struct = layout('3.12-lp64', 'PyBuffer');
  expect([struct.status, struct.stdout]).toEqual([1, '']);
  expect(struct.stderr).toMatch(/^memview: unknown struct "PyBuffer"; 3.12-lp64 has PyObject, PyVarObject, /);
  expect(layout('3.12-lp64', '--diff', 'x').status).toBe(1);
});

/** As on a terminal, by util-linux' `script`. */
function onTerminal(env: Readonly<Record<string, string>>): string | undefined {
  const line = `'${process.execPath}' '${command}' layout 3.14-lp64 Py_buffer`;
  const ended = spawnSync('script', ['-qec', line, '/dev/null'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...env },
  });
  return ended.error ? undefined : ended.stdout;
}

test('colours are for terminals, and NO_COLOR turns them off', () => {
  const plain = layout('3.14-lp64', 'Py_buffer').stdout;
  expect(plain).not.toContain('\x1b');
  const coloured = onTerminal({});
  if (coloured === undefined) return void process.stdout.write('skipped: `script` is not installed\n');
  const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
  expect(coloured.match(escapes)?.length).toBeGreaterThan(3);
  expect(coloured.replace(escapes, '').replaceAll('\r\n', '\n')).toBe(plain);
  expect(onTerminal({ NO_COLOR: '1' })?.replaceAll('\r\n', '\n')).toBe(plain);
});
