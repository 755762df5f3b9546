// Finds the CPython interpreters of this host, and the headers that they were installed with.

import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const question = `
import json, struct, sys, sysconfig
get = sysconfig.get_config_var
try:
    import numpy
    numpy = numpy.get_include() if int(numpy.__version__.split('.')[0]) >= 2 else None
except ImportError:
    numpy = None
paths = sysconfig.get_paths()
print(json.dumps({
    'implementation': sys.implementation.name,
    'version': '%d.%d' % sys.version_info[:2],
    'release': sys.version.split()[0],
    'include': paths['include'],
    'platinclude': paths['platinclude'],
    'pointer': struct.calcsize('P'),
    'long': struct.calcsize('l'),
    'byteOrder': sys.byteorder,
    'platform': sys.platform,
    'freeThreaded': bool(get('Py_GIL_DISABLED')),
    'debug': bool(get('Py_DEBUG')),
    'traceRefs': bool(get('Py_TRACE_REFS')),
    'numpy': numpy,
}))
`;

/** The model of an interpreter, if it is one whose layouts the host's compiler has without further options. */
function modelOf({ platform, pointer, long, byteOrder }) {
  if (platform !== 'linux' || pointer !== 8 || long !== 8) return undefined;
  return byteOrder === 'little' ? 'lp64' : 'lp64be';
}

/** What is known of every interpreter on PATH and of pyenv, those with equal headers once. */
export async function findInterpreters() {
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  const folders = existsSync(pyenv) ? readdirSync(pyenv).map((name) => join(pyenv, name, 'bin')) : [];
  folders.push(...(process.env.PATH ?? '').split(delimiter));
  const found = new Map();
  for (const folder of folders) {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    for (const name of names.filter((one) => /^python3(\.\d+)?t?$/.test(one)).sort()) {
      try {
        const { stdout } = await run(join(folder, name), ['-c', question]);
        const interpreter = JSON.parse(stdout);
        if (interpreter.implementation !== 'cpython' || found.has(interpreter.platinclude)) continue;
        const { freeThreaded, debug, traceRefs } = interpreter;
        const plain = !freeThreaded && !debug && !traceRefs;
        found.set(interpreter.platinclude, { ...interpreter, model: modelOf(interpreter), plain });
      } catch {
        // A shim of pyenv whose version is not selected, or a broken installation: it has no headers to offer.
      }
    }
  }
  return [...found.values()];
}
