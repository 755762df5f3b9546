// What a view costs, single and in a batch, in microseconds per object: medians of interleaved rounds in one run.
import { openPython } from 'memview/ffi';
import { median } from './median.mjs';

const OBJECTS = 1000;
const ROUNDS = 40;

/** Runs `npm run bench -- views`. */
export async function views() {
  const python = openPython({ python: process.env.MEMVIEW_BENCH_PYTHON });
  const list = python.eval(`[bytearray(b"x" * (i % 50 + 1)) for i in range(${OBJECTS})]`);
  const item = list.attr('__getitem__');
  const refs = Array.from({ length: OBJECTS }, (_, i) => item.call(python.eval(String(i))));
  const times = { views: [], single: [], 'views, release': [], 'single, release': [] };
  const timed = (name, run) => {
    const before = performance.now();
    const value = run();
    times[name].push(((performance.now() - before) * 1000) / OBJECTS);
    return value;
  };
  const release = (all) => {
    for (const view of all) view.release();
  };
  for (let round = 0; round < ROUNDS; round++) {
    const batch = timed('views', () => python.views(refs));
    timed('views, release', () => release(batch));
    const single = timed('single', () => refs.map((ref) => python.view(ref)));
    timed('single, release', () => release(single));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  console.log(`Node ${process.versions.node}, Python ${python.version}; ${OBJECTS} bytearrays of 1 to 50 bytes\n`);
  for (const [name, values] of Object.entries(times)) {
    console.log(`${name.padEnd(16)} ${median(values).toFixed(2).padStart(7)} µs per object`);
  }
  console.log(`\nviews() is ${(median(times.single) / median(times.views)).toFixed(1)} times as fast as view()`);
}
