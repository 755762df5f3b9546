// Measures structs with a C compiler twice, by its debug information and by constants that it evaluates, and insists
// that both agree. Nothing here knows a member's name: they all come from the headers.

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';

const run = promisify(execFile);

/** The folder of probe.c. */
export const here = dirname(fileURLToPath(import.meta.url));

/**
 * @typedef {[offset: number, size: number] | [offset: number, size: number, shift: number, bits: number]} Field
 * @typedef {{ size: number, align?: number, fields: Record<string, Field> }} Layout
 * @typedef {object} Compiler
 * @property {string} name what messages call it
 * @property {string[]} command the program and its options, with the folders of the headers
 * @property {string[]} [preprocess] if present, preprocesses first with this command, and compiles what that wrote
 * @property {NodeJS.ProcessEnv} env
 */

/** Runs a program and returns what it wrote, or throws what it complained about. */
export async function call(command, env = process.env) {
  const [program, ...args] = command;
  try {
    const { stdout } = await run(program, args, { env, maxBuffer: 1 << 30 });
    return stdout;
  } catch (error) {
    throw new Error(`${program} failed: ${error.message}\n${error.stderr ?? ''}`.slice(0, 4000));
  }
}

async function compile(compiler, source, object, options) {
  if (!compiler.preprocess) {
    await call([...compiler.command, ...options, '-c', source, '-o', object], compiler.env);
    return;
  }
  const preprocessed = `${object}.i`;
  await call([...compiler.preprocess, ...options, '-E', '-P', source, '-o', preprocessed], compiler.env);
  const debug = options.filter((option) => option.startsWith('-g'));
  await call([...compiler.command, ...debug, '-c', preprocessed, '-o', object], compiler.env);
}

function findMarked(bytes, marker, object) {
  const at = bytes.indexOf(marker, 0, 'latin1');
  if (at < 0) throw new Error(`${object} has no ${JSON.stringify(marker)}`);
  return at + marker.length;
}

