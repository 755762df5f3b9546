// The shortest server: each answer is a temporary of Python's, 8 MB of numbers, lent to the response and released at the
// end of the handler. `server.mjs <request as JSON>` starts its clients in another process and prints what they say, and by
// how much the peak has risen above what was resident before the first request.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeJsonChunks } from 'memview';
import { openPython } from 'memview/ffi';
import { beginPeak, peak } from './memory.mjs';

const COUNT = 1 << 21;
const { executable, way, requests, connections } = JSON.parse(process.argv[2]);

const python = openPython({ python: executable });
python.exec(`from array import array\ncounting = array("I", range(${COUNT} + 100))`);

/** What a handler does between the view and its end. */
const ways = {
  release(view, response) {
    response.end(view.bytes);
    view.release();
  },
  revoke(view, response) {
    response.end(view.bytes, () => view.revoke());
  },
  async json(view, response) {
    try {
      await pipeline(Readable.from(encodeJsonChunks(view)), response);
    } finally {
      view.release();
    }
  },
};

const server = createServer(({ url }, response) => {
  const first = Number(url.slice(1));
  return ways[way](python.view(`counting[${first} : ${first + COUNT}]`), response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const before = beginPeak();
const clients = fileURLToPath(new URL('./clients.mjs', import.meta.url));
const asked = { port: server.address().port, requests, connections, count: COUNT, json: way === 'json' };
const { stdout } = await promisify(execFile)(process.execPath, [clients, JSON.stringify(asked)]);
console.log(JSON.stringify({ ...JSON.parse(stdout), risen: Math.round(peak() - before) }));
server.closeAllConnections();
server.close();
