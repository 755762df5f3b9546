/** Python's half of what befalls the process: a fork, a signal, the end. */

/**
 * What is taken here is taken before any user's code runs: who replaces `threading` or `select` (gevent, eventlet) does
 * not stop what Node waits for. `board` is what Node sees without a call; \`board.ts\` says what its places mean.
 *
 * - A forked child is no Node any more: V8 keeps its heap from it (MADV_DONTFORK), the event loop's descriptors
 *   are the parent's, and Node's other threads are gone. So it has no desk, never comes back to JavaScript, and ends by
 *   \`os._exit\`, with the status that Python gives: as a script's child where \`code[…]\` or \`enter\` would return, as a
 *   thread's child where a thread ends.
 * - \`_signal.signal\`, which \`signal.signal\` calls, is ours: a wakeup descriptor is there once somebody has a handler,
 *   and whoever has none sees none (trio warns of one that it did not set). \`_signal.getsignal\` is as well: of a handler
 *   that C has set, as Node does, Python has nothing that could be put back.
 * - At the exit an alarm interrupts what waits for ever, so that what comes after it is done too.
 */
export const ends = `import __main__, _signal, atexit, json, os, threading
from _thread import _local, allocate_lock, get_ident, start_new_thread
from os import _exit, close, fstat, pipe, read, set_blocking, write
from time import monotonic
board_bytes = bytearray(12)
# The export keeps the bytes where they are.
board = memoryview(board_bytes).cast("i")
WAKEUP, EXIT_WITHIN, THREADS = 0, 1, 2
board[EXIT_WITHIN], board[THREADS] = 1000, 256
desks = []
main = __main__.__dict__
get_signal, set_signal, set_wakeup_fd = _signal.getsignal, _signal.signal, getattr(_signal, "set_wakeup_fd", None)
wakeup = -1
child = False
local = _local()
class Last:
    def __del__(self):
        end_thread(None)
def forked():
    global child, wakeup
    child = True
    for desk in desks:
        attempt(desk.forked)
    if wakeup >= 0:
        fd = set_wakeup_fd(-1)
        if fd not in (-1, wakeup):
            set_wakeup_fd(fd)
        wakeup = -1
    if get_ident() != node:
        # A thread of Python's: the child ends with it, and C's exit is not called.
        local.last = getattr(local, "last", None) or Last()
def end_thread(error):
    if error is not None and not isinstance(error, SystemExit):
        error.__traceback__ = attempt(user_trace, error)
        args = type(error), error, error.__traceback__, threading.current_thread()
        attempt(threading.excepthook, threading.ExceptHookArgs(args))
    for thread in attempt(threading.enumerate, otherwise=()):
        if not thread.daemon and thread.ident != get_ident():
            attempt(thread.join)
    _exit(0)
class Code:
    # Item access runs a code object: one call of C with two arguments.
    def __getitem__(self, code):
        try:
            return eval(code, main)
        except BaseException as error:
            if child:
                leave(error)
            raise
        finally:
            if child:
                leave(None)
code = Code()
def enter(function, *args):
    try:
        return function(*args)
    except BaseException as error:
        if child:
            leave(error)
        raise
    finally:
        if child:
            leave(None)
def leave(error):
    # As a script's child ends.
    code = getattr(error, "code", None) if isinstance(error, SystemExit) else None
    status = code & 255 if isinstance(code, int) else 0
    if isinstance(error, SystemExit):
        if code is not None and not isinstance(code, int):
            attempt(lambda: print(code, file=sys.stderr))
            status = 1
    elif error is not None:
        error.__traceback__ = attempt(user_trace, error)
        attempt(sys.excepthook, type(error), error, error.__traceback__)
        status = 130 if isinstance(error, KeyboardInterrupt) else 1
    finish(0)
    _exit(status)
class Foreign:
    """A handler of C, Node's for one, as long as it has the signal; what getsignal gives can be put back."""
    def __init__(self, signalnum, action):
        self.signalnum, self.action = signalnum, action
    def __repr__(self):
        return "<a handler of C, of signal %d>" % self.signalnum
foreign = {}
def foreign_of(signalnum):
    import ctypes
    # A struct sigaction, of 152 bytes on Linux, begins with the handler; what comes after it may be padding.
    action = ctypes.create_string_buffer(256)
    if ctypes.CDLL(None).sigaction(signalnum, None, action) != 0 or action[:8] in (bytes(8), b"\\1" + bytes(7)):
        return None
    known = foreign.get(signalnum)
    if known is None or known.action[:8] != action[:8]:
        known = foreign[signalnum] = Foreign(signalnum, action)
    return known
def handler_of(signalnum):
    handler = get_signal(signalnum)
    return handler if callable(handler) else attempt(foreign_of, signalnum) or handler
def signalled(signalnum, handler):
    former = handler_of(signalnum)
    if isinstance(handler, Foreign):
        if handler.signalnum != signalnum:
            raise ValueError("expected a handler of signal %d, got %r" % (signalnum, handler))
        import ctypes
        set_signal(signalnum, _signal.SIG_IGN)
        ctypes.CDLL(None).sigaction(signalnum, handler.action, None)
        return former
    was = set_signal(signalnum, handler)
    if callable(handler):
        attempt(watch)
    return former if isinstance(former, Foreign) else was
def watch():
    global wakeup
    fd = set_wakeup_fd(-1)
    if fd != -1:
        # Somebody's own, or ours.
        set_wakeup_fd(fd, warn_on_full_buffer=fd != wakeup)
        return
    if wakeup < 0 and not child:
        told, wakeup = pipe()
        set_blocking(told, False)
        set_blocking(wakeup, False)
        board[WAKEUP] = told
    if wakeup >= 0:
        set_wakeup_fd(wakeup, warn_on_full_buffer=False)
class Late(BaseException):
    pass
waits = cut = False
def late(signalnum, frame):
    global cut
    if waits:
        cut = True
        raise Late("the process ends now; exitWithin of openPython says when")
def step(function):
    global waits, cut
    cut = False
    try:
        waits = True
        function()
    except BaseException:
        pass
    finally:
        waits = False
    return not cut
def alarm(seconds, again=0):
    attempt(_signal.setitimer, _signal.ITIMER_REAL, max(seconds, 0.001), again)
def finish(within=None):
    # As Py_FinalizeEx does: threads that are no daemons are waited for, then atexit, then the streams.
    within = board[EXIT_WITHIN] / 1000 if within is None else within
    begin, timed = monotonic(), within > 0 and hasattr(_signal, "setitimer")
    if timed:
        attempt(set_signal, _signal.SIGALRM, late)
        alarm(within * 0.5, within * 0.03)
    # Since 3.13 what is raised there is told as unraisable.
    hook = getattr(sys, "unraisablehook", None)
    sys.unraisablehook = lambda told: None if told.exc_type is Late else hook(told)
    done = step(threading._shutdown)
    sys.unraisablehook = hook
    if not done:
        names = [thread.name for thread in attempt(threading.enumerate, otherwise=()) if not thread.daemon]
        attempt(lambda: print("memview: the process ends beside threads that go on:", *names[1:], file=sys.stderr))
    if timed:
        # Whatever waits from then on waits in vain.
        alarm(begin + within * 0.75 - monotonic(), within * 0.03)
    step(atexit._run_exitfuncs)
    for stream in (getattr(sys, "stdout", None), getattr(sys, "stderr", None), *ours):
        step(lambda: stream.flush())
    if timed:
        attempt(_signal.setitimer, _signal.ITIMER_REAL, 0)
node = get_ident()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forked)
if set_wakeup_fd is not None and sys.platform != "win32":
    _signal.getsignal, _signal.signal = handler_of, signalled
`;
