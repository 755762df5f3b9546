/** Runs processes two at a time: each is busy on one core. */
export async function atOnce<T>(all: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const queue = all.entries();
  const work = async (): Promise<void> => {
    for (const [i, start] of queue) results[i] = await start();
  };
  await Promise.all([work(), work()]);
  return results;
}
