"""Times orjson and json on arrays in a file, a round at a time: a line of JSON asks, a line of JSON answers."""
import json
import sys
from time import perf_counter_ns

import numpy
import orjson

array = None
for line in sys.stdin:
    request = json.loads(line)
    if "path" in request:
        array = numpy.fromfile(request["path"], dtype=request["type"])
        answer = {"python": sys.version.split()[0], "numpy": numpy.__version__, "orjson": orjson.__version__}
    else:
        start = perf_counter_ns()
        if request["time"] == "orjson":
            text = orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)
        else:
            text = json.dumps(array.tolist())
        answer = {"ns": perf_counter_ns() - start, "length": len(text)}
        del text
    print(json.dumps(answer), flush=True)
