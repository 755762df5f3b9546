// A worker thread beside a running Python: views what it is told of, and tries what it may not. Plain JavaScript on the
// built package: a worker of Node 20 loads nothing else.
import { parentPort, workerData } from 'node:worker_threads';
import { viewObject } from 'memview';
import { openPython } from 'memview/ffi';
import { locatedMemory } from 'memview/node';

function errorOf(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  return new Error('it did not throw');
}

const memory = locatedMemory(workerData.locator);
parentPort.postMessage({
  list: viewObject(memory, workerData.object).toList(),
  fault: errorOf(() => viewObject(memory, 8n)).name,
  refused: errorOf(() => openPython()).message.split(';')[0],
});
