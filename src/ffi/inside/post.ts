/** Python's half of the post: what Node asks for comes through one pipe, what is to be told goes through another. */

/**
 * A desk serves one `Post` of Node. Nothing here needs Node to hold the GIL: requests are read by a thread of Python,
 * and an answer is a line that says where its bytes or its object lie, kept until Node has taken it.
 *
 * - Requests, a line of JSON each: `{"run": key, "code": code}`, `{"stop": key}`.
 * - Answers, a line each: `value key address`, `raised key address length` (of its description),
 *   `gone key`.
 *
 * Lines are shorter than PIPE_BUF, so that each is written whole. Whoever writes may be Node's own thread, which must
 * not wait for itself: the pipe does not block, and when it is full one thread waits for room, for all.
 *
 * A run has a thread of `threading`, which knows its name; a bare one where somebody has replaced what that is made of.
 * While there are runs, a thread that waits for the GIL asks for it sooner than Python's 5 ms, unless the user said when.
 */
export const post = `import ast, collections
PARTS = ("Thread", "Lock", "RLock", "Condition", "Event", "get_ident", "_allocate_lock", "_start_new_thread",
    "_start_joinable_thread", "_ThreadHandle", "_set_sentinel", "_make_thread_handle")
parts = {name: getattr(threading, name, None) for name in PARTS}
Thread = threading.Thread
USUAL, SOON = 0.005, 0.0002
def begin(function, args, name):
    if any(getattr(threading, part, None) is not parts[part] for part in PARTS):
        return start_new_thread(function, args)
    thread = Thread(target=function, args=args, name=name, daemon=True)
    thread.start()
    return thread.ident
def switch(interval, to):
    if abs(sys.getswitchinterval() - interval) < 1e-7:
        sys.setswitchinterval(to)
class Desk:
    def __init__(self):
        self.kept = {}
        self.lock = allocate_lock()
        self.running = {}
        self.outbox = collections.deque()
        self.insisting = False
        self.asked, ask = pipe()
        told, self.tell = pipe()
        set_blocking(self.tell, False)
        self.ends = json.dumps([ask, told]).encode("ascii")
        self.pipes = [(fd, fstat(fd)) for fd in (self.asked, ask, told, self.tell)]
        desks.append(self)
        start_new_thread(self.serve, ())
    def forked(self):
        # Nobody in the child serves, nobody listens, and whoever held the lock is gone.
        self.tell = -1
        self.lock = allocate_lock()
        self.outbox.clear()
        self.insisting = False
        for fd, was in self.pipes:
            attempt(self.shut, fd, was)
    def shut(self, fd, was):
        # The user may have closed it, and have another under its number.
        if os.path.samestat(fstat(fd), was):
            close(fd)
    def serve(self):
        rest = bytearray()
        while True:
            try:
                piece = read(self.asked, 65536)
            except OSError:
                return
            if not piece:
                return
            *lines, last = piece.split(b"\\n")
            for line in lines:
                rest += line
                attempt(self.heed, bytes(rest))
                rest.clear()
            rest += last
    def heed(self, line):
        request = json.loads(line)
        if "run" in request:
            self.start(request["run"], request["code"])
        else:
            self.interrupt(request["stop"])
    def start(self, key, code):
        try:
            with self.lock:
                if not self.running:
                    switch(USUAL, SOON)
                self.running[key] = None
                self.running[key] = begin(self.work, (key, code), "memview.run-%d" % key)
        except BaseException as error:
            self.ended(key)
            self.kept[str(key)] = describe(error)
            self.answer(key, "raised")
    def ended(self, key):
        with self.lock:
            self.running.pop(key, None)
            if not self.running:
                switch(SOON, USUAL)
    def work(self, key, code):
        try:
            try:
                self.kept[str(key)] = evaluate(code)
                kind = "value"
            finally:
                if not child:
                    self.ended(key)
                # An interrupt that came too late for the code is raised here, and not amid the answer.
                for _ in range(100):
                    pass
        except BaseException as error:
            if child:
                end_thread(error)
            self.ended(key)
            self.kept[str(key)] = describe(error)
            kind = "raised"
        if child:
            end_thread(None)
        self.answer(key, kind)
    def interrupt(self, key):
        try:
            import ctypes
        except BaseException:
            # Nothing else in Python raises in another thread: the code goes on to its end.
            return
        raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
        with self.lock:
            if self.running.get(key) is not None:
                raise_in(ctypes.c_ulong(self.running[key]), ctypes.py_object(KeyboardInterrupt))
    def answer(self, key, kind):
        # No frame of this thread holds the outcome when Node hears of it: what Node then gives back is gone.
        if kind == "raised":
            # bytes.__basicsize__ counts the zero behind the bytes.
            place = id(self.kept[str(key)]) + bytes.__basicsize__ - 1
            self.say("raised %d %d %d" % (key, place, len(self.kept[str(key)])))
        else:
            self.say("value %d %d" % (key, id(self.kept[str(key)])))
    def say(self, line):
        if self.tell < 0:
            return
        self.outbox.append(line.encode("ascii") + b"\\n")
        if not self.insisting and not self.flush():
            self.insisting = True
            start_new_thread(self.insist, ())
    def flush(self):
        while self.outbox:
            try:
                line = self.outbox.popleft()
            except IndexError:
                break
            try:
                write(self.tell, line)
            except BlockingIOError:
                self.outbox.append(line)
                return False
            except OSError:
                # Nobody listens any more.
                pass
        return True
    def insist(self):
        while self.insisting:
            wait_for([], [self.tell], [])
            if self.flush():
                self.insisting = False
                # What came just now was left to this thread.
                self.insisting = bool(self.outbox)
    def share(self, details):
        key, address, nbytes, itemsize, format = json.loads(details)
        return share(int(address), nbytes, itemsize, format, lambda: self.say("gone %d" % key))
def evaluate(code):
    import __main__
    tree = ast.parse(code, "<memview>")
    value = None
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<memview>", "exec"), __main__.__dict__)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), "<memview>", "eval"), __main__.__dict__)
    return value
`;
