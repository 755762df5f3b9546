/** Which elements a text has, where nobody says: int64 as long as all are integers, else float64, or bool. */
import { integerOf } from './decimal.ts';
import { isSafe, type Policies } from './options.ts';
import { type Tokens, Unexpected } from './tokens.ts';
import { bigRefusal } from './values.ts';

export type Inferred = 'bool' | 'int64' | 'float64';

const [QUOTE, MINUS, TRUE, FALSE, ZERO, NINE] = [0x22, 0x2d, 0x74, 0x66, 0x30, 0x39];
const [LOWEST, HIGHEST, HIGHEST_UNSIGNED] = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 64n - 1n];

export class Inference {
  readonly #bigInteger: Policies['bigInteger'];
  /** What is wrong with an integer beyond 64 bits, unless there is a float: then all are. */
  beyond: Unexpected | undefined;

  constructor({ bigInteger }: Pick<Policies, 'bigInteger'>) {
    this.#bigInteger = bigInteger;
  }

  /**
   * The element type that takes the next value and all before it.
   *
   * @param before the one so far, if there were values
   */
  next(tokens: Tokens, before: Inferred | undefined): Inferred {
    const first = tokens.peek('a value');
    const { at } = tokens;
    const isBool = first === TRUE || first === FALSE;
    if (before && isBool !== (before === 'bool')) {
      throw tokens.unexpected(isBool ? 'a number, as before' : 'true or false, as before');
    }
    const name = isBool ? 'bool' : this.#numberAt(tokens, first, before);
    tokens.at = at;
    return name;
  }

  #numberAt(tokens: Tokens, first: number, before: Inferred | undefined): Inferred {
    const { at } = tokens;
    const isNumber = (first >= ZERO && first <= NINE) || (first === MINUS && !tokens.word('-Infinity'));
    const isQuoted = first === QUOTE && this.#bigInteger === 'string';
    const text = isNumber ? tokens.number('a value') : isQuoted ? tokens.string('a value') : '';
    const value = /^-?\d+$/.test(text) ? integerOf(text) : undefined;
    // -0 is no integer: its sign would be lost.
    if (value === undefined || text === '-0') {
      this.beyond = undefined;
      return 'float64';
    }
    if (before !== 'float64') this.beyond ??= this.#refusal(value, at);
    return before === 'float64' || this.beyond ? 'float64' : 'int64';
  }

  /** What is wrong with an integer, unless it is one of doubles. */
  #refusal(value: bigint, at: number): Unexpected | undefined {
    if (value < LOWEST || value > HIGHEST) {
      const remedy = value < 0n || value > HIGHEST_UNSIGNED ? "'d'" : "'Q' or 'd'";
      return new Unexpected(`expected integers of 64 bits, got one beyond; pass format ${remedy}`, at);
    }
    if (this.#bigInteger !== 'error' || isSafe(value)) return undefined;
    return new Unexpected(bigRefusal(value), at);
  }
}
