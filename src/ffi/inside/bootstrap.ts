/**
 * The Python that runs inside the interpreter: what finishes its start, and the routines that C would need many calls
 * for. Plain source, compiled once, in a namespace that a user's program does not meet. It knows nothing of Node but
 * the ends of two pipes.
 */
import { pythonFacts } from '../../layouts/recognise.ts';
import { imports } from '../linking/imports.ts';
import { rule } from '../linking/rule.ts';
import type { PythonInstallation } from '../probe.ts';
import { buffers } from './buffers.ts';
import { ends } from './ends.ts';
import { errors } from './errors.ts';
import { post } from './post.ts';
import { sources } from './sources.ts';

/** Wraps a program so that it runs in a namespace of its own and the value is that namespace. */
function inOwnNamespace(program: string): string {
  return `(lambda space: (exec(${literal(program)}, space), space)[1])({"__builtins__": __builtins__})`;
}

/** A Python literal. JSON's strings are Python's, as long as they are ASCII. */
function literal(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
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
 * Before any extension module is imported, the rule that says how its libraries are opened. Node marks the standard
 * descriptors as its own, and Python's children would have none. Then `site`, which was put off.
 */
const start = `import os, sys
if sys.platform.startswith("linux"):
    exec(${literal(rule + imports)}, {"__builtins__": __builtins__})
for descriptor in 0, 1, 2:
    try:
        os.set_inheritable(descriptor, True)
    except OSError:
        pass
import site
site.main()
`;

/**
 * Node makes pipes non-blocking, and Python's own stdout then fails with BlockingIOError when the reader is slow:
 * these streams wait for it. Lines are flushed as they end, so that they mix with node's in the order of writing.
 */
const streams = `import io
from select import select as wait_for
class Patient(io.FileIO):
    def write(self, data):
        while True:
            count = super().write(data)
            if count is not None:
                return count
            wait_for([], [self], [])
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

/** `threading` takes the thread that imports it for the main one. */
const end = `import json, threading
def text(value):
    return json.dumps(str(value)).encode("ascii")
facts = json.dumps(${pythonFacts}).encode("ascii")
flags, zero, nothing = sys.flags, 0, None
flag = json.dumps([field.split("=")[0] for field in repr(flags)[10:-1].split(", ")].index("no_site")).encode("ascii")
`;

/** Where `python -c` looks first. Last, lest a module of that folder be taken for one of ours. */
const path = `if not getattr(sys.flags, "safe_path", False):
    sys.path.insert(0, "")
`;

/**
 * An expression whose value is the namespace of the routines, with `failed` empty if all went well.
 *
 * @param installation is left there for whoever else in this process opens the same Python
 */
export function bootstrap(installation: PythonInstallation): string {
  const record = `installation = ${literal(JSON.stringify(installation))}.encode("utf-8", "surrogatepass")\n`;
  return inOwnNamespace(reporting(start + streams + end + errors + ends + sources + buffers + post + record + path));
}

/** The callables of that namespace. */
export const routines = [
  'describe',
  'text',
  'finish',
  'code',
  'enter',
  'views',
  'each',
  'look',
  'explain',
  'shown',
  'formed',
  'Desk',
] as const;

/** The name of one. */
export type Routine = (typeof routines)[number];
