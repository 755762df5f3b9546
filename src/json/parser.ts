/**
 * From text that comes in pieces to the elements of an array: which reader takes them, and what is said of a text that is
 * none. What is plain the kernel reads; everything else is read here, one token at a time, by the same rules.
 */
import { copyOf, dataViewOf } from '../bytes.ts';
import { JsonDecodeError } from '../errors.ts';
import { PyBUF_MAX_NDIM } from '../layouts/pybuffer.ts';
import type { Element } from '../view/element.ts';
import { numberElement } from '../view/number.ts';
import { hostIsLittle } from '../view/typed-array.ts';
import { Inference, type Inferred } from './inference.ts';
import { takenApart } from './leaves.ts';
import { Lines, linesUpTo } from './lines.ts';
import { Nesting, Phase } from './nesting.ts';
import type { Policies } from './options.ts';
import { type PlainParser, plainParser } from './plain.ts';
import { Room } from './room.ts';
import { Where } from './text.ts';
import { incomplete, Tokens, Unexpected } from './tokens.ts';
import { type ElementReader, elementReader, leadOf } from './values.ts';

/** What a text is expected to be. */
export interface Expected {
  /** Undefined where it is to be inferred. */
  readonly element: Element | undefined;
  /** Undefined for that of the text. */
  readonly shape: readonly number[] | undefined;
  readonly policies: Policies;
}

/** The elements of a text, in C order, one after the other. */
export interface Found {
  readonly element: Element;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** How elements are read: what JSON has as more dimensions is taken apart. */
interface Reading {
  readonly element: Element;
  readonly inner: readonly number[];
  readonly read: ElementReader;
}

const [COMMA, OPEN, CLOSE] = [0x2c, 0x5b, 0x5d];

export class Parser {
  readonly #policies: Policies;
  readonly #shape: readonly number[] | undefined;
  readonly #inference: Inference | undefined;
  readonly #where: Where;
  #room: Room | undefined;
  /** All elements, where the kernel took them at once. */
  #whole: Uint8Array | undefined;
  #element: Element;
  #reading: Reading;
  #begun = false;
  #nesting = none;
  #plain: PlainParser | undefined;
  /** One that the kernel does not take. */
  #one: DataView | undefined;
  #ndim = 0;
  /** Of the elements, in bytes. */
  #length = 0;
  /** The error of an integer that no element holds, should there be no floats. */
  #beyond: JsonDecodeError | undefined;
  /** Of the text, what was not taken yet, and its length in bytes. */
  #text: Room | undefined;
  #waiting = 0;
  /** How much of it there has to be until it is looked at again: a token that comes in many pieces is read few times. */
  #enough = 0;
  /** How long the whole text is, in bytes; 0 where that is not known, or of no use any more. */
  #likely: number;
  /** Of the text before what is left, the length in bytes. */
  #before = 0;
  readonly #lines = new Lines();
  readonly #again: (() => Iterable<Uint8Array>) | undefined;

  /**
   * @param likely about how long the whole text is, in bytes, if that is known
   * @param again the text once more from its start, where it can be had: its lines are then counted only if there is an error
   * @throws FormatError if there is no JSON for the elements.
   */
  constructor({ element, shape, policies }: Expected, likely = 0, again?: () => Iterable<Uint8Array>) {
    this.#likely = likely;
    this.#again = again;
    this.#policies = policies;
    this.#shape = shape;
    this.#inference = element ? undefined : new Inference(policies);
    this.#element = element ?? numberElement('int64', hostIsLittle);
    this.#where = new Where(() => this.#nesting.path());
    this.#reading = this.#readingOf(this.#element);
  }

