/** What a venv's `pyvenv.cfg` says (PEP 405), read without asking its Python, which may be gone. */
import { dirname, join } from 'node:path';
import { kindOf, startOf } from './files.ts';

/** A virtual environment. */
export interface Venv {
  readonly prefix: string;
  /** The folder of the executable that it was made from. */
  readonly home: string | undefined;
  /** `major.minor.micro` of that. */
  readonly version: string | undefined;
}

/** The venv that an executable belongs to: Python looks for the file beside it, and above. */
export function venvOf(executable: string): Venv | undefined {
  const folder = dirname(executable);
  return venvIn(folder) ?? venvIn(dirname(folder));
}

function venvIn(prefix: string): Venv | undefined {
  const path = join(prefix, 'pyvenv.cfg');
  if (kindOf(path) !== 'file') return undefined;
  const text = startOf(path, 1 << 16).toString();
  const value = (key: string): string | undefined => new RegExp(`^\\s*${key}\\s*=\\s*(.+?)\\s*$`, 'm').exec(text)?.[1];
  // uv and virtualenv write `version_info`.
  return { prefix, home: value('home'), version: value('version') ?? value('version_info') };
}

/** What to do about an executable's venv if the Python that it was made from is gone; undefined if that is there. */
export function whyVenvIsBroken(executable: string): string | undefined {
  const venv = venvOf(executable);
  if (!venv) return undefined;
  const { prefix, home, version } = venv;
  if (kindOf(executable) && (home === undefined || kindOf(home))) return undefined;
  const base = ['the Python', version, 'that this venv was made from', home && `in ${home}`].filter(Boolean).join(' ');
  return `${base} is gone: install it again, or make the venv anew: python3 -m venv --clear ${JSON.stringify(prefix)}`;
}
