// Asks what was made whether it is what was wanted; a Python that cannot do this serves no test.
import { run } from './run.mjs';

const MODULES = ['array', 'mmap', '_ctypes', '_ssl', '_hashlib', 'zlib', '_testbuffer'];

const program = `
import importlib, json, sys, sysconfig
absent = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        absent.append(name)
print(json.dumps({
    "version": sys.version.split()[0],
    "prefix": sys.prefix,
    "executable": sys.executable,
    "freeThreaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "debug": hasattr(sys, "gettotalrefcount"),
    "traceRefs": hasattr(sys, "getobjects"),
    "absent": absent,
}))
`;

function demand(what, actual, wanted) {
  if (actual !== wanted) throw new Error(`${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(wanted)}`);
}

/**
 * @param {string} executable as the tests will start it
 * @param {{ version: string, prefix: string, freeThreaded?: boolean, debug?: boolean, traceRefs?: boolean,
 *   modules?: string[] }} wanted
 * @returns {Promise<{ version: string, without: string[] }>} its version, and the modules that it lacks
 */
export async function checkPython(executable, wanted, context) {
  const names = [...MODULES, ...(wanted.modules ?? [])];
  const answer = JSON.parse(await run(executable, ['-c', program, ...names], context));
  demand('its version', answer.version.split('.').slice(0, 2).join('.'), wanted.version);
  demand('sys.prefix', answer.prefix, wanted.prefix);
  demand('sys.executable', answer.executable, executable);
  for (const flag of ['freeThreaded', 'debug', 'traceRefs']) demand(flag, answer[flag], wanted[flag] ?? false);
  return { version: answer.version, without: answer.absent };
}
