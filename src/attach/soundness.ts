/**
 * What must hold of an object that is alive: by this garbage, and what was freed, are told from it. It knows the structs,
 * and not what their buffers mean.
 */
import { dataViewOf } from '../bytes.ts';
import { layoutsFor } from '../layouts/layouts.ts';
import {
  _Py_MEMORYVIEW_C,
  _Py_MEMORYVIEW_FORTRAN,
  _Py_MEMORYVIEW_PIL,
  _Py_MEMORYVIEW_RELEASED,
  _Py_MEMORYVIEW_RESTRICTED,
  _Py_MEMORYVIEW_SCALAR,
} from '../layouts/memoryobject.ts';
import { PyBUF_MAX_NDIM } from '../layouts/pybuffer.ts';
import { scalarReader } from '../layouts/scalar.ts';
import { Py_TPFLAGS_HAVE_GC } from '../layouts/typeobject.ts';
import { uintptr_t } from '../layouts/vocabulary.ts';
import { type Memory, orUndefined } from '../memory/memory.ts';
import { dataModels, perTarget, type Target } from '../target.ts';
import type { BufferKind } from '../view/native-object.ts';
import { FEW_REFERENCES, isAlive, Py_REFCNT, Py_TYPE, readType, readTypeFlags } from '../view/py-object.ts';
import { fieldReader } from '../view/struct.ts';

/** What an object says of the buffers it exports, and of the object whose memory it shows. */
export interface Exported {
  /** Undefined where the type does not count them. */
  readonly exports: number | undefined;
  /** 0 for none. */
  readonly exporter: bigint;
}

/** What an immortal object counts at least, in every release that has some: 999999999 in 3.11. */
const IMMORTAL = 2 ** 29;
/** No buffer is exported more often at once. */
const MOST_EXPORTS = 2 ** 31;

const headers = perTarget((target) => {
  const { PyObject } = layoutsFor(target);
  return {
    // Where the collector has its two words before the object; free-threaded builds have none.
    collected: PyObject.has('ob_tid') ? undefined : 2 * dataModels[target.model].pointer,
    word: scalarReader(uintptr_t, dataModels[target.model]),
  };
});

/**
 * Whether a word that is followed by the address of a type can be the beginning of an object that exports buffers: is
 * where one can be, is no pointer itself, and has before it what the garbage collector writes there.
 */
export function isObject(memory: Memory, address: bigint): boolean {
  if (!isAlive(memory, address)) return false;
  const count = Py_REFCNT(memory, address);
  const { pointer } = dataModels[memory.target.model];
  // Allocators align to two words. Only what was compiled in does not, and that is immortal.
  if (address % BigInt(2 * pointer) !== 0n) return count >= IMMORTAL;
  // Of 32 bits the count of an immortal object may be an address too.
  const few = count <= FEW_REFERENCES || (pointer === 4 && count >= IMMORTAL);
  if (!few && isReadable(memory, BigInt(count))) return false;
  return hasSoundLinks(memory, address);
}

/** Whether the links of an object that the collector knows are links: to another object, or to none. */
function hasSoundLinks(memory: Memory, address: bigint): boolean {
  const { collected, word } = headers(memory.target);
  if (collected === undefined || !(readTypeFlags(memory, Py_TYPE(memory, address)) & Py_TPFLAGS_HAVE_GC)) return true;
  const next = word(dataViewOf(memory.read(address - BigInt(collected), collected)), 0);
  if (next === 0n) return true;
  // While it collects, the lowest bit is a mark.
  return (next & ~1n) % BigInt(collected / 2) === 0n && isReadable(memory, next & ~1n);
}

function isReadable(memory: Memory, address: bigint): boolean {
  return orUndefined(() => memory.read(address, 1)) !== undefined;
}

type Check = (memory: Memory, address: bigint) => Exported | undefined;

/** Makes a check out of the fields it needs: undefined if the object is none. */
function check<R>(
  bind: (target: Target) => R,
  judge: (fields: R, memory: Memory, address: bigint) => Exported | false,
): Check {
  const bound = perTarget(bind);
  return (memory, address) => judge(bound(memory.target), memory, address) || undefined;
}

function isCount(value: number, most: number): boolean {
  return value >= 0 && value < most;
}

/** Whether a byte is the NUL that stands behind the last of the object's own. */
function isNul(memory: Memory, address: bigint): boolean {
  return memory.read(address, 1)[0] === 0;
}

/**
 * The checks of each kind.
 *
 * @throws MemoryFault if what belongs to the object cannot be read: then it is none.
 */
