/**
 * The biggest arrays of a running Python, which is not stopped: what takes its memory, and what is in it.
 *
 *   npx tsx examples/biggest.ts PID [COUNT]
 */
import { encodeJson, FormatError, formatTarget, MemoryFault } from 'memview';
import { findBuffers, processMemory } from 'memview/node';

const [pid, count = '5'] = process.argv.slice(2);
if (!pid) throw new TypeError('expected a process: biggest.ts PID [COUNT]');

const memory = processMemory(Number(pid));
console.log(`process ${pid}, CPython ${formatTarget(memory.target)}`);

for (const buffer of findBuffers(memory, { limit: Number(count), minBytes: 1 })) {
  const mb = (buffer.nbytes / 1e6).toFixed(1);
  console.log(`${mb.padStart(10)} MB  ${buffer.type} of ${buffer.format || '?'}, (${buffer.shape.join(', ')})`);
  try {
    const first = buffer.view().slice(...buffer.shape.map((): [number, number] => [0, 3]));
    console.log(`               begins ${new TextDecoder().decode(encodeJson(first))}`);
  } catch (error) {
    // The process runs on, and may have let it go; and there are elements that JSON has nothing for.
    if (!(error instanceof MemoryFault || error instanceof FormatError || error instanceof TypeError)) throw error;
    console.log(`               ${error.message}`);
  }
}
