/** Writes chunks of an array, each where the one before it ends: what every thread does, however it waits. */
import { copyOf } from '../bytes.ts';
import type { RangeEncoder } from '../json/pieces.ts';
import type { Answer, Cut } from './job.ts';
import type { Tally } from './tally.ts';

/** For how often a thread looks before it lets others run: some 20 µs, which is what it takes to be woken. */
const LOOKS = 2000;

/**
 * Takes chunks until there are none left. Stops after each, and where it has to wait for other threads: then with the
 * {@link Tally.changes} that it has seen.
 *
 * @param encoder makes what encodes them
 * @param put takes a text to its place in the whole
 */
export function* writing(
  { count, grain }: Cut,
  encoder: () => RangeEncoder,
  put: (at: number, text: Uint8Array) => void,
  tally: Tally,
): Generator<number | undefined, Answer> {
  try {
    const { encode } = encoder();
    for (;;) {
      const chunk = tally.take();
      const from = chunk * grain;
      if (from >= count) return { failed: false };
      yield* until(() => tally.isReadable(chunk), tally);
      const text = encode(from, Math.min(from + grain, count));
      let kept: Uint8Array | undefined;
      for (const changes of until(() => tally.isNext(chunk), tally)) {
        // It stands until something else is encoded.
        kept ??= copyOf(text);
        yield changes;
      }
      put(tally.place(text.length), kept ?? text);
      yield undefined;
    }
  } catch {
    // Whoever asked meets it again, in an order that does not depend on threads.
    tally.abandon();
    return { failed: true };
  }
}

function* until(holds: () => boolean, tally: Tally): Generator<number> {
  for (let looks = 0; ; looks++) {
    const { changes } = tally;
    if (holds()) return;
    if (looks >= LOOKS) yield changes;
  }
}
