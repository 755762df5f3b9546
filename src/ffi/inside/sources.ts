/** What knows of memory without the buffer protocol, or more than it: numpy's array interface, DLPack, ctypes. */

/**
 * `look` tries the protocols that are allowed, in their order: it gives a list of the object whose memory it is, a
 * description of that, and what else must be kept; None where the object has none of them. `explain` does so for the
 * exporter of a memoryview whose format says too little. What `trusted` types say of their memory needs no check. Formats are PEP 3118's with memview's own additions (`src/view/format.ts`).
 *
 * Sources: numpy, "The array interface protocol", version 3, and `numpy/ndarraytypes.h`, PyArrayInterface; DLPack 1.1,
 * `dlpack.h`: `DLTensor`, `DLManagedTensor`, `DLManagedTensorVersioned`.
 */
export const sources = `import json, operator
CODES = {"b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q",
    "f2": "e", "f4": "f", "f8": "d", "c8": "Zf", "c16": "Zd"}
def of_typestr(typestr):
    order, kind, size = typestr[0], typestr[1], typestr[2:]
    mark = order if order in "<>" else "="
    if kind in "Mm":
        return mark + kind + size
    if kind + size in CODES:
        return mark + CODES[kind + size]
    count = int(size or 0)
    if kind in "fc" and count > 8:
        return mark + ("g" if kind == "f" else "Zg")
    if kind == "U":
        return "%s%dw" % (mark, count)
    if kind in "SV":
        return "%d%s" % (count, "s" if kind == "S" else "x")
    return "O" if kind == "O" else "[%s]" % typestr
index = operator.index
def named(name):
    if ":" in name:
        raise ValueError("a field is called %r, and no format can say so" % name)
    return ":%s:" % name
def shaped(shape, format):
    return "(%s)%s" % (",".join(map(str, shape)), format) if shape else format
def of_descr(descr):
    parts = []
    for field in descr:
        name, item = field[0], field[1]
        format = shaped(field[2] if len(field) > 2 else (), of_descr(item) if isinstance(item, list) else of_typestr(item))
        name = name[1] if isinstance(name, tuple) else name
        parts.append(format + (named(name) if name else ""))
    return "T{%s}" % "".join(parts)
def of_dtype(dtype):
    shape = ()
    while dtype.subdtype:
        shape, dtype = shape + dtype.shape, dtype.subdtype[0]
    if shape:
        return shaped(shape, of_dtype(dtype))
    if dtype.names is not None:
        parts = ["#%d %s%s" % (dtype.fields[name][1], of_dtype(dtype.fields[name][0]), named(name)) for name in dtype.names]
        return "T{%s#%d}" % ("".join(parts), dtype.itemsize)
    if dtype.name == "bfloat16":
        return (">" if dtype.byteorder == ">" else "<" if dtype.byteorder == "<" else "=") + "E"
    if dtype.isbuiltin == 2 or dtype.kind not in "biufcSUVOMm":
        return "[%s]" % dtype.name
    return of_typestr(dtype.str)
def numpy_dtype(value):
    numpy = sys.modules.get("numpy")
    dtype = getattr(value, "dtype", None)
    return dtype if numpy and isinstance(dtype, numpy.dtype) else None
def strides_of(shape, itemsize):
    strides = []
    for size in reversed(shape):
        strides.insert(0, itemsize)
        itemsize *= size
    return strides
def by_interface(value):
    face = value.__array_interface__
    typestr, shape, descr = face["typestr"], list(map(index, face["shape"])), face.get("descr")
    dtype = numpy_dtype(value)
    if dtype:
        format, itemsize = of_dtype(dtype), dtype.itemsize
    else:
        plain = not descr or [tuple(field) for field in descr] == [("", typestr)]
        format, itemsize = of_typestr(typestr) if plain else of_descr(descr), int(typestr[2:].split("[")[0])
        if typestr[1] == "U":
            itemsize *= 4
    if face.get("mask") is not None:
        raise ValueError("it has a mask, which no view can show")
    strides = list(map(index, face.get("strides") or strides_of(shape, itemsize)))
    data = face.get("data")
    if isinstance(data, tuple):
        return value, face, dict(address=str(index(data[0])), readonly=bool(data[1]), format=format, itemsize=itemsize,
            shape=shape, strides=strides)
    view = memoryview(value if data is None else data).cast("B")
    offset = index(face.get("offset", 0))
    low = offset + sum(min(0, (size - 1) * stride) for size, stride in zip(shape, strides))
    high = offset + itemsize + sum(max(0, (size - 1) * stride) for size, stride in zip(shape, strides))
    if 0 not in shape and (low < 0 or high > view.nbytes):
        raise ValueError("its elements reach from byte %d to %d of %d bytes" % (low, high, view.nbytes))
    return view, None, dict(within=offset, readonly=view.readonly, format=format, itemsize=itemsize, shape=shape, strides=strides)
def pointer(capsule, name):
    import ctypes
    get = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(("PyCapsule_GetPointer", ctypes.pythonapi))
    return get(capsule, name)
def by_struct(value):
    import ctypes
    class PyArrayInterface(ctypes.Structure):
        _fields_ = [("two", ctypes.c_int), ("nd", ctypes.c_int), ("typekind", ctypes.c_char), ("itemsize", ctypes.c_int),
            ("flags", ctypes.c_int), ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
            ("strides", ctypes.POINTER(ctypes.c_ssize_t)), ("data", ctypes.c_void_p), ("descr", ctypes.py_object)]
    NOTSWAPPED, WRITEABLE, HAS_DESCR = 0x200, 0x400, 0x800
    capsule = value.__array_struct__
    face = PyArrayInterface.from_address(pointer(capsule, None))
    if face.two != 2:
        raise ValueError("its PyArrayInterface begins with %d, expected 2" % face.two)
    shape, itemsize, kind = face.shape[:face.nd], face.itemsize, face.typekind.decode("latin-1")
    native, other = ("<", ">") if sys.byteorder == "little" else (">", "<")
    count = itemsize // 4 if kind == "U" else itemsize
    format = of_typestr("%s%s%d" % (native if face.flags & NOTSWAPPED else other, kind, count))
    if face.flags & HAS_DESCR and kind in "VMm":
        descr = face.descr
        plain = len(descr) == 1 and not descr[0][0]
        format = of_typestr(descr[0][1]) if plain and isinstance(descr[0][1], str) else of_descr(descr)
    dtype = numpy_dtype(value)
    return value, capsule, dict(address=str(face.data or 0), readonly=not face.flags & WRITEABLE,
        format=of_dtype(dtype) if dtype else format, itemsize=itemsize, shape=shape, strides=face.strides[:face.nd])
def by_dlpack(value):
    import ctypes
    device = tuple(map(int, value.__dlpack_device__()))
    CPU, CUDA_HOST, ROCM_HOST = 1, 3, 11
    if device[0] not in (CPU, CUDA_HOST, ROCM_HOST):
        raise ValueError("its memory is on device %s of DLPack, not the CPU's; copy it there" % (device,))
    class DLTensor(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32),
            ("ndim", ctypes.c_int32), ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
            ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)),
            ("byte_offset", ctypes.c_uint64)]
    class DLManagedTensorVersioned(ctypes.Structure):
        _fields_ = [("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("manager_ctx", ctypes.c_void_p),
            ("deleter", ctypes.c_void_p), ("flags", ctypes.c_uint64), ("dl_tensor", DLTensor)]
    try:
        capsule = value.__dlpack__(max_version=(1, 1))
    except TypeError:
        capsule = value.__dlpack__()
    READ_ONLY, COPIED = 1, 2
    # The capsule is kept and never consumed: when it goes, it frees the tensor itself.
    if '"dltensor_versioned"' in repr(capsule):
        managed = DLManagedTensorVersioned.from_address(pointer(capsule, b"dltensor_versioned"))
        if managed.major != 1:
            raise ValueError("its DLPack version is %d.%d, expected 1" % (managed.major, managed.minor))
        if managed.flags & COPIED:
            raise ValueError("it gives a copy")
        tensor, readonly = managed.dl_tensor, bool(managed.flags & READ_ONLY)
    else:
        # Before version 1 it cannot say whether it may be written to.
        tensor, readonly = DLTensor.from_address(pointer(capsule, b"dltensor")), True
    if tensor.bits % 8 or tensor.lanes != 1:
        raise ValueError("its elements have %d bits in %d lanes" % (tensor.bits, tensor.lanes))
    kinds = {0: "i", 1: "u", 2: "f", 5: "c", 6: "b"}
    itemsize = tensor.bits // 8
    if tensor.code == 4 and tensor.bits == 16:
        format = "=E"
    elif tensor.code in kinds:
        format = of_typestr("=%s%d" % (kinds[tensor.code], itemsize))
    else:
        format = "[DLPack type %d of %d bits]" % (tensor.code, tensor.bits)
    shape = tensor.shape[:tensor.ndim]
    strides = [n * itemsize for n in tensor.strides[:tensor.ndim]] if tensor.strides else strides_of(shape, itemsize)
    return value, capsule, dict(address=str((tensor.data or 0) + tensor.byte_offset), readonly=readonly, format=format,
        itemsize=itemsize, shape=shape, strides=strides)
def by_array(value):
    array = value.__array__()
    if array is value:
        raise ValueError("it gives itself")
    try:
        view = memoryview(array)
    except (TypeError, ValueError, BufferError):
        owner, other, found = by_interface(array)
        return owner, other, dict(found, readonly=True)
    # A copy: what is written to it reaches nobody.
    return view, None, dict(readonly=True)
WAYS = (("__array_interface__", by_interface), ("__array_struct__", by_struct), ("__dlpack__", by_dlpack),
    ("__array__", by_array))
def present(value, name):
    try:
        return hasattr(value, name) and not isinstance(value, type)
    except Exception:
        return False
def look(value, allowed):
    reasons = []
    for name, way in WAYS:
        if name not in allowed.split() or not present(value, name):
            continue
        try:
            owner, other, found = way(value)
            description = json.dumps([name, found], allow_nan=False).encode("ascii")
        except Exception as error:
            reasons.append("%s: %s" % (name, error or type(error).__name__))
            continue
        return [owner, description, other]
    if reasons:
        raise TypeError("cannot view this %s. %s" % (type(value).__name__, ". ".join(reasons)))
def ctypes_base(kind):
    import ctypes
    while issubclass(kind, ctypes.Array):
        kind = kind._type_
    return kind
def layout_of(kind):
    """The fields of a ctypes structure, those of its bases first: (name, type, descriptor, is a bit field)."""
    for base in reversed(kind.__mro__):
        for field in base.__dict__.get("_fields_", ()):
            yield field[0], field[1], base.__dict__[field[0]], len(field) > 2
def misstated(kind):
    """Whether the format that ctypes exports does not say how a type is laid out."""
    import ctypes
    kind = ctypes_base(kind)
    # Of what is derived it says only the new fields.
    if issubclass(kind, ctypes.Union) or sum("_fields_" in base.__dict__ for base in kind.__mro__) > 1:
        return True
    # Before 3.12 it says nothing of what is packed.
    if sys.version_info < (3, 12) and hasattr(kind, "_pack_"):
        return True
    return issubclass(kind, ctypes.Structure) and any(bits or misstated(item) for _, item, _, bits in layout_of(kind))
def of_ctypes(kind):
    import ctypes
    shape = []
    while issubclass(kind, ctypes.Array):
        shape.append(kind._length_)
        kind = kind._type_
    if issubclass(kind, ctypes.Union):
        return shaped(shape, "%dx" % ctypes.sizeof(kind))
    if issubclass(kind, ctypes.Structure):
        # A field that a derived structure names again is hidden, as it is in Python.
        fields = {name: (item, where.offset, bits) for name, item, where, bits in layout_of(kind)}
        parts = ["#%d %s%s" % (offset, "t" if bits else of_ctypes(item), named(name)) for name, (item, offset, bits) in fields.items()]
        return shaped(shape, "T{%s#%d}" % ("".join(parts), ctypes.sizeof(kind)))
    return shaped(shape, memoryview(kind.__new__(kind)).format)
def explain(view, allowed):
    value, ctypes = view.obj, sys.modules.get("ctypes")
    try:
        dtype = numpy_dtype(value)
        # numpy's format leaves out the padding at the end of a record, even where it is repeated in a subarray.
        if dtype and dtype.itemsize == view.itemsize and memoryview(value).format == view.format:
            return [view, json.dumps(["buffer", dict(format=of_dtype(dtype))]).encode("ascii")]
        if ctypes and isinstance(value, (ctypes.Array, ctypes.Structure, ctypes.Union)):
            base = ctypes_base(type(value))
            if misstated(base) and memoryview(value).format == view.format and ctypes.sizeof(base) == view.itemsize:
                return [view, json.dumps(["buffer", dict(format=of_ctypes(base))]).encode("ascii")]
        elif "T{" not in view.format:
            return look(value, allowed)
    except Exception:
        pass
trusted = [bytes, bytearray]
try:
    from array import array
    trusted.append(array)
except ImportError:
    pass
`;
