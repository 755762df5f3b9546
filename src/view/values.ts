/**
 * Plain Python values read out of memory: str, int, tuple and dict. It calls no Python and follows only the pointers
 * that are part of the value; how much it reads is bounded whatever the memory says.
 */
import { copyOf, dataViewOf } from '../bytes.ts';
import { hex } from '../errors.ts';
import { DICT_KEYS_GENERAL, DICT_KEYS_SPLIT, internalLayouts } from '../layouts/internal.ts';
import { digitsOf, layoutsFor } from '../layouts/layouts.ts';
import { _PyLong_NON_SIZE_BITS, _PyLong_SIGN_MASK } from '../layouts/longintrepr.ts';
import {
  Py_TPFLAGS_DICT_SUBCLASS,
  Py_TPFLAGS_HEAPTYPE,
  Py_TPFLAGS_LONG_SUBCLASS,
  Py_TPFLAGS_TUPLE_SUBCLASS,
  Py_TPFLAGS_UNICODE_SUBCLASS,
} from '../layouts/typeobject.ts';
import type { Memory } from '../memory/memory.ts';
import { dataModels, perTarget, type Target } from '../target.ts';
import { Py_TYPE, perStaticType, readType, readTypeFlags } from './py-object.ts';
import { fieldReader, readPointers, readStruct } from './struct.ts';
import { unsound } from './unsound.ts';

/** What is larger is taken for garbage. Characters, items, digits of 30 bits, and entries. */
const LONGEST_STR = 1 << 20;
const LONGEST_TUPLE = 1 << 20;
const LONGEST_LONG = 1 << 16;
const LARGEST_DICT = 1 << 24;

const typeFlags = perStaticType((memory, type) => {
  const flags = readTypeFlags(memory, type);
  return { flags, heap: (flags & Py_TPFLAGS_HEAPTYPE) !== 0n };
});

/**
 * Refuses an object whose type does not say that it is a certain builtin's or a subclass of it.
 *
 * @throws TypeError if it is another, MemoryFault if the object or its type cannot be read.
 */
function checkIs(memory: Memory, address: bigint, flag: bigint, name: string): void {
  const type = Py_TYPE(memory, address);
  if (typeFlags(memory, type).flags & flag) return;
  const found = JSON.stringify(readType(memory, type).name);
  throw new TypeError(`expected a ${name} at ${hex(address)}, got ${found}`);
}

/** A count as a number. */
function bounded(count: bigint, most: number, name: string, address: bigint, what: string): number {
  if (count >= 0n && count <= BigInt(most)) return Number(count);
  throw unsound(name, address, `${what} is ${count}, expected 0 to ${most}`);
}

/**
 * The text of a str, or of an object of a subclass.
 *
 * @throws TypeError if the object is of another type.
 * @throws FormatError if it contradicts itself, has more than 2^20 characters, or none yet (a legacy string of 3.11
 * and before that is not ready).
 * @throws MemoryFault if it cannot be read.
 * @internal
 */
export function readStr(memory: Memory, address: bigint): string {
  checkIs(memory, address, Py_TPFLAGS_UNICODE_SUBCLASS, 'str');
  const { PyASCIIObject, PyCompactUnicodeObject, PyUnicodeObject } = layoutsFor(memory.target);
  const { length, state } = readStruct(memory, PyASCIIObject, address);
  const { kind, compact, ascii } = state;
  const count = bounded(length, LONGEST_STR, 'str', address, 'length');
  if (kind !== 1 && kind !== 2 && kind !== 4) throw unsound('str', address, `kind is ${kind}, expected 1, 2 or 4`);
  const behind = compact && ascii ? PyASCIIObject.size : PyCompactUnicodeObject.size;
  const at = compact ? address + BigInt(behind) : readStruct(memory, PyUnicodeObject, address).data.any;
  if (count === 0) return '';
  const bytes = dataViewOf(memory.read(at, count * kind));
  const little = dataModels[memory.target.model].byteOrder === 'little';
  const parts: string[] = [];
  for (let from = 0; from < count; from += 4096) {
    const codes = Array.from({ length: Math.min(4096, count - from) }, (_, i) => {
      const offset = (from + i) * kind;
      if (kind === 1) return bytes.getUint8(offset);
      const code = kind === 2 ? bytes.getUint16(offset, little) : bytes.getUint32(offset, little);
      if (code <= 0x10ffff) return code;
      throw unsound('str', address, `0x${code.toString(16)} is no character`);
    });
    parts.push(String.fromCodePoint(...codes));
  }
  return parts.join('');
}

