/** The live struct behind a view, and the view, as text for people. */
import { textOf } from '../bytes.ts';
import { hex } from '../errors.ts';
import type { Layout } from '../layouts/layout.ts';
import { type Layouts, layoutsFor } from '../layouts/layouts.ts';
import * as memoryobject from '../layouts/memoryobject.ts';
import { type Memory, readCString } from '../memory/memory.ts';
import { formatTarget } from '../target.ts';
import type { BufferView } from '../view/buffer-view.ts';
import { type BufferKind, bufferKind } from '../view/native-object.ts';
import { Py_TYPE, readType } from '../view/py-object.ts';
import { readSizes, readStruct } from '../view/struct.ts';
import { picture } from './picture.ts';
import { preview } from './preview.ts';
import { faint, heading } from './style.ts';
import { bytesText, printable } from './value.ts';

/** The flags of a memoryview, by their bits. */
const flagNames = Object.entries(memoryobject).flatMap(([name, bit]) =>
  name.startsWith('_Py_MEMORYVIEW_') && typeof bit === 'number' ? [[name, bit] as const] : [],
);

/** The struct of each kind of object that has a buffer. */
const structs = {
  memoryview: 'PyMemoryViewObject',
  bytes: 'PyBytesObject',
  bytearray: 'PyByteArrayObject',
  array: 'arrayobject',
  ndarray: 'PyArrayObject_fields',
} as const satisfies Record<BufferKind, keyof Layouts>;

/** The struct of a viewed object, each field with its offset, then the view. */
export function show(memory: Memory, view: BufferView): string {
  const { target } = memory;
  const kind = bufferKind(memory, Py_TYPE(memory, view.object)) ?? 'memoryview';
  const layout: Layout = layoutsFor(target)[structs[kind]];
  const title = `${layout.name} at ${hex(view.object)}, ${formatTarget(target)}, ${layout.size} bytes`;
  const seen = picture(view);
  return [
    heading(title),
    ...structLines(memory, view, layout),
    '',
    ...viewLines(view),
    '',
    preview(view),
    ...(seen ? ['', seen] : []),
  ].join('\n');
}

interface Line {
  readonly offset: number;
  readonly name: string;
  readonly value: string;
}

function structLines(memory: Memory, view: BufferView, layout: Layout): string[] {
  const values = readStruct(memory, layout, view.object) as Record<string, unknown>;
  const lines = [...fieldLines(memory, view, layout, values, 0, 0)];
  const width = Math.max(...lines.map(({ name }) => name.length));
  const table = lines.map(({ offset, name, value }) =>
    `${faint(String(offset).padStart(6))}  ${name.padEnd(width)}  ${value}`.trimEnd(),
  );
  return [faint(`offset  ${'field'.padEnd(width)}  value`), ...table];
}

function* fieldLines(
  memory: Memory,
  view: BufferView,
  layout: Layout,
  values: Record<string, unknown>,
  base: number,
  depth: number,
): Generator<Line> {
  for (const field of layout.fields) {
    const offset = base + field.offset;
    const name = '  '.repeat(depth) + field.name;
    const value = values[field.name];
    if (field.layout) {
      yield { offset, name, value: '' };
      yield* fieldLines(memory, view, field.layout, value as Record<string, unknown>, offset, depth + 1);
    } else {
      yield { offset, name, value: printable(describe(memory, view, field.name, field.c, value)) };
    }
  }
}

/** A value and, where it points somewhere that says more, what is there. */
function describe(memory: Memory, view: BufferView, name: string, c: string, value: unknown): string {
  if (name === 'ob_array') return trailing(memory, view);
  if (name === 'ob_sval') return bytesText(view.slice([0, 100]).bytes);
  if (name === 'flags' && view.source === 'buffer')
    return `${value}  ${flagNames.flatMap(([flag, bit]) => (Number(value) & bit ? [flag] : [])).join(' | ')}`;
  if (typeof value !== 'bigint' || !c.endsWith('*')) return String(value);
  if (value === 0n) return 'NULL';
  return `${hex(value)}  ${pointee(memory, view, name, value)}`.trimEnd();
}

function pointee(memory: Memory, view: BufferView, name: string, address: bigint): string {
  switch (name) {
    case 'ob_type':
      return readType(memory, address).name;
    case 'obj':
    case 'base':
    case 'descr':
      return readType(memory, readStruct(memory, layoutsFor(memory.target).PyObject, address).ob_type).name;
    case 'format':
      return JSON.stringify(textOf(readCString(memory, address)));
    case 'ob_descr':
      return JSON.stringify(view.format);
    case 'shape':
    case 'dimensions':
      return view.shape.join(', ');
    case 'strides':
      return view.strides.join(', ');
    default:
      return '';
  }
}

/** The items of the trailing array that are in use; of all there are, C's declaration has one. */
function trailing(memory: Memory, view: BufferView): string {
  const { PyMemoryViewObject } = layoutsFor(memory.target);
  const length = Number(readStruct(memory, PyMemoryViewObject, view.object).ob_base.ob_size);
  const used = Math.min(length, view.ndim * (view.suboffsets ? 3 : 2));
  const items = readSizes(memory, view.object + BigInt(PyMemoryViewObject.offsetOf('ob_array')), used);
  return [...items, ...(length > used ? [`(${length - used} not in use)`] : [])].join(', ');
}

function viewLines(view: BufferView): string[] {
  const contiguous = view.cContiguous ? 'C' : view.fContiguous ? 'Fortran' : 'no';
  return [
    `format   ${printable(JSON.stringify(view.format))}, itemsize ${view.itemsize}`,
    `shape    (${view.shape.join(', ')})`,
    `strides  (${view.strides.join(', ')}) bytes, contiguous: ${contiguous}`,
    `data     ${view.nbytes} bytes at ${hex(view.address)}${view.readonly ? ', read-only' : ''}`,
  ];
}
