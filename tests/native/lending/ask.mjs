// What the cases ask of Python and of the collector. It does not know what they show.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** A value of Python's, by way of JSON. */
export function value(python, expression) {
  const text = python.eval(`__import__("json").dumps(${expression})`);
  try {
    return JSON.parse(String(text));
  } finally {
    text.release();
  }
}

/** All that nobody has is collected, and Python heard of it. */
export async function collect() {
  for (let i = 0; i < 5; i++) {
    await nextTurn();
    global.gc();
    await sleep(5);
  }
}

/** Collects until it holds. */
export async function until(holds, ms = 5000) {
  const end = performance.now() + ms;
  while (!holds() && performance.now() < end) await collect();
  return holds();
}

/** Other objects of the same size take the place of whatever Python has freed. */
export function writeOver(python, size) {
  python.exec(`gc.collect(); kept.append([bytearray(b"\\xee" * ${size}) for _ in range(6)])`);
}

/** What a call throws. */
export function thrown(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