/**
 * The addresses of a tuple's items.
 *
 * @throws TypeError if the object is of another type, FormatError if it has more than 2^20 items.
 * @throws MemoryFault if it cannot be read.
 * @internal
 */
export function readTuple(memory: Memory, address: bigint): bigint[] {
  checkIs(memory, address, Py_TPFLAGS_TUPLE_SUBCLASS, 'tuple');
  const { PyVarObject, PyTupleObject } = layoutsFor(memory.target);
  const { ob_size } = readStruct(memory, PyVarObject, address);
  const length = bounded(ob_size, LONGEST_TUPLE, 'tuple', address, 'ob_size');
  return readPointers(memory, address + BigInt(PyTupleObject.offsetOf('ob_item')), length);
}

/** Where an int has its digits, and how many bits of each count. */
const digits = perTarget((target) => {
  const { offset, size } = digitsOf(layoutsFor(target));
  return { offset: BigInt(offset), size, bits: size === 4 ? 30n : 15n };
});

/**
 * The value of an int, or of an object of a subclass, such as a bool.
 *
 * @throws TypeError if the object is of another type, FormatError if it has more than 2^16 digits.
 * @throws MemoryFault if it cannot be read.
 * @internal
 */
export function readLong(memory: Memory, address: bigint): bigint {
  checkIs(memory, address, Py_TPFLAGS_LONG_SUBCLASS, 'int');
  const { PyLongObject } = layoutsFor(memory.target);
  const { ob_base, long_value } = readStruct(memory, PyLongObject, address);
  // Since 3.12 its sign and size are apart; before, `ob_size` has the sign.
  const tag = long_value?.lv_tag;
  const signed = 'ob_size' in ob_base ? ob_base.ob_size : 0n;
  const negative = tag === undefined ? signed < 0n : (tag & _PyLong_SIGN_MASK) === 2n;
  const stated = tag === undefined ? (signed < 0n ? -signed : signed) : tag >> _PyLong_NON_SIZE_BITS;
  const count = bounded(stated, LONGEST_LONG, 'int', address, 'the number of its digits');
  const { offset, size, bits } = digits(memory.target);
  const bytes = dataViewOf(memory.read(address + offset, count * size));
  const little = dataModels[memory.target.model].byteOrder === 'little';
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) {
    const digit = size === 4 ? bytes.getUint32(i * 4, little) : bytes.getUint16(i * 2, little);
    value = (value << bits) | BigInt(digit);
  }
  return negative ? -value : value;
}

/** What of a dict's entries lies where. */
const entryReaders = perTarget((target) => {
  const { PyDictKeyEntry, PyDictUnicodeEntry } = internalLayouts(target);
  return {
    general: {
      size: PyDictKeyEntry.size,
      key: fieldReader(PyDictKeyEntry, 'me_key', 'bigint'),
      value: fieldReader(PyDictKeyEntry, 'me_value', 'bigint'),
    },
    unicode: {
      size: PyDictUnicodeEntry.size,
      key: fieldReader(PyDictUnicodeEntry, 'me_key', 'bigint'),
      value: fieldReader(PyDictUnicodeEntry, 'me_value', 'bigint'),
    },
  };
});

interface Keys {
  /** How many entries were ever used, those deleted since among them. */
  readonly count: number;
  /** Bytes of indices before the entries. */
  readonly indices: number;
  readonly general: boolean;
  /** Whether it says so; undefined where it says nothing. */
  readonly split: boolean | undefined;
}

