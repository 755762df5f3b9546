/**
 * The Python that runs inside the interpreter: what finishes its start, and the few helpers that C would need many
 * calls for. Plain source, compiled once; it touches no name that a user's program can see.
 */
import { pythonFacts } from '../layouts/recognise.ts';

/** Wraps a program so that it runs in a namespace of its own and the value is that namespace. */
function inOwnNamespace(program: string): string {
  // JSON's strings are Python's, as long as they are ASCII.
  return `(lambda space: (exec(${JSON.stringify(program)}, space), space)[1])({"__builtins__": __builtins__})`;
}

/** Reports an exception as bytes under the name "failed": there is no one yet who could catch it. */
function reporting(program: string): string {
  const indented = program.replaceAll('\n', '\n    ');
  return `failed = b""
try:
    ${indented}
except BaseException as error:
    failed = repr(error).encode("utf-8", "replace")
    try:
        import traceback
        failed = "".join(traceback.format_exception(type(error), error, error.__traceback__)).encode("utf-8", "replace")
    except BaseException:
        pass
`;
}

/**
 * Before any extension module is imported: node exports its own OpenSSL and zlib, which Python's ssl, hashlib and
 * zlib would bind to. RTLD_DEEPBIND makes each library prefer its own dependencies. Then `site`, which was put off.
 */
const start = `import sys
if sys.platform.startswith("linux"):
    RTLD_NOW, RTLD_DEEPBIND = 0x2, 0x8
    sys.setdlopenflags(RTLD_NOW | RTLD_DEEPBIND)
import site
site.main()
`;

/**
 * Node makes pipes non-blocking, and Python's own stdout then fails with BlockingIOError when the reader is slow:
 * these streams wait for it. Lines are flushed as they end, so that they mix with node's in the order of writing.
 */
const streams = `import io, select
class Patient(io.FileIO):
    def write(self, data):
        while True:
            count = super().write(data)
            if count is not None:
                return count
            select.select([], [self], [])
def patient(stream, descriptor):
    raw = Patient(descriptor, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, stream.errors, line_buffering=True)
ours = []
for name, descriptor in (("stdout", 1), ("stderr", 2)):
    stream = getattr(sys, name, None)
    # A start-up file may have put another stream there, which is then its affair.
    if sys.platform != "win32" and type(stream) is io.TextIOWrapper and stream is getattr(sys, "__%s__" % name, None):
        stream.flush()
        ours.append(patient(stream, descriptor))
        setattr(sys, name, ours[-1])
        setattr(sys, "__%s__" % name, ours[-1])
`;

const helpers = `import atexit, json, traceback
def describe(error, dumps=json.dumps, format_exception=traceback.format_exception):
    kind = type(error)
    name = kind.__qualname__
    module = kind.__module__
    if isinstance(module, str) and module not in ("builtins", "__main__"):
        name = "%s.%s" % (module, name)
    try:
        message = str(error)
    except BaseException:
        message = "<its __str__ failed>"
    try:
        trace = "".join(format_exception(kind, error, error.__traceback__))
    except BaseException:
        trace = name
    return dumps([name, message, trace]).encode("ascii")
def text(value, dumps=json.dumps):
    return dumps(str(value)).encode("ascii")
def finish(_):
    def attempt(function):
        try:
            function()
        except BaseException:
            pass
    # As Py_FinalizeEx does: threads that are no daemons are waited for, then atexit, then the streams.
    threading = sys.modules.get("threading")
    if threading is not None:
        attempt(threading._shutdown)
    attempt(atexit._run_exitfuncs)
    for stream in (getattr(sys, "stdout", None), getattr(sys, "stderr", None), *ours):
        attempt(lambda: stream.flush())
facts = json.dumps(${pythonFacts}).encode("ascii")
`;

/** An expression whose value is the namespace of the helpers, with `failed` empty if all went well. */
export const bootstrap = inOwnNamespace(reporting(start + streams + helpers));

/** The callables of that namespace; each takes one argument. */
export type Helper = 'describe' | 'text' | 'finish';
