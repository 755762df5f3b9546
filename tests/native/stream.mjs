// Streams 100,000,000 doubles of Python as JSON to /dev/null and prints by how much that raised the resident set, in MB.
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { encodeJsonChunks } from 'memview';
import { openPython } from 'memview/ffi';

const megabytes = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;

const python = openPython({ python: process.argv[2] });
python.exec('import array; numbers = array.array("d", [i / 7 for i in range(100_000)]) * 1000');
const view = python.view('numbers');
// The peak is counted from here (proc(5), clear_refs).
writeFileSync('/proc/self/clear_refs', '5');
const before = megabytes('VmRSS');
let length = 0;
const counted = function* () {
  for (const chunk of encodeJsonChunks(view)) {
    length += chunk.length;
    yield chunk;
  }
};
await pipeline(Readable.from(counted()), createWriteStream('/dev/null'));
console.log(JSON.stringify({ input: view.nbytes, length, before, risen: megabytes('VmHWM') - before }));
