/**
 * The portable door: layouts, memories given as bytes, views, JSON. It needs neither Node nor a Python.
 *
 * @module memview
 */
export {
  FormatError,
  JsonDecodeError,
  JsonEncodeError,
  LayoutMismatch,
  MemoryFault,
  type Mismatch,
  ReleasedError,
} from '../errors.ts';
export { decodeJson, decodeJsonChunks, decodeJsonInto, type JsonText } from '../json/decode.ts';
export { encodeJson, encodeJsonChunks, encodeJsonInto } from '../json/encode.ts';
export type { DecodeOptions, EncodeOptions } from '../json/options.ts';
export type { Encodable, NumericArray } from '../json/source.ts';
export type { StructClass } from '../layouts/compile.ts';
export { type Extent, extents } from '../layouts/extents.ts';
export { computeLayout, type FieldLayout, Layout, type Leaf, leaves } from '../layouts/layout.ts';
export { type Layouts, layoutsFor } from '../layouts/layouts.ts';
export { _PyLong_NON_SIZE_BITS, _PyLong_SIGN_MASK } from '../layouts/longintrepr.ts';
export {
  _Py_MANAGED_BUFFER_FREE_FORMAT,
  _Py_MANAGED_BUFFER_RELEASED,
  _Py_MEMORYVIEW_C,
  _Py_MEMORYVIEW_FORTRAN,
  _Py_MEMORYVIEW_PIL,
  _Py_MEMORYVIEW_RELEASED,
  _Py_MEMORYVIEW_RESTRICTED,
  _Py_MEMORYVIEW_SCALAR,
} from '../layouts/memoryobject.ts';
export {
  NPY_ARRAY_ALIGNED,
  NPY_ARRAY_C_CONTIGUOUS,
  NPY_ARRAY_F_CONTIGUOUS,
  NPY_ARRAY_OWNDATA,
  NPY_ARRAY_WRITEABLE,
} from '../layouts/ndarraytypes.ts';
export { _Py_REF_SHARED_SHIFT, PyObject, PyVarObject } from '../layouts/object.ts';
export { PyBUF_MAX_NDIM } from '../layouts/pybuffer.ts';
export { type BuildFacts, pythonFacts, recogniseTarget, verifyLayouts } from '../layouts/recognise.ts';
export { parseTarget, targets } from '../layouts/targets.ts';
export {
  Py_TPFLAGS_BYTES_SUBCLASS,
  Py_TPFLAGS_DICT_SUBCLASS,
  Py_TPFLAGS_HAVE_GC,
  Py_TPFLAGS_HEAPTYPE,
  Py_TPFLAGS_LIST_SUBCLASS,
  Py_TPFLAGS_LONG_SUBCLASS,
  Py_TPFLAGS_READY,
  Py_TPFLAGS_TUPLE_SUBCLASS,
  Py_TPFLAGS_TYPE_SUBCLASS,
  Py_TPFLAGS_UNICODE_SUBCLASS,
} from '../layouts/typeobject.ts';
export { PyUnicode_1BYTE_KIND, PyUnicode_2BYTE_KIND, PyUnicode_4BYTE_KIND } from '../layouts/unicodeobject.ts';
export { type Row, versions } from '../layouts/versions.ts';
export {
  type Aligned,
  type AnyOf,
  type ArrayOf,
  aligned,
  anyOf,
  array,
  type Bits,
  bits,
  type CType,
  callback,
  char,
  type Declarations,
  double,
  type FieldPath,
  type Fields,
  float,
  type Item,
  int,
  int8_t,
  int16_t,
  int32_t,
  int64_t,
  long,
  type Overlay,
  overlay,
  type Pointee,
  Py_hash_t,
  Py_ssize_t,
  pointer,
  type Scalar,
  type StructDeclaration,
  type StructValue,
  short,
  size_t,
  struct,
  typedef,
  uint8_t,
  uint16_t,
  uint32_t,
  uint64_t,
  uintptr_t,
  union,
  unsigned_char,
  unsigned_int,
  unsigned_long,
  unsigned_short,
  type ValueOf,
  wchar_t,
} from '../layouts/vocabulary.ts';
export { type Heap, heapMemory } from '../memory/heap.ts';
export type { Mapping } from '../memory/mapping.ts';
export type { Memory, MemoryLocator } from '../memory/memory.ts';
export { type Segment, segmentMemory } from '../memory/segments.ts';
export {
  type DataModel,
  type DataModelName,
  dataModels,
  formatTarget,
  type LongDoubleForm,
  type Target,
  type Version,
} from '../target.ts';
export { BufferView } from '../view/buffer-view.ts';
export type { Complex, ElementName, ElementValue, NumericTypedArray } from '../view/element.ts';
export type { NestedList } from '../view/gather.ts';
export { viewObject } from '../view/object.ts';
export { PyMemoryView_GET_BUFFER, type ViewProtocol, type ViewSource, viewSources } from '../view/py-buffer.ts';
export { Py_REFCNT, Py_TYPE, readType, type TypeInfo } from '../view/py-object.ts';
export type { Range } from '../view/range.ts';
export { readStruct } from '../view/struct.ts';
export { Datetime64, type FixedUnit, Timedelta64, type TimeUnit } from '../view/time.ts';
