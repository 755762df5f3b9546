// Fetches further Pythons and Nodes for the tests into .pythons/, and packages that read late what Python lends:
// `npm run pythons -- --list` names them, `--help` the rest.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { debianItem } from './pythons/debian.mjs';
import { nodeItem } from './pythons/node.mjs';
import { packagesItem } from './pythons/packages.mjs';
import { pyodideItem } from './pythons/pyodide.mjs';
import { sourceItem } from './pythons/source.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const home = join(repository, '.pythons');
/** Of this run alone: what a killed one left at work writes elsewhere. */
const making = join(home, '.making', String(process.pid));
const lock = join(home, '.lock');
/** Written last into what is complete. */
const STAMP = '.complete.json';
/** Raised when what is made changes without a change of its recipe. */
const RECIPES = 1;

/** While one item is fetched or configured, another is compiled. */
const AT_ONCE = 2;

/** The Nodes that the tests know, but for the one that runs this. */
const nodeItems = [20, 22, 24, 26]
  .filter((major) => major !== Number.parseInt(process.versions.node, 10))
  .map(nodeItem);

/** Those of them that are there now. */
function nodes() {
  const found = nodeItems.flatMap((item) => stampOf(item)?.found ?? []);
  return found.map(({ entry, is }) => ({
    major: entry.major,
    version: is.version,
    executable: join(home, entry.node),
  }));
}

/**
 * Cheap ones first, and the Nodes before Debian's roots, which hold copies of them. Of Pyodide the last of each series
 * with another Python; its 314 is a development dependency.
 */
const items = [
  ...nodeItems,
  packagesItem,
  ...['0.21.3', '0.22.1', '0.23.4', '0.25.1', '0.26.4', '0.27.8', '0.28.3', '0.29.5', '315.0.0-alpha.2'].map(
    pyodideItem,
  ),
  debianItem({ version: '3.14', suite: 'forky', modules: ['numpy', 'scipy', 'orjson', 'PIL', 'ml_dtypes'], nodes }),
  debianItem({ version: '3.15', suite: 'forky', nodes }),
  sourceItem({ version: '3.13', suite: 'trixie', freeThreaded: true }),
  sourceItem({ version: '3.11', suite: 'bookworm', traceRefs: true }),
  sourceItem({ version: '3.13', suite: 'trixie', freeThreaded: true, debug: true }),
];

const usage = `usage: node scripts/pythons.mjs [--budget MINUTES] [--only NAME]... [--list]

Makes what is missing of .pythons/, Pythons and the Nodes to run them in, with links to the Pythons in .pythons/bin and
the manifest .pythons/interpreters.json, and packages of npm's that the tests lend memory to. What does not fit into the budget, or fails, is skipped with its reason. A
Debian holds a copy of each Node: one that is fetched later makes it anew.

names: ${items.map(({ name }) => name).join(' ')}
`;

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** In two steps: whoever reads it never meets half of it. */
function writeJson(path, value) {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/** An executable knows the folder that it was made for, so a moved repository makes it anew. */
function recipeOf(item) {
  return JSON.stringify([RECIPES, join(home, item.name), item.recipe]);
}

function stampOf(item) {
  const stamp = readJson(join(home, item.name, STAMP));
  return stamp?.recipe === recipeOf(item) ? stamp : undefined;
}

function sizeOf(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.blocks * 512;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), stat.blocks * 512);
}

function missingPrograms(names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
}

const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const remove = (path) => rmSync(path, { recursive: true, force: true, maxRetries: 3 });

/** Makes an item aside, moves it to its place, asks it what it is there, and only then stamps it. */
async function make(item, signal) {
  const missing = missingPrograms(item.needs);
  if (missing.length > 0) throw new Error(`this machine has no ${missing.join(', no ')}`);
  const started = performance.now();
  const folder = join(making, item.name);
  const place = join(home, item.name);
  const log = join(home, 'logs', `${item.name}.log`);
  for (const path of [folder, place, log]) remove(path);
  for (const path of [folder, dirname(log)]) mkdirSync(path, { recursive: true });
  const context = { folder, home: place, apt: join(making, 'apt'), log, signal };
  try {
    renameSync(await item.make(context), place);
    const found = await item.check(context);
    const stamp = { recipe: recipeOf(item), took: performance.now() - started, size: sizeOf(place), found };
    writeJson(join(place, STAMP), stamp);
    remove(log);
    return stamp;
  } catch (error) {
    remove(place);
    if (signal.aborted) remove(log);
    else if (existsSync(log)) error.message += ` (${relative(repository, log)})`;
    throw error;
  } finally {
    remove(folder);
  }
}

