/** All layouts of one target, computed once. */
import { formatTarget, type Target } from '../target.ts';
import { computeLayouts, type FieldLayout, type LayoutOf } from './layout.ts';
import { parseTarget } from './targets.ts';
import { declarationsOf, type Row } from './versions.ts';

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
  const layouts = computeLayouts(declarations, parsed, declarations) as unknown as Layouts;
  computed.set(tag, Object.freeze(layouts));
  return layouts;
}

/** The digits of an int: since 3.12 they lie in a struct of their own. @internal */
export function digitsOf({ PyLongObject }: Layouts): FieldLayout {
  return PyLongObject.find(PyLongObject.has('long_value') ? 'long_value.ob_digit' : 'ob_digit');
}

function tagOf(target: Target | string): string {
  if (typeof target === 'string') return target;
  if (typeof target === 'object' && target !== null) return formatTarget(target);
  throw new TypeError(`expected a target or its tag, such as '3.13-lp64', got ${target}`);
}
