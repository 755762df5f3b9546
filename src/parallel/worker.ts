/** A thread: writes what it can take of an array when it is asked. Knows no other thread. */
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { rangeEncoder } from '../json/pieces.ts';
import type { Answer, Job } from './job.ts';
import { opened } from './located.ts';
import { PartWriter } from './part.ts';
import { Tally } from './tally.ts';
import { writing } from './write.ts';

const port = parentPort;

/** Blocks come back while a job is done, when this thread takes no other messages. */
const writer = new PartWriter(
  (part) => port?.postMessage(part, [part.block]),
  () => port && (receiveMessageOnPort(port)?.message as ArrayBuffer | undefined),
);

function work({ located, options, cut, tally: memory }: Job): Answer {
  const tally = new Tally(memory);
  const steps = writing(
    cut,
    () => rangeEncoder(opened(located), options),
    (at, text) => writer.add(at, text),
    tally,
  );
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (value !== undefined) tally.sleep(value);
  }
}

port?.on('message', (message: Job | ArrayBuffer) => {
  if (!('located' in message)) return writer.take(message);
  const answer = work(message);
  writer.flush();
  port.postMessage(answer);
});
port?.postMessage('ready');