function readKeys(memory: Memory, dict: bigint, address: bigint, most: number): Keys {
  const { PyDictKeysObject } = internalLayouts(memory.target);
  const keys = readStruct(memory, PyDictKeysObject, address);
  const { dk_size, dk_log2_size, dk_log2_index_bytes, dk_kind } = keys;
  const count = bounded(keys.dk_nentries, most, 'dict', dict, 'dk_nentries');
  const slots = dk_log2_size === undefined ? (dk_size ?? 0n) : 1n << BigInt(dk_log2_size);
  // A third of the slots is always free: with one more entry it would have grown.
  const size = bounded(slots, LARGEST_DICT * 2, 'dict', dict, 'the size of its table');
  if (count > size) throw unsound('dict', dict, `it has ${count} entries in a table of ${size}`);
  if (dk_log2_index_bytes === undefined) {
    return { count, indices: size * indexWidth(size, memory.target), general: true, split: undefined };
  }
  const widest = (dk_log2_size ?? 0) + 3;
  if (dk_log2_index_bytes > widest) {
    throw unsound('dict', dict, `dk_log2_index_bytes is ${dk_log2_index_bytes}, expected 0 to ${widest}`);
  }
  const kind = dk_kind ?? DICT_KEYS_GENERAL;
  if (kind > DICT_KEYS_SPLIT) throw unsound('dict', dict, `dk_kind is ${kind}, expected 0 to ${DICT_KEYS_SPLIT}`);
  return {
    count,
    indices: 2 ** dk_log2_index_bytes,
    general: kind === DICT_KEYS_GENERAL,
    split: kind === DICT_KEYS_SPLIT,
  };
}

/** `DK_IXSIZE`: before 3.11 the width of an index follows from how many there are. */
function indexWidth(size: number, { model }: Target): 1 | 2 | 4 | 8 {
  if (size <= 0xff) return 1;
  if (size <= 0xffff) return 2;
  return size <= 0xffffffff || dataModels[model].pointer === 4 ? 4 : 8;
}

/**
 * The addresses of the keys and values of a dict, or of an object of a subclass, in the order in which they lie in the
 * table: mostly that of insertion. All are read before the first is given.
 *
 * @param most entries that it may have, those deleted among them
 * @throws TypeError if the object is of another type.
 * @throws FormatError if it contradicts itself, or has more entries.
 * @throws MemoryFault if it cannot be read.
 * @internal
 */
export function* dictItems(
  memory: Memory,
  address: bigint,
  most: number = LARGEST_DICT,
): Generator<[key: bigint, value: bigint]> {
  checkIs(memory, address, Py_TPFLAGS_DICT_SUBCLASS, 'dict');
  const { PyDictObject } = layoutsFor(memory.target);
  const { PyDictKeysObject, PyDictValues } = internalLayouts(memory.target);
  const { ma_keys, ma_values, ma_used } = readStruct(memory, PyDictObject, address);
  if (ma_used === 0n) return;
  const { count, indices, general, split } = readKeys(memory, address, ma_keys, most);
  if (split !== undefined && split !== (ma_values !== 0n)) {
    const shared = `its keys are ${split ? '' : 'not '}shared`;
    throw unsound('dict', address, `${shared}, but its ma_values is ${hex(ma_values)}`);
  }
  const entry = entryReaders(memory.target)[general ? 'general' : 'unicode'];
  const first = ma_keys + BigInt(PyDictKeysObject.size + indices);
  const entries = dataViewOf(copyOf(memory.read(first, count * entry.size)));
  const valuesAt = ma_values + BigInt(PyDictValues.offsetOf('values'));
  const values = ma_values === 0n ? undefined : readPointers(memory, valuesAt, count);
  for (let i = 0; i < count; i++) {
    const key = entry.key(entries, i * entry.size);
    const value = values ? (values[i] ?? 0n) : entry.value(entries, i * entry.size);
    if (key !== 0n && value !== 0n) yield [key, value];
  }
}
