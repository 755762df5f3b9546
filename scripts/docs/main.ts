/**
 * Builds the site of the documentation into docs/site/, or the folder that is named: the pages of docs/, the atlas, and
 * the API by typedoc. A warning is an error.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import {
  Application,
  Comment,
  CommentTag,
  Converter,
  type DocumentReflection,
  type ProjectReflection,
  type Reflection,
  ReflectionKind,
  TSConfigReader,
  TypeDocReader,
} from 'typedoc';
import { chartMark, chartsOf } from './chart.ts';
import { structs } from './diagram.ts';
import { writeAtlas } from './pages.ts';

/** Before the atlas in the order of the pages. */
const PROOF = 'tests/golden/README.md';

const root = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(root);
// typedoc takes documents from one folder and below.
const scratch = mkdtempSync('docs/.site-');

try {
  writeAtlas(scratch);
  const customJs = join(scratch, 'custom.js');
  await build({
    entryPoints: ['scripts/docs/client.ts'],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    outfile: customJs,
  });
  const { projectDocuments } = JSON.parse(readFileSync('typedoc.json', 'utf8')) as { projectDocuments: string[] };
  projectDocuments.splice(projectDocuments.indexOf(PROOF) + 1, 0, join(scratch, 'index.md'));
  const own = { projectDocuments, customJs, customCss: 'scripts/docs/site.css', favicon: 'scripts/docs/favicon.svg' };
  const app = await Application.bootstrapWithPlugins(own, [new TypeDocReader(), new TSConfigReader()]);
  const [out] = process.argv.slice(2);
  if (out) app.options.setValue('out', out);
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document: DocumentReflection) => {
    const text = document.content.map((part) => part.text).join('');
    const [, title] = /^# (.*)$/m.exec(text) ?? [];
    if (title) document.name = title.replaceAll('`', '');
    // A table may be in several parts: what is code in it is one of its own.
    const charts = chartsOf(text);
    for (const part of document.content) part.text = part.text.replace(chartMark, () => charts.shift() ?? '');
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => linkToAtlas(project));
  const project = await app.convert();
  if (!project) throw new Error('typedoc made nothing of the sources, and says why above');
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Gives what the API says of a layout a link to the layout's page in the atlas. */
function linkToAtlas(project: ProjectReflection): void {
  const pages = new Map(project.getReflectionsByKind(ReflectionKind.Document).map((page) => [page.name, page]));
  const see = (reflection: Reflection, page: string, text: string): void => {
    const target = pages.get(page);
    if (!target) throw new RangeError(`the atlas has no page ${page}`);
    reflection.comment ??= new Comment();
    reflection.comment.blockTags.push(new CommentTag('@see', [{ kind: 'inline-tag', tag: '@link', text, target }]));
  };
  for (const reflection of project.getReflectionsByKind(ReflectionKind.Variable | ReflectionKind.Property)) {
    const { name } = reflection;
    if (structs.includes(name)) see(reflection, name, `${name} in the layout atlas`);
  }
  for (const reflection of project.getReflectionsByKind(ReflectionKind.TypeAlias | ReflectionKind.Class)) {
    if (['Layout', 'Layouts'].includes(reflection.name)) see(reflection, 'Layout atlas', 'The layout atlas');
  }
}
