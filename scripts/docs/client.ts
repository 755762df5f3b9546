/** The atlas in the browser: the target is chosen, or two, and the address says which. */
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { targets } from '../../src/layouts/targets.ts';
import { versions } from '../../src/layouts/versions.ts';
import { dataModels } from '../../src/target.ts';
import { type Choice, firstChoice, overviewHtml, structHtml } from './atlas.ts';

/** What stands between a version and a data model, and what it is called. */
const builds = {
  '': 'default',
  t: 'free-threaded',
  '-debug': 'debug',
  't-debug': 'free-threaded, debug',
  '-tracerefs': 'trace-refs',
  '-debug-tracerefs': 'debug, trace-refs',
};

const partsOf = (tag: string): readonly [string, string, string] => {
  const [, version = '', build = '', model = ''] = /^(3\.\d+)(.*)-(\w+)$/.exec(tag) ?? [];
  return [version, build, model];
};

/** Three selectors that make a tag. */
class Picker {
  readonly element = document.createElement('fieldset');
  readonly #selects: readonly HTMLSelectElement[];

  constructor(title: string, name: string, changed: () => void) {
    const legend = document.createElement('legend');
    legend.textContent = title;
    const lists = { version: named(versions), build: Object.entries(builds), model: named(Object.keys(dataModels)) };
    this.#selects = Object.entries(lists).map(([part, options]) => {
      const select = document.createElement('select');
      select.name = `${name}-${part}`;
      select.setAttribute('aria-label', `${title}: ${part}`);
      select.append(...options.map(([value, text]) => new Option(text, value)));
      select.addEventListener('change', () => {
        this.#settle();
        changed();
      });
      return select;
    });
    this.element.append(legend, ...this.#selects);
  }

  get tag(): string {
    const [version, build, model] = this.#selects.map(({ value }) => value);
    return `${version}${build}-${model}`;
  }

  set tag(tag: string) {
    const parts = partsOf(tag);
    for (const [i, select] of this.#selects.entries()) select.value = parts[i] ?? '';
    this.#settle();
  }

  /** Builds that the release does not have cannot be chosen; one that was is the default build then. */
  #settle(): void {
    const [version, build, model] = this.#selects;
    for (const option of build?.options ?? []) {
      option.disabled = !targets.includes(`${version?.value}${option.value}-${model?.value}`);
    }
    if (build?.selectedOptions[0]?.disabled) build.value = '';
  }
}

const named = (values: readonly string[]): [string, string][] => values.map((value) => [value, value]);

/** As the address has it: `#3.13-lp64` or `#3.13-lp64...3.14-lp64`; undefined where it names a place of the page. */
function chosen(): Choice | undefined {
  const [tag = '', other] = location.hash.slice(1).split('...');
  return targets.includes(tag) ? { tag, other: other && targets.includes(other) ? other : undefined } : undefined;
}

function start(atlas: HTMLElement, content: HTMLElement): void {
  const { struct } = atlas.dataset;
  const status = document.createElement('output');
  const show = (choice: Choice): void => {
    status.value = choice.other === undefined ? choice.tag : `${choice.tag}, ${choice.other}`;
    content.innerHTML = struct
      ? structHtml(struct, choice)
      : overviewHtml(choice, (name) => `Layout_atlas.${name}.html`);
  };
  const changed = (): void => {
    const choice = { tag: one.tag, other: compare.checked ? two.tag : undefined };
    two.element.hidden = !compare.checked;
    history.replaceState(null, '', `#${choice.tag}${choice.other === undefined ? '' : `...${choice.other}`}`);
    show(choice);
  };
  const one = new Picker('Target', 'target', changed);
  const two = new Picker('Compared with', 'other', changed);
  const compare = document.createElement('input');
  compare.type = 'checkbox';
  compare.name = 'compare';
  compare.addEventListener('change', changed);
  const label = document.createElement('label');
  label.append(compare, ' compare with another');
  const form = document.createElement('form');
  form.className = 'atlas-controls';
  form.append(one.element, label, two.element, status);
  atlas.prepend(form);

  const follow = (choice: Choice | undefined): void => {
    if (!choice) return;
    one.tag = choice.tag;
    two.tag = choice.other ?? otherThan(choice.tag);
    compare.checked = choice.other !== undefined;
    two.element.hidden = !compare.checked;
    show(choice);
  };
  addEventListener('hashchange', () => follow(chosen()));
  follow(chosen() ?? firstChoice);
}

/** The release before, in the same build where it has that: what one most likely compares with. */
function otherThan(tag: string): string {
  const [version, build, model] = partsOf(tag);
  const before = versions[versions.indexOf(layoutsFor(tag).PyObject.target.version) - 1] ?? version;
  return [`${before}${build}-${model}`, `${before}-${model}`].find((other) => targets.includes(other)) ?? tag;
}

for (const atlas of document.querySelectorAll<HTMLElement>('.atlas')) {
  const content = atlas.querySelector<HTMLElement>('.atlas-content');
  if (content) start(atlas, content);
}
