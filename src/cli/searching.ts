/** A long search as a person sees it: a bar on the terminal, and nothing where there is none. */
import { Presets, SingleBar } from 'cli-progress';
import type { SweepProgress } from '../attach/sweep.ts';

/** Shown once so many milliseconds have gone: what is quick needs no bar. */
const PATIENCE = 300;

const MIB = 1 << 20;

/** Runs a search, showing how far it is on stderr. */
export function searching<T>(what: string, search: (onProgress: (progress: Readonly<SweepProgress>) => void) => T): T {
  const format = `${what} {bar} {percentage}% | {value} of {total} MiB`;
  const bar = new SingleBar(
    { format, stream: process.stderr, clearOnComplete: true, hideCursor: true },
    Presets.legacy,
  );
  const started = performance.now();
  let shown = false;
  try {
    return search(({ done, total }) => {
      if (!shown && performance.now() - started > PATIENCE) {
        bar.start(Math.ceil(total / MIB), 0);
        shown = true;
      }
      if (!shown) return;
      bar.setTotal(Math.ceil(total / MIB));
      bar.update(Math.floor(done / MIB));
    });
  } finally {
    if (shown) bar.stop();
  }
}
