"""What extension modules have to do: run by an executable alone, then by the same Python inside Node."""

import importlib
import importlib.util
import sys
import threading

# What has to be there for a module to be: of some, only the half that is written in C may be missing.
EXTENSIONS = {
    "ssl": "_ssl",
    "hashlib": "_hashlib",
    "zlib": "zlib",
    "sqlite3": "_sqlite3",
    "numpy": "numpy",
    "scipy": "scipy",
    "orjson": "orjson",
}


def there():
    return [name for name, extension in EXTENSIONS.items() if importlib.util.find_spec(extension)]


def built_in(names):
    """Those that libpython itself holds."""
    return [name for name in names if EXTENSIONS[name] in sys.builtin_module_names]


def broken(names):
    """Those that cannot be imported, and why."""
    why = {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            while error.__cause__:
                error = error.__cause__
            why[name] = (str(error) or type(error).__name__).split("\n")[0]
    return why


def alone():
    """What an executable says of itself, for Node to compare."""
    names = there()
    why = broken(names)
    return {"there": names, "broken": why, "versions": {name: version_of(name) for name in names if name not in why}}


def version_of(name):
    """The version of the C library that a module is bound to, where it can tell, else its own."""
    module = importlib.import_module(name)
    for attribute in ("OPENSSL_VERSION", "ZLIB_RUNTIME_VERSION", "sqlite_version", "__version__"):
        if hasattr(module, attribute):
            return getattr(module, attribute)
    return None


def use_ssl():
    import ssl

    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED
    assert len(ssl.RAND_bytes(32)) == 32


def use_hashlib():
    import hashlib

    digest = hashlib.sha256(b"abc").hexdigest()
    assert digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", digest
    # Of OpenSSL, beyond what CPython can do without it.
    key = hashlib.scrypt(b"password", salt=b"NaCl", n=1024, r=8, p=16, dklen=64).hex()
    assert key.startswith("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"), key


def use_zlib():
    import zlib

    data = bytes(range(256)) * 400
    packed = zlib.compress(data, 9)
    assert len(packed) < 2000 and zlib.decompress(packed) == data, len(packed)
    assert zlib.crc32(b"123456789") == 0xCBF43926


def use_sqlite3():
    import sqlite3

    with sqlite3.connect(":memory:") as database:
        database.create_function("twice", 1, lambda n: n * 2)
        database.execute("create table t (n integer, s text)")
        database.executemany("insert into t values (?, ?)", [(n, "s%d" % n) for n in range(100)])
        row = database.execute("select sum(twice(n)), max(s), count(*) from t where n > ?", (9,)).fetchone()
    database.close()
    assert row == (9810, "s99", 90), row


def use_numpy():
    import numpy

    a = numpy.arange(6.0).reshape(2, 3)
    assert (a[:, ::-1] @ a.T).tolist() == [[1.0, 10.0], [10.0, 46.0]], a
    # Large enough for BLAS to use its threads.
    square = numpy.ones((300, 300)) @ numpy.ones((300, 300))
    assert (square == 300).all(), square
    assert numpy.allclose(numpy.linalg.inv([[2.0, 0.0], [0.0, 4.0]]), [[0.5, 0.0], [0.0, 0.25]])


def use_scipy():
    import numpy
    import scipy.fft
    import scipy.linalg

    x = scipy.linalg.solve([[3.0, 1.0], [1.0, 2.0]], [9.0, 8.0])
    assert numpy.allclose(x, [2.0, 3.0]), x
    signal = numpy.arange(1000.0)
    assert numpy.allclose(scipy.fft.ifft(scipy.fft.fft(signal)).real, signal)


def use_orjson():
    import orjson

    value = {"a": [1, 2.5, None, True, "\u00e4\U0001f40d"], "b": {"c": -(2**63)}}
    text = orjson.dumps(value)
    assert orjson.loads(text) == value, text
    assert orjson.loads(memoryview(text)) == value
    if importlib.util.find_spec("numpy"):
        import numpy

        option = orjson.OPT_SERIALIZE_NUMPY
        assert orjson.dumps(numpy.arange(4.0).reshape(2, 2), option=option) == b"[[0.0,1.0],[2.0,3.0]]"


def talk(port, authority, name, length):
    """Sends random bytes to a server, whose name is verified; it sends back their SHA-256, and them."""
    import hashlib
    import os
    import socket
    import ssl

    context = ssl.create_default_context(cadata=authority)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=name) as stream:
            data = os.urandom(length)
            stream.sendall(data)
            answer = b"".join(iter(lambda: stream.recv(1 << 16), b""))
            assert answer == hashlib.sha256(data).digest() + data, "%d bytes came back" % len(answer)
            return stream.version()


class Client(threading.Thread):
    """Talks to a server in the thread that Node runs in: this one waits for it without the GIL."""

    def __init__(self, *what):
        super().__init__(daemon=True)
        self.what = what
        self.said = self.error = None

    def run(self):
        try:
            self.said = talk(*self.what)
        except Exception as error:
            self.error = "%s: %s" % (type(error).__name__, error)