/** The sizes and alignments of scalars.h's types, by their names there. */
export async function measureScalars(compiler, scratch) {
  mkdirSync(scratch, { recursive: true });
  const object = join(scratch, 'scalars.o');
  await compile(compiler, join(here, 'scalars.c'), object, []);
  const bytes = readFileSync(object);
  let at = findMarked(bytes, 'golden-scalars:-', object);
  const scalars = {};
  for (const [, name] of readFileSync(join(here, 'scalars.h'), 'utf8').matchAll(/^SCALAR\((\w+)/gm)) {
    scalars[name] = { size: bytes.readUInt32LE(at), align: bytes.readUInt32LE(at + 4) };
    at += 8;
  }
  return scalars;
}

/**
 * Measures all structs of structs.h.
 *
 * @param {Compiler} compiler
 * @param {object} how
 * @param {string[]} how.options the build's options, `-DPy_DEBUG` and such
 * @param {'little' | 'big'} how.byteOrder of the target
 * @param {string} how.scratch a folder for this measurement alone
 * @param {string[]} [how.dwarfdump] llvm-dwarfdump's command; without it, the members are taken from `known`
 * @param {Record<string, Layout>} [how.known] the layouts that name the members, if there is no llvm-dwarfdump
 * @returns {Promise<Record<string, Layout>>}
 */
export async function measure(compiler, { options, byteOrder, scratch, dwarfdump, known }) {
  mkdirSync(scratch, { recursive: true });
  const probe = join(here, 'probe.c');
  let described = known;
  if (dwarfdump) {
    const object = join(scratch, 'enumerate.o');
    await compile(compiler, probe, object, [...options, '-DGOLDEN_ENUMERATE', '-g', '-gdwarf-5']);
    described = await readObject(object, { dwarfdump, byteOrder, env: compiler.env });
  }
  if (!described) throw new Error('there is neither llvm-dwarfdump nor a list of members');

  const bits = [];
  const lines = [];
  for (const [name, { fields }] of Object.entries(described)) {
    lines.push(`STRUCT(${name})`);
    for (const [path, field] of Object.entries(fields)) {
      if (field.length === 2) lines.push(`FIELD(${name}, ${path})`);
      else lines.push(`BITS(${name}, ${path}, ${bits.push([name, path]) - 1})`);
    }
  }
  writeFileSync(join(scratch, 'golden_fields.h'), `${lines.join('\n')}\n`);
  const object = join(scratch, 'constants.o');
  await compile(compiler, probe, object, [...options, `-I${scratch}`]);
  const bytes = readFileSync(object);

  let at = findMarked(bytes, 'golden-consts:-', object);
  const next = () => {
    at += 4;
    return bytes.readUInt32LE(at - 4);
  };
  /** @type {Record<string, Layout>} */
  const measured = {};
  for (const [name, { fields }] of Object.entries(described)) {
    measured[name] = { size: next(), align: next(), fields: {} };
    for (const [path, field] of Object.entries(fields)) {
      measured[name].fields[path] = field.length === 2 ? [next(), next()] : field;
    }
  }
  for (const [id, [name, path]] of bits.entries()) {
    const number = Buffer.alloc(4);
    number.writeUInt32LE(id);
    const start = findMarked(bytes, `golden-bits-of:${number.toString('latin1')}`, object);
    const value = start - 'golden-bits-of:'.length - 4 + 32;
    const mask = bytes.subarray(value, value + measured[name].size);
    const unit = described[name].fields[path][1];
    measured[name].fields[path] = bitField(mask, unit, byteOrder, `${name}.${path}`);
  }
  for (const [name, layout] of Object.entries(measured)) {
    const { size, fields } = described[name];
    if (dwarfdump && !isDeepStrictEqual({ size, fields }, { size: layout.size, fields: layout.fields })) {
      throw new Error(
        `${compiler.name} contradicts itself about ${name}:\n${JSON.stringify(described[name])} in its debug ` +
          `information,\n${JSON.stringify(layout)} in its constants`,
      );
    }
  }
  return measured;
}

/**
 * Where a bit field is, from an object in which it alone is all ones.
 *
 * @param {Uint8Array} mask the object's bytes
 * @param {number} unit the size of the declared type
 * @returns {Field}
 */
function bitField(mask, unit, byteOrder, what) {
  const set = [];
  for (const [index, byte] of mask.entries()) {
    for (let bit = 0; bit < 8; bit++)
      if ((byte >> bit) & 1) set.push(index * 8 + (byteOrder === 'little' ? bit : 7 - bit));
  }
  set.sort((a, b) => a - b);
  const [first] = set;
  if (first === undefined || set.at(-1) - first !== set.length - 1)
    throw new Error(`${what}'s bits are not contiguous`);
  return placeBits(first, set.length, unit, byteOrder, what);
}

/** A bit field's storage unit and shift, from its first bit in memory order. */
function placeBits(first, bits, unit, byteOrder, what) {
  const offset = Math.floor(first / (8 * unit)) * unit;
  const within = first - offset * 8;
  if (within + bits > unit * 8) throw new Error(`${what} straddles two units of its declared type`);
  return [offset, unit, byteOrder === 'little' ? within : unit * 8 - within - bits, bits];
}

/**
 * The layouts in an object file's debug information: those of probe.c's `golden_object_…`, or those of the types that
 * have one of `names`, as far as they are in there.
 *
 * @returns {Promise<Record<string, Layout>>}
 */
export async function readObject(object, { dwarfdump, byteOrder, env, names }) {
  return readDebugInformation(await call([...dwarfdump, '--debug-info', object], env), byteOrder, names);
}

function readDebugInformation(text, byteOrder, names) {
  const entries = new Map();
  const stack = [];
  const objects = [];
  let entry;
  const pointerSize = Number(/addr_size = (0x[0-9a-f]+)/.exec(text)?.[1]);
  for (const line of text.split('\n')) {
    const head = /^(0x[0-9a-f]+):( +)(DW_TAG_\w+|NULL)/.exec(line);
    if (head) {
      const depth = head[2].length;
      while (stack.length && stack.at(-1).depth >= depth) stack.pop();
      if (head[3] === 'NULL') continue;
      entry = { tag: head[3], depth, attributes: {}, children: [] };
      entries.set(Number(head[1]), entry);
      stack.at(-1)?.children.push(entry);
      stack.push(entry);
      continue;
    }
    const attribute = /^ +(DW_AT_\w+)\s+\((.*)\)$/.exec(line);
    if (!attribute || !entry) continue;
    const [, name, value] = attribute;
    entry.attributes[name] = value;
    if (names && name === 'DW_AT_name' && entry.tag === 'DW_TAG_typedef') {
      if (names.includes(JSON.parse(value))) objects.push([JSON.parse(value), entry]);
    } else if (name === 'DW_AT_name' && entry.tag === 'DW_TAG_variable') {
      const object = /^"golden_object_(\w+)"$/.exec(value);
      if (object) objects.push([object[1], entry]);
    }
  }

  const number = (value) => {
    const match = /^(?:DW_OP_plus_uconst )?(0x[0-9a-f]+|\d+)$/.exec(value);
    if (!match) throw new Error(`unexpected number ${value} in the debug information`);
    return Number(match[1]);
  };
  const typeOf = (of) => {
    let type = of;
    do {
      type = entries.get(Number(/^0x[0-9a-f]+/.exec(type.attributes.DW_AT_type)?.[0]));
      if (!type) throw new Error('a type is missing in the debug information');
    } while (/^DW_TAG_(typedef|const_type|volatile_type|atomic_type)$/.test(type.tag));
    return type;
  };
  const isRecord = (type) => type.tag === 'DW_TAG_structure_type' || type.tag === 'DW_TAG_union_type';
  const sizeOf = (type) => {
    if (type.attributes.DW_AT_byte_size) return number(type.attributes.DW_AT_byte_size);
    if (type.tag === 'DW_TAG_pointer_type') return pointerSize;
    if (type.tag !== 'DW_TAG_array_type') throw new Error(`no size of ${type.tag}`);
    let count = 1;
    for (const { tag, attributes } of type.children) {
      if (tag !== 'DW_TAG_subrange_type') continue;
      if (attributes.DW_AT_count) count *= number(attributes.DW_AT_count);
      else if (attributes.DW_AT_upper_bound) count *= number(attributes.DW_AT_upper_bound) + 1;
      else throw new Error('a flexible array has no size');
    }
    return count * sizeOf(typeOf(type));
  };
  const members = (record, base, prefix, fields) => {
    if (record.attributes.DW_AT_declaration) throw new Error(`${prefix} is only declared`);
    for (const member of record.children) {
      if (member.tag !== 'DW_TAG_member') continue;
      const { attributes } = member;
      const name = attributes.DW_AT_name ? JSON.parse(attributes.DW_AT_name) : '';
      const type = typeOf(member);
      const offset = base + number(attributes.DW_AT_data_member_location ?? '0');
      if (attributes.DW_AT_bit_size) {
        const bits = number(attributes.DW_AT_bit_size);
        let first = offset * 8 + number(attributes.DW_AT_data_bit_offset ?? '0');
        if (attributes.DW_AT_bit_offset) {
          // As by DWARF 2, which clang keeps to for gdb: counted from the most significant bit of the storage unit.
          const fromTop = number(attributes.DW_AT_bit_offset);
          const unit = number(attributes.DW_AT_byte_size ?? String(sizeOf(type)));
          first = offset * 8 + (byteOrder === 'big' ? fromTop : unit * 8 - fromTop - bits);
        }
        if (name) fields[prefix + name] = placeBits(first, bits, sizeOf(type), byteOrder, prefix + name);
      } else if (isRecord(type)) members(type, offset, name ? `${prefix}${name}.` : prefix, fields);
      else fields[prefix + name] = [offset, sizeOf(type)];
    }
    return fields;
  };
  const layouts = {};
  for (const [name, variable] of objects) {
    const type = typeOf(variable);
    if (names && type.attributes.DW_AT_declaration) continue;
    layouts[name] = { size: sizeOf(type), fields: members(type, 0, '', {}) };
  }
  if (!objects.length) throw new Error('no objects in the debug information');
  return layouts;
}
