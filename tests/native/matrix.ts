/**
 * Prints one table: the extension modules of each Python that is found, at work inside each Node. What a cell does is
 * in `matrix/cell.mjs`. `MEMVIEW_MATRIX_FLOOR="24 3.8 3.13t"` names Nodes and Pythons of which some cell must have run.
 */
import type { PythonInstallation } from '../../src/ffi/probe.ts';
import { versions } from '../../src/layouts/versions.ts';
import { fetched, fetchedNodes, findAll, notAmong, otherNodeFor, ownMajor } from './found.ts';
import { CellFailure, type Done, runCell } from './matrix/cells.ts';

interface Row {
  readonly python: string;
  readonly node: string;
  readonly done?: Done;
  readonly failed?: CellFailure;
  /** Why it did not run. */
  readonly skipped?: string;
}

interface Cell {
  readonly installation: PythonInstallation;
  /** The build as the floor names it: `3.8`, `3.13t-debug`. */
  readonly build: string;
  /** The same with the whole version: `3.13.5t-debug`. */
  readonly title: string;
  readonly major: number;
}

const majors = [...new Set([20, 24, 26, ownMajor])].sort((a, b) => a - b);
const isHere = (major: number): boolean => major === ownMajor || fetchedNodes.get(major)?.node !== undefined;

/** The release that a version or a build is of. */
const releaseOf = (text: string): string => /^\d+\.\d+/.exec(text)?.[0] ?? '';
const isCovered = (text: string): boolean => versions.some((version) => version === releaseOf(text));

function cellsOf(installation: PythonInstallation): Cell[] {
  const { version, target = '' } = installation;
  const build = target.slice(0, target.lastIndexOf('-'));
  const title = version + build.slice(releaseOf(build).length);
  return majors.filter(isHere).map((major) => ({ installation, build, title, major }));
}

async function fill({ installation, title, major }: Cell): Promise<Row> {
  const row = { python: title, node: String(major) };
  const node = otherNodeFor(installation, major);
  if (!node) return { ...row, skipped: 'no copy of this Node can load it: `npm run pythons` makes one' };
  try {
    const done = await runCell(node, installation.executable);
    return { ...row, node: done.node, done };
  } catch (error) {
    if (error instanceof CellFailure) return { ...row, failed: error };
    throw error;
  }
}

/** Two at a time: each is busy on one core. */
async function fillAll(cells: readonly Cell[]): Promise<Row[]> {
  const rows: Row[] = [];
  const queue = cells.entries();
  const work = async (): Promise<void> => {
    for (const [i, cell] of queue) rows[i] = await fill(cell);
  };
  await Promise.all([work(), work()]);
  return rows;
}

function absentNodes(): Row[] {
  return majors
    .filter((major) => !isHere(major))
    .map((major) => {
      const skipped = fetchedNodes.get(major)?.skipped ?? 'it was not fetched: `npm run pythons` does that';
      return { python: '–', node: String(major), skipped };
    });
}

/** Those that cannot be loaded, those that could not be fetched, and the releases of which there is nothing else. */
function absentPythons(found: readonly PythonInstallation[], builds: ReadonlySet<string>): Row[] {
  const unusable = found.flatMap(({ executable, version, problem }) =>
    problem !== undefined && (!version || isCovered(version))
      ? [{ python: version || '?', node: '–', skipped: `${executable}: ${problem}` }]
      : [],
  );
  const unfetched = fetched.flatMap(({ name, skipped }) =>
    skipped !== undefined && isCovered(name) && !builds.has(name) ? [{ python: name, node: '–', skipped }] : [],
  );
  const releases = new Set([...builds, ...[...unusable, ...unfetched].map(({ python }) => python)].map(releaseOf));
  const unknown = versions.filter((version) => !releases.has(version));
  return [...unusable, ...unfetched, ...unknown.map((python) => ({ python, node: '–', skipped: 'none was found' }))];
}

const HEAD = ['Python', 'Node', 'result', "Python's OpenSSL", "Node's", 'TLS', 'modules'];

function columns({ python, node, done, failed, skipped }: Row): string[] {
  if (failed) return [python, node, `FAILED: ${failed.message}`];
  if (!done) return [python, node, `skipped: ${skipped}`];
  const openssl = done.openssl?.replace(/^OpenSSL (\S+).*/, '$1') ?? '–';
  const modules = done.names.map((name) => (done.builtIn.includes(name) ? `${name}*` : name));
  return [python, node, 'ok', openssl, done.nodeOpenssl, done.tls ?? '–', modules.join(' ')];
}

function printTable(rows: readonly Row[]): void {
  const lines = [HEAD, ...rows.map(columns)];
  // A reason, which is the last of fewer columns, runs on to the right.
  const widthOf = (i: number) => Math.max(...lines.map((line) => (i < line.length - 1 ? (line[i]?.length ?? 0) : 0)));
  const widths = HEAD.map((_, i) => widthOf(i));
  for (const line of lines)
    console.log(
      line
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function printNotes(rows: readonly Row[]): void {
  const notes = rows.flatMap(({ python, done }) => [
    ...(done && done.builtIn.length > 0 ? ['* is part of libpython, and so uses the C library that Node exports'] : []),
    ...Object.entries(done?.broken ?? {}).map(([name, why]) => `${python} alone cannot import ${name} either: ${why}`),
  ]);
  for (const note of new Set(notes)) console.log(note);
  for (const { python, node, failed } of rows)
    if (failed) console.log(`\nPython ${python} in Node ${node}: ${failed.message}\n${failed.detail}`.trimEnd());
}

const found = findAll();
const usable = found.filter(({ problem }) => problem === undefined);
const cells = usable.flatMap(cellsOf).sort((a, b) => a.title.localeCompare(b.title, 'en', { numeric: true }));
const filled = await fillAll(cells);
const rows = [...filled, ...absentNodes(), ...absentPythons(found, new Set(cells.map(({ build }) => build)))];
printTable(rows);
printNotes(rows);

const ran = new Set(
  cells.flatMap(({ build, major }, i) => (filled[i]?.skipped === undefined ? [build, String(major)] : [])),
);
const floor = (process.env.MEMVIEW_MATRIX_FLOOR ?? '').split(' ').filter(Boolean);
const missing = [...floor.filter((one) => !ran.has(one)), ...notAmong(usable)];
if (missing.length > 0) console.log(`\nmust have run, and has not: ${missing.join(' ')}`);
const failed = rows.filter((row) => row.failed).length;
const skipped = rows.filter((row) => row.skipped).length;
console.log(`\n${rows.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped`);
if (failed > 0 || missing.length > 0) process.exitCode = 1;
