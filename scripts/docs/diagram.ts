/** Which struct leads to which: the class diagram, over all releases and builds. */
import { instance } from '@viz-js/viz';
import type { Layout } from '../../src/layouts/layout.ts';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { parseTarget, targets } from '../../src/layouts/targets.ts';
import { versions } from '../../src/layouts/versions.ts';
import type { CType } from '../../src/layouts/vocabulary.ts';

/** A field of a struct that holds another one or points to it. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'holds' | 'points';
  readonly field: string;
  /** Empty if it is there in every release. */
  readonly when: string;
}

/** What C's headers call these structs besides. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  PyArray_Descr: ['PyArray_DescrProto', '_PyArray_DescrNumPy2'],
};

export const structs: readonly string[] = Object.keys(layoutsFor('3.14-lp64'));

export const edges: readonly Edge[] = everyEdge();

function everyEdge(): Edge[] {
  const found = new Map<string, { edge: Omit<Edge, 'when'>; versions: Set<string> }>();
  for (const tag of targets.filter((tag) => tag.endsWith('-lp64'))) {
    const { version } = parseTarget(tag);
    for (const layout of Object.values(layoutsFor(tag)) as readonly Layout[]) {
      for (const edge of edgesOf(layout, layout.name)) {
        const key = Object.values(edge).join(' ');
        const known = found.get(key) ?? { edge, versions: new Set() };
        found.set(key, known);
        known.versions.add(version);
      }
    }
  }
  return [...found.values()].map(({ edge, versions: some }) => ({ ...edge, when: rangeOf(some) }));
}

function rangeOf(some: ReadonlySet<string>): string {
  const there = versions.filter((version) => some.has(version));
  const [first, last] = [there[0], there.at(-1)];
  const since = first === versions[0] ? '' : `since ${first}`;
  const until = last === versions.at(-1) ? '' : `until ${last}`;
  return [since, until].filter(Boolean).join(', ');
}

/** Of anonymous structs and unions the members count as the holder's. */
function* edgesOf(layout: Layout, from: string, prefix = ''): Generator<Omit<Edge, 'when'>> {
  for (const { name, type, layout: nested } of layout.fields) {
    const field = prefix + name;
    if (nested && structs.includes(nested.name)) yield { from, to: nested.name, kind: 'holds', field };
    else if (nested && type.kind !== 'array') yield* edgesOf(nested, from, `${field}.`);
    else for (const to of pointedAt(type)) yield { from, to, kind: 'points', field };
  }
}

function pointedAt(type: CType): readonly string[] {
  if (type.kind === 'array') return pointedAt(type.of);
  if (type.kind !== 'scalar' || type.pointee?.kind !== 'data') return [];
  const name = type.pointee.c.replace(/^struct |[ *]+$/g, '');
  return (aliases[name] ?? [name]).filter((to) => structs.includes(to));
}

const words = { holds: '*--', points: '-->' } as const;

/** The diagram in Mermaid's notation. */
export function mermaid(shown: readonly Edge[]): string {
  const lines = shown.map(
    ({ from, to, kind, field, when }) => `  ${from} ${words[kind]} ${to} : ${field}${when && ` (${when})`}`,
  );
  return ['classDiagram', ...lines].join('\n');
}

const viz = await instance();

/**
 * The diagram as SVG; its colours are the style sheet's.
 *
 * @param focus the struct that it is of; without one it is of all, and the fields are not named
 */
export function diagram(shown: readonly Edge[], hrefOf: (struct: string) => string, focus?: string): string {
  const names = new Set(shown.flatMap(({ from, to }) => [from, to]));
  if (focus) names.add(focus);
  const nodes = [...names].map((name) => ({
    name,
    attributes: { URL: hrefOf(name), class: name === focus ? 'focus' : '', tooltip: name },
  }));
  // One line between two structs for all the fields that lead from one to the other.
  const lines = groupBy(shown, ({ from, to, kind }) => `${from} ${to} ${kind}`);
  const graph = {
    graphAttributes: {
      rankdir: 'LR',
      nodesep: 0.15,
      ranksep: focus === undefined ? 0.4 : 0.9,
      bgcolor: 'transparent',
      pad: 0.1,
    },
    nodeAttributes: { shape: 'box', fontname: 'Courier', fontsize: 12, height: 0.3, margin: '0.12,0.05' },
    edgeAttributes: { fontname: 'Courier', fontsize: 10, arrowsize: 0.7 },
    nodes,
    edges: [...lines.values()].map((fields) => {
      const [{ from, to, kind }] = fields as [Edge];
      const label =
        focus === undefined ? '' : fields.map(({ field, when }) => field + (when && ` (${when})`)).join('\n');
      const style = kind === 'holds' ? { dir: 'both', arrowtail: 'diamond', arrowhead: 'none' } : { arrowhead: 'vee' };
      return { tail: from, head: to, attributes: { ...style, label, class: kind } };
    }),
  };
  const svg = viz.renderString(graph, { format: 'svg' });
  return svg
    .slice(svg.indexOf('<svg'))
    .replace(/\n\s*/g, ' ')
    .replace(/<!--.*?-->/g, '')
    .replaceAll('xlink:href', 'href');
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
