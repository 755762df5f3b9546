/**
 * Asking a Python executable about itself, in a process of its own: whatever is wrong with it happens there, and
 * comes back as a sentence.
 */
import { spawnSync } from 'node:child_process';
import { type BuildFacts, pythonFacts, recogniseTarget, verifyLayouts } from '../layouts/recognise.ts';
import { versions } from '../layouts/versions.ts';
import { formatTarget } from '../target.ts';
import { whyNoAnswer, whyNotRun } from './complaints.ts';
import { readElf } from './elf.ts';
import { realpath } from './files.ts';
import { whyNotLoadable } from './host.ts';
import { beforeLibpython, type OpenedBefore } from './linking/before.ts';
import { platform } from './platform.ts';

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
  /** What has to be opened before libpython; undefined where there is nothing of the kind. @internal */
  readonly before?: readonly OpenedBefore[];
  /** Why it cannot be used and what to do, undefined where it can. */
  readonly problem: string | undefined;
}

/** What {@link probeProgram} prints. */
interface Answer {
  readonly executable: string;
  readonly version: string;
  readonly prefix: string;
  readonly implementation: string;
  /** Of a CPython of a release that is known, as is all that follows. */
  readonly facts?: BuildFacts;
  /** The files that may be its libpython, best first. */
  readonly libraries?: readonly string[];
  /** What has to be opened before the first of them. */
  readonly before?: readonly OpenedBefore[];
  /** Where one was looked for. */
  readonly tried?: readonly string[];
}

/** Marks our line among whatever else a start-up file may print. */
const MARK = 'memview-probe:';

/**
 * Runs under any Python from 2.7 on. The process' own map says best which libpython it runs on. Paths are sent as the
 * text of their bytes: under the C locale Python itself may read those as something else.
 */
const probeProgram = `
import sys
sys.path[:] = [p for p in sys.path if p]
import json, os
def text(path):
    return (path if isinstance(path, bytes) else os.fsencode(path)).decode("utf-8", "replace")
name = "pypy" if "__pypy__" in sys.builtin_module_names else "cpython"
info = {
    "executable": text(sys.executable or ""),
    "version": "%d.%d.%d" % tuple(sys.version_info[:3]),
    "prefix": text(sys.prefix),
    "implementation": getattr(getattr(sys, "implementation", None), "name", name),
}
def mapped():
    try:
        with open("/proc/self/maps", "rb") as maps:
            for line in maps:
                path = b"/" + line.rstrip(b"\\n").partition(b"/")[2]
                name = os.path.basename(path)
                if name.startswith(b"libpython%d.%d" % sys.version_info[:2]) and b".so" in name:
                    return path
    except (OSError, IOError):
        pass
def needs_more():
    # What libpython needs its executable has open; compiling the rule takes 5 ms.
    try:
        with open("/proc/self/maps", "rb") as maps:
            names = set(line.rstrip().rpartition(b"/")[2] for line in maps if b".so" in line)
    except (OSError, IOError):
        return False
    known = set(name.encode("ascii") for name in ${JSON.stringify(readElf('/proc/self/exe')?.needed ?? [])})
    return any(name.startswith(b"lib") and not name.startswith(b"libpython") and name not in known for name in names)
def candidates():
    import sysconfig
    known = dict((key, value) for key, value in sysconfig.get_config_vars().items() if value)
    known.update(base_prefix=sys.base_prefix, platlibdir=getattr(sys, "platlibdir", "lib"))
    known.update(threads="t" if "Py_GIL_DISABLED" in known else "", debug="_d" if hasattr(sys, "gettotalrefcount") else "")
    for folder in ${JSON.stringify(platform.libraryFolders)}:
        for name in ${JSON.stringify(platform.libraryNames)}:
            try:
                path = os.path.normpath(os.path.join(folder % known, name % known))
            except KeyError:
                continue
            if not path.endswith(".a"):
                yield path
if info["version"].rpartition(".")[0] in ${JSON.stringify(versions)} and info["implementation"] == "cpython":
    info["facts"] = ${pythonFacts}
    found = mapped()
    tried = [] if found else list(dict.fromkeys(candidates()))
    info["libraries"] = [text(path) for path in ([found] if found else filter(os.path.isfile, tried))]
    info["tried"] = [text(path) for path in tried]
    if info["libraries"] and needs_more() and sys.platform.startswith("linux"):
        info["before"] = ${beforeLibpython('info["libraries"][0]', realpath('/proc/self/exe'))}
os.write(1, ("\\n${MARK}" + json.dumps(info) + "\\n").encode("ascii"))
`;

