// Writes tables/*.json: the layouts of CPython's structs, measured from C headers with C compilers.
//
//   node tests/golden/make.mjs <scratch folder>    fetches what it needs into the folder, measures, writes the tables
//   node tests/golden/make.mjs --check             measures what this host can, and compares it with the tables
//
// README.md says what is measured from what.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { check } from './check.mjs';
import { findInterpreters } from './interpreters.mjs';
import { call, here, measure, measureScalars, readObject } from './measure.mjs';
import { buildOptions, byteOrders, models, targets, versions } from './targets.mjs';
import { writeTable } from './write.mjs';

/** The Debian suite that each release's packages are in. No suite has the others: their headers are the host's. */
const suites = { 3.9: 'bullseye', 3.11: 'bookworm', 3.13: 'trixie', 3.14: 'forky', 3.15: 'forky' };

/** The release whose PC/pyconfig.h is used on Windows; sources of the other releases are not in the suites. */
const windowsConfigs = {
  3.8: '3.9',
  3.9: '3.9',
  '3.10': '3.11',
  3.11: '3.11',
  3.12: '3.13',
  3.13: '3.13',
  3.14: '3.13',
  3.15: '3.13',
};

/** Debian's architectures, with the triplets that name their folders. */
const architectures = {
  lp64: { debian: 'amd64', triplet: 'x86_64-linux-gnu' },
  lp64be: { debian: 's390x', triplet: 's390x-linux-gnu' },
  ilp32: { debian: 'i386', triplet: 'i386-linux-gnu' },
  armhf: { debian: 'armhf', triplet: 'arm-linux-gnueabihf' },
};

const toolPackages = [
  ...['s390x-linux-gnu', 'arm-linux-gnueabihf', 'i686-linux-gnu'].flatMap((triplet) => [
    `gcc-12-${triplet}`,
    `cpp-12-${triplet}`,
    `binutils-${triplet}`,
  ]),
  ...['s390x', 'armhf', 'i386'].flatMap((name) => [
    `libc6-dev-${name}-cross`,
    `linux-libc-dev-${name}-cross`,
    `libgcc-12-dev-${name}-cross`,
  ]),
  ...['x86-64', 'i686'].flatMap((name) => [
    `gcc-mingw-w64-${name}-win32`,
    `gcc-mingw-w64-${name}-win32-runtime`,
    `mingw-w64-${name}-dev`,
    `binutils-mingw-w64-${name}`,
  ]),
  ...['mingw-w64-common', 'gcc-12', 'cpp-12', 'binutils-x86-64-linux-gnu', 'libgcc-12-dev', 'libc6-dev'],
  ...['linux-libc-dev', 'clang-14', 'libclang-common-14-dev', 'llvm-14', 'emscripten'],
  // The libraries that these programs load. libc itself is the host's, which may be newer.
  ...['libbinutils', 'libctf0', 'libctf-nobfd0', 'libisl23', 'libmpc3', 'libmpfr6', 'libgmp10', 'libzstd1', 'zlib1g'],
  ...['libjansson4', 'libclang-cpp14', 'libllvm14', 'libedit2', 'libbsd0', 'libmd0', 'libtinfo6', 'libxml2'],
  ...['libicu72', 'libz3-4', 'libffi8', 'liblzma5'],
];

function say(text) {
  process.stdout.write(`${text}\n`);
}

