/** Python objects laid out in bytes as CPython of a target would: what a memory dump would hold. Nothing is freed. */
import { internalLayouts } from '../../src/layouts/internal.ts';
import type { Layout } from '../../src/layouts/layout.ts';
import { layoutsFor } from '../../src/layouts/layouts.ts';
import { _PyLong_NON_SIZE_BITS } from '../../src/layouts/longintrepr.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import {
  Py_TPFLAGS_DICT_SUBCLASS,
  Py_TPFLAGS_LONG_SUBCLASS,
  Py_TPFLAGS_TUPLE_SUBCLASS,
  Py_TPFLAGS_UNICODE_SUBCLASS,
} from '../../src/layouts/typeobject.ts';
import type { Memory } from '../../src/memory/memory.ts';
import { segmentMemory } from '../../src/memory/segments.ts';
import { dataModels, type Target } from '../../src/target.ts';

export const BASE = 0x100000n;

/** Values of fields by their path; those left out are 0. */
export type Values = Readonly<Record<string, bigint | number>>;

/** What numpy's descriptor shall say. */
export interface DescrImage {
  readonly type_num: number;
  readonly kind: string;
  readonly elsize: number;
  readonly byteorder?: string;
  readonly fields?: bigint;
  readonly names?: bigint;
  readonly subarray?: bigint;
  readonly c_metadata?: bigint;
}

export class Arena {
  readonly target: Target;
  readonly bytes = new Uint8Array(1 << 16);
  readonly memory: Memory;
  readonly #view = new DataView(this.bytes.buffer);
  readonly #little: boolean;
  readonly #word: number;
  readonly #types = new Map<string, bigint>();
  #end = 64;

  constructor(tag: string) {
    this.target = parseTarget(tag);
    this.#little = dataModels[this.target.model].byteOrder === 'little';
    this.#word = dataModels[this.target.model].pointer;
    this.memory = segmentMemory([{ address: BASE, bytes: this.bytes }], this.target);
  }

  /** How many bytes are in use. */
  get used(): number {
    return this.#end;
  }

