/** Every field of every struct under every target, as `memview layout TAG --json` prints it, against C's compilers. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { layoutsJson, layoutsOf } from '../../src/cli/layout.ts';
import type { Places } from '../../src/layouts/difference.ts';
import { targets } from '../../src/layouts/targets.ts';
import { goldenTables } from './tables.ts';

const golden = goldenTables();

interface Printed {
  readonly tag: string;
  readonly structs: Readonly<Record<string, Places>>;
}

test('there is a table for every target', () => {
  expect([...golden.keys()].sort()).toEqual([...targets].sort());
});

test('no field differs', () => {
  const differences: string[] = [];
  const made = new Map<string, number>();
  let structs = 0;
  let fields = 0;
  const compare = (where: string, computed: unknown, measured: unknown): void => {
    if (String(computed) !== String(measured)) differences.push(`${where}: computed ${computed}, measured ${measured}`);
  };
  for (const [tag, tables] of golden) {
    const printed = JSON.parse(layoutsJson(layoutsOf(tag))) as Printed;
    compare(tag, printed.tag, tag);
    compare(`${tag}, structs`, Object.keys(printed.structs).sort(), [...tables.keys()].sort());
    for (const [name, measured] of tables) {
      const computed = printed.structs[name];
      structs++;
      made.set(measured.how, (made.get(measured.how) ?? 0) + 1);
      compare(`${tag} ${name}, size`, computed?.size, measured.size);
      compare(`${tag} ${name}, align`, computed?.align, measured.align);
      for (const field of new Set([...Object.keys(measured.fields), ...Object.keys(computed?.fields ?? {})])) {
        fields++;
        compare(`${tag} ${name}.${field}`, computed?.fields[field], measured.fields[field]);
      }
    }
  }
  const how = [...made].map(([word, count]) => `${count} ${word}`).join(', ');
  process.stdout.write(`compared ${golden.size} targets, ${structs} structs (${how}), ${fields} fields\n`);
  expect(differences.slice(0, 40)).toEqual([]);
  // Fewer would mean that tables or structs went missing.
  expect(fields).toBeGreaterThan(60_000);
});

test('the command prints what was compared', () => {
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  for (const tag of ['3.8-tracerefs-lp64', '3.14t-llp64', '3.15-lp64be']) {
    const { stdout } = spawnSync(process.execPath, [main, 'layout', tag, '--json'], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(JSON.parse(layoutsJson(layoutsOf(tag))));
  }
});
