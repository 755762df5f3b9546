// Lends temporaries of Python's, whose bytes JavaScript computes by itself, and writes over whatever Python takes back.
// It does not know who reads them.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

export const MB = 1 << 20;

/** When the view is released, against the call that was given its bytes. */
export const MOMENTS = ['before', 'middle', 'after'];

/** Numbers as numpy.arange has them: each tells its place, so that what is short, shifted or overwritten differs. */
function numbers(size, first) {
  const made = new Uint32Array(size / 4);
  for (let i = 0; i < made.length; i++) made[i] = first + i;
  return Buffer.from(made.buffer);
}

const text = (size, first) => Buffer.from(Array.from({ length: size / 8 }, (_, i) => 10_000_000 + first + i).join(''));

/** What may be lent: an expression of Python's for a temporary of this size, and the same bytes by other means. */
export const CONTENTS = {
  numbers: { python: (size, first) => `numbers(${size}, ${first})`, bytes: numbers },
  text: { python: (size, first) => `text(${size}, ${first})`, bytes: text },
  gzip: { python: (size, first) => `made["gzip"](${size}, ${first})`, bytes: numbers, make: gzipSync },
  deflate: { python: (size, first) => `made["deflate"](${size}, ${first})`, bytes: numbers, make: deflateSync },
  deflateRaw: { python: (size, first) => `made["raw"](${size}, ${first})`, bytes: numbers, make: deflateRawSync },
};

/**
 * A slice of an array copies, and nobody else refers to the copy. Blocks of the same size take the place of what was
 * freed; they are kept until the case has ended, full of what no case expects.
 */
const program = `
from array import array
import gc, zlib
counting = array("I", range(6 << 20))
def numbers(size, first):
    return counting[first : first + size // 4]
def text(size, first):
    return bytearray("".join(map(str, range(10_000_000 + first, 10_000_000 + first + size // 8))), "ascii")
def compressed(bits):
    def make(size, first):
        coder = zlib.compressobj(1, zlib.DEFLATED, bits)
        return bytearray(coder.compress(numbers(size, first)) + coder.flush())
    return make
made = {"gzip": compressed(31), "deflate": compressed(15), "raw": compressed(-15)}
kept = []
def write_over(size):
    gc.collect()
    kept.append([bytearray(b"\\xee" * size) for _ in range(3)])
`;

const ROUNDS = 2;
const ROUND_MS = 4;

/** Makes what the cases of one process need in Python. */
export function prepare(python) {
  python.exec(program);
}

/** Lends to one case. */
export class Lender {
  #python;
  #size;
  #content;
  #moment;
  #first = 0;
  /** Ends what is left at the end of the case. */
  #endings = [];
  /** The bytes that were lent, in turn, before they were made into something else. */
  lent = [];

  constructor(python, size, content, moment) {
    this.#python = python;
    this.#size = size;
    this.#content = CONTENTS[content];
    this.#moment = moment;
  }

  /** Gives the bytes of a new temporary to a call, and releases the view before, in the middle of, or after it. */
  lend(call) {
    const first = 1000 * ++this.#first;
    this.lent.push(this.#content.bytes(this.#size, first));
    const view = this.#python.view(this.#content.python(this.#size, first));
    const release = () => {
      // What `using` calls.
      view[Symbol.dispose]();
      this.#writeOver();
    };
    if (this.#moment === 'after') this.#endings.push(release);
    const answer = call(view.bytes, view.data);
    if (this.#moment === 'before') release();
    if (this.#moment === 'middle') setImmediate(release);
    return answer;
  }

  /** Whatever was not held by somebody is now collected, given back and written over, and again. */
  #writeOver() {
    const { closed } = this.#python;
    if (closed) return;
    this.#python.exec(`write_over(${this.#size})`);
  }

  /** Goes on beside the case, for as long as its calls may read. */
  async disturb() {
    for (let i = 0; i < ROUNDS; i++) {
      await sleep(ROUND_MS);
      global.gc();
      await nextTurn();
      this.#writeOver();
    }
  }

  /** The call has ended. */
  end() {
    for (const ending of this.#endings.splice(0)) ending();
    this.#python.exec('kept.clear()');
  }
}