  alloc(size: number): bigint {
    const at = this.#end;
    this.#end = Math.ceil((at + size) / 16) * 16;
    if (this.#end > this.bytes.length) throw new RangeError('the arena is full');
    return BASE + BigInt(at);
  }

  write(address: bigint, size: number, value: bigint | number): void {
    const at = Number(address - BASE);
    for (let i = 0; i < size; i++) {
      const place = this.#little ? i : size - 1 - i;
      this.#view.setUint8(at + place, Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
    }
  }

  set(address: bigint, layout: object, values: Values): void {
    for (const [path, value] of Object.entries(values)) {
      const { offset, size, type, shift } = (layout as Layout).find(path as never);
      const at = address + BigInt(offset);
      if (type.kind !== 'bits') this.write(at, size, value);
      else {
        let unit = 0n;
        for (let i = 0; i < size; i++) {
          const place = Number(at - BASE) + (this.#little ? i : size - 1 - i);
          unit |= BigInt(this.bytes[place] ?? 0) << BigInt(8 * i);
        }
        this.write(at, size, unit | (BigInt(value) << BigInt(shift)));
      }
    }
  }

  struct(layout: object, values: Values, more = 0): bigint {
    const address = this.alloc((layout as Layout).size + more);
    this.set(address, layout, values);
    return address;
  }

  text(text: string): bigint {
    const address = this.alloc(text.length + 1);
    this.bytes.set(new TextEncoder().encode(text), Number(address - BASE));
    return address;
  }

  words(values: readonly (bigint | number)[]): bigint {
    const address = this.alloc(values.length * this.#word);
    for (const [i, value] of values.entries()) this.write(address + BigInt(i * this.#word), this.#word, value);
    return address;
  }

  /** The type of a name, made once. */
  type(name: string, basicsize = 0, { flags = 0n, base = 0n } = {}): bigint {
    const known = this.#types.get(name);
    if (known) return known;
    const values = { tp_name: this.text(name), tp_basicsize: basicsize, tp_flags: flags, tp_base: base };
    const made = this.struct(layoutsFor(this.target).PyTypeObject, values);
    this.#types.set(name, made);
    return made;
  }

  /** The beginning of an object that is referred to once. */
  head(type: bigint, path = 'ob_base'): Values {
    const { PyObject } = layoutsFor(this.target);
    const count = PyObject.has('ob_refcnt') ? 'ob_refcnt' : 'ob_ref_local';
    return { [`${path}.${count}`]: 1, [`${path}.ob_type`]: type };
  }

  str(text: string): bigint {
    const { PyASCIIObject } = layoutsFor(this.target);
    const type = this.type('str', 0, { flags: Py_TPFLAGS_UNICODE_SUBCLASS });
    const state = { 'state.kind': 1, 'state.compact': 1, 'state.ascii': 1 };
    const at = this.struct(PyASCIIObject, { ...this.head(type), length: text.length, ...state }, text.length + 1);
    this.bytes.set(new TextEncoder().encode(text), Number(at - BASE) + PyASCIIObject.size);
    return at;
  }

  int(value: number): bigint {
    const { PyLongObject } = layoutsFor(this.target);
    const type = this.type('int', 0, { flags: Py_TPFLAGS_LONG_SUBCLASS });
    if (!PyLongObject.has('long_value')) {
      return this.struct(PyLongObject, {
        ...this.head(type, 'ob_base.ob_base'),
        'ob_base.ob_size': value === 0 ? 0 : 1,
        ob_digit: value,
      });
    }
    const tag = value === 0 ? 1n : 1n << _PyLong_NON_SIZE_BITS;
    return this.struct(PyLongObject, {
      ...this.head(type),
      'long_value.lv_tag': tag,
      'long_value.ob_digit': value,
    });
  }

  tuple(items: readonly bigint[]): bigint {
    const { PyTupleObject } = layoutsFor(this.target);
    const type = this.type('tuple', 0, { flags: Py_TPFLAGS_TUPLE_SUBCLASS });
    const at = this.struct(
      PyTupleObject,
      { ...this.head(type, 'ob_base.ob_base'), 'ob_base.ob_size': items.length },
      items.length * this.#word,
    );
    items.forEach((item, i) => {
      this.write(at + BigInt(PyTupleObject.offsetOf('ob_item') + i * this.#word), this.#word, item);
    });
    return at;
  }

  /** With a table of 8 slots: at most five items. */
  dict(items: readonly (readonly [key: bigint, value: bigint])[]): bigint {
    const { PyDictObject } = layoutsFor(this.target);
    const { PyDictKeysObject, PyDictKeyEntry } = internalLayouts(this.target);
    const size = PyDictKeysObject.has('dk_size') ? { dk_size: 8 } : { dk_log2_size: 3, dk_log2_index_bytes: 3 };
    const keys = this.struct(PyDictKeysObject, { ...size, dk_nentries: items.length }, 8 + 5 * PyDictKeyEntry.size);
    items.forEach(([me_key, me_value], i) => {
      const at = keys + BigInt(PyDictKeysObject.size + 8 + i * PyDictKeyEntry.size);
      this.set(at, PyDictKeyEntry, { me_key, me_value });
    });
    const type = this.type('dict', 0, { flags: Py_TPFLAGS_DICT_SUBCLASS });
    return this.struct(PyDictObject, { ...this.head(type), ma_used: items.length, ma_keys: keys });
  }

  /** A descriptor of numpy 1 or 2. */
  descr(numpy: 1 | 2, { kind, byteorder = '=', ...rest }: DescrImage): bigint {
    const layouts = layoutsFor(this.target);
    const layout = numpy === 1 ? layouts.PyArray_DescrProto : layouts._PyArray_LegacyDescr;
    const size = numpy === 1 ? layout.size : layouts._PyArray_DescrNumPy2.size;
    const base = this.type('numpy.dtype', size);
    const type = this.type('numpy.dtypes.AnyDType', layout.size, { base });
    const letters = { kind: kind.charCodeAt(0), byteorder: byteorder.charCodeAt(0) };
    return this.struct(layout, { ...this.head(type), ...letters, ...(rest as unknown as Values) });
  }

  ndarray(descr: bigint, shape: readonly number[], strides: readonly number[], data: bigint, flags = 0x500): bigint {
    const { PyArrayObject_fields: layout } = layoutsFor(this.target);
    const type = this.type('numpy.ndarray', layout.size);
    const sizes = { dimensions: this.words(shape), strides: this.words(strides) };
    return this.struct(layout, { ...this.head(type), data, nd: shape.length, ...sizes, descr, flags });
  }

  bytesObject(content: Uint8Array): bigint {
    const { PyBytesObject } = layoutsFor(this.target);
    const type = this.type('bytes', PyBytesObject.offsetOf('ob_sval') + 1);
    const values = { ...this.head(type, 'ob_base.ob_base'), 'ob_base.ob_size': content.length };
    const at = this.struct(PyBytesObject, values, content.length);
    this.bytes.set(content, Number(at - BASE) + PyBytesObject.offsetOf('ob_sval'));
    return at;
  }

  bytearray(data: bigint, length: number): bigint {
    const { PyByteArrayObject: layout } = layoutsFor(this.target);
    const values = { ...this.head(this.type('bytearray', layout.size), 'ob_base.ob_base'), 'ob_base.ob_size': length };
    return this.struct(layout, { ...values, ob_start: data });
  }

  array(typecode: string, itemsize: number, data: bigint, length: number): bigint {
    const { arrayobject: layout } = layoutsFor(this.target);
    const { arraydescr } = internalLayouts(this.target);
    const ob_descr = this.struct(arraydescr, { itemsize });
    this.bytes.set(new TextEncoder().encode(typecode), Number(ob_descr - BASE));
    const values = this.head(this.type('array.array', layout.size), 'ob_base.ob_base');
    return this.struct(layout, { ...values, 'ob_base.ob_size': length, ob_item: data, ob_descr });
  }
}
