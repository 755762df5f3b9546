// Arrays as JSON, in nanoseconds per element: ours, orjson, json.dumps and JSON.stringify on the same bytes, in rounds that
// take turns in one run, medians. Ours leaves its text in the memory it is made in; the others make one result each.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findPythons } from 'memview/ffi';
import { chunkEncoder } from '../dist/json/kernel.js';
import { corpus } from './corpus.mjs';

const SIZE = 1_000_000;
/** Of json.dumps and JSON.stringify, which take hundreds of nanoseconds, fewer will do. */
const ROUNDS = 21;
const SLOW_ROUNDS = 3;

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** The JSON of an array, chunk by chunk. */
function* encode(type, array) {
  const bytes = bytesOf(array);
  const encoder = chunkEncoder(type, [array.length], { nonFinite: 'null', bigInteger: 'number' });
  const step = encoder.most * array.BYTES_PER_ELEMENT;
  for (let at = 0; at < bytes.length; at += step) {
    const part = bytes.subarray(at, at + step);
    const count = part.length / array.BYTES_PER_ELEMENT;
    encoder.room(count).set(part);
    yield encoder.encode(count);
  }
}

/** The newest Python that has numpy and orjson, or the one that MEMVIEW_BENCH_PYTHON names. */
function findOrjson() {
  const named = process.env.MEMVIEW_BENCH_PYTHON;
  const all = named ? [named] : newestFirst(findPythons()).map(({ executable }) => executable);
  return all.find((path) => spawnSync(path, ['-c', 'import numpy, orjson']).status === 0);
}

function newestFirst(pythons) {
  const version = ({ version = '' }) => String(version);
  return pythons.sort((a, b) => version(b).localeCompare(version(a), 'en', { numeric: true }));
}

/** A Python that answers a line of JSON with one. */
function startPython(executable) {
  const child = spawn(executable, [fileURLToPath(new URL('encode.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const [line] = await once(lines, 'line');
      return JSON.parse(line);
    },
    end: () => child.stdin.end(),
  };
}

function timeOurs(type, array) {
  const before = performance.now();
  let length = 0;
  for (const chunk of encode(type, array)) length += chunk.length;
  return { ns: (performance.now() - before) * 1e6, length };
}

function timeStringify(array) {
  const before = performance.now();
  const values =
    array instanceof BigInt64Array || array instanceof BigUint64Array ? Array.from(array, Number) : Array.from(array);
  JSON.stringify(values);
  return (performance.now() - before) * 1e6;
}

/** Runs `npm run bench -- encode`. */
export async function encodeBench() {
  const started = performance.now();
  const [first] = encode('float64', Float64Array.of(1.5));
  const startup = performance.now() - started;
  const executable = findOrjson();
  if (!executable)
    console.log('no Python with numpy and orjson is found (MEMVIEW_BENCH_PYTHON names one): ours alone\n');
  const python = executable ? startPython(executable) : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'memview-bench-'));
  try {
    let versions = '';
    const rows = [];
    for (const { name, type, goal, make } of corpus) {
      const array = make(SIZE);
      const path = join(folder, 'array');
      writeFileSync(path, bytesOf(array));
      const found = await python?.ask({ path, type });
      if (found) versions = `, orjson ${found.orjson}, numpy ${found.numpy}, Python ${found.python}`;
      const times = { ours: [], orjson: [], ratio: [], dumps: [], stringify: [] };
      for (let round = 0; round < ROUNDS; round++) {
        const ours = timeOurs(type, array);
        times.ours.push(ours.ns / SIZE);
        const orjson = await python?.ask({ time: 'orjson' });
        if (orjson) times.orjson.push(orjson.ns / SIZE);
        if (orjson) times.ratio.push(orjson.ns / ours.ns);
        if (round >= SLOW_ROUNDS) continue;
        const dumps = await python?.ask({ time: 'json' });
        if (dumps) times.dumps.push(dumps.ns / SIZE);
        times.stringify.push(timeStringify(array) / SIZE);
      }
      rows.push({ name, goal, ...Object.fromEntries(Object.entries(times).map(([key, all]) => [key, median(all)])) });
    }
    console.log(`Node ${process.versions.node}${versions}; ${SIZE.toLocaleString('en')} elements, ns per element\n`);
    console.log(`${'array'.padEnd(18)}     ours   orjson  ratio   goal    json.dumps  JSON.stringify`);
    const cell = (value, width, digits = 1) => (value === undefined ? '–' : value.toFixed(digits)).padStart(width);
    for (const { name, goal, ours, orjson, ratio, dumps, stringify } of rows) {
      const numbers = [
        cell(ours, 9, 2),
        cell(orjson, 9),
        cell(ratio, 7, 2),
        cell(goal, 7),
        cell(dumps, 14),
        cell(stringify, 16),
      ];
      console.log(`${name.padEnd(18)}${numbers.join('')}${ratio < goal ? '  below' : ''}`);
    }
    console.log(
      `\nthe first encode of all took ${startup.toFixed(1)} ms, for ${first.length} bytes: what comes before it costs nothing`,
    );
  } finally {
    python?.end();
    rmSync(folder, { recursive: true });
  }
}
