// Compares the tables with what this host can measure: its compiler, and the headers of its interpreters.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { findInterpreters } from './interpreters.mjs';
import { call, here, measure } from './measure.mjs';
import { buildOptions, buildsOf, byteOrders, isNumpys, models, versions } from './targets.mjs';

function say(text) {
  process.stdout.write(`${text}\n`);
}

/** The layouts that a version's table has for a build and a model. */
function storedLayouts(version, build, model) {
  const { structs } = JSON.parse(readFileSync(join(here, 'tables', `${version}.json`), 'utf8'));
  const layouts = {};
  for (const [name, variants] of Object.entries(structs)) {
    const variant = variants.find(({ for: products }) =>
      products.some(({ builds, models: of }) => builds.includes(build) && of.includes(model)),
    );
    const { size, align, fields } = variant;
    layouts[name] = { size, align, fields };
  }
  return layouts;
}

/** llvm-dwarfdump's command, if the host has it. Without it, members that a table does not have go unnoticed. */
function findDwarfdump() {
  try {
    execFileSync('llvm-dwarfdump', ['--version'], { stdio: 'ignore' });
    return ['llvm-dwarfdump'];
  } catch {
    return undefined;
  }
}

/** The builds that an interpreter's headers serve: a plain pyconfig.h can be made that of any, others only their own. */
function servedBuilds({ version, plain, freeThreaded, debug, traceRefs }) {
  if (plain) return Object.keys(buildsOf(version));
  return [`${freeThreaded ? 't' : ''}${debug ? '-debug' : ''}${traceRefs ? '-tracerefs' : ''}`];
}

/** Compares, says what it compared and what it skipped, and returns the exit code. */
export async function check() {
  const compiler = { name: 'cc', command: ['cc', '-w'], env: process.env };
  try {
    await call(['cc', '--version']);
  } catch {
    say('skipped everything: this host has no cc');
    return 0;
  }
  const dwarfdump = findDwarfdump();
  if (!dwarfdump) say('no llvm-dwarfdump: the members are taken from the tables, and only their offsets are compared');
  const interpreters = await findInterpreters();
  const numpy = interpreters.find((found) => found.numpy)?.numpy;
  if (!numpy) say("skipped numpy's structs: no interpreter has numpy 2");

  const scratch = mkdtempSync(join(tmpdir(), 'golden-'));
  const compared = new Set();
  let differences = 0;
  try {
    for (const found of interpreters) {
      const { version, release, model, include, platinclude } = found;
      if (!versions.includes(version)) {
        say(`skipped CPython ${release}: no table has it`);
        continue;
      }
      if (!model || !existsSync(join(include, 'Python.h'))) {
        say(`skipped CPython ${release}: ${model ? 'its headers are not installed' : "its data model is not cc's"}`);
        continue;
      }
      for (const build of servedBuilds(found)) {
        const tag = `${version}${build}-${model}`;
        // numpy's first: a system's Python has those of its own numpy among its headers.
        const folders = [...(numpy ? [numpy] : []), include, platinclude];
        const options = folders.map((folder) => `-I${folder}`);
        if (found.plain) options.push(...buildOptions(version, build));
        if (numpy) options.push('-DGOLDEN_NUMPY');
        const stored = storedLayouts(version, build, model);
        const expected = Object.fromEntries(Object.entries(stored).filter(([name]) => numpy || !isNumpys(name)));
        let measured;
        try {
          measured = await measure(compiler, {
            options,
            byteOrder: byteOrders[model],
            scratch: join(scratch, tag),
            dwarfdump,
            known: expected,
          });
        } catch (error) {
          const missing = /fatal error: ([^:\n]+): No such file|fatal error: '([^'\n]+)' file not found/.exec(
            error.message,
          );
          if (!missing) throw error;
          say(`skipped ${tag} with CPython ${release}'s headers: this host has no ${missing[1] ?? missing[2]}`);
          continue;
        }
        for (const name of new Set([...Object.keys(expected), ...Object.keys(measured)])) {
          if (isDeepStrictEqual(measured[name], expected[name])) continue;
          differences += 1;
          const lines = [expected[name], measured[name]].map((layout) => JSON.stringify(layout) ?? 'nothing');
          say(`DIFFERENT ${tag} (CPython ${release}) ${name}\n  stored   ${lines[0]}\n  measured ${lines[1]}`);
        }
        compared.add(tag);
        say(`compared ${tag} with CPython ${release}'s headers: ${Object.keys(expected).length} structs`);
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  for (const version of versions) {
    const missing = models.filter(
      (model) => !Object.keys(buildsOf(version)).some((b) => compared.has(`${version}${b}-${model}`)),
    );
    if (missing.length === models.length) say(`skipped ${version}: no interpreter's headers on this host`);
    else say(`skipped ${version} on ${missing.join(', ')}: cc compiles for none of them`);
  }
  say(`${compared.size} targets compared, ${differences} structs differ`);
  return differences ? 1 : 0;
}
