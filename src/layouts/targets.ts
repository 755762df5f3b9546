/** Which targets there are: every release × build that has a row, under every data model. */
import { type DataModelName, dataModels, formatTarget, type Target } from '../target.ts';
import { hasFreeThreaded, versions } from './versions.ts';

const modelNames = Object.keys(dataModels) as DataModelName[];

function* everyTarget(): Generator<Target> {
  for (const model of modelNames) {
    for (const version of versions) {
      for (const freeThreaded of hasFreeThreaded(version) ? [false, true] : [false]) {
        for (const traceRefs of freeThreaded ? [false] : [false, true]) {
          for (const debug of [false, true]) yield { version, freeThreaded, debug, traceRefs, model };
        }
      }
    }
  }
}

const byTag: ReadonlyMap<string, Target> = new Map(
  [...everyTarget()].map((target) => [formatTarget(target), Object.freeze(target)]),
);

/** The tags of all targets that have layouts, e.g. `3.8-lp64`, `3.13t-debug-lp64`, `3.14-wasm32`. */
export const targets: readonly string[] = [...byTag.keys()];

/**
 * The target that a tag names.
 *
 * @param tag `<version>[t][-debug][-tracerefs]-<model>`
 * @throws RangeError if no target has this tag; the message says which part is unknown and what would be known.
 * @example
 * ```ts
 * import { parseTarget } from 'memview';
 * console.log(parseTarget('3.13t-debug-lp64').freeThreaded); // true
 * ```
 */
export function parseTarget(tag: string): Target {
  const target = byTag.get(tag);
  if (target) return target;
  throw new RangeError(`unknown target ${JSON.stringify(tag)}: ${whyUnknown(String(tag))}`);
}

function whyUnknown(tag: string): string {
  const parts = /^(?<version>\d+\.\d+)(?<free>t)?(?:-debug)?(?<traceRefs>-tracerefs)?-(?<model>\w+)$/.exec(tag)?.groups;
  const { version, free, traceRefs, model } = parts ?? {};
  if (!version || !model) return 'expected <version>[t][-debug][-tracerefs]-<model>, for example 3.13-lp64';
  if (!(versions as readonly string[]).includes(version)) return `expected a version of ${versions.join(', ')}`;
  if (!Object.hasOwn(dataModels, model)) return `expected a data model of ${modelNames.join(', ')}`;
  if (free && traceRefs) return 'no free-threaded build traces references; leave out "t" or "-tracerefs"';
  return `free-threaded builds begin with ${versions.find(hasFreeThreaded)}; leave out the "t"`;
}
