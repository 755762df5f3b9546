// JSON to arrays, in nanoseconds per element: ours from UTF-8, from a string, and into a buffer of Python's; JSON.parse of
// the same and a copy into a typed array; numpy.array(orjson.loads(text)). Rounds that take turns in one run, medians of
// paired ratios.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJson, decodeJsonInto, encodeJson } from 'memview';
import { openPython } from 'memview/ffi';
import { corpus, formats } from './corpus.mjs';
import { median } from './median.mjs';
import { startOrjson } from './orjson.mjs';
import { timed } from './timed.mjs';

const ROUNDS = 15;
/** A round is of at least so many elements. */
const LEAST = 100_000;

/** The ratios that are aimed at: of JSON.parse with a copy on Node 20 and from Node 26 on, and of orjson with numpy. */
const goals = {
  'f64 random': [3.5, 1.9, 3],
  'i64 large': [15, 18, 10],
  i32: [8, 6, 10],
  u8: [5, 3],
};
const goalOf = process.versions.node >= '26' ? ([, later]) => later : ([earlier]) => earlier;

const utf8 = new TextDecoder();

/** What a user would write. A BigInt has to be made of each number, which JSON.parse may have rounded. */
function parsed(text, array) {
  const values = JSON.parse(typeof text === 'string' ? text : utf8.decode(text));
  const flat = Array.isArray(values[0]) ? values.flat() : values;
  const isBig = array instanceof BigInt64Array || array instanceof BigUint64Array;
  return isBig ? array.constructor.from(flat, BigInt) : array.constructor.from(flat);
}

async function measure({ type, shape, make }, inside, outside, path) {
  const array = make();
  const format = formats[type];
  const bytes = encodeJson({ data: array, shape, format });
  const text = utf8.decode(bytes);
  const times = Math.ceil(LEAST / array.length);
  writeFileSync(path, bytes);
  const versions = await outside?.ask({ path });
  const target = inside.view(inside.share(new Uint8Array(new SharedArrayBuffer(array.byteLength))));
  const view = target.cast(format, shape);
  // float16 has no typed array that all runtimes have.
  const own = type === 'float16' ? Float32Array.from(decodeJson(bytes, { format }).data) : array;
  const ways = {
    bytes: () => decodeJson(bytes, { format }),
    string: () => decodeJson(text, { format }),
    // Beyond int64 nothing is inferred.
    inferred: () => decodeJson(bytes, type === 'uint64' ? { format } : {}),
    into: () => decodeJsonInto(bytes, view),
    'parse bytes': () => parsed(bytes, own),
    'parse string': () => parsed(text, own),
  };
  const samples = {};
  const note = (name, value) => {
    samples[name] ??= [];
    samples[name].push(value);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const ns = {};
    for (const [name, run] of Object.entries(ways)) ns[name] = timed(times, run).ns;
    const theirs = await outside?.ask({ times });
    if (theirs && theirs.size !== array.length) throw new Error(`orjson read ${theirs.size} elements`);
    if (theirs) ns.orjson = theirs.ns;
    for (const [name, each] of Object.entries(ns)) note(name, each / array.length);
    note('÷ bytes', ns['parse bytes'] / ns.bytes);
    note('÷ string', ns['parse string'] / ns.string);
    if (theirs) note('÷ orjson', ns.orjson / ns.inferred);
  }
  // What was timed is right: of floats the bits of NaN and the infinities, which are null, are not the same.
  if (Buffer.compare(encodeJson(view), bytes) !== 0) throw new Error(`${type} was not read to the same text`);
  target.release();
  return { versions, medians: Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, median(all)])) };
}

const columns = [
  ['bytes', 8],
  ['string', 8],
  ['inferred', 10],
  ['into', 7],
  ['parse bytes', 9],
  ['parse string', 8],
  ['orjson', 13],
  ['÷ bytes', 8],
  ['÷ string', 8],
  ['goal', 6],
  ['÷ orjson', 8],
  ['orjson goal', 6],
];

/** Runs `npm run bench -- decode`; MEMVIEW_BENCH_CASES, a regular expression, picks cases. */
export async function decodeBench() {
  const started = performance.now();
  decodeJson('[1.5]');
  const startup = performance.now() - started;
  const inside = openPython({ python: process.env.MEMVIEW_BENCH_PYTHON });
  const outside = startOrjson('decode.py');
  const folder = mkdtempSync(join(tmpdir(), 'memview-bench-'));
  const picked = new RegExp(process.env.MEMVIEW_BENCH_CASES ?? '');
  try {
    console.log(
      '                    ours: ns per element               JSON.parse, copy                JSON.parse ÷ ours     loads ÷',
    );
    console.log(
      'array                 bytes  string  inferred   into    bytes  string  loads+array   bytes  string  goal    ours  goal',
    );
    let said = '';
    for (const each of corpus.filter(({ name, lies }) => lies === 'together' && picked.test(name))) {
      const { versions, medians } = await measure(each, inside, outside, join(folder, 'text'));
      if (versions) said = `, orjson ${versions.orjson}, numpy ${versions.numpy}, Python ${versions.python}`;
      const goal = goals[each.name];
      const row = { ...medians, goal: goal && goalOf(goal), 'orjson goal': goal?.[2] };
      const cells = columns.map(([name, width]) =>
        (row[name]?.toFixed(row[name] < 100 ? 1 : 0) ?? '–').padStart(width),
      );
      const below = row['÷ bytes'] < row.goal || row['÷ orjson'] < row['orjson goal'];
      console.log(`${each.name.padEnd(18)}${cells.join('')}${below ? '  below' : ''}`);
    }
    console.log(`\nNode ${process.versions.node}${said}; ${ROUNDS} rounds, medians`);
    console.log(`the first decode of all took ${startup.toFixed(1)} ms`);
  } finally {
    outside?.end();
    rmSync(folder, { recursive: true });
  }
}
