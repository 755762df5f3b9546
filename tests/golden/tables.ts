/** The tables of this folder: the layouts that C compilers gave to CPython's and numpy's structs. See README.md. */

import { readdirSync, readFileSync } from 'node:fs';

/** How a layout was measured; README.md says what each means. */
export type How = 'native' | 'patched' | 'computed';

/** Where a leaf field is: offset and size in bytes, and for a bit field, the shift and the bits within that unit. */
export type GoldenField =
  | readonly [offset: number, size: number]
  | readonly [offset: number, size: number, shift: number, bits: number];

/** A struct's layout on one target. */
export interface GoldenStruct {
  readonly size: number;
  readonly align: number;
  /** By the dotted path of C's member names; members of a union are all there. */
  readonly fields: Readonly<Record<string, GoldenField>>;
  readonly how: How;
}

/** A product of builds (`''`, `t`, `-debug` …) and data models, for which something holds. */
interface Product {
  readonly builds: readonly string[];
  readonly models: readonly string[];
}

interface Table {
  readonly version: string;
  readonly made: readonly {
    readonly for: readonly Product[];
    readonly how: How;
    readonly numpy: How;
    readonly pyconfig: string;
    readonly defines: readonly string[];
  }[];
  readonly structs: Readonly<
    Record<string, readonly (Omit<GoldenStruct, 'how'> & { readonly for: readonly Product[] })[]>
  >;
}

const folder = new URL('./tables/', import.meta.url);

function* tagsOf(version: string, products: readonly Product[]): Generator<string> {
  for (const { builds, models } of products) {
    for (const build of builds) for (const model of models) yield `${version}${build}-${model}`;
  }
}

/** All layouts: by target tag (`3.13t-debug-lp64`), then by the struct's name in C. */
export function goldenTables(): Map<string, Map<string, GoldenStruct>> {
  const tables = new Map<string, Map<string, GoldenStruct>>();
  for (const name of readdirSync(folder).sort()) {
    const { version, made, structs } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Table;
    const howOf = new Map<string, { how: How; numpy: How }>();
    for (const { for: products, how, numpy } of made) {
      for (const tag of tagsOf(version, products)) {
        howOf.set(tag, { how, numpy });
        tables.set(tag, new Map());
      }
    }
    for (const [struct, variants] of Object.entries(structs)) {
      for (const { for: products, size, align, fields } of variants) {
        for (const tag of tagsOf(version, products)) {
          const { how, numpy } = howOf.get(tag) ?? {};
          const ofStruct = /^_?PyArray/.test(struct) ? numpy : how;
          if (!ofStruct) throw new Error(`${name} does not say how it measured ${tag}`);
          tables.get(tag)?.set(struct, { size, align, fields, how: ofStruct });
        }
      }
    }
  }
  return tables;
}
