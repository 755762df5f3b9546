"""A Python that holds buffers of every kind, says what they are, and does as it is told, line by line."""
import array
import gc
import json
import os
import sys
import threading
import time
import types

try:
    import numpy
except ImportError:
    numpy = None


class Bytes(bytes):
    pass


class Bytearray(bytearray):
    pass


class Array(array.array):
    pass


def make():
    kept = [bytes(range(256)) * n for n in (1, 3, 1000)] + [b"", b"a", Bytes(b"subclass"), Bytes()]
    front = bytearray(range(100))
    del front[:7]
    kept += [bytearray(b"abc" * 9), bytearray(), bytearray(100_000), front, Bytearray(b"subclass")]
    codes = [code for code in array.typecodes if len(code) == 1 and code not in "uwFD"]
    kept += [array.array(code, [1, 2, 100]) for code in codes]
    kept += [array.array("u", "text"), array.array("d"), Array("i", range(50))]
    kept.append(array.array("d", [0.5 * i for i in range(20_000)]))
    base = bytearray(range(240))
    views = [memoryview(base), memoryview(kept[0]), memoryview(array.array("d", range(30)))]
    views += [views[0][3:200:4], views[0][::-1], views[2][::-3], views[0].cast("H"), views[0].cast("i", (3, 4, 5))]
    views += [views[0][:8].cast("d", ()), memoryview(views[3]), views[0][5:5], views[0].toreadonly()]
    gone = [memoryview(bytearray(50)), views[0][1:9]]
    for view in gone:
        view.release()
    made = kept + views
    if numpy:
        import abc

        class Meta(numpy.ndarray, metaclass=abc.ABCMeta):
            pass

        square = numpy.arange(24, dtype="f8").reshape(4, 6) / 3
        record = numpy.zeros(3, dtype=[("a", "i4"), ("b", "f8"), ("c", "S3")])
        record["a"], record["c"] = [1, 2, 3], b"xyz"
        made += [square, square.T, square[::-2, ::3], square[1, 1:2], numpy.asfortranarray(square), numpy.array(2.5)]
        made += [numpy.arange(5, dtype=code) for code in ("i1", "u2", ">i4", "<u8", "f2", ">f4", "c8", "c16")]
        made += [numpy.zeros((0, 3)), numpy.array([True, False]), numpy.array([b"ab", b"cd"]), numpy.array(["xyz", ""])]
        made += [record, numpy.broadcast_to(numpy.float32(2), (3, 4)), numpy.arange(300_000, dtype="i8")]
        made += [numpy.arange(4).view(Meta), numpy.arange(3).view(numpy.recarray), numpy.frombuffer(base, "u2")]
    return made, gone


def plain(value):
    """What JSON can hold of a value, as memview would have it."""
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, complex):
        return {"re": value.real, "im": value.imag}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def exporter_of(made):
    owner = made.obj if isinstance(made, memoryview) else getattr(made, "base", None)
    return None if owner is None else id(owner)


def lists(made):
    return list(made) if isinstance(made, (bytes, bytearray)) else made.tolist()


def describe(made):
    is_array = numpy and isinstance(made, numpy.ndarray)
    view = None if is_array else memoryview(made)
    size = made.size if is_array else made.nbytes if isinstance(made, memoryview) else len(made)
    described = {
        "id": id(made),
        "type": type(made).__name__,
        "shape": list(made.shape if is_array else view.shape),
        "strides": list(made.strides if is_array else view.strides),
        "itemsize": made.itemsize if is_array else view.itemsize,
        "readonly": not made.flags.writeable if is_array else view.readonly,
        "format": None if is_array else view.format,
        "exporter": exporter_of(made),
        "values": plain(lists(made)) if size < 30_000 else None,
    }
    if view is not None and not isinstance(made, memoryview):
        view.release()
    return described


def living():
    """Every buffer object that can be reached: what the collector knows, and what that leads to.

    Some bytes no attribute tells: of code, and since 3.15 of a bytearray. What these point to is for the reader to see.
    """
    older = ("co_lnotab",) if sys.version_info < (3, 10) else ()
    found, within, seen, todo = {}, {}, set(), gc.get_objects()
    for frame in sys._current_frames().values():
        while frame:
            todo.append(frame.f_code)
            frame = frame.f_back
    todo.extend(bytes([byte]) for byte in range(256))
    kinds = (bytes, bytearray, memoryview, array.array) + ((numpy.ndarray,) if numpy else ())
    own = {id(found), id(within), id(seen), id(todo)}
    while todo:
        one = todo.pop()
        if id(one) in seen or id(one) in own:
            continue
        seen.add(id(one))
        if isinstance(one, kinds):
            found[id(one)] = type(one).__name__
        if isinstance(one, bytearray):
            within[id(one)] = type(one).__basicsize__
        todo.extend(gc.get_referents(one))
        if isinstance(one, types.CodeType):
            within[id(one)] = sys.getsizeof(one)
            names = ("co_code", "co_consts", "co_linetable", "co_exceptiontable", *older)
            todo.extend(getattr(one, name) for name in names if hasattr(one, name))
    return {"buffers": sorted(found.items()), "within": sorted(within.items())}


made, gone = make()
kept_global = made[2]
table = bytearray(b"found by its name")
longest = 0.0


def beat():
    global longest
    last = time.perf_counter()
    while True:
        time.sleep(0.001)
        now = time.perf_counter()
        longest = max(longest, now - last)
        last = now


def answer(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def words():
    """Lines of stdin, read without a reader that keeps buffers of its own."""
    rest = ""
    while True:
        read = os.read(0, 100)
        if not read:
            return
        *lines, rest = (rest + read.decode()).split("\n")
        # It is not to be among the living, and gone at the next word.
        del read
        yield from lines


# 3.13t keeps for ever what is not collected before the first thread starts: the code of imported modules.
gc.collect()
threading.Thread(target=beat, daemon=True).start()
for word in words():
    if word == "held":
        gc.collect()
        answer({"made": [describe(one) for one in made], "released": [id(one) for one in gone], "table": id(table)})
    elif word == "living":
        answer(living())
    elif word == "longest":
        answer(longest)
        longest = 0.0
    elif word == "abort":
        os.abort()
