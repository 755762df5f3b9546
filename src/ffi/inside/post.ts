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
 */
export const post = `import _thread, ast, collections, os
class Desk:
    def __init__(self):
        self.kept = {}
        self.running = {}
        self.lock = threading.Lock()
        self.outbox = collections.deque()
        self.insisting = False
        asked, ask = os.pipe()
        told, self.tell = os.pipe()
        os.set_blocking(self.tell, False)
        self.ends = json.dumps([ask, told]).encode("ascii")
        _thread.start_new_thread(self.serve, (asked,))
    def serve(self, asked):
        with open(asked, "rb") as requests:
            for line in requests:
                request = json.loads(line)
                if "run" in request:
                    self.start(request["run"], request["code"])
                else:
                    self.interrupt(request["stop"])
    def start(self, key, code):
        try:
            thread = threading.Thread(target=self.work, args=(key, code), name="memview.run-%d" % key, daemon=True)
            with self.lock:
                thread.start()
                self.running[key] = thread.ident
        except BaseException as error:
            self.kept[str(key)] = describe(error)
            self.answer(key, "raised")
    def work(self, key, code):
        try:
            try:
                self.kept[str(key)] = evaluate(code)
                kind = "value"
            finally:
                with self.lock:
                    self.running.pop(key, None)
                # An interrupt that came too late for the code is raised here, and not amid the answer.
                for _ in range(100):
                    pass
        except BaseException as error:
            self.running.pop(key, None)
            self.kept[str(key)] = describe(error)
            kind = "raised"
        self.answer(key, kind)
    def interrupt(self, key):
        try:
            import ctypes
        except ImportError:
            # Nothing else in Python raises in another thread: the code goes on to its end.
            return
        raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
        with self.lock:
            if key in self.running:
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
        self.outbox.append(line.encode("ascii") + b"\\n")
        if not self.insisting and not self.flush():
            self.insisting = True
            _thread.start_new_thread(self.insist, ())
    def flush(self):
        while self.outbox:
            try:
                line = self.outbox.popleft()
            except IndexError:
                break
            try:
                os.write(self.tell, line)
            except BlockingIOError:
                self.outbox.append(line)
                return False
            except OSError:
                # Nobody listens any more.
                pass
        return True
    def insist(self):
        while self.insisting:
            select.select([], [self.tell], [])
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
