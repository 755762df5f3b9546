/**
 * The rule at work in the interpreter: at each import of an extension module, and in `ctypes.CDLL`. Python's source.
 * It knows nothing of Node but that it is `/proc/self/exe`. `sys.getdlopenflags()` stays Python's own, and what a user
 * sets there is kept.
 *
 * Of a module that is opened with RTLD_DEEPBIND the file is opened before the import, which then finds it open: whatever
 * the module does while it is imported, in other threads too, the flags are no longer ours.
 */
export const imports = `import _imp, _thread, sys
RTLD_DEEPBIND = 0x8
class File:
    """For _imp.create_dynamic, which opens a file before it misses a function in it, and leaves it open."""
    name = "no module"
    def __init__(self, path):
        self.origin = os.fsdecode(path)
class Opener:
    def __init__(self, create):
        self.create = create
        self.rule = Rule(b"/proc/self/exe")
        self.at_hand = self.mapped()
        self.met = set()
        self.make_lock()
        os.register_at_fork(after_in_child=self.make_lock)
    def make_lock(self):
        self.lock = _thread.RLock()
    def open(self, path, mode):
        flags = sys.getdlopenflags()
        sys.setdlopenflags(mode)
        try:
            self.create(File(path))
        except ImportError:
            # Of a missing function, or because it cannot be opened: that its importer will hear.
            pass
        finally:
            sys.setdlopenflags(flags)
    def prepare(self, path):
        """Opens what a file needs; returns whether it is itself to be opened with RTLD_DEEPBIND."""
        with self.lock:
            if path in self.met:
                return False
            self.met.add(path)
            to_open = self.rule.to_open(path, self.at_hand)
            deep = bool(to_open) and to_open[-1][0] == path
            for library, names, why in to_open[:-1] if deep else to_open:
                if not self.is_open(names):
                    self.open(library, sys.getdlopenflags() & ~0x100 | (RTLD_DEEPBIND if why else 0))
            return deep
    def is_open(self, names):
        """Another library of that name, say of an addon of Node's, is what the loader would take."""
        return any(file == name or file.startswith(name + b".") for file in self.mapped() for name in names)
    def mapped(self):
        with open("/proc/self/maps", "rb") as maps:
            return {line[line.rfind(b"/") + 1:].rstrip() for line in maps if b"/" in line}
    def before(self, path):
        path = os.fsencode(path)
        with self.lock:
            if self.prepare(path):
                self.open(path, sys.getdlopenflags() | RTLD_DEEPBIND)
    def dlopen(self, dlopen):
        def opened(name, *mode):
            path = attempt(self.path_of, name)
            if path is not None and attempt(self.prepare, path):
                mode = ((mode[0] if mode else 0) | RTLD_DEEPBIND, *mode[1:])
            return dlopen(name, *mode)
        return opened
    def path_of(self, name):
        if name is None:
            return None
        name = os.fsencode(name)
        # What was met is open, or could not be: its loader knows better than we where it was.
        return name if b"/" in name else None if name in self.at_hand else self.rule.find(name, None, [])
def attempt(function, *args):
    try:
        return function(*args)
    except Exception:
        return None
opener = Opener(_imp.create_dynamic)
def create_dynamic(spec, *file):
    attempt(opener.before, spec.origin)
    return opener.create(spec, *file)
def executing(execute):
    def exec_module(module):
        result = execute(module)
        if getattr(module, "__name__", "") == "_ctypes" and not hasattr(module.dlopen, "__code__"):
            module.dlopen = opener.dlopen(module.dlopen)
        return result
    return exec_module
# Python leaves its own frames out of the traceback of an import, and knows them by these names.
def hidden(function):
    names = {"co_filename": "<frozen importlib._bootstrap>", "co_name": "_call_with_frames_removed"}
    function.__code__ = function.__code__.replace(**names)
    return function
_imp.create_dynamic = hidden(create_dynamic)
_imp.exec_dynamic = hidden(executing(_imp.exec_dynamic))
_imp.exec_builtin = hidden(executing(_imp.exec_builtin))
`;
