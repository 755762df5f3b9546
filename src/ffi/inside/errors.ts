/** How an exception is told to JavaScript: `describe` in {@link PythonError}'s terms, as JSON. */

/**
 * Whatever an exception does when it is asked, something is said. Causes and members are told as deep as they are
 * likely to matter; the traceback of the outermost, which is Python's own text, has them all. A context that is its
 * own is met once.
 */
export const errors = `import traceback
DEEPEST = 20
def attempt(function, *args, otherwise=None):
    try:
        return function(*args)
    except BaseException:
        return otherwise
def name_of(kind):
    name, module = kind.__qualname__, kind.__module__
    return name if module in ("builtins", "__main__") else "%s.%s" % (module, name)
def user_trace(error):
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    return trace
def trace_of(error, chain):
    return "".join(traceback.format_exception(type(error), error, attempt(user_trace, error), chain=chain))
def cause_of(error):
    if error.__cause__ is not None or error.__suppress_context__:
        return error.__cause__
    return error.__context__
def members_of(error):
    members = getattr(error, "exceptions", ())
    return [one for one in members if isinstance(one, BaseException)] if isinstance(members, tuple) else []
def tell(error, depth, met):
    met = met + (id(error),)
    name = attempt(name_of, type(error), otherwise="BaseException")
    deeper = depth < DEEPEST
    cause = attempt(cause_of, error) if deeper else None
    members = attempt(members_of, error, otherwise=()) if deeper else ()
    return {
        "type": name,
        "message": attempt(str, error, otherwise="<its __str__ failed>"),
        "traceback": attempt(trace_of, error, depth == 0, otherwise=name),
        "cause": None if cause is None or id(cause) in met else tell(cause, depth + 1, met),
        "errors": [tell(one, depth + 1, met) for one in members if id(one) not in met],
    }
def describe(error):
    return json.dumps(tell(error, 0, ())).encode("ascii")
`;