export const soundness: Readonly<Record<BufferKind, Check>> = {
  memoryview: check(
    (target) => {
      const { PyMemoryViewObject: layout } = layoutsFor(target);
      return {
        size: layout.offsetOf('ob_array'),
        mbuf: fieldReader(layout, 'mbuf', 'bigint'),
        flags: fieldReader(layout, 'flags', 'number'),
        exports: fieldReader(layout, 'exports', 'number'),
        obj: fieldReader(layout, 'view.obj', 'bigint'),
        ndim: fieldReader(layout, 'view.ndim', 'number'),
        shape: fieldReader(layout, 'view.shape', 'bigint'),
      };
    },
    (fields, memory, address) => {
      const bytes = dataViewOf(memory.read(address, fields.size));
      const [flags, exports, ndim] = [fields.flags(bytes), fields.exports(bytes), fields.ndim(bytes)];
      const released = (flags & _Py_MEMORYVIEW_RELEASED) !== 0;
      const own = fields.shape(bytes) === address + BigInt(fields.size);
      return (
        (flags & ~EVERY_FLAG) === 0 &&
        isCount(exports, MOST_EXPORTS) &&
        isCount(ndim, PyBUF_MAX_NDIM + 1) &&
        (ndim === 0 || own) &&
        isManaged(memory, fields.mbuf(bytes)) && { exports, exporter: released ? 0n : fields.obj(bytes) }
      );
    },
  ),
  bytes: check(
    (target) => {
      const { PyBytesObject: layout } = layoutsFor(target);
      return {
        size: layout.offsetOf('ob_sval'),
        length: fieldReader(layout, 'ob_base.ob_size', 'number'),
        hash: fieldReader(layout, 'ob_shash', 'bigint'),
      };
    },
    (fields, memory, address) => {
      const bytes = dataViewOf(memory.read(address, fields.size));
      const [length, hash] = [fields.length(bytes), fields.hash(bytes)];
      if (!isCount(length, mostBytes(memory)) || isPointer(memory, hash)) return false;
      return isNul(memory, address + BigInt(fields.size + length)) && { exports: undefined, exporter: 0n };
    },
  ),
  bytearray: check(
    (target) => {
      const { PyByteArrayObject: layout } = layoutsFor(target);
      return {
        size: layout.size,
        length: fieldReader(layout, 'ob_base.ob_size', 'number'),
        alloc: fieldReader(layout, 'ob_alloc', 'number'),
        bytes: fieldReader(layout, 'ob_bytes', 'bigint'),
        start: fieldReader(layout, 'ob_start', 'bigint'),
        exports: fieldReader(layout, 'ob_exports', 'number'),
      };
    },
    (fields, memory, address) => {
      const view = dataViewOf(memory.read(address, fields.size));
      const [length, alloc, exports] = [fields.length(view), fields.alloc(view), fields.exports(view)];
      const [bytes, start] = [fields.bytes(view), fields.start(view)];
      const skipped = Number(start - bytes);
      return (
        isCount(alloc, mostBytes(memory)) &&
        isCount(exports, MOST_EXPORTS) &&
        length >= 0 &&
        skipped >= 0 &&
        skipped + length <= alloc &&
        (alloc === 0 || (isReadable(memory, bytes) && isNul(memory, start + BigInt(length)))) && {
          exports,
          exporter: 0n,
        }
      );
    },
  ),
  array: check(
    (target) => {
      const { arrayobject: layout } = layoutsFor(target);
      return {
        size: layout.size,
        length: fieldReader(layout, 'ob_base.ob_size', 'number'),
        item: fieldReader(layout, 'ob_item', 'bigint'),
        allocated: fieldReader(layout, 'allocated', 'number'),
        exports: fieldReader(layout, 'ob_exports', 'number'),
      };
    },
    (fields, memory, address) => {
      const bytes = dataViewOf(memory.read(address, fields.size));
      const [length, allocated, exports] = [fields.length(bytes), fields.allocated(bytes), fields.exports(bytes)];
      return (
        isCount(allocated, mostBytes(memory)) &&
        length >= 0 &&
        length <= allocated &&
        (length === 0 || fields.item(bytes) !== 0n) &&
        isCount(exports, MOST_EXPORTS) && { exports, exporter: 0n }
      );
    },
  ),
  ndarray: check(
    (target) => {
      const { PyArrayObject_fields: layout } = layoutsFor(target);
      return {
        size: layout.offsetOf('weakreflist'),
        nd: fieldReader(layout, 'nd', 'number'),
        descr: fieldReader(layout, 'descr', 'bigint'),
        base: fieldReader(layout, 'base', 'bigint'),
      };
    },
    (fields, memory, address) => {
      const bytes = dataViewOf(memory.read(address, fields.size));
      const base = fields.base(bytes);
      return (
        isCount(fields.nd(bytes), PyBUF_MAX_NDIM + 1) &&
        isAlive(memory, fields.descr(bytes)) &&
        (base === 0n || isAlive(memory, base)) && { exports: undefined, exporter: base }
      );
    },
  ),
};

const EVERY_FLAG =
  _Py_MEMORYVIEW_RELEASED |
  _Py_MEMORYVIEW_C |
  _Py_MEMORYVIEW_FORTRAN |
  _Py_MEMORYVIEW_SCALAR |
  _Py_MEMORYVIEW_PIL |
  _Py_MEMORYVIEW_RESTRICTED;

/** Whether an object is what memoryviews share a buffer by. */
function isManaged(memory: Memory, mbuf: bigint): boolean {
  return mbuf !== 0n && isAlive(memory, mbuf) && readType(memory, Py_TYPE(memory, mbuf)).name === 'managedbuffer';
}

/** Whether a hash is an address, which of 64 bits it hardly is by chance. */
function isPointer(memory: Memory, hash: bigint): boolean {
  return hash > 0n && dataModels[memory.target.model].pointer === 8 && isReadable(memory, hash);
}

/** More than any object has: as many as there can be addresses. */
function mostBytes({ target }: Memory): number {
  return dataModels[target.model].pointer === 8 ? 2 ** 48 : 2 ** 32;
}
