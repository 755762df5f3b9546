/**
 * From a declaration to a layout: offsets, padding, size and alignment, computed under a target as the C compiler of
 * that platform does. It knows no address and reads no byte.
 */
import { type DataModel, dataModels, formatTarget, type Target } from '../target.ts';
import { compileStruct, type StructClass } from './compile.ts';
import { declarationsOf } from './versions.ts';
import {
  type AnyOf,
  type CType,
  type Declarations,
  type FieldPath,
  type Fields,
  type FieldsOf,
  type Overlay,
  type Scalar,
  type StructDeclaration,
  type StructValue,
  spell,
} from './vocabulary.ts';

/**
 * One field of a layout. Offsets and sizes are bytes; the offset counts from the struct that declares the field. Those
 * of a bit field are its unit's.
 */
export interface FieldLayout {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** Bits: how far above the lowest bit of its unit a bit field begins; 0 for all other fields. */
  readonly shift: number;
  readonly type: CType;
  /** The type as C spells it. */
  readonly c: string;
  /** The layout of a nested struct, or of an array's elements where these are structs. */
  readonly layout: Layout | undefined;
}

/** A struct of one target: every field with its offset. Made by {@link layoutsFor} or {@link computeLayout}. */
export class Layout<N extends string = string, F extends Fields = Fields> {
  readonly name: N;
  /** The header and release of the declaration. */
  readonly source: string;
  readonly target: Target;
  /** Bytes, trailing padding included (C's `sizeof`). */
  readonly size: number;
  /** Bytes (C's `alignof`). */
  readonly align: number;
  readonly fields: readonly FieldLayout[];
  #Struct: StructClass<StructValue<F>> | undefined;

  /** @internal */
  constructor(declaration: StructDeclaration<N, F>, target: Target, declarations: Declarations) {
    const model = dataModels[target.model];
    const fields: FieldLayout[] = [];
    const cursor = new Cursor(model);
    for (const [name, member] of Object.entries(declaration.fields(model, target.model))) {
      if (!member) continue;
      const declared = member.kind === 'overlay' ? member.type : member;
      const type = declared.kind === 'aligned' ? declared.type : declared;
      const { size, align, layout } = measure(declared, target, declarations);
      const path = `${declaration.name}.${name}`;
      if (member.kind === 'overlay' && type.kind === 'bits') {
        throw new RangeError(`${path}: a member of a union cannot be a bit field; wrap it in a struct`);
      }
      const at = member.kind === 'overlay' ? offsetOfOverlaid(path, fields, member, align) : undefined;
      const place = type.kind === 'bits' ? cursor.placeBits(size, type.width) : cursor.place(size, align, at);
      fields.push({ name, ...place, size, type, c: spell(type), layout });
    }
    const { end, align } = cursor;
    this.name = declaration.name;
    this.source = declaration.source;
    this.target = target;
    this.size = roundUp(end, align);
    this.align = align;
    this.fields = fields;
  }

  /**
   * The compiled typed-struct class: its instances are live fields over a Buffer of at least `size` bytes.
   * Right for inspecting; code that reads millions of fields binds `offsetOf` once instead.
   */
  get Struct(): StructClass<StructValue<F>> {
    this.#Struct ??= compileStruct<StructValue<F>>(this);
    return this.#Struct;
  }

  /**
   * The offset of a field in bytes, from the start of this struct. Nested fields are dotted.
   *
   * @throws RangeError if this struct has no such field in this target; the message lists those it has.
   * @example
   * ```ts
   * import { layoutsFor } from 'memview';
   * console.log(layoutsFor('3.13-lp64').PyMemoryViewObject.offsetOf('view.ndim')); // 92
   * ```
   */
  offsetOf(path: FieldPath<F>): number {
    return this.find(path).offset;
  }

  /** Whether this struct has the field in this target: the question to ask instead of the version. */
  has(path: FieldPath<F>): boolean {
    return locate(this, path.split('.'), 0) !== undefined;
  }

  /**
   * The scalar, array or struct at a dotted path, its offset counted from the start of this struct.
   *
   * @throws RangeError if this struct has no such field in this target.
   */
  find(path: FieldPath<F>): FieldLayout {
    const field = locate(this, path.split('.'), 0);
    if (field) return field;
    const known = [...leaves(this)].map((leaf) => leaf.path).join(', ');
    const where = formatTarget(this.target);
    throw new RangeError(`${this.name} has no field ${JSON.stringify(path)} in ${where}; it has ${known}`);
  }
}

function locate(layout: Layout, [head, ...rest]: string[], base: number): FieldLayout | undefined {
  const field = layout.fields.find(({ name }) => name === head);
  if (!field) return undefined;
  const offset = base + field.offset;
  if (rest.length === 0) return { ...field, offset };
  return field.layout && field.type.kind !== 'array' ? locate(field.layout, rest, offset) : undefined;
}

/** A field with its dotted path, its offset counted from the start of the whole. */
export interface Leaf extends FieldLayout {
  readonly path: string;
}

/**
 * Every field of a layout that is no struct itself.
 *
 * @param whole the names of structs that are not looked into: a field that is one of these is a leaf
 */
export function* leaves(layout: Layout, whole?: ReadonlySet<string>): Generator<Leaf> {
  for (const field of layout.fields) {
    const nested = field.type.kind === 'array' || whole?.has(field.layout?.name ?? '') ? undefined : field.layout;
    if (!nested) yield { ...field, path: field.name };
    else {
      for (const leaf of leaves(nested, whole)) {
        yield { ...leaf, path: `${field.name}.${leaf.path}`, offset: field.offset + leaf.offset };
      }
    }
  }
}

