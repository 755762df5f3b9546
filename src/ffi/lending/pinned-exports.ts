/** The exports that are not over, as people and programs read them: what is pinned, for whom, how much. */
import { hex } from '../../errors.ts';
import { layoutsFor } from '../../layouts/layouts.ts';
import type { Memory } from '../../memory/memory.ts';
import { Py_TYPE, readType } from '../../view/py-object.ts';
import { readStruct } from '../../view/struct.ts';
import type { Export, ExportState } from './export.ts';

/** A buffer that Python holds still for JavaScript. */
export interface PinnedExport {
  /** The type of the object that cannot be resized or freed, e.g. `bytearray`. */
  readonly exporter: string;
  /** The address of that object: Python's `id()`. */
  readonly address: bigint;
  readonly format: string;
  readonly shape: readonly number[];
  /** In bytes, from the first that an element occupies to the last. */
  readonly nbytes: number;
  /**
   * A `view` that is not released; `arrays` that a released view handed out and that are not garbage yet; or memory that
   * somebody has `transferred`, and that is pinned for ever.
   */
  readonly heldBy: 'view' | 'arrays' | 'transferred';
}

const holders: Readonly<Record<ExportState, PinnedExport['heldBy']>> = {
  viewed: 'view',
  lent: 'view',
  left: 'arrays',
  moved: 'transferred',
};

/** @param memory in which the exporters lie */
export function pinnedExports(memory: Memory, exports: readonly Export[]): PinnedExport[] {
  return exports.map(({ info, extent, state }) => {
    const address = exporterOf(memory, info.object, info.source);
    const exporter = readType(memory, Py_TYPE(memory, address)).name;
    return { exporter, address, format: info.format, shape: info.shape, nbytes: extent.length, heldBy: holders[state] };
  });
}

/** Behind a memoryview the object that it is of. */
function exporterOf(memory: Memory, object: bigint, source: string): bigint {
  if (source !== 'buffer') return object;
  return readStruct(memory, layoutsFor(memory.target).PyMemoryViewObject, object).view.obj || object;
}

/** How many are told of one by one. */
const MOST_TOLD = 3;
/** What can be resized or closed, and raises a BufferError where it is pinned. */
const resizable = new Set(['bytearray', 'array.array', 'mmap.mmap', '_io.BytesIO', 'numpy.ndarray']);

const holding: Readonly<Record<PinnedExport['heldBy'], string>> = {
  view: 'a view that is not released',
  arrays: 'arrays of a released view',
  transferred: 'memory that was transferred',
};

/** Who holds them, as a sentence that goes with a BufferError of Python's; empty where there are none. */
export function tellOf(exports: readonly PinnedExport[]): string {
  if (exports.length === 0) return '';
  const likely = exports.filter(({ exporter }) => resizable.has(exporter));
  const unlikely = exports.filter(({ exporter }) => !resizable.has(exporter));
  // Of each the latest first.
  const told = [...likely.reverse(), ...unlikely.reverse()]
    .slice(0, MOST_TOLD)
    .map(({ exporter, address, nbytes, heldBy }) => {
      return `${holding[heldBy]} pin${heldBy === 'view' ? 's' : ''} ${nbytes} bytes of the ${exporter} at ${hex(address)}`;
    });
  const rest = exports.length > MOST_TOLD ? `, and ${exports.length - MOST_TOLD} more` : '';
  return (
    `From JavaScript ${told.join(', ')}${rest}. release() ends a view, revoke() its arrays as well; those of released views ` +
    'go when they are garbage, at a later turn of the event loop. python.exports() lists them'
  );
}
