/**
 * Asking a Python executable about itself, in a process of its own: whatever is wrong with it happens there, and
 * comes back as a sentence.
 */
import { spawnSync } from 'node:child_process';
import { type BuildFacts, pythonFacts, recogniseTarget, verifyLayouts } from '../layouts/recognise.ts';
import { versions } from '../layouts/versions.ts';
import { formatTarget } from '../target.ts';

/** A Python that was found, and whether it can be loaded into this process. */
export interface PythonInstallation {
  /** The path of the executable, a venv's own where it is one. */
  readonly executable: string;
  /** `major.minor.micro` */
  readonly version: string;
  readonly prefix: string;
  /** The path of libpython, undefined where there is none. */
  readonly libpython: string | undefined;
  /** The tag of its target, undefined where it is unknown. */
  readonly target: string | undefined;
  /** Why it cannot be used and what to do, undefined where it can. */
  readonly problem: string | undefined;
}

/** What {@link probeProgram} prints. Of a Python older than 3.8 only the first four. */
interface Answer {
  readonly executable: string;
  readonly version: string;
  readonly prefix: string;
  readonly implementation: string;
  readonly facts?: BuildFacts;
  readonly libpython?: string | null;
  readonly tried?: readonly string[];
}

/** Marks our line among whatever else a start-up file may print. */
const MARK = 'memview-probe:';

/** Runs under any Python from 2.7 on. The process' own map says best which libpython it runs on. */
const probeProgram = `
import sys
sys.path[:] = [p for p in sys.path if p]
import json, os
info = {
    "executable": sys.executable,
    "version": "%d.%d.%d" % sys.version_info[:3],
    "prefix": sys.prefix,
    "implementation": getattr(getattr(sys, "implementation", None), "name", "cpython"),
}
def mapped():
    try:
        with open("/proc/self/maps") as maps:
            for line in maps:
                path = line.rstrip("\\n").partition("/")[2]
                name = path.rpartition("/")[2]
                if name.startswith("libpython%d.%d" % sys.version_info[:2]) and ".so" in name:
                    return "/" + path
    except OSError:
        pass
def libraries():
    import sysconfig
    get = sysconfig.get_config_var
    names = [get("INSTSONAME"), get("LDLIBRARY")]
    if sys.platform == "darwin":
        names.append("libpython%s.dylib" % get("VERSION"))
    folders = [get("LIBDIR"), os.path.join(sys.base_prefix, "lib"), get("LIBPL")]
    if get("MULTIARCH"):
        folders[1:1] = [os.path.join(folder, get("MULTIARCH")) for folder in folders[:2] if folder]
    if get("PYTHONFRAMEWORKPREFIX"):
        folders.insert(0, get("PYTHONFRAMEWORKPREFIX"))
    if sys.platform == "win32":
        names, folders = ["python%d%d.dll" % sys.version_info[:2]], [sys.base_prefix]
    for folder in folders:
        for name in names:
            if folder and name and not name.endswith(".a"):
                yield os.path.join(folder, name)
if sys.version_info >= (3, 8) and info["implementation"] == "cpython":
    info["facts"] = ${pythonFacts}
    info["libpython"] = mapped()
    if info["libpython"] is None:
        info["tried"] = list(dict.fromkeys(libraries()))
        info["libpython"] = next((path for path in info["tried"] if os.path.exists(path)), None)
os.write(1, ("\\n${MARK}" + json.dumps(info) + "\\n").encode("ascii"))
`;

/** Long enough for a cold start from a slow disk. */
const TIMEOUT_MS = 20_000;

/**
 * Asks an executable what it is. One that does not answer as a Python is an installation with a `problem`.
 *
 * @param executable a path
 */
export function probe(executable: string): PythonInstallation {
  const child = spawnSync(executable, ['-c', probeProgram], { encoding: 'utf8', timeout: TIMEOUT_MS });
  const line = child.stdout?.split('\n').find((text) => text.startsWith(MARK));
  if (line) return judge(JSON.parse(line.slice(MARK.length)) as Answer);
  const unknown = { executable, version: '', prefix: '', libpython: undefined, target: undefined };
  return { ...unknown, problem: `it does not run as a Python: ${whyNoAnswer(child)}` };
}

function whyNoAnswer({ error, signal, status, stderr }: ReturnType<typeof spawnSync>): string {
  if (error) return error.message;
  if (signal) return `ended by ${signal}`;
  const lines = String(stderr).trim().split('\n');
  const said = lines.find((line) => line.startsWith('Fatal Python error')) ?? lines.at(-1);
  return said ? `exit status ${status}, ${said.slice(0, 200)}` : `exit status ${status} without an answer`;
}

function judge({ executable, version, prefix, implementation, facts, libpython, tried }: Answer): PythonInstallation {
  const found = { executable, version, prefix, libpython: libpython ?? undefined, target: undefined };
  if (implementation !== 'cpython')
    return { ...found, problem: `it is ${implementation}; only CPython has these structs` };
  if (!facts) return { ...found, problem: `CPython ${version} is not supported; ${versions[0]} and later are` };
  let target: string;
  try {
    const recognised = recogniseTarget(facts);
    verifyLayouts(recognised, facts);
    target = formatTarget(recognised);
  } catch (error) {
    return { ...found, problem: error instanceof Error ? error.message : String(error) };
  }
  return { ...found, target, problem: libpython ? undefined : whyNoLibrary(version, tried ?? []) };
}

function whyNoLibrary(version: string, tried: readonly string[]): string {
  const minor = version.split('.').slice(0, 2).join('.');
  return (
    `it has no libpython (tried ${tried.join(', ') || 'none: it was built without --enable-shared'}). On Debian and ` +
    `Ubuntu install libpython${minor}; with pyenv build it with PYTHON_CONFIGURE_OPTS=--enable-shared`
  );
}
