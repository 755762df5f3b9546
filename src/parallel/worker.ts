/** A thread: writes chunks of arrays until there are none left, then says where the text is. Knows no other thread. */
import { parentPort } from 'node:worker_threads';
import { rangeEncoder } from '../json/pieces.ts';
import { type Answer, abandon, type Job, type Question } from './job.ts';
import { opened } from './located.ts';
import { PartWriter } from './text.ts';

/** Writes chunks; false if there was one that could not be. */
function write(job: Job, writer: PartWriter): boolean {
  const { located, options, count, grain, chunks, next } = job;
  try {
    const encode = rangeEncoder(opened(located), options);
    for (;;) {
      const chunk = Atomics.add(next, 0, 1);
      if (chunk >= chunks) return true;
      const from = chunk * grain;
      for (const piece of encode(from, Math.min(from + grain, count))) writer.add(chunk, piece);
    }
  } catch {
    // Whoever asked meets it again, in an order that does not depend on threads.
    abandon(job);
    return false;
  }
}

parentPort?.on('message', ({ job, blocks }: Question) => {
  const writer = new PartWriter(blocks);
  const failed = !write(job, writer);
  const part = writer.part();
  const answer: Answer = { part, failed };
  parentPort?.postMessage(answer, [...part.blocks]);
});
parentPort?.postMessage('ready');
