/** Buffers in either direction: many memoryviews at once, and JavaScript's memory as a memoryview. */

/**
 * `views` and `each` make a list of memoryviews; if some objects have none, a list that begins with None, where these
 * have what `look` gives. They name the object that has neither. `share` makes a memoryview of
 * memory that is Node's, or, for `shown`, an owner's: all that Python derives from it (a slice, a numpy array) holds the ctypes array beneath,
 * and with it the token, which says when it is gone. Memoryviews of ctypes have formats that memoryview itself cannot
 * index (`<d`), hence the casts; what is empty cannot be cast, only sliced.
 */
export const buffers = `def views(allowed, *objects):
    if "buffer" in allowed:
        try:
            return list(map(memoryview, objects))
        except Exception:
            pass
    found = [None]
    for i, value in enumerate(objects):
        problem = "it has none of " + allowed
        kind = TypeError
        if "buffer" in allowed:
            try:
                found.append(memoryview(value))
                continue
            except Exception as error:
                kind, problem = type(error) if isinstance(error, BufferError) else TypeError, str(error)
        try:
            other = look(value, allowed)
        except TypeError as error:
            other, problem = None, str(error)
        if other is None:
            raise kind("object %d of %d: %s" % (i, len(objects), problem))
        found.append(other)
    return found
def each(allowed, objects):
    return views(allowed, *list(objects))
def formed(owner, details):
    format = json.loads(details)
    if len(owner) == 0:
        return memoryview(bytearray(8)).cast(format)[:0]
    return memoryview(owner).cast(format)
def shown(owner, details):
    address, nbytes, itemsize, format, offset, readonly = json.loads(details)
    if nbytes and type(owner) is memoryview:
        try:
            return owner.cast("B")[offset:offset + nbytes].cast(format)
        except (TypeError, ValueError):
            pass
    view = share(int(address), nbytes, itemsize, format, owner)
    return view.toreadonly() if readonly else view
class Token:
    def __init__(self, gone):
        self.gone = gone
    def __del__(self):
        self.gone()
def share(address, nbytes, itemsize, format, gone):
    if nbytes == 0:
        return memoryview(bytearray(itemsize)).cast(format)[:0]
    import ctypes
    exporter = (ctypes.c_char * nbytes).from_address(address)
    view = memoryview(exporter).cast("B").cast(format)
    exporter.token = Token(gone) if callable(gone) else gone
    return view
`;