/** Long enough for a cold start from a slow disk. */
const TIMEOUT_MS = 20_000;

/**
 * Asks an executable what it is. One that does not answer as a Python is an installation with a `problem`.
 *
 * @param executable a path
 */
export function probe(executable: string, timeout: number = TIMEOUT_MS): PythonInstallation {
  const unknown = { executable, version: '', prefix: '', libpython: undefined, target: undefined };
  const reason = whyNotRun(executable);
  if (reason !== undefined) return { ...unknown, problem: reason };
  // What does not end by itself may not heed a milder signal either.
  const ended = spawnSync(executable, ['-c', probeProgram], {
    encoding: 'utf8',
    // Given, for what this module sees need not be what a child inherits: jest's tests have a `process` of their own.
    env: process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL',
    windowsHide: true,
  });
  const answer = answerIn(ended.stdout ?? '');
  return answer ? judge(answer, executable) : { ...unknown, problem: whyNoAnswer(executable, ended) };
}

/** The answer among what was printed; a line that only looks like one is none. */
function answerIn(printed: string): Answer | undefined {
  const line = printed.split('\n').find((text) => text.startsWith(MARK));
  try {
    const answer = JSON.parse(line?.slice(MARK.length) ?? '') as Partial<Answer> | null;
    const { executable, version, prefix, implementation, libraries = [], tried = [] } = answer ?? {};
    const texts = [executable, version, prefix, implementation, ...libraries, ...tried];
    return texts.every((text) => typeof text === 'string') ? (answer as Answer) : undefined;
  } catch {
    return undefined;
  }
}

const [oldest, newest] = [versions[0], versions.at(-1)];

function judge({ version, prefix, implementation, facts, ...answer }: Answer, asked: string): PythonInstallation {
  const { libraries = [], tried = [] } = answer;
  const executable = answer.executable || asked;
  const found = { executable, version, prefix, libpython: libraries[0], target: undefined };
  if (implementation !== 'cpython') {
    const problem = `it is ${implementation}, and memview reads CPython's structs; take a CPython ${oldest} to ${newest}`;
    return { ...found, problem };
  }
  if (!facts) {
    const which = orderOf(version) > orderOf(newest) ? 'newer than this memview' : 'too old';
    return { ...found, problem: `CPython ${version} is ${which}; ${oldest} to ${newest} are supported` };
  }
  if ([executable, prefix, ...libraries].some((path) => path.includes('\ufffd'))) {
    return { ...found, problem: 'its path is not UTF-8, which Node cannot name; move it, or use another' };
  }
  let target: string;
  try {
    const recognised = recogniseTarget(facts);
    verifyLayouts(recognised, facts);
    target = formatTarget(recognised);
  } catch (error) {
    return { ...found, problem: error instanceof Error ? error.message : String(error) };
  }
  if (!libraries[0]) return { ...found, target, problem: whyNoLibrary(target, tried) };
  // On a system of two architectures the library of the other may be found first.
  const libpython = libraries.find((path) => whyNotLoadable(path) === undefined) ?? libraries[0];
  const reason = whyNotLoadable(libpython);
  const before = answer.before?.length && libpython === libraries[0] ? answer.before : undefined;
  return { ...found, libpython, target, ...(before && { before }), problem: reason && `its libpython ${reason}` };
}

/** A number that grows with the release. */
function orderOf(version = ''): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 1000 + minor;
}

function whyNoLibrary(target: string, tried: readonly string[]): string {
  // Distributions have a package of the default build alone.
  const [, release] = /^(\d+\.\d+)-\w+$/.exec(target) ?? [];
  const packaged = release ? `on Debian and Ubuntu install libpython${release}; ` : '';
  return (
    `it has no libpython (tried ${tried.join(', ') || 'none: it was built without --enable-shared'}): ${packaged}` +
    'with pyenv build it with PYTHON_CONFIGURE_OPTS=--enable-shared'
  );
}
