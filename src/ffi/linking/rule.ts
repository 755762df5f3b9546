/**
 * How each library is opened beside Node, which exports its own OpenSSL, zlib, SQLite, libuv …
 *
 * The rule. A library is opened after those that it needs, each by itself, with RTLD_NOW, and with RTLD_DEEPBIND too if
 *  1. it defines a name that Node's executable exports, beyond those of the libraries that Node itself needs (libc,
 *     libm, libgcc_s, libstdc++ …), or needs one, and a library that defines such names: without it half of the calls
 *     would go to Node's copy of that library;
 *  2. and it does not need libstdc++. The streams and locale facets of C++ are copy relocations in Node: the C++
 *     runtime sets up Node's copies, and under RTLD_DEEPBIND a library finds the originals, which nobody has set up.
 *  3. Where an allocator is preloaded, what only needs such names, and frees what libc allocates for it (strdup …), is
 *     opened plain: under RTLD_DEEPBIND it would call libc's free, though what it frees is the allocator's.
 * libpython itself is never opened with RTLD_DEEPBIND, and what is in the process already stays as it is. All this is
 * read in the files themselves, Node's too; a file that cannot be read is opened plain.
 *
 * Python's source, run in two places: by the interpreter in this process at each import, and by the executable that
 * is asked about itself, for what has to be opened before libpython. It opens nothing, and imports nothing but what
 * every interpreter has built in. Formats: the System V ABI, "Object Files" and "Dynamic Linking"; the GNU hash table
 * as glibc reads it (elf/dl-lookup.c). 64 bits, little endian.
 */