/** The size of a scalar in bytes, under a data model. */
export function sizeOfScalar(type: Scalar, model: DataModel): 1 | 2 | 4 | 8 {
  return typeof type.size === 'number' ? type.size : model[type.size];
}

/**
 * Computes the layout of a declaration.
 *
 * @param declarations what the names of nested structs stand for; by default those of the target's CPython
 * @throws RangeError if a nested struct has no declaration.
 * @example
 * ```ts
 * import { computeLayout, double, parseTarget, PyObject, struct } from 'memview';
 * const Point = struct('PointObject', 'point.c', { ob_base: PyObject, x: double, y: double });
 * console.log(computeLayout(Point, parseTarget('3.13t-lp64')).offsetOf('y')); // 40
 * ```
 */
export function computeLayout<N extends string, F extends Fields>(
  declaration: StructDeclaration<N, F>,
  target: Target,
  declarations: Declarations = declarationsOf(target),
): Layout<N, F> {
  return new Layout(declaration, target, declarations);
}

/** Declarations that differ over the releases make one layout, whose fields may be those of any. */
export type LayoutOf<S extends StructDeclaration> = Layout<S['name'], FieldsOf<S>>;

/** The layouts of several declarations, by the same names. @internal */
export function computeLayouts<D extends { readonly [K in keyof D]: StructDeclaration }>(
  declared: D,
  target: Target,
  declarations: Declarations,
): { readonly [K in keyof D]: LayoutOf<D[K]> } {
  const each = Object.entries<StructDeclaration>(declared);
  const layouts = each.map(([name, declaration]) => [name, computeLayout(declaration, target, declarations)]);
  return Object.fromEntries(layouts) as { readonly [K in keyof D]: LayoutOf<D[K]> };
}

interface Placed {
  readonly offset: number;
  readonly shift: number;
}

/** Where the next field of a struct goes. */
class Cursor {
  /** Bytes: where the next field begins that is no bit field, before it is aligned. */
  end = 0;
  align = 1;
  readonly #model: DataModel;
  /** The bit after the last bit field and the size of its unit in bytes, while another may share the unit. */
  #open: { readonly bit: number; readonly unit: number } | undefined;

  constructor(model: DataModel) {
    this.#model = model;
  }

  /** @param at where a union begins, for its further members */
  place(size: number, align: number, at = roundUp(this.end, align)): Placed {
    this.end = Math.max(this.end, at + size);
    this.align = Math.max(this.align, align);
    this.#open = undefined;
    return { offset: at, shift: 0 };
  }

  /**
   * System V: a bit field follows the last bit, and moves on only if it would cross a unit of its type; what comes
   * after begins in the next byte. Microsoft: only bit fields of the same size share a unit, which is then used up.
   *
   * @param unit bytes of the declared type, which is aligned to its size
   */
  placeBits(unit: number, width: number): Placed {
    const { byteOrder, bitFields } = this.#model;
    const ms = bitFields === 'ms';
    const bits = unit * 8;
    const next =
      this.#open && (!ms || this.#open.unit === unit) ? this.#open.bit : (ms ? roundUp(this.end, unit) : this.end) * 8;
    const crosses = Math.floor(next / bits) !== Math.floor((next + width - 1) / bits);
    const bit = crosses ? roundUp(next, bits) : next;
    const offset = Math.floor(bit / bits) * unit;
    const first = bit - offset * 8;
    this.#open = { bit: bit + width, unit };
    this.end = Math.max(this.end, ms ? offset + unit : Math.ceil((bit + width) / 8));
    this.align = Math.max(this.align, unit);
    return { offset, shift: byteOrder === 'little' ? first : bits - width - first };
  }
}

interface Measured {
  readonly size: number;
  readonly align: number;
  readonly layout: Layout | undefined;
}

function measure(type: CType, target: Target, declarations: Declarations): Measured {
  const model = dataModels[target.model];
  switch (type.kind) {
    case 'scalar': {
      const size = sizeOfScalar(type, model);
      return { size, align: size === 8 ? model.align8 : size, layout: undefined };
    }
    case 'array': {
      const element = measure(type.of, target, declarations);
      return { ...element, size: element.size * type.length };
    }
    case 'bits':
      return measure(type.of, target, declarations);
    case 'aligned': {
      const inner = measure(type.type, target, declarations);
      return { ...inner, align: Math.max(inner.align, type.align) };
    }
    default: {
      const layout = new Layout(resolve(type, declarations), target, declarations);
      return { size: layout.size, align: layout.align, layout };
    }
  }
}

function resolve(type: StructDeclaration | AnyOf, declarations: Declarations): StructDeclaration {
  const named = Object.hasOwn(declarations, type.name) ? declarations[type.name] : undefined;
  const declaration = named ?? (type.kind === 'struct' ? type : undefined);
  if (declaration) return declaration;
  throw new RangeError(`no declaration of ${type.name} was given; pass the one of this release in declarations`);
}

/** @param path of the member, for messages */
function offsetOfOverlaid(
  path: string,
  fields: readonly FieldLayout[],
  { with: other }: Overlay,
  align: number,
): number {
  const field = fields.find(({ name }) => name === other);
  const what = `${path} overlays ${JSON.stringify(other)}`;
  if (!field) throw new RangeError(`${what}, which is not declared before it`);
  if (field.type.kind === 'bits' || field.offset % align !== 0) {
    throw new RangeError(`${what}, where C would not put it; declare a union()`);
  }
  return field.offset;
}

function roundUp(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}
