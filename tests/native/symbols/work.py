"""Run by plain Python and by the same Python in Node: what it prints is compared."""

import importlib.util
import os
import subprocess
import sys
import threading

folder = os.environ["MEMVIEW_SYMBOLS_MODULES"]
sys.path.insert(0, folder)
print(sys.getdlopenflags(), flush=True)

if importlib.util.find_spec("memview_symbols"):
    import memview_symbols

    for name in "streams locales regexes variables threads exceptions deflated sha256".split():
        print(name, getattr(memview_symbols, name)(), flush=True)
if importlib.util.find_spec("memview_packer"):
    import memview_packer

    print(memview_packer.packed())

# Imports of several threads, each of what nobody has opened yet.
names = ["_lzma", "_bz2", "_sqlite3", "_ssl", "_hashlib", "_decimal", "_uuid", "_curses"]
results = {}


def load(name):
    try:
        __import__(name)
        results[name] = True
    except ImportError:
        results[name] = False


threads = [threading.Thread(target=load, args=(name,)) for name in names]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results.items()), sys.getdlopenflags())

# The flags of a user are kept.
sys.setdlopenflags(0x101)
try:
    import _elementtree  # noqa: F401
except ImportError:
    pass
print(sys.getdlopenflags())
sys.setdlopenflags(2)

try:
    import ctypes
except ImportError:
    ctypes = None
if ctypes:
    for name in "libssl.so.3", "libssl.so.1.1":
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            print(error)
            continue
        library.TLS_method.restype = library.SSL_CTX_new.restype = ctypes.c_void_p
        library.SSL_CTX_new.argtypes = [ctypes.c_void_p]
        print(name, bool(library.SSL_CTX_new(library.TLS_method())))
    print(ctypes.CDLL(None).getpid() == os.getpid())
    try:
        ctypes.CDLL("/nonexistent.so")
    except OSError as error:
        print(error)

broken = os.path.join(folder, "memview_broken.so")
with open(broken, "wb") as file:
    file.write(b"\x7fELF\x02\x01\x01" + bytes(57))
try:
    import memview_broken  # noqa: F401
except ImportError as error:
    print(type(error).__name__, error)

# Children have the streams of their parent.
sys.stdout.flush()
print(os.system("echo from system"))
print(subprocess.run(["sh", "-c", "echo out; echo err >&2"]).returncode, flush=True)
child = os.posix_spawn("/bin/sh", ["sh", "-c", "echo spawned"], os.environ)
print(os.waitpid(child, 0)[1])
print(subprocess.run([sys.executable, "-c", "print(input())"], input=b"told\n", stdout=subprocess.PIPE).stdout, flush=True)

import multiprocessing  # noqa: E402

process = multiprocessing.get_context("spawn").Process(target=print, args=("from a process",))
process.start()
process.join()
print(process.exitcode, flush=True)
