"""Times numpy.array(orjson.loads(text)) on texts in files, a round at a time: a line of JSON asks, a line answers."""
import json
import sys
from time import perf_counter_ns

import numpy
import orjson

text = b""
for line in sys.stdin:
    request = json.loads(line)
    if "path" in request:
        with open(request["path"], "rb") as file:
            text = file.read()
        answer = {"python": sys.version.split()[0], "numpy": numpy.__version__, "orjson": orjson.__version__}
    else:
        start = perf_counter_ns()
        for _ in range(request["times"]):
            array = numpy.array(orjson.loads(text))
        answer = {"ns": (perf_counter_ns() - start) / request["times"], "size": array.size}
        del array
    print(json.dumps(answer), flush=True)
