/** Buffers in either direction: many memoryviews at once, and JavaScript's memory as a memoryview. */

/**
 * `views` and `each` make a list of memoryviews, or name the object that has none. `share` makes a memoryview of
 * memory that is Node's: all that Python derives from it (a slice, a numpy array) holds the ctypes array beneath,
 * and with it the token, which says when it is gone. Memoryviews of ctypes have formats that memoryview itself cannot
 * index (`<d`), hence the casts; what is empty cannot be cast, only sliced.
 */
export const buffers = `def views(*objects):
    try:
        return list(map(memoryview, objects))
    except (TypeError, BufferError):
        pass
    for i, value in enumerate(objects):
        try:
            memoryview(value).release()
        except (TypeError, BufferError) as error:
            kind = TypeError if isinstance(error, TypeError) else BufferError
            raise kind("object %d of %d: %s" % (i, len(objects), error)) from None
    return list(map(memoryview, objects))
def each(objects):
    return views(*list(objects))
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
    exporter.token = Token(gone)
    return view
`;
