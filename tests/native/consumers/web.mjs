// Streams and bodies of the web, messages to other threads, and JavaScript that keeps an array and reads it later.
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { bytesOf } from './ask.mjs';
import { MB } from './lend.mjs';

const size = 2 * MB;
const WAIT_MS = 10;
const MOVED = 'the stream takes the memory over, which is not its to have';

/** The next message of a port, as bytes. */
const message = (port) =>
  new Promise((resolve, reject) => {
    port.onmessage = ({ data }) => resolve(Buffer.from(data));
    port.onmessageerror = () => reject(new Error('a message could not be read'));
  });

/** A stream of one chunk. */
const streamOf = (bytes, type) =>
  new ReadableStream({
    type,
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });

async function workerThatEchoes(finish) {
  const worker = new Worker(
    "const { parentPort: p } = require('node:worker_threads'); p.on('message', (m) => p.postMessage(m));",
    {
      eval: true,
    },
  );
  finish(() => worker.terminate());
  return worker;
}

export const web = {
  'Response of bytes': { size, consume: ({ lend }) => bytesOf(lend((bytes) => new Response(bytes))) },
  'Response of a stream': { size, consume: ({ lend }) => bytesOf(lend((bytes) => new Response(streamOf(bytes)))) },
  'Response of a byte stream': {
    size,
    mayFail: MOVED,
    keeps: 'of moved memory nobody says when it is let go',
    consume: ({ lend }) => bytesOf(lend((bytes) => new Response(streamOf(bytes, 'bytes')))),
  },
  'ReadableStream, read later': {
    size,
    async consume({ lend }) {
      const reader = lend((bytes) => streamOf(bytes)).getReader();
      await sleep(WAIT_MS);
      return Buffer.from((await reader.read()).value);
    },
  },
  'a tee of a ReadableStream': {
    size,
    async consume({ lend }) {
      const [one, two] = lend((bytes) => streamOf(bytes)).tee();
      const [first, second] = [await bytesOf(new Response(one)), await bytesOf(new Response(two))];
      if (!first.equals(second)) throw new Error('the two differ');
      return first;
    },
  },
  'WritableStream with a slow sink': {
    size,
    async consume({ lend }) {
      let taken;
      const sink = {
        async write(chunk) {
          await sleep(WAIT_MS);
          taken = Buffer.from(chunk);
        },
      };
      const writer = new WritableStream(sink).getWriter();
      await lend((bytes) => writer.write(bytes));
      return taken;
    },
  },
  CompressionStream: {
    size: MB / 2,
    async consume({ lend }) {
      const stream = new CompressionStream('gzip');
      const writer = stream.writable.getWriter();
      const made = bytesOf(new Response(stream.readable));
      lend((bytes) => {
        writer.write(bytes).catch(() => {}); // the other end says it too
        writer.close().catch(() => {});
      });
      return gunzipSync(await made);
    },
  },
  DecompressionStream: {
    size: MB / 2,
    content: 'gzip',
    consume: ({ lend }) =>
      bytesOf(new Response(lend((bytes) => streamOf(bytes)).pipeThrough(new DecompressionStream('gzip')))),
  },
  TextDecoderStream: {
    size: MB / 2,
    content: 'text',
    async consume({ lend }) {
      const stream = lend((bytes) => streamOf(bytes)).pipeThrough(new TextDecoderStream());
      let decoded = '';
      for await (const part of stream) decoded += part;
      return Buffer.from(decoded);
    },
  },
  Blob: { size, consume: ({ lend }) => bytesOf(lend((bytes) => new Blob([bytes]))) },
  'the stream of a Blob': {
    size,
    consume: ({ lend }) => bytesOf(new Response(lend((bytes) => new Blob([bytes]).stream()))),
  },
  structuredClone: { size, consume: ({ lend }) => lend((bytes) => structuredClone(bytes)) },
  'worker.postMessage': {
    size,
    async consume({ lend, finish }) {
      const worker = await workerThatEchoes(finish);
      const answer = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      lend((bytes) => worker.postMessage(bytes));
      return answer;
    },
  },
  'worker.postMessage with its buffer': {
    size,
    mayFail: "to move the memory is not JavaScript's to do",
    async consume({ lend, finish }) {
      const worker = await workerThatEchoes(finish);
      const answer = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      lend((bytes) => worker.postMessage(bytes, [bytes.buffer]));
      return answer;
    },
  },
  MessageChannel: {
    size,
    async consume({ lend, finish }) {
      const { port1, port2 } = new MessageChannel();
      finish(() => port1.close());
      const answer = message(port2);
      lend((bytes) => port1.postMessage(bytes));
      return answer;
    },
  },
  BroadcastChannel: {
    size,
    async consume({ lend, finish }) {
      const [here, there] = [new BroadcastChannel('lent'), new BroadcastChannel('lent')];
      finish(() => here.close());
      finish(() => there.close());
      const answer = message(there);
      lend((bytes) => here.postMessage(bytes));
      return answer;
    },
  },
  'JavaScript in a timer, of bytes': {
    size,
    consume: ({ lend }) =>
      lend(async (bytes) => {
        await sleep(WAIT_MS);
        return Buffer.from(bytes);
      }),
  },
  'JavaScript in a timer, of data': {
    size,
    consume: ({ lend }) =>
      lend(async (_, data) => {
        await sleep(WAIT_MS);
        return Buffer.from(new Uint32Array(data).buffer);
      }),
  },
  'JavaScript in a microtask, of a part': {
    size,
    async consume({ lend }) {
      const halves = lend((bytes) => [
        bytes.subarray(0, size / 2),
        new DataView(bytes.buffer, bytes.byteOffset + size / 2),
      ]);
      await undefined;
      const [low, high] = halves;
      return Buffer.concat([low, Buffer.from(high.buffer, high.byteOffset, high.byteLength)]);
    },
  },
};