  /**
   * Takes a piece of the text. It may be cut anywhere, and written over afterwards.
   *
   * @param last whether it is the last one
   * @throws JsonDecodeError where it is not as expected.
   */
  take(piece: Uint8Array, last: boolean): void {
    const whole = last && this.#waiting === 0;
    if (!whole) {
      this.#text ??= new Room(0);
      this.#text.put(this.#waiting, piece);
    }
    this.#waiting += piece.length;
    if (!last && this.#waiting < this.#enough) return;
    const bytes = (!whole && this.#text?.first(this.#waiting)) || piece;
    const tokens = new Tokens(bytes, last);
    try {
      this.#parse(tokens);
    } catch (error) {
      throw error instanceof Unexpected ? this.#error(tokens, error) : error;
    }
    if (last) return;
    const { at } = tokens;
    if (!this.#again) this.#lines.add(bytes.subarray(0, at));
    this.#before += at;
    bytes.copyWithin(0, at);
    this.#waiting -= at;
    this.#enough = at > 0 ? 0 : 2 * this.#waiting;
  }

  /** The elements, when all of the text was taken. */
  found(): Found {
    const shape = this.#shape ?? this.#nesting.sizes.slice(0, this.#ndim).map((size) => Math.max(size, 0));
    const bytes = this.#whole ?? this.#room?.give(this.#length) ?? new Uint8Array();
    // Of no elements nothing can be inferred.
    const element = this.#inference && bytes.length === 0 ? numberElement('float64', hostIsLittle) : this.#element;
    return { element, shape, bytes };
  }

  #parse(tokens: Tokens): void {
    try {
      if (!this.#begun) this.#begin(tokens);
      while (this.#step(tokens)) if (this.#likely > 0) this.#reserve(this.#before + tokens.at);
    } catch (error) {
      if (error !== incomplete) throw error;
      this.#where.reset();
    }
    if (tokens.last && this.#inference?.beyond) throw this.#beyond;
  }

  /** Looks at the brackets that the text begins with: so deep lie the elements. */
  #begin(tokens: Tokens): void {
    const lead = leadOf(this.#element, this.#policies);
    const ahead = new Tokens(tokens.bytes, tokens.last);
    let open = 0;
    for (; ahead.peek('a value') === OPEN; open++, ahead.at++) {
      if (open === PyBUF_MAX_NDIM + lead.open) throw ahead.unexpected(`at most ${PyBUF_MAX_NDIM} dimensions`);
    }
    const isEmpty = ahead.peek('a value') === CLOSE;
    // An array without elements has no brackets of theirs; that of one element without a value has.
    const own = isEmpty && !(lead.mayBeEmpty && open > lead.open) ? 0 : lead.open;
    const shape = this.#shape ?? new Array<number>(Math.max(open - own, 0)).fill(-1);
    const sizes = [...shape, ...this.#reading.inner];
    // Behind a dimension without elements there are none.
    const end = sizes.indexOf(0);
    this.#ndim = shape.length;
    this.#nesting = new Nesting(end < 0 ? sizes : sizes.slice(0, end + 1));
    const likely = this.#inference && !isEmpty ? likelyName(ahead, this.#policies) : undefined;
    this.#become(likely ? numberElement(likely, hostIsLittle) : this.#element);
    this.#begun = true;
  }

  #readingOf(whole: Element): Reading {
    const { element, inner } = takenApart(whole, [], this.#policies);
    return { element, inner, read: elementReader(element, this.#policies, this.#where) };
  }

  /** From now on, elements are of this type. */
  #become(element: Element): void {
    if (element !== this.#element) this.#reading = this.#readingOf(element);
    this.#element = element;
    this.#plain = plainParser(this.#reading.element, this.#nesting.sizes.length, this.#policies);
  }

  /** The next token, or as many as are plain; whether there may be more. */
  #step(tokens: Tokens): boolean {
    const nesting = this.#nesting;
    if (this.#plainly(tokens)) return true;
    const byte = tokens.next();
    if (byte === undefined) {
      if (tokens.last && !nesting.ended) throw tokens.unexpected(this.#expected());
      return false;
    }
    const { at } = tokens;
    if (nesting.ended) throw tokens.unexpected('the end of the text');
    if (nesting.phase === Phase.After) {
      if (byte === COMMA) nesting.phase = Phase.Value;
      else if (byte === CLOSE) nesting.close(at);
      else throw tokens.unexpected(this.#expected());
    } else if (byte === CLOSE && nesting.phase === Phase.First) nesting.close(at);
    else {
      nesting.checkRoom(at);
      if (nesting.within) {
        this.#value(tokens);
        return true;
      }
      if (byte !== OPEN) throw tokens.unexpected(this.#expected());
      nesting.open();
    }
    tokens.at = at + 1;
    return true;
  }

  #expected(): string {
    const { phase, depth, sizes } = this.#nesting;
    if (phase === Phase.After) return depth === 0 ? 'the end of the text' : "',' or ']'";
    return depth < sizes.length ? `an array, as dimension ${depth} of ${sizes.length} has` : 'a value';
  }

  /** Whether the kernel took some of the text. */
  #plainly(tokens: Tokens): boolean {
    const plain = this.#plain;
    if (!plain || tokens.at >= tokens.bytes.length || this.#nesting.ended || this.#inference?.beyond) return false;
    const { taken, stopped, elements } = plain(tokens.bytes, tokens.at, this.#nesting);
    tokens.at += taken;
    if (tokens.last && this.#nesting.ended && this.#length === 0) this.#whole = copyOf(elements);
    else this.#put(elements);
    return taken > 0 && !stopped;
  }

  #value(tokens: Tokens): void {
    const { at } = tokens;
    try {
      if (this.#inference) this.#infer(this.#inference, tokens);
      const { read, element } = this.#reading;
      this.#one ??= dataViewOf(new Room(element.size).first(element.size));
      read(tokens, this.#one, 0);
      this.#put(new Uint8Array(this.#one.buffer));
    } catch (error) {
      if (error === incomplete) tokens.at = at;
      throw error;
    }
    this.#nesting.item();
  }

  #infer(inference: Inference, tokens: Tokens): void {
    const before = this.#length > 0 ? (this.#element.name as Inferred) : undefined;
    const name = inference.next(tokens, before);
    if (inference.beyond) this.#beyond ??= this.#error(tokens, inference.beyond);
    if (this.#element.name === name) return;
    if (this.#length > 0 && this.#room) toFloats(this.#room.first(this.#length));
    this.#become(numberElement(name, hostIsLittle));
    this.#one = undefined;
  }

  #put(elements: Uint8Array): void {
    if (elements.length === 0) return;
    this.#room ??= new Room(2 * elements.length);
    this.#room.put(this.#length, elements);
    this.#length += elements.length;
  }

  /** Takes memory for all elements at once, if the rest of the text is like what was taken of it. */
  #reserve(taken: number): void {
    if (taken < SAMPLE) return;
    const guess = Math.ceil(this.#length * Math.max(this.#likely / taken, 1) * MARGIN);
    this.#room?.reserve(Math.min(guess, MOST));
    this.#likely = 0;
  }

  #error(tokens: Tokens, { message, at, cause }: Unexpected): JsonDecodeError {
    const offset = this.#before + at;
    const lines = this.#again ? linesUpTo(this.#again(), offset) : this.#lines.within(tokens.bytes, at);
    const place = { offset, line: lines.ended + 1, column: offset - lines.at + 1, path: this.#where.text() };
    return new JsonDecodeError(message, place, { cause });
  }
}

/** Of the text, what is guessed from, in bytes; and what is added to the guess. */
const SAMPLE = 1 << 14;
const MARGIN = 1 + 1 / 64;
/** Of memory for a guess, in bytes: the text may go on otherwise than it began. */
const MOST = 2 ** 30;

/** Before it is known how deep the elements lie. */
const none = new Nesting([]);

/** What the first value is, and so perhaps all; what is wrong with it, is said when it is read. */
function likelyName(tokens: Tokens, policies: Policies): Inferred {
  const inference = new Inference(policies);
  try {
    const name = inference.next(tokens, undefined);
    return inference.beyond ? 'int64' : name;
  } catch (error) {
    if (error === incomplete) throw error;
    return 'int64';
  }
}

/** Integers of 64 bits to the doubles that are nearest to them, where they are. */
function toFloats(bytes: Uint8Array): void {
  const view = dataViewOf(bytes);
  for (let at = 0; at < bytes.length; at += 8) {
    view.setFloat64(at, Number(view.getBigInt64(at, hostIsLittle)), hostIsLittle);
  }
}
