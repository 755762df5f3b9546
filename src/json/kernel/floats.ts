/** Arrays of binary64: which loops a run of them takes. */
import { areDecimals, writeDecimals } from './decimals';
import { writeShortest64 } from './float64';
import { DENSE } from './memory';
import { countZeros64, gather64, writeZerosBefore } from './sparse';

/** How many numbers each of the loops takes at a time. */
const RUN = 128;

export function float64s(src: usize, count: i32, p: usize): usize {
  for (; count > 0; count -= RUN) {
    const run = min(count, RUN);
    // A zero costs as much as any number, so a few of them are not worth a pass.
    if (countZeros64(src, run) << 2 >= run) p = writeSparse(src, run, p);
    else if (areDecimals(src, run)) p = writeDecimals(src, run, false, src, p);
    else p = writeShortest64(src, run, false, src, p);
    src += run << 3;
  }
  return p;
}

function writeSparse(src: usize, count: i32, p: usize): usize {
  const kept = gather64(src, count);
  if (kept > 0) {
    if (!areDecimals(DENSE, kept)) p = writeShortest64(DENSE, kept, true, src, p);
    else if (kept << 2 >= count) return writeDecimals(src, count, false, src, p);
    else p = writeDecimals(DENSE, kept, true, src, p);
  }
  return writeZerosBefore(kept, p);
}
