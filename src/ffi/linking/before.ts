/**
 * What libpython needs, opened before it by the rule: what comes along with libpython is bound as libpython is, without
 * RTLD_DEEPBIND. Knows no files: a Python says of its own libpython what is to be opened how.
 */
import type { Api, loaderSymbols } from '../symbols.ts';
import { rule } from './rule.ts';

/** A library that is opened by itself, before libpython. */
export interface OpenedBefore {
  readonly path: string;
  /** The name, exported by Node too, for which it is opened with RTLD_DEEPBIND; null if it is opened plain. */
  readonly deepFor: string | null;
}

const RTLD_NOW = 0x2;
const RTLD_DEEPBIND = 0x8;

/** Opens them in their order. One that cannot be opened libpython will miss, and say so. */
export function openBefore(loader: Api<typeof loaderSymbols>, libraries: readonly OpenedBefore[]): void {
  for (const { path, deepFor } of libraries)
    loader.dlopen(path, deepFor === null ? RTLD_NOW : RTLD_NOW | RTLD_DEEPBIND);
}

/**
 * Python's source, of an expression: the {@link OpenedBefore} of a libpython.
 *
 * @param libpython an expression with its path
 * @param node the path of Node's executable
 */
export function beforeLibpython(libpython: string, node: string): string {
  const source = JSON.stringify(rule + asked);
  // As Python 2 takes it too, whose answer says that it is one.
  return `(lambda space: (eval(compile(${source}, "<memview>", "exec"), space), space["asked"](${libpython}, ${JSON.stringify(node)}))[1])({})`;
}

const asked = `def asked(libpython, node):
    libpython = os.fsencode(libpython)
    try:
        to_open = Rule(os.fsencode(node)).to_open(libpython, set())
    except Exception:
        return []
    return [{"path": os.fsdecode(path), "deepFor": why and why.decode("utf-8", "replace")}
            for path, names, why in to_open if path != libpython]
`;
