// Arrays as JSON, in nanoseconds per element: views of Python's memory by ours, the same arrays of numpy by orjson and by
// json.dumps, the same typed arrays by JSON.stringify; rounds that take turns in one run, medians of paired ratios.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeJson, encodeJsonChunks, encodeJsonInto } from 'memview';
import { openPython } from 'memview/ffi';
import { corpus, formats, overShared } from './corpus.mjs';
import { median } from './median.mjs';
import { startOrjson } from './orjson.mjs';
import { timed } from './timed.mjs';

const ROUNDS = 21;
/** Of json.dumps and JSON.stringify, which take hundreds of nanoseconds, fewer will do. */
const SLOW_ROUNDS = 3;
/** A round is of at least so many elements. */
const LEAST = 100_000;

/** A view as a memory's owner would have it. */
const orders = {
  together: (bytes, format, shape) => bytes.cast(format, shape),
  transposed: (bytes, format, shape) => bytes.cast(format, shape).transpose(),
  'every second': (bytes, format, shape) => bytes.cast(format, shape).slice([null, null, 2]),
  'big-endian': (bytes, format, shape) => bytes.cast(`>${format}`, shape),
};

/** The three ways of ours; the target and what becomes of the chunks is the caller's. */
const target = new Uint8Array(64 << 20);
const ways = {
  chunks(view) {
    let length = 0;
    for (const chunk of encodeJsonChunks(view)) length += chunk.length;
    return length;
  },
  into: (view) => encodeJsonInto(view, target),
  whole: (view) => encodeJson(view).length,
};

function stringify(array) {
  const big = array instanceof BigInt64Array || array instanceof BigUint64Array;
  return JSON.stringify(big ? Array.from(array, Number) : Array.from(array)).length;
}

/** Times of one case, in ns per element, and the ratios of orjson's to ours of the same round. */
async function measure({ type, shape, lies, make }, inside, outside, path) {
  const array = make();
  const bytes = new Uint8Array(array.buffer);
  const base = inside.view(inside.share(overShared(lies === 'big-endian' ? Buffer.from(bytes).swap64() : bytes)));
  const view = orders[lies](base, formats[type], shape);
  const count = view.nbytes / view.itemsize;
  const times = Math.ceil(LEAST / count);
  writeFileSync(path, bytes);
  const found = await outside?.ask({ path, type, shape, lies, times });
  const samples = {};
  const note = (name, value) => {
    samples[name] ??= [];
    samples[name].push(value);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const ours = Object.entries(ways).map(([way, run]) => [way, timed(times, () => run(view))]);
    const theirs = await outside?.ask({ time: 'orjson' });
    for (const [way, { ns, length }] of ours) {
      note(way, ns / count);
      if (theirs) note(`${way} ratio`, theirs.ns / ns);
      // float16 has other digits, and orjson before 3.12 wrote no plus.
      if (theirs && found.plus && type !== 'float16' && length !== theirs.length) {
        throw new Error(`our text has ${length} bytes, orjson's ${theirs.length}`);
      }
    }
    if (theirs) note('orjson', theirs.ns / count);
    if (round >= SLOW_ROUNDS) continue;
    const dumps = await outside?.ask({ time: 'json' });
    if (dumps) note('dumps', dumps.ns / count);
    note('stringify', timed(times, () => stringify(array)).ns / array.length);
  }
  base.release();
  return { found, medians: Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, median(all)])) };
}

const columns = [
  ['chunks', 8, 2],
  ['into', 8, 2],
  ['whole', 8, 2],
  ['orjson', 8, 1],
  ['chunks ratio', 9, 2],
  ['into ratio', 7, 2],
  ['whole ratio', 7, 2],
  ['goal', 7, 1],
  ['dumps', 12, 0],
  ['stringify', 16, 0],
];

/** Runs `npm run bench -- encode`; MEMVIEW_BENCH_CASES, a regular expression, picks cases. */
export async function encodeBench() {
  const started = performance.now();
  encodeJson(Float64Array.of(1.5));
  const startup = performance.now() - started;
  const inside = openPython({ python: process.env.MEMVIEW_BENCH_PYTHON });
  const outside = startOrjson('encode.py');
  const folder = mkdtempSync(join(tmpdir(), 'memview-bench-'));
  const picked = new RegExp(process.env.MEMVIEW_BENCH_CASES ?? '');
  try {
    console.log('                      ours: ns per element             orjson ÷ ours');
    console.log(
      'array               chunks    into   whole  orjson   chunks   into  whole   goal  json.dumps  JSON.stringify',
    );
    let versions = '';
    for (const each of corpus.filter(({ name }) => picked.test(name))) {
      const { found, medians } = await measure(each, inside, outside, join(folder, 'array'));
      if (found) versions = `, orjson ${found.orjson}, numpy ${found.numpy}, Python ${found.python}`;
      const cells = columns.map(([name, width, digits]) => {
        const value = name === 'goal' ? each.goal : medians[name];
        return (value === undefined ? '–' : value.toFixed(digits)).padStart(width);
      });
      const below = Math.min(medians['chunks ratio'], medians['into ratio']) < each.goal || medians['whole ratio'] < 1;
      console.log(`${each.name.padEnd(18)}${cells.join('')}${below ? '  below' : ''}`);
    }
    const weight = ['kernel.js', 'kernel.wasm.js'].map((name) => statSync(`dist/json/${name}`).size);
    console.log(`\nNode ${process.versions.node}${versions}; ${ROUNDS} rounds, medians`);
    console.log(`the first encode of all took ${startup.toFixed(1)} ms, what comes before it nothing`);
    console.log(`the kernels weigh ${(weight.reduce((a, b) => a + b) / 1024).toFixed(1)} KB in the package`);
  } finally {
    outside?.end();
    rmSync(folder, { recursive: true });
  }
}
