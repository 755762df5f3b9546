/**
 * Runs the cases on one interpreter, in this process: `child.ts <executable>|pyodide[:folder]`. A line of JSON per case.
 * An interpreter can be met only once in a process, and what it does wrong must not end the test run.
 */
import { openLibpython } from '../../src/cli/libpython.ts';
import { openPyodide, openPyodideIn } from '../../src/cli/pyodide.ts';
import { openPython } from '../../src/ffi/open.ts';
import { formatTarget } from '../../src/target.ts';
import { bufferCases } from './cases/buffers.ts';
import { errorCases } from './cases/errors.ts';
import { heapCases } from './cases/heap.ts';
import { jsonCases } from './cases/json.ts';
import { jsonReadingCases } from './cases/json-reading.ts';
import { kindCases } from './cases/kinds.ts';
import { layoutCases } from './cases/layouts.ts';
import { leftoverCases } from './cases/leftovers.ts';
import { objectCases } from './cases/objects.ts';
import { parallelCases } from './cases/parallel.ts';
import { pythonCases } from './cases/python.ts';
import { randomCases } from './cases/random.ts';
import { runCases } from './cases/runs.ts';
import { sharingCases } from './cases/sharing.ts';
import { sourceCases } from './cases/sources.ts';
import type { Cases, Seen, Subject } from './cases/subject.ts';
import { MARK, type Outcome } from './outcome.ts';

function report(outcome: Outcome): void {
  process.stdout.write(`\n${MARK}${JSON.stringify(outcome)}\n`);
}

/** While one works on a case: of what name, `MEMVIEW_TEST_CASES` says. */
const only = new RegExp(process.env.MEMVIEW_TEST_CASES ?? '');

async function run<S extends Subject>(cases: Cases<S>, subject: S): Promise<void> {
  for (const [name, holds] of Object.entries(cases)) {
    if (!only.test(name)) continue;
    try {
      const answer = await holds(subject);
      const { said, table } = typeof answer === 'object' ? (answer as Seen) : { said: answer, table: undefined };
      report({ name, error: null, counted: typeof said === 'string' ? said : null, ...(table && { table }) });
    } catch (error) {
      report({ name, error: error instanceof Error ? (error.stack ?? error.message) : String(error), counted: null });
    }
  }
}

const [, , which = ''] = process.argv;
const [, folder] = /^pyodide:(.*)$/.exec(which) ?? [];
if (which === 'pyodide' || folder !== undefined) {
  const source = folder === undefined ? await openPyodide() : await openPyodideIn(folder);
  const subject = { ...source, python: undefined };
  report({ name: 'target', error: null, counted: `${formatTarget(subject.memory.target)} (${subject.title})` });
  await run(layoutCases, subject);
  await run(bufferCases, subject);
  await run(randomCases, subject);
  await run(objectCases, subject);
  await run(heapCases, subject);
} else {
  const source = openLibpython(which);
  const python = openPython();
  report({ name: 'target', error: null, counted: `${formatTarget(python.target)} (${source.title})` });
  await run(layoutCases, { ...source, python });
  await run(bufferCases, { ...source, python });
  await run(randomCases, { ...source, python });
  await run(objectCases, { ...source, python });
  await run(heapCases, { ...source, python });
  // Last those that close it.
  for (const cases of [
    kindCases,
    sourceCases,
    jsonCases,
    jsonReadingCases,
    parallelCases,
    errorCases,
    sharingCases,
    runCases,
    leftoverCases,
    pythonCases,
  ])
    await run(cases, { ...source, python: openPython() });
}
report({ name: 'the process lives to its end', error: null, counted: null });
