/** Core files made up byte by byte, for the tests of what reads them: shares nothing with the reader. */

/** A PT_LOAD: the bytes are what the core holds of it. */
export interface CoreSegment {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** p_memsz, where the core leaves out the rest. */
  readonly memsz?: number;
  /** 4 to read, 2 to write, 1 to execute; 6 without. */
  readonly flags?: number;
}

/** An entry of NT_FILE; the offset is in pages. */
export interface CoreMappedFile {
  readonly start: bigint;
  readonly end: bigint;
  readonly page: number;
  readonly path: string;
}

/** What a core file is to hold. */
export interface CoreRecipe {
  readonly bits: 32 | 64;
  readonly byteOrder: 'little' | 'big';
  readonly segments: readonly CoreSegment[];
  readonly files?: readonly CoreMappedFile[];
  readonly pageSize?: number;
  readonly signal?: number;
  readonly pid?: number;
  readonly type?: number;
  readonly machine?: number;
  /** Notes before those of the process, as they are. */
  readonly notes?: readonly { readonly name: string; readonly type: number; readonly desc: Uint8Array }[];
  /** Counts the program headers in section 0, as is done from 65535 on. */
  readonly counted?: 'ehdr' | 'section';
}

/** Writes numbers one after the other. */
class Sink {
  #bytes: number[] = [];
  readonly #recipe: Pick<CoreRecipe, 'bits' | 'byteOrder'>;

  constructor(recipe: Pick<CoreRecipe, 'bits' | 'byteOrder'>) {
    this.#recipe = recipe;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  get length(): number {
    return this.#bytes.length;
  }

  number(width: number, value: bigint | number): this {
    const view = new DataView(new ArrayBuffer(8));
    const little = this.#recipe.byteOrder === 'little';
    view.setBigUint64(0, BigInt.asUintN(width * 8, BigInt(value)), little);
    const first = little ? 0 : 8 - width;
    for (let i = first; i < first + width; i++) this.#bytes.push(view.getUint8(i));
    return this;
  }

  half(value: number): this {
    return this.number(2, value);
  }

  word(value: number): this {
    return this.number(4, value);
  }

  long(value: bigint | number): this {
    return this.number(this.#recipe.bits / 8, value);
  }

  raw(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  pad(to: number): this {
    while (this.length % to > 0) this.#bytes.push(0);
    return this;
  }
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);

/** A core file. */
export function coreFile(recipe: CoreRecipe): Uint8Array {
  const { bits, byteOrder, segments } = recipe;
  const wide = bits === 64;
  const [ehsize, phentsize, shentsize] = wide ? [64, 56, 64] : [52, 32, 40];
  const count = segments.length + 1;
  const section = recipe.counted === 'section';
  const notes = notesOf(recipe);
  const notesAt = ehsize + count * phentsize + (section ? shentsize : 0);
  const sink = new Sink(recipe).raw([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, byteOrder === 'little' ? 1 : 2, 1]).pad(16);
  sink
    .half(recipe.type ?? 4)
    .half(recipe.machine ?? 62)
    .word(1)
    .long(0)
    .long(ehsize);
  sink
    .long(section ? ehsize + count * phentsize : 0)
    .word(0)
    .half(ehsize)
    .half(phentsize);
  sink
    .half(section ? 0xffff : count)
    .half(section ? shentsize : 0)
    .half(section ? 1 : 0)
    .half(0);
  const header = (type: number, flags: number, at: number, address: bigint, filesz: number, memsz: number): void => {
    sink.word(type);
    if (wide) sink.word(flags);
    sink.long(at).long(address).long(0).long(filesz).long(memsz);
    if (!wide) sink.word(flags);
    sink.long(1);
  };
  header(4, 0, notesAt, 0n, notes.length, 0);
  let at = notesAt + notes.length;
  for (const { address, bytes, memsz, flags } of segments) {
    header(1, flags ?? 6, at, address, bytes.length, memsz ?? bytes.length);
    at += bytes.length;
  }
  if (section) {
    sink.word(0).word(0).long(0).long(0).long(0).long(1).word(0).word(count).long(0).long(0);
  }
  const parts = [sink.bytes, notes, ...segments.map(({ bytes }) => bytes)];
  return new Uint8Array(Buffer.concat(parts));
}

function notesOf(recipe: CoreRecipe): Uint8Array {
  const sink = new Sink(recipe);
  const note = (name: string, type: number, desc: Uint8Array): void => {
    const named = ascii(name);
    sink.word(named.length).word(desc.length).word(type).raw(named).pad(4).raw(desc).pad(4);
  };
  for (const { name, type, desc } of recipe.notes ?? []) note(name, type, desc);
  note('CORE', 1, statusOf(recipe, recipe.signal ?? 11, recipe.pid ?? 4242));
  // Another thread, which got no signal.
  note('CORE', 1, statusOf(recipe, 0, 4243));
  const { files = [], pageSize = 4096 } = recipe;
  const list = new Sink(recipe).long(files.length).long(pageSize);
  for (const { start, end, page } of files) list.long(start).long(end).long(page);
  for (const { path } of files) list.raw(ascii(path));
  note('CORE', 0x46494c45, list.bytes);
  return sink.bytes;
}

/** An elf_prstatus as large as that of x86-64, 336 bytes; what follows pr_pid is not looked at. */
function statusOf(recipe: CoreRecipe, signal: number, pid: number): Uint8Array {
  const sink = new Sink(recipe).word(signal).word(0).word(0).half(signal).half(0).long(0).long(0).word(pid);
  return sink.raw(new Uint8Array(336 - sink.length)).bytes;
}

/** Both word sizes in both byte orders. */
export const coreKinds = ([32, 64] as const).flatMap((bits) =>
  (['little', 'big'] as const).map((byteOrder) => ({ bits, byteOrder })),
);
