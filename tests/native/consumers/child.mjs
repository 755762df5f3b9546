// Runs consumers in this process: `child.mjs <request as JSON>`, and says of each, a line of JSON at a time, what came.
// Without a request it names them all. What an uncaught error or a signal ends is for the parent to see.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { compression, cryptography } from './coders.mjs';
import { files } from './files.mjs';
import { Lender, MOMENTS, prepare } from './lend.mjs';
import { network } from './network.mjs';
import { databases, packages } from './packages.mjs';
import { web } from './web.mjs';

const groups = { files, network, compression, cryptography, web, packages, databases };
const RIGHT = 'the right bytes';
/** No case takes a tenth of it, on a machine that does other things as well. */
const PATIENCE_MS = 15_000;
const ROUNDS = 40;

const say = (what) => process.stdout.write(`\n${JSON.stringify(what)}\n`);

/** Where and how the bytes differ. */
function compare(arrived, wanted) {
  if (!(arrived instanceof Uint8Array)) return `expected bytes, got ${typeof arrived}`;
  if (arrived.length !== wanted.length) return `${arrived.length} of ${wanted.length} bytes`;
  if (wanted.equals(arrived)) return RIGHT;
  const at = wanted.findIndex((byte, i) => byte !== arrived[i]);
  return `wrong bytes from ${at} of ${wanted.length} on: ${Buffer.from(arrived.subarray(at, at + 4)).toString('hex')}`;
}

let blame = () => {};
process.on('uncaughtException', (error, origin) => {
  blame(Object.assign(new Error(`${origin}: ${error?.message}`), { uncaught: true }));
});

/** Waits for an answer, an uncaught error or the end of patience. */
async function awaited(promise) {
  let timer;
  const other = new Promise((_, reject) => {
    blame = reject;
    timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  other.catch(() => {});
  try {
    return await Promise.race([promise, other]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a consumer once; says what arrived. */
async function consume(python, consumer, moment, given) {
  const lender = new Lender(python, consumer.size, consumer.content ?? 'numbers', moment);
  const closings = [];
  const finish = (close) => closings.unshift(close);
  const expected = consumer.expected ?? ((lent) => Buffer.concat(lent));
  try {
    const lend = (call) => lender.lend(call);
    const consumed = Promise.resolve(consumer.consume({ ...given, lend, finish }));
    // Its view may be released, collected and written over while it reads.
    const [arrived] = await awaited(Promise.all([consumed, consumed.catch(() => {}), lender.disturb()]));
    return compare(arrived, await expected(lender.lent));
  } catch (error) {
    if (consumer.mayFail && !error.uncaught) return `refused, since ${consumer.mayFail}: ${error.message}`;
    return `${error.uncaught ? '' : 'an error: '}${error.message} ${error.cause?.message ?? ''}`.trim();
  } finally {
    lender.end();
    for (const close of closings) await awaited(close());
  }
}

/** What is not given back when nobody has any of it. */
async function leftOf(python, before) {
  for (let i = 0; i < ROUNDS && python.outstanding > before; i++) {
    await nextTurn();
    global.gc();
    await sleep(i);
  }
  return python.outstanding;
}

/** Reads what `npm run pythons` has fetched. */
async function importer(folder) {
  if (!folder) return () => Promise.reject(new Error('no packages were fetched'));
  return (await import(pathToFileURL(join(folder, 'import.mjs')))).importPackage;
}

async function missing({ missing: reason, packages: names = [] }, use) {
  if (reason) return reason;
  for (const name of names) {
    const error = await use(name).then(
      () => undefined,
      (one) => one,
    );
    if (error) return `no ${name}: ${error.message.split('\n')[0]}`;
  }
  return undefined;
}

async function runAll({ executable, group, names, folder }) {
  const { openPython } = await import('memview/ffi');
  const python = openPython({ python: executable });
  prepare(python);
  const use = await importer(folder);
  const scratch = mkdtempSync(join(tmpdir(), 'memview-lent-'));
  let kept = 0;
  for (const name of names) {
    const consumer = groups[group][name];
    const skipped = await missing(consumer, use);
    if (skipped) {
      say({ name, skipped });
      continue;
    }
    const came = {};
    const started = performance.now();
    for (const moment of MOMENTS) {
      const given = { use, path: join(scratch, `${moment}${kept}`) };
      came[moment] = await consume(python, consumer, moment, given);
    }
    const left = await leftOf(python, kept);
    say({ name, came, left: consumer.keeps ? 0 : left - kept, ms: Math.round(performance.now() - started) });
    kept = left;
  }
  rmSync(scratch, { recursive: true });
  say({ end: true });
}

if (process.argv[2] === undefined) {
  const names = Object.entries(groups).map(([group, consumers]) => [group, Object.keys(consumers)]);
  say(Object.fromEntries(names));
} else {
  await runAll(JSON.parse(process.argv[2]));
}
