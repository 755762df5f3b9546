/** How long one of so many runs took, in ns, and what the last gave. */
export function timed(times, run) {
  const before = performance.now();
  let length;
  for (let i = 0; i < times; i++) length = run();
  return { ns: ((performance.now() - before) * 1e6) / times, length };
}
