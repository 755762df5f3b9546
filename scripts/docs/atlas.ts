/** What a page of the atlas shows of the targets chosen: made by the build, and again by the page as one chooses. */
import { differenceOf, differences, placesOf } from '../../src/layouts/difference.ts';
import type { Layout } from '../../src/layouts/layout.ts';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { targets } from '../../src/layouts/targets.ts';
import { versions } from '../../src/layouts/versions.ts';
import { element, escapeHtml } from './html.ts';
import { hatch, kinds, ruler } from './ruler.ts';
import { differenceTable, fieldTable, movedTable, sizeTable } from './table.ts';

/** The tag of a target and, to compare it with, of another. */
export interface Choice {
  readonly tag: string;
  readonly other: string | undefined;
}

export const firstChoice: Choice = { tag: '3.14-lp64', other: undefined };

const layoutsOf = (tag: string): Readonly<Record<string, Layout>> => ({ ...layoutsFor(tag) });

function layoutOf(name: string, tag: string): Layout {
  const layout = layoutsOf(tag)[name];
  if (!layout) throw new RangeError(`${tag} has no struct ${name}`);
  return layout;
}

const legend = element(
  'p',
  { class: 'legend' },
  ...Object.entries(kinds).map(([kind, text]) =>
    element('span', {}, element('i', { class: `kind kind-${kind}` }), ` ${text} `),
  ),
);

/** One struct: picture and table, or both pictures and what moved. */
export function structHtml(name: string, { tag, other }: Choice): string {
  const layout = layoutOf(name, tag);
  if (other === undefined) {
    return `${hatch}${sentence(layout, tag)}${ruler(layout)}${legend}${scrolling(fieldTable(layout))}`;
  }
  const second = layoutOf(name, other);
  const difference = differenceOf(placesOf(layout), placesOf(second));
  const marked = new Set(Object.keys(difference?.fields ?? {}));
  const pair = [
    [layout, tag],
    [second, other],
  ] as const;
  return [
    hatch,
    element(
      'p',
      { class: 'verdict' },
      difference ? verdict(layout, second, marked.size) : `${name} is the same in both.`,
    ),
    element(
      'div',
      { class: 'pair' },
      ...pair.map(([one, its]) => element('div', {}, sentence(one, its), ruler(one, marked))),
    ),
    legend,
    scrolling(differenceTable(layout, second, difference, [tag, other])),
  ].join('');
}

function verdict(from: Layout, to: Layout, moved: number): string {
  const fields = `${moved} ${moved === 1 ? 'field differs' : 'fields differ'}`;
  return from.size === to.size
    ? `${fields}; the size is ${from.size} bytes in both.`
    : `${fields}; ${from.size} bytes became ${to.size}.`;
}

function sentence({ size, align, source }: Layout, tag: string): string {
  const text = `<strong>${escapeHtml(tag)}</strong>: ${size} bytes, aligned to ${align}. ${escapeHtml(source)}`;
  return element('p', { class: 'sentence' }, text);
}

/** The address of a struct's page, from the overview. */
export type HrefOf = (struct: string) => string;

/** All structs: their sizes over the releases, or what moved between two targets. */
export function overviewHtml({ tag, other }: Choice, hrefOf: HrefOf): string {
  return other === undefined ? sizesHtml(tag, hrefOf) : movedHtml(tag, other, hrefOf);
}

/** Of the build and data model of a tag, the size of each struct in each release that has that build. */
function sizesHtml(tag: string, hrefOf: HrefOf): string {
  const rest = tag.replace(/^3\.\d+/, '');
  const there = versions.filter((version) => targets.includes(version + rest));
  const columns = there.map((version) => layoutsOf(version + rest));
  const rows = Object.keys(layoutsOf(tag)).map(
    (name) => [link(name, hrefOf(name)), columns.map((layouts) => layouts[name]?.size)] as const,
  );
  const build = escapeHtml(rest.replace(/^-/, ''));
  const text = `Bytes of each struct in each release of <strong>${build}</strong>; marked where they changed.`;
  return `${element('p', {}, text)}${scrolling(sizeTable(there, rows))}`;
}

function movedHtml(tag: string, other: string, hrefOf: HrefOf): string {
  const [from, to] = [Object.values(layoutsOf(tag)), Object.values(layoutsOf(other))];
  // A nested struct that has a table of its own is one field of this.
  const whole = new Set(from.map(({ name }) => name));
  const moved = differences(from, to, whole).map(([name, difference]) =>
    movedTable(link(name, `${hrefOf(name)}#${tag}...${other}`), difference, [tag, other]),
  );
  const count = `${moved.length} of ${whole.size} structs differ between ${escapeHtml(tag)} and ${escapeHtml(other)}: offset and size of each field that moved.`;
  return [element('p', { class: 'verdict' }, count), ...moved.map(scrolling)].join('');
}

function link(text: string, href: string): string {
  return element('a', { href }, escapeHtml(text));
}

function scrolling(table: string): string {
  return element('div', { class: 'scrolling' }, table);
}
