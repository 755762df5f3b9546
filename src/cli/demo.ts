/** The whole way once: an object of Python, its live struct, the view, its JSON, and Python's word that it is right. */
import { textOf } from '../bytes.ts';
import { encodeJson } from '../json/encode.ts';
import { show } from './show.ts';
import type { Source } from './source.ts';
import { bad, good } from './style.ts';

/** A strided 2-D buffer of doubles, by numpy where the interpreter has it. */
const setup = `
try:
    import numpy
    x = numpy.linspace(-1, 1, 24).reshape(4, 6)[::-2, ::3]
except ImportError:
    from array import array
    x = memoryview(array("d", [i / 7 for i in range(12)])).cast("B").cast("d", (4, 3))[::-2]
import json
`;

/** Prints the demonstration; false if Python's JSON is another. */
export function demo(source: Source, print: (text: string) => void): boolean {
  source.exec(setup);
  print(
    `${source.title}\nx = ${source.text('type(x).__module__ + "." + type(x).__qualname__')}, strided, 2-D, float64\n`,
  );
  print(`${show(source.memory, source.inspect('x'))}\n`);
  using view = source.view('x');
  const ours = textOf(encodeJson(view));
  const theirs = source.text('json.dumps(x.tolist(), separators=(",", ":"))');
  const equal = ours === theirs;
  print(`encodeJson           ${ours}`);
  print(`json.dumps(tolist()) ${theirs}`);
  print(equal ? good('equal, byte for byte') : bad('NOT EQUAL: this is a bug of memview'));
  return equal;
}
