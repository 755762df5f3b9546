// One thread against two: `encodeJson` and `encodeJsonParallel` of the same views of Python's memory.
import { encodeJson } from 'memview';
import { openPython } from 'memview/ffi';
import { encodeJsonParallel } from 'memview/parallel';
import { overShared } from './corpus.mjs';
import { median } from './median.mjs';

const WORKERS = 2;
const sizes = [1e3, 1e4, 1e5, 1e6, 1e7];
/** A round is of at least so many elements. */
const LEAST = 100_000;
/** In ms. */
const WARMUP = 3000;

const types = {
  float64: (count) => Float64Array.from({ length: count }, () => Math.random()),
  int64: (count) => BigInt64Array.from({ length: count }, () => BigInt(Math.floor((Math.random() - 0.5) * 2 ** 53))),
};

const ways = {
  'one thread': async (view) => encodeJson(view),
  'two threads': (view) => encodeJsonParallel(view, { workers: WORKERS }),
};

async function timed(times, run) {
  const before = performance.now();
  for (let i = 0; i < times; i++) await run();
  return (performance.now() - before) / times;
}

/** Medians in ms of one size, the ways taking turns, and of the ratios of each turn. */
async function measure(view, count) {
  const times = Math.ceil(LEAST / count);
  const rounds = count > 1e6 ? 7 : 31;
  const samples = Object.fromEntries([...Object.keys(ways), 'ratio'].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const took = {};
    for (const [name, run] of Object.entries(ways)) {
      took[name] = await timed(times, () => run(view));
      samples[name].push(took[name]);
    }
    samples.ratio.push(took['one thread'] / took['two threads']);
  }
  return Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, median(all)]));
}

/** Runs `npm run bench -- parallel`. */
export async function parallel() {
  const python = openPython({ python: process.env.MEMVIEW_BENCH_PYTHON });
  const first = python.view(python.share(overShared(types.float64(1e6))));
  console.log(`the first call, of 1e6 float64: ${(await timed(1, () => ways['two threads'](first))).toFixed(1)} ms`);
  // By then the threads have started, and V8 has optimized what they run.
  const warm = performance.now() + WARMUP;
  while ((await ways['two threads'](first)) && performance.now() < warm);
  first.release();
  console.log('elements               one thread   two threads   one ÷ two');
  for (const [type, make] of Object.entries(types)) {
    for (const count of sizes) {
      const view = python.view(python.share(overShared(make(count))));
      const medians = await measure(view, count);
      view.release();
      const cells = ['one thread', 'two threads'].map((name) => `${medians[name].toFixed(3)} ms`.padStart(14));
      console.log(
        `${type.padEnd(8)}${count.toExponential(0).padStart(10)}${cells.join('')}${medians.ratio.toFixed(2).padStart(12)}`,
      );
    }
  }
}