/** The links and the manifest say what is complete, after every item: a run may be ended at any time. */
function publish(reasons) {
  for (const folder of ['bin', 'bin-tracerefs']) remove(join(home, folder));
  const manifest = items.flatMap((item) => {
    const stamp = stampOf(item);
    if (!stamp) {
      const skipped = reasons.get(item.name) ?? 'it was not asked for';
      return item.interpreters.map((name) => ({ name, major: item.major, skipped }));
    }
    for (const { entry, link } of stamp.found) if (link) symlink(join(home, entry.python), join(home, link));
    // The packages are neither a Python nor a Node.
    return stamp.found.flatMap(({ entry }) => entry ?? []);
  });
  writeJson(join(home, 'interpreters.json'), manifest);
}

function symlink(target, path) {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(relative(dirname(path), target), path);
}

/** Two runs at once would remove each other's work. */
function takeLock() {
  const owner = Number(existsSync(lock) && readFileSync(lock, 'utf8'));
  if (owner > 0 && isRunning(owner))
    throw new Error(`process ${owner} is making them already; if it is not, remove ${relative(repository, lock)}`);
  writeFileSync(lock, `${process.pid}\n`);
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function describe({ found, size, took }) {
  const versions = [...new Set(found.map(({ is }) => is.version))].join(', ');
  const lacking = found.flatMap(({ entry, is }) =>
    (is.without ?? []).map((module) => `, ${entry.name} without ${module}`),
  );
  return `${found[0].is.what ?? 'Python'} ${versions}${lacking.join('')}; ${megabytes(size)}, made in ${seconds(took)}`;
}

async function makeAll(wanted, budget) {
  const stop = new AbortController();
  let endedBy;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(name, () => {
      endedBy = name;
      stop.abort(new Error(`it was ended by ${name}`));
    });
  const timer = setTimeout(() => stop.abort(new Error('the budget was used up')), Math.min(budget, 2 ** 31 - 1));
  const left = () => budget - performance.now();
  const reasons = new Map();
  publish(reasons);
  const makeNext = async (queue) => {
    for (const item of queue) {
      if (endedBy) break;
      if (stampOf(item)) continue;
      try {
        stop.signal.throwIfAborted();
        if (item.seconds * 1000 > left())
          throw new Error(`it may take ${seconds(item.seconds * 1000)}, more than is left of the budget`);
        console.log(`${item.name}: being made`);
        const stamp = await make(item, stop.signal);
        console.log(`${item.name}: ${describe(stamp)}`);
      } catch (error) {
        reasons.set(item.name, error.message);
        console.log(`${item.name}: skipped, ${error.message}`);
      }
      publish(reasons);
    }
  };
  const isNode = (item) => nodeItems.includes(item);
  // A Debian's root holds copies of the Nodes.
  for (const part of [wanted.filter(isNode), wanted.filter((item) => !isNode(item))]) {
    const queue = part.values();
    await Promise.all(Array.from({ length: AT_ONCE }, () => makeNext(queue)));
  }
  clearTimeout(timer);
  return { reasons, endedBy };
}

function printTable(wanted, reasons) {
  const width = Math.max(...wanted.map(({ name }) => name.length));
  for (const item of wanted) {
    const stamp = stampOf(item);
    const says = stamp ? describe(stamp) : `skipped: ${reasons.get(item.name) ?? 'it was not reached'}`;
    console.log(`${item.name.padEnd(width)}  ${says}`);
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      budget: { type: 'string' },
      only: { type: 'string', multiple: true },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const unknown = (values.only ?? []).filter((name) => !items.some((item) => item.name === name));
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', no ')}; --list names what there is`);
  const wanted = items.filter(({ name }) => values.only?.includes(name) ?? true);
  if (values.list) {
    for (const item of wanted) console.log(`${item.name}: ${stampOf(item) ? 'there' : 'missing'}`);
    return;
  }
  const minutes = Number(values.budget ?? Number.POSITIVE_INFINITY);
  if (!(minutes > 0)) throw new Error(`a budget is a number of minutes, not ${values.budget}`);
  mkdirSync(home, { recursive: true });
  takeLock();
  try {
    const { reasons, endedBy } = await makeAll(wanted, minutes * 60_000);
    console.log();
    printTable(wanted, reasons);
    if (endedBy) process.exitCode = 128 + constants.signals[endedBy];
  } finally {
    remove(dirname(making));
    remove(lock);
  }
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
