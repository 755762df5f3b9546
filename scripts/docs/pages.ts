/** The pages of the atlas, as documents for typedoc: HTML in Markdown, made from the layouts. */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { firstChoice, overviewHtml, structHtml } from './atlas.ts';
import { diagram, edges, mermaid, structs } from './diagram.ts';
import { element, escapeHtml } from './html.ts';

/** typedoc makes of it the address of the page. */
const pageOf = (struct: string): string => `${struct}.md`;

/** What nearly every struct points to. */
const everywhere: readonly string[] = ['PyObject', 'PyTypeObject'];

/** Writes them into a folder: `index.md` and one for each struct. */
export function writeAtlas(folder: string): void {
  const children = structs.map((name) => `  - ./${name}.md`);
  const index = [
    '---',
    'title: Layout atlas',
    'children:',
    ...children,
    '---',
    '',
    '# Layout atlas',
    '',
    'Every struct that memview knows, under every target, drawn from the same declarations that read memory. Each offset',
    'is computed, and checked against C compilers and live interpreters: see',
    `[how layouts are proven](${relative(folder, 'docs/layouts.md')}).`,
    '',
    element('div', { class: 'atlas' }, element('div', { class: 'atlas-content' }, overviewHtml(firstChoice, pageOf))),
    '',
    '## Who leads to whom',
    '',
    'A diamond: the struct holds the other one; an arrow: it points to it. Pointers to `PyObject` and `PyTypeObject`,',
    'which nearly every struct has, are left to the pages of the structs.',
    '',
    ...drawn(edges.filter(({ kind, to }) => kind === 'holds' || !everywhere.includes(to))),
  ];
  writeFileSync(join(folder, 'index.md'), `${index.join('\n')}\n`);
  for (const name of structs) writeFileSync(join(folder, `${name}.md`), structPage(name));
}

function structPage(name: string): string {
  const near = edges.filter(({ from, to }) => from === name || to === name);
  const shown = everywhere.includes(name) ? near.filter(({ from, kind }) => from === name || kind === 'holds') : near;
  const page = [
    '---',
    `title: ${name}`,
    '---',
    '',
    `# ${name}`,
    '',
    element(
      'div',
      { class: 'atlas', 'data-struct': name },
      element('div', { class: 'atlas-content' }, structHtml(name, firstChoice)),
    ),
    '',
    '## Who leads to whom',
    '',
    ...drawn(shown, name),
  ];
  return `${page.join('\n')}\n`;
}

function drawn(shown: Parameters<typeof diagram>[0], focus?: string): string[] {
  return [
    element(
      'div',
      { class: focus === undefined ? 'diagram all scrolling' : 'diagram scrolling' },
      diagram(shown, pageOf, focus),
    ),
    '',
    element('details', {}, element('summary', {}, 'As Mermaid'), element('pre', {}, escapeHtml(mermaid(shown)))),
    '',
  ];
}
