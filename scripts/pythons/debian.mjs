// CPython as Debian builds it, in a root of its own. Its C library is newer than many a host's, so that the root also
// gets a copy of each Node which, like its Pythons, runs on the root's libraries.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { downloadPackages } from './apt.mjs';
import { checkPython } from './check.mjs';
import { run } from './run.mjs';

/** The name of the copy of the Node that runs this. */
const OWN = 'node';

/** What no test reads: documentation and the like, and debug symbols, which make up most of the debug packages. */
const UNREAD = ['usr/share', 'usr/lib/debug', 'usr/sbin', 'etc', 'var'];

/**
 * @typedef {{ major: number, version: string, executable: string }} Node
 * @param {{ version: string, suite: string, modules?: string[], nodes: () => Node[] }} options where `nodes` are those
 *   that have been fetched so far
 */
export function debianItem({ version, suite, modules = [], nodes }) {
  const name = `debian-${version}`;
  const builds = [
    { name: version, executable: `python${version}`, debug: false },
    { name: `${version}-debug`, executable: `python${version}d`, debug: true },
  ];
  const packages = [
    ...[`python${version}-minimal`, `libpython${version}`, `libpython${version}-stdlib`],
    ...[`python${version}-dbg`, `libpython${version}-dbg`, 'patchelf'],
    ...modules.map((module) => `python3-${module.toLowerCase().replaceAll('_', '-')}`),
  ];
  return {
    name,
    interpreters: builds.map((build) => build.name),
    // Asked for anew each time: a Node that was fetched meanwhile has to be in the root.
    get recipe() {
      return { suite, packages, nodes: [process.versions.node, ...nodes().map((node) => node.version)] };
    },
    seconds: 40,
    needs: ['apt-get', 'dpkg-deb'],
    async make({ folder, home, ...context }) {
      const archives = join(folder, 'archives');
      const root = join(folder, 'made');
      mkdirSync(root);
      for (const archive of await downloadPackages(archives, suite, packages, context))
        await run('dpkg-deb', ['-x', archive, root], context);
      for (const unread of [...UNREAD, ...staticLibraries(root)])
        rmSync(join(root, unread), { recursive: true, force: true });
      const copies = copiesOf(nodes());
      for (const { file, executable } of copies) copyFileSync(executable, join(root, 'usr/bin', file));
      const files = [...copies, ...builds.map(({ executable }) => ({ file: executable }))].map(({ file }) => file);
      await relink(root, home, files, context);
      return root;
    },
    async check({ home, ...context }) {
      const copies = copiesOf(nodes());
      for (const { file } of copies) await run(join(home, 'usr/bin', file), ['--version'], context);
      const within = (file) => `${name}/usr/bin/${file}`;
      const byMajor = Object.fromEntries(copies.map(({ major, file }) => [major, within(file)]));
      const found = [];
      for (const { name: build, executable, debug } of builds) {
        const wanted = { version, prefix: join(home, 'usr'), debug, modules };
        found.push({
          entry: { name: build, python: within(executable), node: within(OWN), nodes: byMajor },
          link: `bin/${executable}`,
          is: await checkPython(join(home, 'usr/bin', executable), wanted, context),
        });
      }
      return found;
    },
  };
}

/** The Nodes of a root: the one that runs this, under the plain name, and the fetched ones. */
function copiesOf(nodes) {
  const major = Number.parseInt(process.versions.node, 10);
  const fetched = nodes.map((node) => ({ ...node, file: `${OWN}-${node.major}` }));
  return [{ major, executable: process.execPath, file: OWN }, ...fetched];
}

function staticLibraries(root) {
  return readdirSync(root, { recursive: true }).filter((path) => path.endsWith('.a'));
}

/** Makes executables of `usr/bin` run on the libraries of the root, which will stand at `home`. */
async function relink(root, home, executables, context) {
  const triplet = readdirSync(join(root, 'usr/lib')).find((name) => name.includes('-linux-gnu'));
  if (!triplet) throw new Error('no folder of libraries was unpacked');
  const libraries = join(root, 'usr/lib', triplet);
  const loader = readdirSync(libraries).find((name) => /^ld-linux.*\.so\.\d+$/.test(name));
  if (!loader) throw new Error('no dynamic loader was unpacked');

  // BLAS and its like are in folders of their own, from which only an installation would link them.
  const isLibrary = (name) => /^lib.*\.so\.\d/.test(name);
  const nested = readdirSync(libraries, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(libraries, entry.name)).some(isLibrary))
    .map((entry) => `/${entry.name}`);
  const rpath = ['', ...nested].map((path) => `$ORIGIN/../lib/${triplet}${path}`).join(':');

  // The root's patchelf, on the root's libraries: it runs whatever the host's are.
  const program = join(libraries, loader);
  const args = ['--library-path', libraries, join(root, 'usr/bin/patchelf')];
  // An rpath, unlike a runpath, also serves what the libraries themselves need. It comes first, in a run of its own:
  // in the other order patchelf makes a Node that ends with SIGSEGV.
  const interpreter = join(home, relative(root, join(libraries, loader)));
  const changes = [
    ['--force-rpath', '--set-rpath', rpath],
    ['--set-interpreter', interpreter],
  ];
  for (const name of executables)
    for (const change of changes) await run(program, [...args, ...change, join(root, 'usr/bin', name)], context);
  nameOwnLibraries(root, home, triplet);
}

/** `sysconfig` names the folder of libpython as Debian would install it, where the host may have its own. */
function nameOwnLibraries(root, home, triplet) {
  const lib = join(root, 'usr/lib');
  const folders = readdirSync(lib).filter((name) => /^python3\.\d+$/.test(name));
  for (const folder of folders) {
    for (const name of readdirSync(join(lib, folder)).filter((file) => file.startsWith('_sysconfigdata_'))) {
      const path = join(lib, folder, name);
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, text.replace(/('LIBDIR': )'[^']*'/, `$1'${join(home, 'usr/lib', triplet)}'`));
    }
  }
}
