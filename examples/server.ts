/**
 * A server that answers with an array of numpy's as JSON, streamed: the elements go from Python's memory to the socket
 * in pieces, as fast as the client takes them.
 *
 *   npx tsx examples/server.ts [PORT]       then       curl 'http://localhost:8000/?rows=3'
 */
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { encodeJsonChunks } from 'memview';
import { openPython, PythonError } from 'memview/ffi';

const MOST_ROWS = 1_000_000;

const python = openPython();
python.exec(`
try:
    import numpy

    def walk(rows):
        """Random walks: rows × 8."""
        return numpy.random.default_rng(1).normal(size=(rows, 8)).cumsum(axis=0)

except ImportError:
    import array, itertools, random

    def walk(rows):
        draws = random.Random(1)
        steps = [[draws.gauss(0, 1) for _ in range(rows)] for _ in range(8)]
        walks = [list(itertools.accumulate(column)) for column in steps]
        flat = array.array("d", (column[row] for row in range(rows) for column in walks))
        return memoryview(flat).cast("B").cast("d", (rows, 8))
`);
const walk = python.eval('walk');

/** What a request asks for: all that comes in is a stranger's, and need not be an address. */
function rowsOf(url: string): string {
  try {
    return new URL(url, 'http://localhost').searchParams.get('rows') ?? '1000';
  } catch {
    return url;
  }
}

const server = createServer(async (request, response) => {
  const asked = rowsOf(request.url ?? '');
  const rows = Number(asked);
  if (!Number.isInteger(rows) || rows < 1 || rows > MOST_ROWS) {
    response.writeHead(400, { 'content-type': 'text/plain' });
    response.end(`rows: expected 1 to ${MOST_ROWS}, got ${asked}\n`);
    return;
  }
  try {
    // What is held of Python's ends with the answer: then the array goes, too.
    using count = python.eval(String(rows));
    using array = walk.call(count);
    using view = python.view(array);
    response.writeHead(200, { 'content-type': 'application/json' });
    await pipeline(Readable.from(encodeJsonChunks(view, { newline: true })), response);
  } catch (error) {
    if (response.headersSent) return; // the client has gone
    response.writeHead(500, { 'content-type': 'text/plain' });
    response.end(`${error instanceof PythonError ? error.type : 'Error'}: ${(error as Error).message}\n`);
  }
});

server.listen(Number(process.argv[2] ?? 8000), () => {
  console.log(`http://localhost:${(server.address() as { port: number }).port}/?rows=1000`);
});
