/**
 * Where Pythons are and what they are called, system by system, as data. Knows no Python and asks none.
 *
 * Of the rows only Linux's is tested, and of Linux's not the folders of asdf, mise and Homebrew. The others follow
 * their documentation: python.org's installers, uv ("Storage"), pyenv-win, Homebrew. The registry of Windows, where
 * the launcher `py` looks, is not read.
 */
import { homedir } from 'node:os';

/**
 * A path begins with `~`, the home folder, or may hold `$NAME` of the environment, and falls away where that is not
 * set; at its end, `*` stands for any rest of a name.
 */
export interface Platform {
  /** The names of executables that are a Python. */
  readonly executable: RegExp;
  /** What the file of a command ends in. */
  readonly suffix: string;
  /** Where in a venv or a prefix its executables are. */
  readonly inPrefix: readonly string[];
  /** The executable of a venv or a prefix, most wanted first; others are taken where there is none of these. */
  readonly preferred: readonly string[];
  /** The prefixes that tools install into, the user's own before the system's. */
  readonly prefixes: readonly string[];
  /** Folders of executables, besides those of the PATH. */
  readonly folders: readonly string[];
  /**
   * The names of libpython and the folders it may be in, for the `%` of Python: variables of `sysconfig`, and what
   * the probe adds. One with a variable that is not set falls away.
   */
  readonly libraryNames: readonly string[];
  readonly libraryFolders: readonly string[];
}

const linux: Platform = {
  executable: /^python(?:3(?:\.\d+)?t?d?)?$/,
  suffix: '',
  inPrefix: ['bin'],
  preferred: ['python', 'python3'],
  prefixes: [
    '$PYENV_ROOT/versions/*',
    '~/.pyenv/versions/*',
    '$UV_PYTHON_INSTALL_DIR/*',
    '$XDG_DATA_HOME/uv/python/*',
    '~/.local/share/uv/python/*',
    '~/.asdf/installs/python/*',
    '~/.local/share/mise/installs/python/*',
  ],
  folders: ['/usr/bin', '/usr/local/bin', '/home/linuxbrew/.linuxbrew/bin'],
  libraryNames: ['%(INSTSONAME)s', '%(LDLIBRARY)s'],
  libraryFolders: [
    '%(LIBDIR)s',
    // Debian's.
    '%(LIBDIR)s/%(MULTIARCH)s',
    '%(base_prefix)s/lib/%(MULTIARCH)s',
    '%(base_prefix)s/lib',
    // Fedora's lib64.
    '%(base_prefix)s/%(platlibdir)s',
    '%(LIBPL)s',
  ],
};

const darwin: Platform = {
  ...linux,
  prefixes: [
    ...linux.prefixes,
    '/Library/Frameworks/Python.framework/Versions/*',
    '/Library/Frameworks/PythonT.framework/Versions/*',
    '/opt/homebrew/opt/python@*',
    '/usr/local/opt/python@*',
  ],
  folders: ['/opt/homebrew/bin', '/usr/local/bin', '/usr/bin'],
  // In a framework LDLIBRARY is `Python.framework/Versions/3.13/Python`; elsewhere it may name the archive.
  libraryNames: [...linux.libraryNames, 'libpython%(LDVERSION)s.dylib', 'libpython%(VERSION)s.dylib'],
  libraryFolders: ['%(PYTHONFRAMEWORKPREFIX)s', '%(LIBDIR)s', '%(base_prefix)s/lib', '%(LIBPL)s'],
};

const win32: Platform = {
  executable: /^python(?:3(?:\.\d+)?t?)?(?:_d)?\.exe$/i,
  suffix: '.exe',
  // Of a venv, of an installation.
  inPrefix: ['Scripts', ''],
  preferred: ['python.exe', 'python3.exe'],
  prefixes: [
    '$PYENV_ROOT/versions/*',
    '~/.pyenv/pyenv-win/versions/*',
    '$UV_PYTHON_INSTALL_DIR/*',
    '$APPDATA/uv/python/*',
    '$APPDATA/uv/data/python/*',
    '$LOCALAPPDATA/Programs/Python/Python3*',
    // Of the install manager.
    '$LOCALAPPDATA/Python/pythoncore-*',
    '$ProgramFiles/Python3*',
  ],
  folders: [],
  libraryNames: ['python%(py_version_nodot)s%(threads)s%(debug)s.dll'],
  libraryFolders: ['%(base_prefix)s'],
};

const platforms: Readonly<Partial<Record<NodeJS.Platform, Platform>>> = { linux, darwin, win32 };

/** Of the system that this process runs on; the other Unixes are taken for a Linux. */
export const platform: Platform = platforms[process.platform] ?? linux;

/** A path of the table as it is here, undefined where it names what is not set. */
export function expand(path: string): string | undefined {
  let whole = true;
  const expanded = path.replace(/^~|\$(\w+)/g, (_, name: string | undefined) => {
    const value = name === undefined ? homedir() : process.env[name];
    whole &&= Boolean(value);
    return value ?? '';
  });
  return whole ? expanded : undefined;
}
