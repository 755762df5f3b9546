/** A thread: writes what it can take of an array when it is asked. Knows no other thread. */
import { parentPort } from 'node:worker_threads';
import { copyTo } from '../ffi/native.ts';
import { rangeEncoder } from '../json/pieces.ts';
import type { Answer, Job } from './job.ts';
import { opened } from './located.ts';
import { Tally } from './tally.ts';
import { writing } from './write.ts';

function answer({ located, options, cut, target, tally: memory }: Job): Answer {
  const tally = new Tally(memory);
  const encoder = rangeEncoder(opened(located), options);
  // Not a typed array over that memory, which V8 would count as this thread's, and collect garbage more often.
  const put = (at: number, text: Uint8Array): boolean => {
    const fits = at + text.length <= target.length;
    if (fits) copyTo(target.address + BigInt(at), text);
    return fits;
  };
  const steps = writing(cut, encoder, put, tally);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (value !== undefined) tally.sleep(value);
  }
}

parentPort?.on('message', (job: Job) => {
  const written = answer(job);
  parentPort?.postMessage(
    written,
    written.beyond.map(({ text }) => text.buffer),
  );
});
parentPort?.postMessage('ready');
