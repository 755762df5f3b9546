// How the tables are written.

import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { buildsOf, models } from './targets.mjs';

/**
 * Groups the cells of the grid of builds and models that have equal values, as products of builds and models.
 *
 * @template T
 * @param {string[]} builds
 * @param {(build: string, model: string) => T} valueAt
 * @returns {{ value: T, for: { builds: string[], models: string[] }[] }[]}
 */
function group(builds, valueAt) {
  const groups = [];
  for (const model of models) {
    for (const build of builds) {
      const value = valueAt(build, model);
      let found = groups.find((other) => isDeepStrictEqual(other.value, value));
      if (!found) {
        found = { value, buildsOfModel: {} };
        groups.push(found);
      }
      found.buildsOfModel[model] ??= [];
      found.buildsOfModel[model].push(build);
    }
  }
  return groups.map(({ value, buildsOfModel }) => {
    const products = [];
    for (const [model, ofModel] of Object.entries(buildsOfModel)) {
      const same = products.find((product) => isDeepStrictEqual(product.builds, ofModel));
      if (same) same.models.push(model);
      else products.push({ builds: ofModel, models: [model] });
    }
    return { value, for: products };
  });
}

/**
 * Writes a version's table. The order of everything in it is that of the targets and of the declarations.
 *
 * @param {string} file
 * @param {string} version
 * @param {Map<string, Record<string, object>>} measured the layouts by tag
 * @param {(model: string) => { how: string, pyconfig: string, numpyHow: string }} configOf
 */
export function writeTable(file, version, measured, configOf) {
  const names = Object.keys(buildsOf(version));
  const flatten = (groups) => groups.map(({ value, for: products }) => ({ for: products, ...value }));
  const made = flatten(
    group(names, (build, model) => {
      const { how, pyconfig, numpyHow } = configOf(model);
      const defines = buildsOf(version)[build];
      const patched = defines.length > 0;
      return {
        how: patched ? 'patched' : how,
        numpy: patched || how === 'patched' ? 'patched' : numpyHow,
        pyconfig,
        defines,
      };
    }),
  );
  const structs = {};
  for (const name of Object.keys(measured.get(`${version}-lp64`))) {
    structs[name] = flatten(group(names, (build, model) => measured.get(`${version}${build}-${model}`)[name]));
  }
  const text = JSON.stringify({ version, made, structs }, null, 2);
  // A product of builds and models in one line; biome, which formats the rest, leaves it there.
  const compact = text.replace(/\{\s+"builds": (\[[^\]]*\]),\s+"models": (\[[^\]]*\])\s+\}/g, (_, builds, models) => {
    const [one, other] = [builds, models].map((list) => JSON.stringify(JSON.parse(list)).replaceAll(',', ', '));
    return `{ "builds": ${one}, "models": ${other} }`;
  });
  writeFileSync(file, `${compact}\n`);
}
