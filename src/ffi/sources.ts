/** Borrowing the memory of objects, by whichever protocol tells of it. */
import { isPlain, sameLayout } from '../view/format.ts';
import { checkInfo, type ViewProtocol, viewSources } from '../view/py-buffer.ts';
import { Py_TYPE, readType } from '../view/py-object.ts';
import type { Calls } from './calls.ts';
import { type Header, Memoryviews } from './lending/memoryviews.ts';
import { PythonError } from './python-error.ts';

/** The memory of an object. Python keeps it until it is given back. */
export interface Borrowed extends Header {
  readonly giveBack: () => void;
}

/** What Python says of a memory; what it leaves out is as its owner, a memoryview, has it. */
interface Description {
  /** As a string: JSON's numbers are doubles. */
  readonly address?: string;
  /** In bytes from where the owner's begins. */
  readonly within?: number;
  readonly format?: string;
  readonly itemsize?: number;
  readonly shape?: number[];
  readonly strides?: number[];
  readonly readonly?: boolean;
}

/**
 * The protocols that may be used, in the order in which they are tried.
 *
 * @throws TypeError if there is none, or one of another name.
 */
export function checkSources(sources: readonly ViewProtocol[] = viewSources): readonly ViewProtocol[] {
  if (sources === viewSources) return sources;
  const known = Array.isArray(sources) && sources.length > 0 && sources.every((name) => viewSources.includes(name));
  if (known) return viewSources.filter((name) => sources.includes(name));
  throw new TypeError(`expected sources to be some of ${viewSources.join(', ')}, got ${JSON.stringify(sources)}`);
}

/** A memoryview that was given back, and may be taken again as long as nothing of Python runs. */
interface GivenBack {
  readonly object: bigint;
  readonly sources: readonly ViewProtocol[];
  readonly borrowed: Borrowed;
  readonly ticket: number;
}

/** Borrows from the objects of an interpreter. */
export class Borrower {
  readonly #calls: Calls;
  readonly #memoryviews: Memoryviews;
  /** Python's strings that name sources. They stay. */
  readonly #names = new Map<string, bigint>();
  /** What was given back last. */
  #last: GivenBack | undefined;

  constructor(calls: Calls, trusted: bigint) {
    this.#calls = calls;
    this.#memoryviews = new Memoryviews(calls.memory, calls.items(trusted));
  }

  /**
   * The memory of an object.
   *
   * @throws PythonError if none of the sources tells of any; FormatError if what is told contradicts itself.
   */
  borrow(object: bigint, sources: readonly ViewProtocol[]): Borrowed {
    const calls = this.#calls;
    if (sources[0] !== 'buffer') {
      const other = this.#asked('look', object, sources);
      if (other) return other;
      const { name } = readType(calls.memory, Py_TYPE(calls.memory, object));
      throw new TypeError(`expected an object with ${sources.join(' or ')}, got ${name}`);
    }
    // Viewed and given back a moment ago: nothing can have changed, for nothing of Python ran.
    const last = this.#last;
    if (last?.object === object && last.sources === sources && calls.takeBack(last.ticket)) return last.borrowed;
    let memoryview: bigint;
    try {
      memoryview = calls.memoryView(object);
    } catch (error) {
      const other = error instanceof PythonError ? this.#asked('look', object, sources) : undefined;
      if (other) return other;
      throw error;
    }
    return guarded(
      () => calls.release(memoryview),
      () => {
        const header = this.#explained(this.#memoryviews.read(memoryview), sources);
        const borrowed: Borrowed = {
          ...header,
          giveBack: () => {
            this.#last = { object, sources, borrowed, ticket: calls.release(memoryview) };
          },
        };
        return borrowed;
      },
    );
  }

