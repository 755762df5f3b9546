// Debian's packages through an apt of our own: its lists, cache and status are private, so the host stays untouched.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

const KEYRINGS = ['gpg', 'pgp'].map((suffix) => `/usr/share/keyrings/debian-archive-keyring.${suffix}`);

/** How the host fetches (a proxy, the expiry of an old mirror) holds here too; which indices it fetches does not. */
const FETCHING = /^Acquire::(?!IndexTargets|Languages|CompressionTypes|Changelogs|GzipIndexes)/;

/** The URIs that the host has its own release from; which of them are Debian's, their signatures will tell. */
async function mirrors(context) {
  const codename = /^VERSION_CODENAME="?(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const format = ['indextargets', '--no-release-info', '--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)'];
  const targets = await run('apt-get', [...format, 'Identifier: Packages'], context);
  const rows = targets.split('\n').map((row) => row.split(' '));
  return new Set(rows.filter(([, release, part]) => release === codename && part === 'main').map(([uri]) => uri));
}

async function configuration(folder, context) {
  const host = (await run('apt-config', ['dump'], context)).split('\n').filter((line) => FETCHING.test(line));
  const own = {
    Dir: folder,
    'Dir::Etc::main': join(folder, 'none'),
    'Dir::Etc::parts': join(folder, 'none.d'),
    'Dir::Etc::preferences': join(folder, 'none'),
    'Dir::Etc::preferencesparts': join(folder, 'none.d'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': join(folder, 'none.d'),
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Install-Recommends': 'false',
    // Root would otherwise fetch as a user who may not write here.
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::GzipIndexes': 'true',
  };
  return [...host, ...Object.entries(own).map(([name, value]) => `${name} "${value}";`), ''].join('\n');
}

/**
 * An apt that knows one suite and nothing else.
 *
 * @param {string} folder where it lives
 * @param {'deb' | 'deb-src'} type
 * @param {string} suite
 */
async function open(folder, type, suite, context) {
  const keyring = KEYRINGS.find((path) => existsSync(path));
  if (!keyring) throw new Error('this machine has no keyring of Debian (debian-archive-keyring)');
  for (const part of ['none.d', 'state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'status'), '');
  writeFileSync(join(folder, 'none'), '');
  writeFileSync(join(folder, 'apt.conf'), await configuration(folder, context));
  const apt = { ...context, env: { APT_CONFIG: join(folder, 'apt.conf') } };
  let problem = new Error('the sources of this machine name no mirror of its own release');
  for (const mirror of await mirrors(context)) {
    writeFileSync(join(folder, 'sources.list'), `${type} [signed-by=${keyring}] ${mirror} ${suite} main\n`);
    try {
      // Without this option a mirror that lacks the suite is only worth a warning.
      await run('apt-get', ['-q', '-o', 'APT::Update::Error-Mode=any', 'update'], apt);
      return apt;
    } catch (error) {
      context.signal.throwIfAborted();
      problem = error;
    }
  }
  throw problem;
}

/** Opens each apt once in a run: its lists serve several items. */
const opened = new Map();
/** By apt, when the last that had its turn is done: apt locks its folders. */
const turns = new Map();

/** Gives an apt to one item after the other. */
function withApt(folder, type, suite, context, use) {
  const own = join(folder, `${type}-${suite}`);
  const turn = (turns.get(own) ?? Promise.resolve()).then(async () => {
    if (!opened.has(own)) {
      rmSync(own, { recursive: true, force: true });
      opened.set(own, await open(own, type, suite, context));
    }
    return use({ ...opened.get(own), log: context.log });
  });
  turns.set(
    own,
    turn.catch(() => {}),
  );
  return turn;
}

/** Downloads packages and all they depend on into a folder; returns the paths of the archives. */
export async function downloadPackages(folder, suite, packages, context) {
  mkdirSync(join(folder, 'partial'), { recursive: true });
  const options = ['-qq', '-y', '-o', `Dir::Cache::archives=${folder}`, '--download-only'];
  await withApt(context.apt, 'deb', suite, context, (apt) => run('apt-get', [...options, 'install', ...packages], apt));
  return readdirSync(folder).flatMap((name) => (name.endsWith('.deb') ? [join(folder, name)] : []));
}

/** Downloads a source package into a folder; returns the path of upstream's archive in it. */
export async function downloadSource(folder, suite, name, context) {
  mkdirSync(folder, { recursive: true });
  const source = ['-qq', 'source', '--download-only', name];
  await withApt(context.apt, 'deb-src', suite, context, (apt) => run('apt-get', source, { ...apt, cwd: folder }));
  const archive = readdirSync(folder).find((file) => /\.orig\.tar\.\w+$/.test(file));
  if (!archive) throw new Error(`the source package ${name} holds no archive of upstream's`);
  return join(folder, archive);
}
