"""Times orjson and json on arrays in a file, a round at a time: a line of JSON asks, a line of JSON answers."""
import json
import sys
from time import perf_counter_ns

import numpy
import orjson

ORDERS = {
    "together": lambda array: array,
    "transposed": lambda array: array.T,
    "every second": lambda array: array[::2],
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
}
# What orjson refuses a user has to copy first: the copy is timed as well.
COPIES = {
    "together": lambda array: array,
    "transposed": numpy.ascontiguousarray,
    "every second": numpy.ascontiguousarray,
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder("=")),
}

array, copied, times = None, None, 1
for line in sys.stdin:
    request = json.loads(line)
    if "path" in request:
        array = numpy.fromfile(request["path"], dtype=request["type"]).reshape(request["shape"])
        array, copied, times = ORDERS[request["lies"]](array), COPIES[request["lies"]], request["times"]
        answer = {"python": sys.version.split()[0], "numpy": numpy.__version__, "orjson": orjson.__version__}
        answer["plus"] = b"e+" in orjson.dumps(1e16)
    elif request["time"] == "orjson":
        start = perf_counter_ns()
        for _ in range(times):
            text = orjson.dumps(copied(array), option=orjson.OPT_SERIALIZE_NUMPY)
        answer = {"ns": (perf_counter_ns() - start) / times, "length": len(text)}
        del text
    else:
        start = perf_counter_ns()
        for _ in range(times):
            text = json.dumps(array.tolist())
        answer = {"ns": (perf_counter_ns() - start) / times}
        del text
    print(json.dumps(answer), flush=True)
