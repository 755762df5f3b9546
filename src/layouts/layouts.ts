/** All layouts of one target, computed once. */
import { formatTarget, type Target } from '../target.ts';
import { computeLayout, type Declarations, type Layout } from './layout.ts';
import { parseTarget } from './targets.ts';
import { type Row, rowOf } from './versions.ts';
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
  const tag = typeof target === 'string' ? target : formatTarget(target);
  const known = computed.get(tag);
  if (known) return known;
  const parsed = parseTarget(tag);
  const row = rowOf(parsed) as unknown as Declarations;
  const layouts = Object.fromEntries(
    Object.entries(row).map(([name, declaration]) => [name, computeLayout(declaration, parsed, row)]),
  ) as unknown as Layouts;
  computed.set(tag, Object.freeze(layouts));
  return layouts;
}
