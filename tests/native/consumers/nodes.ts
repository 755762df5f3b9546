/** The Nodes that lending is tested on: this one, and what `npm run pythons` has fetched. */
import type { PythonInstallation } from '../../../src/ffi/probe.ts';
import { fetchedNodes, otherNodeFor } from '../found.ts';

const MAJORS = [20, 22, 24, 26];

interface Nodes {
  readonly nodes: readonly { readonly title: string; readonly major: number; readonly node: string }[];
  /** Why others are not among them. */
  readonly skipped: readonly string[];
}

/** Those that can load a Python; none without one. */
export function nodesOf(python: PythonInstallation | undefined): Nodes {
  if (!python) return { nodes: [], skipped: ['all: no libpython here'] };
  const found = MAJORS.map((major) => ({ title: `Node ${major}`, major, node: otherNodeFor(python, major) }));
  return {
    nodes: found.flatMap(({ node, ...one }) => (node === undefined ? [] : [{ ...one, node }])),
    skipped: found.flatMap(({ node, title, major }) =>
      node === undefined ? [`${title}: ${fetchedNodes.get(major)?.skipped ?? 'it was not fetched'}`] : [],
    ),
  };
}