  /**
   * The memory of many objects, each given back by itself.
   *
   * @param objects the addresses of objects, or of one that is iterable
   * @throws as `borrow`; then none is borrowed.
   */
  borrowAll(objects: readonly bigint[] | bigint, sources: readonly ViewProtocol[]): Borrowed[] {
    const calls = this.#calls;
    const names = this.#namesOf(sources);
    const list =
      typeof objects === 'bigint'
        ? calls.routine('each', [names, objects])
        : calls.routine('views', [names, ...objects]);
    return guarded(
      () => calls.release(list),
      () => {
        const items = calls.items(list);
        // A list that begins with None has other things than memoryviews.
        const mixed = items[0] === calls.none;
        const read = mixed ? items.slice(1).map((item) => this.#header(item)) : this.#memoryviews.readAll(items);
        const headers = read.map((header) => this.#explained(header, sources));
        // The list holds what is borrowed; it goes when the last of that has gone, at the latest here.
        let left = headers.length + 1;
        const leave = (): void => {
          if (--left === 0) calls.release(list);
        };
        const first = mixed ? 1 : 0;
        const borrowed = headers.map((header, i) => ({
          ...header,
          giveBack: () => {
            calls.dropItem(list, first + i);
            leave();
          },
        }));
        leave();
        return borrowed;
      },
    );
  }

  #header(item: bigint): Header {
    const { memory } = this.#calls;
    return readType(memory, Py_TYPE(memory, item)).name === 'list'
      ? this.#described(item)
      : this.#memoryviews.read(item);
  }

  /**
   * The same memory with a better format, where that of a memoryview says too little: a record may hide a union, and
   * bytes anything. Nobody but the memoryview knows which part of its exporter's memory it is.
   */
  #explained(header: Header, sources: readonly ViewProtocol[]): Header {
    const { info, trusted } = header;
    const { memory } = this.#calls;
    if (trusted || info.source !== 'buffer' || isPlain(info.format, info.itemsize, memory.target)) return header;
    const better = this.#asked('explain', info.object, sources);
    if (!better) return header;
    better.giveBack();
    const same = better.info.address === info.address && `${better.info.shape}` === `${info.shape}`;
    const alike = `${better.info.strides}` === `${info.strides}` && better.info.itemsize === info.itemsize;
    if (!same || !alike || sameLayout(info.format, better.info.format, info.itemsize, memory.target)) return header;
    return { ...header, info: { ...info, format: better.info.format } };
  }

  #asked(routine: 'look' | 'explain', object: bigint, sources: readonly ViewProtocol[]): Borrowed | undefined {
    const calls = this.#calls;
    const found = calls.routine(routine, [object, this.#namesOf(sources)]);
    const giveBack = (): void => void calls.release(found);
    if (found !== calls.none) return guarded(giveBack, () => ({ ...this.#described(found), giveBack }));
    giveBack();
    return undefined;
  }

  /** @param found the list that `look` and `explain` give */
  #described(found: bigint): Header {
    const calls = this.#calls;
    const [object = 0n, description = 0n] = calls.items(found);
    const [source, said] = JSON.parse(calls.bytesText(description)) as [ViewProtocol, Description];
    const { address, within = 0, ...rest } = said;
    if (address === undefined) {
      const { info } = this.#memoryviews.read(object);
      const whole = { ...info, ...rest, address: info.address + BigInt(within), source };
      return {
        info: checkInfo(rest.shape ? { ...whole, suboffsets: undefined } : whole),
        trusted: false,
        exporter: 0,
        owner: found,
      };
    }
    const { format = 'B', itemsize = 1, shape = [], strides = [], readonly = true } = rest;
    const where = { address: BigInt(address), object, source, suboffsets: undefined };
    return {
      info: checkInfo({ ...where, format, itemsize, shape, strides, readonly }),
      trusted: false,
      exporter: 0,
      owner: found,
    };
  }

  #namesOf(sources: readonly ViewProtocol[]): bigint {
    const key = sources.join(' ');
    const known = this.#names.get(key);
    if (known) return known;
    const names = this.#calls.string(key);
    this.#names.set(key, names);
    return names;
  }
}

/** What is made, unless that fails: then something has to be undone. */
function guarded<T>(undo: () => unknown, make: () => T): T {
  try {
    return make();
  } catch (error) {
    undo();
    throw error;
  }
}
