#!/usr/bin/env node
/** The command `memview`. Exit status 0: done; 1: it could not be done, and stderr says why. */
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { encodeJsonChunks } from '../json/encode.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { differencesJson, differencesTable, layoutsJson, layoutsOf, layoutTable } from './layout.ts';
import { openSource, type SourceOptions } from './open.ts';
import { show } from './show.ts';

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const tell = (text: string): void => void process.stderr.write(`memview: ${text}\n`);

const program = new Command('memview')
  .description("Python's buffers: the live structs, the elements, their JSON")
  .version(packageJson.version)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'memview: ')) });

/** Adds a verb that runs Python, with the options that say which. */
function verb(name: string, summary: string): Command {
  return program
    .command(name)
    .description(summary)
    .addOption(new Option('--python <python>', 'a version, an executable, a venv, or a command').conflicts('pyodide'))
    .option('--pyodide', 'run on Pyodide from npm; also the default where no libpython is found')
    .option('--setup <code>', 'Python statements to run first')
    .addHelpText('after', '\nAn expression that begins with a minus stands behind --');
}

program
  .command('doctor')
  .description('the interpreters found, their libpython and target, and whether the layouts are verified')
  .action(async () => {
    if (!(await doctor(fileURLToPath(import.meta.url), print))) process.exitCode = 1;
  });

verb('show', 'the live PyMemoryViewObject of an expression, field by field, and its view')
  .argument('<expression>', 'Python, e.g. memoryview(b"abc")')
  .action(async (expression: string, options: SourceOptions) => {
    const source = await openSource(options, tell);
    print(show(source.memory, source.inspect(expression)));
  });

verb('json', 'the elements of an expression as JSON')
  .argument('<expression>', 'Python, e.g. numpy.arange(6)')
  .option('--indent', 'every element on a line of its own')
  .action(async (expression: string, options: SourceOptions & { readonly indent?: true }) => {
    const source = await openSource(options, tell);
    using view = source.view(expression);
    const chunks = encodeJsonChunks(view, { indent: options.indent ? 2 : 0, newline: true });
    await pipeline(Readable.from(chunks), process.stdout, { end: false });
  });

verb('demo', 'a strided buffer of doubles, from the live struct to JSON that Python itself confirms').action(
  async (options: SourceOptions) => {
    if (!demo(await openSource(options, tell), print)) process.exitCode = 1;
  },
);

interface LayoutOptions {
  readonly json?: true;
  readonly diff?: string;
}

program
  .command('layout')
  .description("CPython's structs under a target: every field's offset and size in bytes")
  .argument('<tag>', 'a target, <version>[t][-debug][-tracerefs]-<model>, e.g. 3.13-lp64')
  .argument('[struct]', 'one struct, e.g. PyMemoryViewObject; all of them by default')
  .option('--json', 'for programs: nested fields dotted, [offset, size] or, of bit fields, [offset, size, shift, bits]')
  .option('--diff <tag>', 'what moved between the two targets')
  .action((tag: string, name: string | undefined, { json, diff }: LayoutOptions) => {
    const layouts = layoutsOf(tag, name);
    if (diff !== undefined) {
      print((json ? differencesJson : differencesTable)(layouts, layoutsOf(diff, name)));
    } else if (json) print(layoutsJson(layouts));
    else print(layouts.map(layoutTable).join('\n\n'));
  });

/** What went wrong, as a sentence. A reader that has seen enough, such as `head`, is no error. */
function fail(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return;
  if (process.exitCode !== 1) tell(sentence(error));
  process.exitCode = 1;
}

process.stdout.on('error', fail);

try {
  await program.parseAsync();
} catch (error) {
  // commander throws for `--help` and for wrong usage alike, having printed what there is to say.
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else fail(error);
}

/** An error as one sentence: a Python exception as Python names it, any other by its message. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const type = 'type' in error ? `${error.type}: ` : '';
  return `${type}${error.message}`.replace(/: $/, '');
}
