/** All layouts of one target, computed once. */
import { formatTarget, type Target } from '../target.ts';
import { computeLayout, type Layout } from './layout.ts';
import { parseTarget } from './targets.ts';
import { declarationsOf, type Row } from './versions.ts';
import type { FieldsOf, StructDeclaration } from './vocabulary.ts';

/** Declarations that differ over the releases make one layout, whose fields may be those of any. */
type LayoutOf<S extends StructDeclaration> = Layout<S['name'], FieldsOf<S>>;

/** The layouts of one target, by the names C gives the structs. */
export type Layouts = { readonly [K in keyof Row]: LayoutOf<Row[K]> };

const computed = new Map<string, Layouts>();

/**
 * The layouts of CPython's structs under a target: offsets, sizes and padding as its C compiler has them.
 *
 * @param target a {@link Target} or its tag, e.g. `'3.13t-lp64'`
 * @throws RangeError if no target has this tag.
 * @example
 * ```ts
 * import { layoutsFor } from 'memview';
 * const { PyMemoryViewObject } = layoutsFor('3.13-lp64');
 * console.log(PyMemoryViewObject.offsetOf('view.buf'), PyMemoryViewObject.size); // 56 152
 * ```
 */
export function layoutsFor(target: Target | string): Layouts {
  const tag = tagOf(target);
  const known = computed.get(tag);
  if (known) return known;
  const parsed = parseTarget(tag);
  const declarations = declarationsOf(parsed);
  const layouts = Object.fromEntries(
    Object.entries(declarations).map(([name, declaration]) => [name, computeLayout(declaration, parsed, declarations)]),
  ) as unknown as Layouts;
  computed.set(tag, Object.freeze(layouts));
  return layouts;
}

function tagOf(target: Target | string): string {
  if (typeof target === 'string') return target;
  if (typeof target === 'object' && target !== null) return formatTarget(target);
  throw new TypeError(`expected a target or its tag, such as '3.13-lp64', got ${target}`);
}
