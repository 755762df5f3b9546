#!/usr/bin/env node
/** The command `memview`. Exit status 0: done; 1: it could not be done, and stderr says why. */
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { encodeJsonChunks } from '../json/encode.ts';
import { parseTarget } from '../layouts/targets.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { type Elsewhere, openElsewhere } from './elsewhere.ts';
import { type FindOptions, find } from './find.ts';
import { differencesJson, differencesTable, layoutsJson, layoutsOf, layoutTable } from './layout.ts';
import { openPlace, openSource, type SourceOptions } from './open.ts';
import { show } from './show.ts';
import { heading } from './style.ts';
import { printable } from './value.ts';

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const tell = (text: string): void =>
  void process.stderr.write(`memview: ${text.split('\n').map(printable).join('\n')}\n`);

const program = new Command('memview')
  .description("Python's buffers: the live structs, the elements, their JSON")
  .version(packageJson.version)
  .configureHelp({ styleTitle: heading })
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'memview: ')) });

/** What stands at the end of a help page. */
function examples(...commands: readonly string[]): string {
  return `\n${heading('Examples:')}\n${commands.map((command) => `  $ memview ${command}`).join('\n')}`;
}

program.addHelpText(
  'after',
  `${examples(
    'doctor',
    `json 'memoryview(b"abc")'`,
    `show --setup 'import numpy as np' 'np.eye(3)'`,
    'find --pid 4711',
    'layout 3.14-lp64 PyMemoryViewObject',
  )}

${heading('Exit status:')}
  0  it was done
  1  it could not be done, or only in part, and stderr says why

NO_COLOR=1 leaves out colours; where stdout is no terminal there are none.`,
);

/** A count that is given on the command line. */
function whole(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number, 0 or more.');
}

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

const pid = (): Option =>
  new Option('--pid <pid>', 'a running process; it is read and not stopped').argParser((text) => {
    if (/^[1-9]\d*$/.test(text)) return Number(text);
    throw new InvalidArgumentError('expected the number of a process.');
  });
const target = (): Option =>
  new Option('--target <tag>', 'whose objects they are, where that is not found, e.g. 3.12-lp64').argParser(
    parseTarget,
  );
const core = (): Option => new Option('--core <file>', 'the core file of a process that is no more').conflicts('pid');

/** Adds to a verb the options that name another memory, where an address or a global is looked at. */
function elsewhere(verb: Command): Command {
  const others = ['python', 'pyodide', 'setup'];
  return verb
    .addOption(pid().conflicts(others))
    .addOption(core().conflicts(others))
    .addOption(target().conflicts(others))
    .addHelpText(
      'after',
      `
With --pid or --core it is no expression, but an address, as find prints it, or the name of a global.
${examples(
  `${verb.name()} 'memoryview(b"abc")'`,
  `${verb.name()} --python 3.13 --setup 'import numpy as np' 'np.arange(6).reshape(2, 3)[:, ::-1]'`,
  `${verb.name()} --pid 4711 __main__.frame`,
  `${verb.name()} --core core.4711 0x7f3e3f9142d0`,
)}`,
    );
}

program
  .command('doctor')
  .description('the interpreters found, their libpython and target, and whether the layouts are verified')
  .addHelpText('after', `${examples('doctor')}\n\nExit status 1 if none can be used.`)
  .action(async () => {
    if (!(await doctor(fileURLToPath(import.meta.url), print))) process.exitCode = 1;
  });

elsewhere(verb('show', 'the live struct of an object, field by field, and its view'))
  .argument('<expression>', 'Python, e.g. memoryview(b"abc")')
  .action(async (expression: string, options: SourceOptions & Elsewhere) => {
    const source = await openPlace(options, tell);
    print(show(source.memory, source.inspect(expression)));
  });

elsewhere(verb('json', 'the elements of a buffer as JSON'))
  .argument('<expression>', 'Python, e.g. numpy.arange(6)')
  .option('--indent', 'every element on a line of its own')
  .action(async (expression: string, options: SourceOptions & Elsewhere & { readonly indent?: true }) => {
    const source = await openPlace(options, tell);
    using view = source.view(expression);
    const chunks = encodeJsonChunks(view, { indent: options.indent ? 2 : 0, newline: true });
    await pipeline(Readable.from(chunks), process.stdout, { end: false });
  });

verb('demo', 'a strided buffer of doubles, from the live struct to JSON that Python itself confirms')
  .addHelpText('after', examples('demo', 'demo --python .venv', 'demo --pyodide'))
  .action(async (options: SourceOptions) => {
    if (!demo(await openSource(options, tell), print)) process.exitCode = 1;
  });

program
  .command('find')
  .description('the buffers of a running process or of a core file, the biggest first')
  .addOption(pid())
  .addOption(core())
  .addOption(target())
  .option('--limit <count>', 'how many are shown; 0 for all', whole, 20)
  .option('--min-bytes <bytes>', 'leave out those of fewer bytes', whole, 0)
  .option('--type <name...>', 'only objects of these types, e.g. numpy.ndarray')
  .option('--json', 'for programs: one object, whose "buffers" are as findBuffers gives them')
  .addHelpText(
    'after',
    `${examples(
      'find --pid 4711 --type numpy.ndarray --min-bytes 1000000',
      "find --core core.4711 --json --limit 0 | jq '.buffers[0]'",
    )}

Exit status 1 if the process ended meanwhile: what was found until then is printed.`,
  )
  .action((options: FindOptions & Elsewhere) => {
    const place = openElsewhere(options);
    if (!place) throw new TypeError('expected a process or a core file: --pid PID or --core FILE');
    const fault = find(place, options, print);
    if (fault) throw fault;
  });

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
  .addHelpText(
    'after',
    examples(
      'layout 3.14-lp64 PyMemoryViewObject',
      'layout 3.13-lp64 --diff 3.14t-lp64',
      "layout 3.14-wasm32 --json | jq '.structs.Py_buffer.fields'",
    ),
  )
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
