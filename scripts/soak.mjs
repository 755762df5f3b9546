// `npm run soak`: whether a service that runs for months leaks. Views, evals and caught errors, many of each, on the
// oldest Python, a newer one, a free-threaded and a debug one, each in a process of its own; what memory and objects
// are left is printed. `--scale 0.1` does a tenth of it. Exit status 1: something grew.
import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findPythons, openPython } from 'memview/ffi';

const VIEWS = 1_000_000;
const EVALS = 100_000;
const ERRORS = 100_000;
/** How much of them is done before anything is measured. */
const WARM_UP = 0.1;
/** The most by which the memory of the process may grow, in bytes. */
const GROWTH = 5e6;
/** In Python's counts: what a dict that grew, or an integer that is no longer small, makes of them. */
const OBJECTS = 10;

const script = fileURLToPath(import.meta.url);
const fetched = fileURLToPath(new URL('../.pythons/bin', import.meta.url));

/** The builds that matter, by the start of their target's tag. */
const wanted = ['3.8-', '3.13-', '3.13t-lp64', '3.13t-debug'];

const { values } = parseArgs({ options: { scale: { type: 'string', default: '1' }, python: { type: 'string' } } });
const scale = Number(values.scale);

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

/** In turns of the event loop: only then does V8 take back what ffi-rs made. */
async function repeat(times, work) {
  for (let done = 0; done < times; ) {
    for (const end = Math.min(times, done + 500); done < end; done++) work();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function measure(python) {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await pause();
  }
  python.exec('gc.collect()');
  const counts = python.eval('counts()');
  const [objects, references] = JSON.parse(String(counts));
  counts.release();
  return { rss: process.memoryUsage.rss(), objects, references };
}

async function soak(executable) {
  const python = openPython({ python: executable });
  python.exec(`
import gc, sys
buffer = bytearray(64)
def counts():
    return [len(gc.get_objects()), getattr(sys, "gettotalrefcount", lambda: 0)()]`);
  const buffer = python.eval('buffer');
  let caught = 0;
  const work = async (part) => {
    await repeat(VIEWS * scale * part, () => {
      const view = python.view(buffer);
      if (view.data.length !== 64) throw new Error('the view is wrong');
      view.release();
    });
    await repeat(EVALS * scale * part, () => python.eval('1 + 1').release());
    await repeat(ERRORS * scale * part, () => {
      try {
        python.exec('raise ValueError("caught")');
      } catch {
        caught++;
      }
    });
  };
  // As long as that of a whole soak, whatever the scale.
  await work(WARM_UP / scale);
  const before = await measure(python);
  const start = performance.now();
  caught = 0;
  await work(1);
  const took = performance.now() - start;
  const after = await measure(python);
  const grown = Object.fromEntries(Object.keys(before).map((key) => [key, after[key] - before[key]]));
  const { outstanding, collected } = python;
  console.log(JSON.stringify({ ...grown, caught, took, outstanding, collected }));
}

function child(executable) {
  return new Promise((resolve) => {
    // V8 lets its young generation grow to 16 MB when it sees fit, which is nobody's leak: here it stays small.
    const args = ['--expose-gc', '--max-semi-space-size=2', script, '--python', executable, '--scale', values.scale];
    const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    started.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    started.once('close', (status, signal) => resolve(status === 0 ? JSON.parse(said) : { failed: signal ?? status }));
  });
}

function report(name, result) {
  if (result.failed !== undefined) {
    console.log(`${name.padEnd(20)} ended by ${result.failed}`);
    return false;
  }
  const { rss, objects, references, took, outstanding, collected, caught } = result;
  const holds =
    rss < GROWTH &&
    Math.abs(objects) <= OBJECTS &&
    Math.abs(references) <= OBJECTS &&
    outstanding === 1 &&
    collected === 0 &&
    caught === ERRORS * scale;
  const figures = [
    `RSS ${(rss / 1e6).toFixed(2)} MB`,
    `objects ${objects}`,
    ...(name.includes('debug') ? [`references ${references}`] : []),
    `${outstanding - 1} not released, ${collected} collected`,
    `${(took / 1000).toFixed(0)} s`,
  ];
  console.log(`${name.padEnd(20)} ${figures.join(', ')}${holds ? '' : '  GREW'}`);
  return holds;
}

if (values.python) await soak(values.python);
else {
  process.env.PATH = [process.env.PATH, fetched].join(delimiter);
  const usable = findPythons().filter(({ problem }) => problem === undefined);
  const chosen = wanted.flatMap((tag) => {
    const one = usable.find(({ target }) => target?.startsWith(tag) && !(tag === '3.13-' && target.includes('debug')));
    if (!one) console.log(`skipped ${tag.replace(/-$/, '')}: it is not here`);
    return one ? [one] : [];
  });
  console.log(`${VIEWS * scale} views, ${EVALS * scale} evals, ${ERRORS * scale} errors; what has grown:`);
  const queue = [...chosen];
  let good = true;
  const work = async () => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      const result = await child(one.executable);
      good = report(`${one.version} ${one.target}`, result) && good;
    }
  };
  await Promise.all([work(), work()]);
  if (!good) process.exitCode = 1;
}
