/**
 * What this process can load, by the architecture and the C library that Node itself runs on. Knows no Python. Where
 * there is no ELF, or no `/proc`, nothing is refused here: the loader then says what is wrong.
 */
import { readFileSync } from 'node:fs';
import { architectureOf, type Elf, type GlibcVersion, isOlder, readElf } from './elf.ts';

/** A C library; the version is glibc's. */
interface CLibrary {
  readonly name: 'glibc' | 'musl';
  readonly version?: GlibcVersion;
}

/** What Node runs on; undefined is what is not known. */
export interface Host {
  readonly architecture: string | undefined;
  readonly library: CLibrary | undefined;
}

let known: Host | undefined;

/** What this process runs on. */
function host(): Host {
  known ??= { architecture: architecture(), library: cLibrary() };
  return known;
}

function architecture(): string | undefined {
  const elf = readElf(process.execPath);
  return elf && architectureOf(elf);
}

/** Path of glibc: until 2.33 the file was named by its version. */
const GLIBC = / (\/.*\/libc(?:\.so\.6|-\d[\d.]*\.so))$/m;
const MUSL = /\/(?:ld-musl-[^/]*|libc\.musl-[^/]*|libc\.so)$/m;
/** Every glibc holds the sentence that it prints when it is run. */
const BANNER = 'GNU C Library ';

/**
 * `process.report` would say it too, but waits for what every worker is doing, seconds if need be; this takes 8 ms.
 */
function cLibrary(): CLibrary | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const maps = readFileSync('/proc/self/maps', 'utf8');
    const path = GLIBC.exec(maps)?.[1];
    if (!path) return MUSL.test(maps) ? { name: 'musl' } : undefined;
    const bytes = readFileSync(path);
    const at = bytes.indexOf(BANNER);
    const banner = at < 0 ? '' : bytes.toString('latin1', at, at + 300);
    const [, major, minor] = / release version (\d+)\.(\d+)/.exec(banner) ?? [];
    return major && minor ? { name: 'glibc', version: { major: Number(major), minor: Number(minor) } } : undefined;
  } catch {
    return undefined;
  }
}

/** The C library of this process as people name it, undefined where it is not known. */
export function nameOfCLibrary(): string | undefined {
  const { library } = host();
  return library && [library.name, library.version && text(library.version)].filter(Boolean).join(' ');
}

function text({ major, minor }: GlibcVersion): string {
  return `${major}.${minor}`;
}

/** The C library that a file was built for; a static executable does not say. */
function libraryOf({ interpreter, needed, glibc }: Elf): CLibrary['name'] | undefined {
  if (/\/ld-musl-[^/]*$/.test(interpreter ?? '')) return 'musl';
  if (needed.some((name) => /^libc\.(?:musl-.*|so)$/.test(name))) return 'musl';
  return glibc || needed.includes('libc.so.6') ? 'glibc' : undefined;
}

const SYSTEMS = { glibc: 'Debian, Ubuntu or Fedora', musl: 'Alpine' };

/**
 * Why nothing of a file's kind can be in this process, as a predicate (`is built for …`); undefined if it can be. An
 * executable of which this is said need not be run: what it would load is of its kind.
 */
export function whyForeign(elf: Elf, on: Host = host()): string | undefined {
  const theirs = { architecture: architectureOf(elf), library: libraryOf(elf) };
  if (on.architecture && theirs.architecture !== on.architecture) {
    return (
      `is built for ${theirs.architecture}, this Node for ${on.architecture}; ` +
      'install a Python of the architecture of Node, or a Node of that of the Python'
    );
  }
  if (on.library && theirs.library && theirs.library !== on.library.name) {
    return (
      `is built for ${theirs.library}, as in ${SYSTEMS[theirs.library]}, and this Node runs on ${on.library.name}; ` +
      'install a Python of this system, or run Node on the system that the Python comes from'
    );
  }
  return undefined;
}

/** Why a library cannot be loaded into this process, as a predicate; undefined if nothing speaks against it. */
export function whyNotLoadable(path: string, on: Host = host()): string | undefined {
  if (!on.architecture) return undefined;
  const elf = readElf(path);
  const foreign = elf && whyForeign(elf, on);
  if (foreign) return foreign;
  if (!elf?.whole) return 'is no whole library; install it again';
  const ours = on.library?.version;
  if (!elf.glibc || !ours || !isOlder(ours, elf.glibc)) return undefined;
  return (
    `needs glibc ${text(elf.glibc)}, this Node runs on ${text(ours)}; ` +
    'run Node on the system that the Python comes from'
  );
}
