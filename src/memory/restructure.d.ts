/** What is used of `restructure` 3.0, which has no types of its own. Its main entry exports no `Base` to extend. */
declare module 'restructure' {
  /** Bytes, and how far they were read. It reads no 64-bit integers: their size is not in its table. */
  export class DecodeStream {
    constructor(bytes: Uint8Array);
    readonly view: DataView;
    pos: number;
  }

  /** What a field of a struct may be. */
  export interface Type<T> {
    decode(stream: DecodeStream, parent?: unknown): T;
    size(value?: unknown, parent?: unknown): number;
  }

  export const uint8: Type<number>;
  export const uint16le: Type<number>;
  export const uint16be: Type<number>;
  export const uint32le: Type<number>;
  export const uint32be: Type<number>;
  export const int32le: Type<number>;
  export const int32be: Type<number>;

  /** So many bytes, as a copy. */
  export class Buffer implements Type<Uint8Array> {
    constructor(length: number);
    decode(stream: DecodeStream): Uint8Array;
    size(): number;
  }

  /** Fields one after the other, without padding. */
  export class Struct implements Type<object> {
    constructor(fields: { readonly [name: string]: Type<unknown> });
    decode(stream: DecodeStream, parent?: unknown): object;
    size(value?: unknown, parent?: unknown): number;
  }
}
