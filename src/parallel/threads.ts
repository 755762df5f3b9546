/** The threads of this process: started when first wanted, kept, and replaced when they end. One job has them at a time. */
import { setImmediate } from 'node:timers/promises';
import { abandon, type Job } from './job.ts';
import type { Part } from './text.ts';
import { Thread } from './thread.ts';

let threads: Thread[] = [];

function living(): Thread[] {
  threads = threads.filter(({ ended }) => !ended);
  return threads;
}

function start(count: number): void {
  for (let missing = count - living().length; missing > 0; missing--) threads.push(new Thread());
}

/** Whether so many threads can begin at once. */
export function ready(count: number): boolean {
  return living().filter((thread) => thread.ready).length >= count;
}

/** Starts threads for later, once those who wait for this have gone on. The event loop turns, without which none is ready. */
export async function startLater(count: number): Promise<void> {
  const turned = setImmediate();
  // What cannot be started is tried again by the next call.
  setImmediate()
    .then(() => start(count))
    .catch(() => undefined);
  await turned;
}

/** Settles when the threads are free again. */
let free: Promise<unknown> = Promise.resolve();

/**
 * Has some threads write a job, once the jobs before it are done.
 *
 * @param begin makes the job when its turn comes
 * @param join makes of the parts what is wanted; afterwards they are written over. Of undefined, where a thread failed.
 * @throws Error if a thread ends meanwhile.
 */
export function run<T>(begin: () => Job, count: number, join: (parts: readonly Part[] | undefined) => T): Promise<T> {
  const done = free.then(async () => {
    const job = begin();
    start(count);
    const all = threads.slice(0, count).map(async (thread) => {
      try {
        return await thread.write(job);
      } catch (error) {
        abandon(job);
        throw error;
      }
    });
    // None is free before all are.
    await Promise.allSettled(all);
    const answers = await Promise.all(all);
    return join(answers.some(({ failed }) => failed) ? undefined : answers.map(({ part }) => part));
  });
  free = done.catch(() => undefined);
  return done;
}
