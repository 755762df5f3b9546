/** binary16: a table of the text of each magnitude, made by shortest.ts; in the last of its 16 bytes how long it is. */
import { makeShapes } from './layout';
import { writeFew } from './float32';
import { FLOAT16S } from './memory';
import { writeNonFinite } from './policy';

const INFINITE: usize = 0x7c00;

export function makeFloat16s(): void {
  makeShapes();
  for (let bits = 0; bits < <i32>INFINITE; bits++) {
    const entry = FLOAT16S + (bits << 4);
    const fraction = bits & 0x3ff;
    const biased = bits >> 10;
    const end =
      biased == 0
        ? writeFew(fraction, -24, false, false, entry)
        : writeFew(fraction | 0x400, biased - 25, biased > 1 && fraction == 0, false, entry);
    store<u8>(entry, <u8>(end - entry), 15);
  }
}

export function float16s(src: usize, count: i32, p: usize): usize {
  const end = src + (count << 1);
  for (; src < end; src += 2) {
    const bits = <usize>load<u16>(src);
    const magnitude = bits & 0x7fff;
    if (magnitude >= INFINITE) {
      p = writeNonFinite(magnitude > INFINITE, bits > 0x7fff, src, p);
      continue;
    }
    const entry = FLOAT16S + (magnitude << 4);
    store<u8>(p, 0x2d);
    p += bits >> 15;
    v128.store(p, v128.load(entry));
    p += load<u8>(entry, 15);
  }
  return p;
}