export const rule = `import os
def number(data, at, size):
    return int.from_bytes(data[at:at + size], "little")
def gnu_hash(name):
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xffffffff
    return value
class Library:
    """What a file says to the loader. Its descriptor is open while read() works."""
    def __init__(self, path):
        self.path = path
        with self:
            head = self.read(0, 64)
            if head[:6] != b"\\x7fELF\\2\\1":
                raise ValueError(path)
            self.machine = head[18:20]
            size, count = number(head, 54, 2), number(head, 56, 2)
            table = self.read(number(head, 32, 8), size * count)
            headers = [table[at:at + size] for at in range(0, len(table), size)]
            fields = lambda header: tuple(number(header, at, 8) for at in (16, 32, 8))
            self.segments = [fields(header) for header in headers if number(header, 0, 4) == 1]
            dynamic = next(fields(header) for header in headers if number(header, 0, 4) == 2)
            self.tables = {}
            needed = []
            words = memoryview(self.read(dynamic[2], dynamic[1] & ~15)).cast("Q")
            for tag, value in zip(words[::2], words[1::2]):
                if tag == 0:
                    break
                if tag == 1:
                    needed.append(value)
                else:
                    self.tables[tag] = value
            self.strings = None
            self.needed = [self.string(at) for at in needed]
            self.soname = self.string(self.tables[14]) if 14 in self.tables else b""
            self.rpath, self.runpath = ([*filter(None, self.string(self.tables[tag]).split(b":"))] if tag in self.tables
                                        else [] for tag in (15, 29))
            self.read_symbols()
    def __enter__(self):
        self.descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    def __exit__(self, *error):
        os.close(self.descriptor)
    def read(self, offset, length):
        data = os.pread(self.descriptor, length, offset)
        if len(data) != length:
            raise ValueError(self.path)
        return data
    def at(self, address, length):
        for start, size, offset in self.segments:
            if start <= address < start + size:
                return self.read(address - start + offset, min(length, start + size - address))
        raise ValueError(self.path)
    LARGE = 1 << 20
    def string(self, at):
        if self.strings is None and self.tables[10] < self.LARGE:
            self.strings = self.at(self.tables[5], self.tables[10])
        if self.strings is None:
            # Of Node's five megabytes a few names are asked for.
            return self.at(self.tables[5] + at, min(4096, self.tables[10] - at)).partition(b"\\0")[0]
        return self.strings[at:self.strings.index(b"\\0", at)]
    def folders(self, paths):
        origin = os.path.dirname(os.path.realpath(self.path) if self.path == b"/proc/self/exe" else self.path)
        return [path.replace(b"\${ORIGIN}", b"$ORIGIN").replace(b"$ORIGIN", origin) for path in paths]
    def read_symbols(self):
        """The exported symbols are the last, in the order of the chains of the hash table."""
        table = self.tables.get(0x6ffffef5)
        if table is None:
            # What has the older table alone is walked through: names by number, with all that is undefined.
            count = number(self.at(self.tables[4] + 4, 4), 0, 4)
            self.first, self.buckets, self.chains = count, None, None
        else:
            head = memoryview(self.at(table, 16)).cast("I")
            buckets, self.first, bloom, _ = head
            start = table + 16 + bloom * 8
            self.buckets = memoryview(self.at(start, buckets * 4)).cast("I")
            last = max(self.buckets.tolist())
            read = max(0, last + 1 - self.first)
            chains = start + buckets * 4
            self.chains = memoryview(self.at(chains, (read + 4096) * 4 & ~3)).cast("I")
            if read:
                while not self.chains[read - 1] & 1:
                    read += 1
            self.chains = self.chains[:read]
            count = self.first + read
        if self.buckets is None:
            symbols = self.at(self.tables[6], count * 24)
            self.names = {self.string(number(symbols, at, 4)) for at in range(24, len(symbols), 24)
                          if number(symbols, at + 6, 2)}
    def symbol(self, index):
        """Its name, and its type."""
        entry = self.at(self.tables[6] + index * 24, 24)
        return self.string(number(entry, 0, 4)), entry[4] & 15
    def undefined(self):
        words = memoryview(self.at(self.tables[6], self.first * 24)).cast("I")
        # The number of the section, which is 0 here, is in the upper half of the second word.
        for name, kind in zip(words[6::6].tolist(), words[7::6].tolist()):
            if kind < 0x10000:
                yield self.string(name)
    def defines(self, name):
        if self.buckets is None:
            return name in self.names
        if not len(self.buckets):
            return False
        value = gnu_hash(name)
        index = self.buckets[value % len(self.buckets)]
        while index:
            found = self.chains[index - self.first]
            # Names of no type, such as _end, are the linker's marks, which each file has for itself.
            if found | 1 == value | 1:
                with self:
                    named, kind = self.symbol(index)
                if named == name and kind:
                    return True
            if found & 1:
                return False
            index += 1
        return False
    def hashes(self):
        """Of the exported names, but for the lowest bit, which says where a chain ends."""
        ones = int.from_bytes(b"\\1\\0\\0\\0" * len(self.chains), "little")
        odd = (int.from_bytes(self.chains, "little") | ones).to_bytes(len(self.chains) * 4, "little")
        return memoryview(odd).cast("I")
    def has(self, value):
        """Whether an exported name may have that hash, which is known but for its lowest bit."""
        for whole in (value, value ^ 1):
            index = self.buckets[whole % len(self.buckets)]
            while index:
                found = self.chains[index - self.first]
                if found | 1 == value:
                    return True
                if found & 1:
                    break
                index += 1
        return False
class Rule:
    FEW = 1000
    ALLOCATING = (b"strdup", b"strndup", b"__strdup", b"__strndup", b"asprintf", b"vasprintf", b"__asprintf_chk",
                  b"__vasprintf_chk", b"getline", b"getdelim", b"__getdelim", b"realpath", b"__realpath_chk", b"getcwd",
                  b"scandir", b"scandir64", b"open_memstream")
    def __init__(self, node):
        self.node_path = node
        self.known = {}
        self.exported = {}
        self.paths = {}
        self.own = self.node_read = self.node_hashes = self.cache = self.allocator = None
        self.folders = [*filter(None, os.environb.get(b"LD_LIBRARY_PATH", b"").replace(b";", b":").split(b":"))]
    def has_allocator(self):
        """Whether an allocator is preloaded. What is meant is the start of the process."""
        if self.allocator is None:
            preloaded = os.environb.get(b"LD_PRELOAD", b"").replace(b":", b" ").split()
            found = [path for path in (self.find(name, None, []) for name in preloaded) if path]
            self.allocator = any(library.defines(b"malloc") for library in map(self.library, found) if library)
        return self.allocator
    @property
    def node(self):
        if self.node_read is None:
            node = Library(self.node_path)
            self.node_read = node
        return self.node_read
    def library(self, path):
        """None if it is none that can be read."""
        if path not in self.known:
            try:
                self.known[path] = Library(path)
            except Exception:
                self.known[path] = None
        return self.known[path]
    def is_nodes(self, name):
        """Whether Node exports a name of its own."""
        if name.startswith((b"Py", b"_Py")):
            # Libpython's, and most of what a module needs: Node has none of them.
            return False
        known = self.exported.get(name)
        if known is None:
            known = self.exported[name] = self.node.defines(name) and not self.is_of_the_system(name)
        return known
    def is_of_the_system(self, name):
        if self.own is None:
            found = (self.find(needed, self.node, []) for needed in self.node.needed)
            self.own = [*filter(None, (self.library(path) for path in found if path))]
        return any(library.defines(name) for library in self.own)
    def why_deep(self, library):
        """A name for which a library has to be opened with RTLD_DEEPBIND; None if it is opened plain."""
        if any(name.startswith(b"libstdc++.so") for name in library.needed):
            return None
        return self.defined(library) or self.needed(library)
    def defined(self, library):
        """A name of Node's that it defines too."""
        if not hasattr(library, "defined"):
            with library:
                library.defined = self.defined_too(library)
            # Large, and not asked for again.
            if library is not self.node_read and library not in (self.own or ()):
                library.buckets = library.chains = library.names = None
        return library.defined
    def needed(self, library):
        """A name of Node's that it needs, if a library that it needs may define it: else it comes from Node in any case."""
        if not any(map(self.offered, library.needed)):
            return None
        with library:
            names = [*library.undefined()]
        return None if self.frees_of_libc(names) else next(filter(self.is_nodes, names), None)
    def offered(self, name):
        """Whether a library of that name, which the plan has met, defines names of Node's."""
        library = self.paths.get(name) and self.library(self.paths[name])
        return bool(library and self.defined(library))
    def frees_of_libc(self, names):
        return self.has_allocator() and b"free" in names and not {*names}.isdisjoint(self.ALLOCATING)
    def defined_too(self, library):
        if library.buckets is None:
            return next(filter(self.is_nodes, library.names), None)
        hashes = library.hashes().tolist()
        if len(hashes) > self.FEW and self.node_hashes is None:
            self.node_hashes = frozenset(self.node.hashes())
        if self.node_hashes is None:
            common = {*filter(self.node.has, hashes)}
        else:
            common = self.node_hashes.intersection(hashes)
        found = [index for index, value in enumerate(hashes, library.first) if value in common] if common else []
        return next(filter(self.is_nodes, (library.symbol(index)[0] for index in found)), None)
    def path(self, name, by, rpaths=()):
        """Where a library is that another one needs: the first of its name, as the loader has it."""
        if name not in self.paths:
            self.paths[name] = self.find(name, by, rpaths)
        return self.paths[name]
    def find(self, name, by, rpaths):
        """Where the loader finds what a library needs; None if it is not found."""
        if b"/" in name:
            return name
        runpath = by.folders(by.runpath) if by else []
        inherited = [] if runpath else [*rpaths, *self.node.folders([] if self.node.runpath else self.node.rpath)]
        for folder in inherited + self.folders + runpath:
            path = folder + b"/" + name
            if self.fits(path):
                return path
        return next(filter(self.fits, self.cached(name)), None)
    def fits(self, path):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            head = os.pread(descriptor, 20, 0)
        finally:
            os.close(descriptor)
        return head[:6] == b"\\x7fELF\\2\\1" and head[18:20] == self.node.machine
    def cached(self, name):
        """Of the cache the paths are enough: each ends in the name that it is looked up by."""
        if self.cache is None:
            try:
                with open("/etc/ld.so.cache", "rb") as file:
                    self.cache = file.read()
            except OSError:
                self.cache = b""
        paths, wanted = [], b"/" + name + b"\\0"
        at = self.cache.find(wanted)
        while at >= 0:
            paths.append(self.cache[self.cache.rfind(b"\\0", 0, at) + 1:at + len(wanted) - 1])
            at = self.cache.find(wanted, at + 1)
        machine = os.uname().machine.encode()
        folders = (b"/lib/" + machine + b"-linux-gnu", b"/usr/lib/" + machine + b"-linux-gnu", b"/lib64",
                   b"/usr/lib64", b"/lib", b"/usr/lib")
        return paths + [folder + b"/" + name for folder in folders]
    def plan(self, path, at_hand, rpaths=(), plan=None):
        """What a file needs that is not at hand, and the file, dependencies first: path, names, library."""
        plan = [] if plan is None else plan
        library = self.library(path)
        if library is None:
            return plan
        rpaths = [*library.folders([] if library.runpath else library.rpath), *rpaths]
        for name in library.needed:
            if name in self.node.needed:
                continue
            found = self.path(name, library, rpaths)
            if name in at_hand:
                continue
            at_hand.add(name)
            if found:
                self.plan(found, at_hand, rpaths, plan)
                plan[-1][1].add(name)
        plan.append((path, {library.soname} - {b""}, library))
        return plan
    def to_open(self, path, at_hand):
        """
        What is opened one by one: (path, names, RTLD_DEEPBIND's reason or None). What is opened plain, and what nothing
        with RTLD_DEEPBIND needs, is left to the loader, which opens it together with what needs it.
        """
        chosen, needed = [], set()
        for path, names, library in reversed(self.plan(path, at_hand)):
            why = self.why_deep(library)
            if why or not needed.isdisjoint(names):
                needed.update(library.needed)
                chosen.append((path, names, why))
        return chosen[::-1]
`;
