/**
 * The threads that work for this one: started when first wanted, kept, and replaced when they end. One job has them at a
 * time.
 */
import { setImmediate } from 'node:timers/promises';
import type { Answer, Job } from './job.ts';
import type { Part } from './part.ts';
import { Tally } from './tally.ts';
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

/** A job, what the thread that gives it does meanwhile (its own share), and what it does with the text of others. */
export interface Shared {
  readonly job: Job;
  share(): Promise<Answer>;
  take(part: Part): void;
}

/**
 * Has some threads work at jobs, one after the other.
 *
 * @param begin makes the job when its turn comes
 * @param count of threads, beside this one
 * @returns what each came to, once none is at it any more
 * @throws Error if a thread ends meanwhile, and whatever `take` throws.
 */
export function run(begin: () => Shared, count: number): Promise<readonly Answer[]> {
  const done = free.then(() => worked(begin(), count));
  free = done.catch(() => undefined);
  return done;
}

async function worked({ job, share, take }: Shared, count: number): Promise<readonly Answer[]> {
  start(count);
  const abandon = (): void => new Tally(job.tally).abandon();
  const thrown: unknown[] = [];
  const taking = (part: Part): void => {
    // The threads are still at it: what they say until they are done belongs to this job.
    if (thrown.length > 0) return;
    try {
      take(part);
    } catch (error) {
      thrown.push(error);
      abandon();
    }
  };
  const all = threads.slice(0, count).map((thread) => thread.write(job, taking));
  all.push(share());
  for (const each of all) each.catch(abandon);
  await Promise.allSettled(all);
  if (thrown.length > 0) throw thrown[0];
  return Promise.all(all);
}