/** apt with a state, a cache and sources of its own, so that the host's are neither read nor changed. */
function privateApt(scratch) {
  const hostSources = ['/etc/apt/sources.list', ...listFiles('/etc/apt/sources.list.d')]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const uri = /^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+\/debian)\/?(?:\s|$)/m.exec(hostSources)?.[1];
  if (!uri) throw new Error('the apt sources of this host name no Debian archive');
  const apt = join(scratch, 'apt');
  for (const folder of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(apt, folder), { recursive: true });
  writeFileSync(join(apt, 'status'), '');
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const suiteNames = ['bullseye', 'bookworm', 'trixie', 'forky'];
  const lines = ['deb', 'deb-src'].flatMap((type) =>
    suiteNames.map((suite) => `${type} [signed-by=${keyring}] ${uri} ${suite} main\n`),
  );
  writeFileSync(join(apt, 'sources.list'), lines.join(''));
  const options = {
    Dir: '/',
    'Dir::State': join(apt, 'state'),
    'Dir::State::status': join(apt, 'status'),
    'Dir::Cache': join(apt, 'cache'),
    // Some hosts switch these off, and then every call would parse all lists again.
    'Dir::Cache::pkgcache': 'pkgcache.bin',
    'Dir::Cache::srcpkgcache': 'srcpkgcache.bin',
    'Dir::Etc::sourcelist': join(apt, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'APT::Architecture': 'amd64',
    'APT::Architectures': 'amd64,armhf,i386,s390x',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return (args, cwd) =>
    execFileSync('apt-get', [...flags, '-q', ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}

function listFiles(folder) {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** Fetches and unpacks all packages; returns the files of packages, by what they are for. */
function fetchAll(scratch) {
  const apt = privateApt(scratch);
  let updated = false;
  const packages = {};
  const fetch = (name, wanted, { source = false, only = [], optional = false } = {}) => {
    const folder = join(scratch, 'packages', name);
    const unpacked = join(scratch, 'unpacked', name);
    const done = join(folder, '.done');
    if (!existsSync(done)) {
      if (!updated) {
        say('apt-get update');
        apt(['update'], scratch);
        updated = true;
      }
      say(`fetching ${name}`);
      for (const path of [folder, unpacked]) {
        rmSync(path, { recursive: true, force: true });
        mkdirSync(path, { recursive: true });
      }
      try {
        apt(source ? ['source', '--download-only', '--tar-only', ...wanted] : ['download', ...wanted], folder);
      } catch (error) {
        if (!optional) throw error;
        say(`  not to be had: ${name}`);
      }
      for (const file of listFiles(folder).sort()) {
        if (file.endsWith('.deb') && only.length) {
          const archive = execFileSync('dpkg-deb', ['--fsys-tarfile', file], { maxBuffer: 1 << 30 });
          execFileSync('tar', ['-x', '-C', unpacked, '--wildcards', ...only], { input: archive });
        } else if (file.endsWith('.deb')) execFileSync('dpkg-deb', ['-x', file, unpacked]);
        else if (/\.orig\.tar\.\w+$/.test(file)) {
          execFileSync('tar', ['-xf', file, '-C', unpacked, '--strip-components=1', '--wildcards', ...only]);
        }
      }
      writeFileSync(done, '');
    }
    packages[name] = readdirSync(folder)
      .filter((file) => /\.deb$|\.orig\.tar\.\w+$/.test(file))
      .map((file) => decodeURIComponent(file))
      .sort();
    return unpacked;
  };

  const tools = fetch(
    'tools',
    toolPackages.map((name) => `${name}/bookworm`),
  );
  const unpacked = { tools, python: {}, debug: {}, source: {}, numpy: {}, numpy1: {} };
  for (const [version, suite] of Object.entries(suites)) {
    unpacked.python[version] = {};
    for (const [model, { debian }] of Object.entries(architectures)) {
      // s390x is no longer in the oldest suite.
      if (suite === 'bullseye' && debian === 's390x') continue;
      const wanted = [`libpython${version}-dev:${debian}/${suite}`];
      unpacked.python[version][model] = fetch(`python${version}-${debian}`, wanted, { only: ['./usr/include/*'] });
    }
    unpacked.debug[version] = fetch(`python${version}-dbg`, [`libpython${version}-dbg/${suite}`], {
      only: ['./usr/lib/python3*/config-*/libpython*d.a'],
    });
    unpacked.source[version] = fetch(`python${version}-source`, [`python${version}/${suite}`], {
      source: true,
      only: ['*/PC/pyconfig.h*', '*/Modules/arraymodule.c'],
      optional: true,
    });
  }
  for (const [model, { debian, triplet }] of Object.entries(architectures)) {
    const numpy = fetch(`numpy2-${debian}`, [`python3-numpy-dev:${debian}/forky`]);
    unpacked.numpy[model] = join(numpy, 'usr/lib', triplet, 'python3-numpy/numpy/_core/include');
    const numpy1 = fetch(`numpy1-${debian}`, [`python3-numpy:${debian}/bookworm`]);
    unpacked.numpy1[model] = join(numpy1, 'usr/lib/python3/dist-packages/numpy/core/include');
  }
  return { packages, unpacked };
}

/** The compilers of each data model: the first one's numbers are kept, and the others have to agree. */
function findCompilers(tools) {
  const usr = join(tools, 'usr');
  const env = { ...process.env, LD_LIBRARY_PATH: join(usr, 'lib/x86_64-linux-gnu'), LC_ALL: 'C' };
  const system = (...folders) => ['-nostdinc', ...folders.flatMap((folder) => ['-isystem', join(usr, folder)])];
  const clangHeaders = 'lib/llvm-14/lib/clang/14.0.6/include';
  // No warnings: every member is named, deprecated or not, and bit fields are overflowed on purpose.
  const clang = [join(usr, 'lib/llvm-14/bin/clang'), '-w'];
  const gcc = (program, prefix, ...folders) => ({
    name: program,
    command: [join(usr, 'bin', program), '-w', '-B', join(usr, 'bin', prefix), ...system(...folders)],
    env,
  });
  const clangFor = (target, ...folders) => ({
    name: `clang --target=${target}`,
    command: [...clang, `--target=${target}`, ...system(clangHeaders, ...folders)],
    env,
  });
  const linux = (program, cross, target) => {
    const headers = [`${cross}/include`];
    return [
      gcc(`${program}-gcc-12`, `${program}-`, `lib/gcc-cross/${cross}/12/include`, ...headers),
      clangFor(target, ...headers),
    ];
  };
  // clang knows the layout rules of Microsoft's compiler, but not its headers: preprocess with mingw's.
  const windows = (cpu) => {
    const headers = `${cpu}-w64-mingw32/include`;
    const program = `${cpu}-w64-mingw32-gcc-win32`;
    return [
      gcc(program, `${cpu}-w64-mingw32-`, `lib/gcc/${cpu}-w64-mingw32/12-win32/include`, headers),
      {
        name: `clang --target=${cpu}-pc-windows-msvc`,
        preprocess: clangFor(`${cpu}-w64-windows-gnu`, headers).command,
        command: [...clang, `--target=${cpu}-pc-windows-msvc`, '-fno-ms-extensions', '-fno-ms-compatibility'],
        env,
      },
    ];
  };
  const native = ['include/x86_64-linux-gnu', 'include'];
  const emscripten = 'share/emscripten/system';
  return {
    dwarfdump: [join(usr, 'lib/llvm-14/bin/llvm-dwarfdump')],
    ar: [join(usr, 'bin/x86_64-linux-gnu-ar')],
    env,
    models: {
      lp64: [
        gcc('x86_64-linux-gnu-gcc-12', 'x86_64-linux-gnu-', 'lib/gcc/x86_64-linux-gnu/12/include', ...native),
        clangFor('x86_64-linux-gnu', ...native),
      ],
      lp64be: linux('s390x-linux-gnu', 's390x-linux-gnu', 's390x-linux-gnu'),
      ilp32: linux('i686-linux-gnu', 'i686-linux-gnu', 'i686-linux-gnu'),
      armhf: linux('arm-linux-gnueabihf', 'arm-linux-gnueabihf', 'arm-linux-gnueabihf'),
      llp64: windows('x86_64'),
      win32: windows('i686'),
      wasm32: [
        clangFor(
          'wasm32-unknown-emscripten',
          `${emscripten}/include`,
          `${emscripten}/lib/libc/musl/arch/emscripten`,
          `${emscripten}/lib/libc/musl/arch/generic`,
          `${emscripten}/lib/libc/musl/include`,
        ),
      ],
    },
  };
}

/** x86-64's pyconfig.h with the target's sizes, alignments and byte order; all else, as HAVE_*, stays x86-64's. */
function patchConfig(text, scalars, model) {
  const patched = text.replace(/^#define (SIZEOF|ALIGNOF)_(\w+) \d+$/gm, (line, what, name) => {
    // Nothing in the headers asks for pthread's sizes, and scalars.h cannot name its types everywhere.
    if (/^PTHREAD_/.test(name)) return line;
    const scalar = scalars[name];
    if (!scalar) throw new Error(`scalars.h has no ${name}`);
    return `#define ${what}_${name} ${what === 'SIZEOF' ? scalar.size : scalar.align}`;
  });
  // Who builds for Emscripten is Pyodide, whose Makefile passes --enable-big-digits=30; that defines this.
  if (model === 'wasm32') return `${patched}\n#define PYLONG_BITS_IN_DIGIT 30\n`;
  if (byteOrders[model] === 'little') return patched;
  return `${patched.replace('DOUBLE_IS_LITTLE_ENDIAN_IEEE754', 'DOUBLE_IS_BIG_ENDIAN_IEEE754')}
#undef WORDS_BIGENDIAN
#define WORDS_BIGENDIAN 1
`;
}

const numpyScalars = {
  LONGDOUBLE: 'LONG_DOUBLE',
  PY_INTPTR_T: 'UINTPTR_T',
  INTP: 'UINTPTR_T',
  UINTP: 'UINTPTR_T',
  PY_LONG_LONG: 'LONG_LONG',
  LONGLONG: 'LONG_LONG',
};

function isWindows(model) {
  return model === 'llp64' || model === 'win32';
}

/** x86-64's _numpyconfig.h with the target's sizes. */
function patchNumpyConfig(text, scalars, model) {
  const kept = isWindows(model) ? text.replace(/^#define NPY_HAVE_ENDIAN_H .*$/m, '') : text;
  return kept.replace(/^#define NPY_SIZEOF_(COMPLEX_)?(\w+) \d+$/gm, (_, complex = '', name) => {
    const scalar = scalars[numpyScalars[name] ?? name];
    if (!scalar) throw new Error(`scalars.h has no ${name}`);
    return `#define NPY_SIZEOF_${complex}${name} ${complex ? 2 * scalar.size : scalar.size}`;
  });
}

/** Folders of headers for every release and model: CPython's and numpy's without their configuration, and that apart. */
async function prepareHeaders(scratch, unpacked, compilers) {
  const headers = join(scratch, 'headers');
  rmSync(headers, { recursive: true, force: true });
  const interpreters = await findInterpreters();
  const provenance = {};
  const lp64Configs = {};
  for (const version of versions) {
    const folder = join(headers, version);
    const lp64 = unpacked.python[version]?.lp64;
    let include;
    if (lp64) {
      include = join(lp64, 'usr/include', `python${version}`);
      lp64Configs[version] = join(lp64, 'usr/include', architectures.lp64.triplet, `python${version}`, 'pyconfig.h');
    } else {
      const host = interpreters.find((found) => found.version === version && found.model === 'lp64' && found.plain);
      if (!host) throw new Error(`CPython ${version}'s headers are in no suite: install an interpreter, as with pyenv`);
      include = host.include;
      lp64Configs[version] = join(host.platinclude, 'pyconfig.h');
      provenance[version] = `CPython ${host.release}, built on the host by pyenv`;
    }
    // Python.h finds a pyconfig.h beside itself before any other.
    cpSync(include, folder, { recursive: true, dereference: true, filter: (path) => basename(path) !== 'pyconfig.h' });
  }
  // Until 3.12, Python.h includes crypt.h, which is in a package of its own, for the declaration of one function.
  const stubs = join(headers, 'stubs');
  mkdirSync(stubs);
  writeFileSync(join(stubs, 'crypt.h'), '');
  const numpyHeaders = join(headers, 'numpy');
  cpSync(unpacked.numpy.lp64, numpyHeaders, { recursive: true, filter: (path) => basename(path) !== '_numpyconfig.h' });

  const configs = {};
  for (const model of models) {
    const [compiler] = compilers.models[model];
    const scalars = await measureScalars(compiler, join(scratch, 'measured', model));
    const ownNumpy = unpacked.numpy[model];
    const numpyText = readFileSync(join(ownNumpy ?? unpacked.numpy.lp64, 'numpy/_numpyconfig.h'), 'utf8');
    const numpy = join(headers, `config-numpy-${model}`);
    mkdirSync(numpy);
    writeFileSync(join(numpy, '_numpyconfig.h'), ownNumpy ? numpyText : patchNumpyConfig(numpyText, scalars, model));
    for (const version of versions) {
      const folder = join(headers, `config-${version}-${model}`);
      mkdirSync(folder);
      const write = (text) => writeFileSync(join(folder, 'pyconfig.h'), text);
      const patched = () => patchConfig(readFileSync(lp64Configs[version], 'utf8'), scalars, model);
      const own = unpacked.python[version]?.[model];
      const config = {
        folder,
        numpy,
        options: ['-idirafter', stubs],
        how: 'native',
        pyconfig: 'its own',
        numpyHow: 'native',
      };
      configs[`${version}-${model}`] = config;
      if (!ownNumpy) config.numpyHow = 'patched';
      if (isWindows(model)) {
        const from = windowsConfigs[version];
        const source = join(unpacked.source[from], 'PC');
        const file = listFiles(source).find((name) => /pyconfig\.h(\.in)?$/.test(name));
        if (!file) throw new Error(`CPython ${from}'s source package has no PC/pyconfig.h`);
        write(readFileSync(file, 'utf8'));
        if (from !== version) {
          config.how = 'patched';
          config.pyconfig = `${from}'s PC/${basename(file)}`;
        }
        // Until 3.12, only Microsoft's compiler is told that it compiles for 64 bits.
        if (model === 'llp64') config.options.push('-DMS_WIN64=');
      } else if (own) {
        const { triplet } = architectures[model];
        write(readFileSync(join(own, 'usr/include', triplet, `python${version}`, 'pyconfig.h'), 'utf8'));
        // What the patch would have made has to lead to the same layouts as the architecture's own file.
        config.alternative = join(headers, `alternative-${version}-${model}`);
        mkdirSync(config.alternative);
        writeFileSync(join(config.alternative, 'pyconfig.h'), patched());
      } else {
        write(patched());
        if (model !== 'lp64') {
          config.how = 'patched';
          const pyodides = model === 'wasm32' ? ", and Pyodide's size of a digit" : '';
          config.pyconfig = `x86-64's with the sizes, the alignments and the byte order of this model${pyodides}`;
        }
      }
    }
  }
  return { headers, numpyHeaders, configs, provenance };
}

/** Runs the tasks, as many at once as there are processors. */
async function runAll(tasks) {
  const { availableParallelism } = await import('node:os');
  const queue = [...tasks];
  const worker = async () => {
    for (let task = queue.shift(); task; task = queue.shift()) await task();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

function insistEqual(actual, expected, what) {
  for (const name of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    if (isDeepStrictEqual(actual[name], expected[name])) continue;
    const [one, other] = [actual[name], expected[name]].map((layout) => JSON.stringify(layout));
    throw new Error(`${what}: ${name} differs:\n${one}\n${other}`);
  }
}

/** array.array's declaration, with its white space as in the source. */
function arrayDeclaration(file) {
  return /^typedef struct arrayobject \{\n[^}]*\} arrayobject;$/m.exec(readFileSync(file, 'utf8'))?.[0];
}

/** Compares what the probe restates, and what is measured, with what else of the releases can be had. */
async function crossCheck(scratch, unpacked, compilers, prepared, measured) {
  const notes = [];
  const note = (text) => {
    say(`checked: ${text}`);
    notes.push(text);
  };
  const restated = arrayDeclaration(join(here, 'probe.c'));
  for (const [version, folder] of Object.entries(unpacked.source)) {
    const file = join(folder, 'Modules/arraymodule.c');
    if (!existsSync(file)) continue;
    if (arrayDeclaration(file) !== restated) throw new Error(`${version} declares arrayobject differently`);
    note(`the declaration of arrayobject is that of ${version}'s Modules/arraymodule.c`);
  }

  const { dwarfdump, ar, env } = compilers;
  for (const [version, folder] of Object.entries(unpacked.debug)) {
    const library = execFileSync('find', [folder, '-name', `libpython${version}d.a`, '-type', 'f'], {
      encoding: 'utf8',
    });
    const objects = ['arraymodule', 'memoryobject', 'unicodeobject', 'bytearrayobject', 'dictobject', 'longobject'];
    const table = measured.get(`${version}-debug-lp64`);
    const seen = new Set();
    for (const name of [...objects, 'floatobject', 'listobject', 'tupleobject', 'bytesobject']) {
      const work = join(scratch, 'measured', 'libraries', version);
      mkdirSync(work, { recursive: true });
      execFileSync(ar[0], ['x', '--output', work, library.trim(), `${name}.o`], { env });
      const names = Object.keys(table);
      const found = await readObject(join(work, `${name}.o`), { dwarfdump, byteOrder: 'little', env, names });
      for (const [struct, layout] of Object.entries(found)) {
        const { size, fields } = table[struct];
        insistEqual({ [struct]: layout }, { [struct]: { size, fields } }, `the debug library of ${version}`);
        seen.add(struct);
      }
    }
    note(`${version}-debug-lp64 agrees with Debian's debug library about ${[...seen].sort().join(', ')}`);
  }

  for (const model of Object.keys(architectures)) {
    const { folder, options } = prepared.configs[`3.11-${model}`];
    const [compiler] = compilers.models[model];
    const includes = [`-I${folder}`, `-I${join(prepared.headers, '3.11')}`, `-I${unpacked.numpy1[model]}`];
    const layouts = await measure(compiler, {
      options: [...options, ...includes, '-DGOLDEN_ONLY_NUMPY1'],
      byteOrder: byteOrders[model],
      scratch: join(scratch, 'measured', `numpy1-${model}`),
      dwarfdump,
    });
    const { PyArrayObject_fields, PyArray_DescrProto } = measured.get(`3.11-${model}`);
    insistEqual(layouts, { PyArrayObject_fields, PyArray_Descr: PyArray_DescrProto }, `numpy 1 on ${model}`);
    note(`numpy 1's PyArray_Descr is PyArray_DescrProto, and its PyArrayObject_fields is numpy 2's, on ${model}`);
  }
  return notes;
}

async function make(scratch) {
  mkdirSync(scratch, { recursive: true });
  const { packages, unpacked } = fetchAll(scratch);
  const compilers = findCompilers(unpacked.tools);
  say('preparing headers');
  const prepared = await prepareHeaders(scratch, unpacked, compilers);

  const measured = new Map();
  const tasks = targets.map(({ tag, version, build, model }) => async () => {
    const config = prepared.configs[`${version}-${model}`];
    const measureWith = (compiler, folder, name) =>
      measure(compiler, {
        options: [
          ...config.options,
          ...buildOptions(version, build),
          '-DGOLDEN_NUMPY',
          ...[folder, join(prepared.headers, version), config.numpy, prepared.numpyHeaders].map((path) => `-I${path}`),
        ],
        byteOrder: byteOrders[model],
        scratch: join(scratch, 'measured', `${tag}-${name}`),
        dwarfdump: compilers.dwarfdump,
      });
    const [first, ...others] = compilers.models[model];
    const layouts = await measureWith(first, config.folder, 'first');
    for (const [index, other] of others.entries()) {
      insistEqual(await measureWith(other, config.folder, `other${index}`), layouts, `${tag}: ${other.name}`);
    }
    if (config.alternative) {
      const alternative = await measureWith(first, config.alternative, 'alternative');
      insistEqual(alternative, layouts, `${tag}: the patched pyconfig.h`);
    }
    measured.set(tag, layouts);
    if (measured.size % 20 === 0) say(`measured ${measured.size} of ${targets.length} targets`);
  });
  await runAll(tasks);

  const notes = await crossCheck(scratch, unpacked, compilers, prepared, measured);
  const tables = join(here, 'tables');
  mkdirSync(tables, { recursive: true });
  for (const version of versions) {
    writeTable(join(tables, `${version}.json`), version, measured, (model) => prepared.configs[`${version}-${model}`]);
  }
  const compilerNames = {};
  for (const [model, list] of Object.entries(compilers.models)) compilerNames[model] = list.map(({ name }) => name);
  const sources = { compilers: compilerNames, packages, otherHeaders: prepared.provenance, checks: notes };
  writeFileSync(join(here, 'sources.json'), `${JSON.stringify(sources, null, 2)}\n`);
  const biome = join(here, '../../node_modules/.bin/biome');
  await call([biome, 'format', '--write', tables, join(here, 'sources.json')]);
  const fields = [...measured.values()].flatMap((layouts) =>
    Object.values(layouts).map((one) => Object.keys(one.fields)),
  );
  say(`wrote ${measured.size} targets, ${fields.length} structs, ${fields.flat().length} fields`);
}

const [argument] = process.argv.slice(2);
if (argument === '--check') process.exitCode = await check();
else if (argument && !argument.startsWith('-')) await make(resolve(argument));
else {
  process.stderr.write('usage: node tests/golden/make.mjs <scratch folder> | --check\n');
  process.exitCode = 2;
}
