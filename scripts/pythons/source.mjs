// CPython built from Debian's source packages: the builds that no package holds.
import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { downloadSource } from './apt.mjs';
import { checkPython } from './check.mjs';
import { run } from './run.mjs';

const OPTIONS = [
  '--enable-shared',
  '--without-static-libpython',
  '--without-ensurepip',
  // Debug symbols and optimisation take most of the time and size of a build; no test asks for either.
  'CFLAGS=-g0 -O1',
];

/** What a build takes, in seconds: to configure and install, and to compile on one core, half of which another has. */
const CONFIGURE = 60;
const COMPILE = 480;

/** @param {{ version: string, suite: string, freeThreaded?: true, debug?: true, traceRefs?: true }} build */
export function sourceItem({ version, suite, ...is }) {
  const { freeThreaded, debug, traceRefs } = is;
  const name = `${version}${freeThreaded ? 't' : ''}${debug ? '-debug' : ''}${traceRefs ? '-tracerefs' : ''}`;
  const executable = `python${version}${freeThreaded ? 't' : ''}${debug ? 'd' : ''}`;
  const options = [
    ...OPTIONS,
    ...(freeThreaded ? ['--disable-gil'] : []),
    ...(debug ? ['--with-pydebug'] : []),
    ...(traceRefs ? ['--with-trace-refs'] : []),
  ];
  // A build with trace references is named like one without, which it must not hide on a PATH.
  const link = `${traceRefs ? 'bin-tracerefs' : 'bin'}/${executable}`;
  return {
    name,
    interpreters: [name],
    recipe: { suite, options },
    seconds: CONFIGURE + COMPILE / availableParallelism(),
    needs: ['apt-get', 'tar', 'xz', 'make', 'cc'],
    async make({ folder, home, ...context }) {
      const archive = await downloadSource(join(folder, 'source'), suite, `python${version}`, context);
      const source = join(folder, 'build');
      mkdirSync(source);
      // Upstream's own archive: Debian's changes are about where Debian installs.
      await run('tar', ['-xf', archive, '-C', source, '--strip-components=1'], context);
      const here = { ...context, cwd: source };
      // Found without LD_LIBRARY_PATH, libpython serves whoever starts the executable.
      const rpath = `LDFLAGS=-Wl,-rpath,${join(home, 'lib')}`;
      await run('./configure', ['-q', `--prefix=${home}`, ...options, rpath], here);
      await run('make', ['-s', `-j${availableParallelism()}`], here);
      const staged = join(folder, 'staged');
      // Without the folders of tests, and without compiling each module thrice ahead of its use.
      await run('make', ['-s', 'install', 'TESTSUBDIRS=', 'COMPILEALL_OPTS=-h', `DESTDIR=${staged}`], here);
      const made = join(staged, home);
      rmSync(join(made, 'share'), { recursive: true, force: true });
      return made;
    },
    async check({ home, ...context }) {
      const wanted = { version, prefix: home, ...is };
      const found = await checkPython(join(home, 'bin', executable), wanted, context);
      return [{ entry: { name, python: `${name}/bin/${executable}` }, link, is: found }];
    },
  };
}
