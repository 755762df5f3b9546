// Revoke while a call of Node's is under way: it refuses with a reason, or nothing holds the arrays; what the call makes of
// them is right in either case.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { createHash, generateKeyPairSync, scrypt, scryptSync, sign, subtle } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, read, readFileSync, rmSync, write, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer as createHttp, get } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import { thrown, until, writeOver } from './ask.mjs';

const SIZE = 8 << 20;
const path = join(tmpdir(), `memview-revoke-${process.pid}`);
const called = (start) => new Promise((done, fail) => start((error, value) => (error ? fail(error) : done(value))));
const { privateKey } = generateKeyPairSync('ed25519');

function numbers(size) {
  const made = new Uint32Array(size / 4);
  for (let i = 0; i < made.length; i++) made[i] = i;
  return Buffer.from(made.buffer);
}

/** What reaches a socket's other end, and nobody reads at first. */
async function sendTo(send) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect(server.address().port, '127.0.0.1');
  const [[received]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')]);
  received.pause();
  server.close();
  send(socket);
  return async () => {
    socket.end();
    const chunks = [];
    for await (const chunk of received) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
}

const small = (bytes) => bytes.subarray(0, 1 << 16);
const digest = (bytes) => createHash('sha256').update(bytes).digest();

/**
 * Calls that begin at once; each gives a promise, or a function that awaits the rest. `mayCopy`: it may have a copy, and
 * then nothing need be refused.
 */
const calls = {
  'zlib.gzip': { start: (bytes) => called((done) => zlib.gzip(bytes, { level: 1 }, done)), undo: zlib.gunzipSync },
  'zlib.deflate': { start: (bytes) => called((done) => zlib.deflate(bytes, done)), undo: zlib.inflateSync },
  'zlib.createGzip': {
    async start(bytes) {
      const stream = zlib.createGzip({ level: 1 });
      stream.end(bytes);
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return zlib.gunzipSync(Buffer.concat(chunks));
    },
  },
  brotliCompress: {
    start: (bytes) => called((done) => zlib.brotliCompress(small(bytes), done)),
    undo: zlib.brotliDecompressSync,
    of: small,
  },
  'fs.write': {
    async start(bytes) {
      const file = await opened;
      await called((done) => write(file.fd, bytes, done));
      return readFileSync(path);
    },
    ready: () => opened,
  },
  'filehandle.write': {
    start: async (bytes) => {
      await opening.write(bytes);
      return readFileSync(path);
    },
    ready: () => opened,
  },
  'fs.createWriteStream': {
    async start(bytes) {
      stream.end(bytes);
      await once(stream, 'close');
      return readFileSync(path);
    },
    async ready() {
      await opened;
      stream = createWriteStream(path);
      await once(stream, 'open');
    },
  },
  'fs.createWriteStream, which opens its file': {
    async start(bytes) {
      const opens = createWriteStream(path);
      opens.end(bytes);
      await once(opens, 'close');
      return readFileSync(path);
    },
  },
  'zlib.createDeflate, which nobody reads yet': {
    async start(bytes) {
      const stream = zlib.createDeflate({ level: 0 });
      stream.end(bytes);
      await sleep(300);
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return zlib.inflateSync(Buffer.concat(chunks));
    },
    // Its output is full then, and no request is under way.
    begun: () => sleep(150),
  },
  'a PassThrough into a socket that nobody reads': {
    async start(bytes) {
      const through = new PassThrough();
      const received = await sendTo((socket) => through.pipe(socket));
      through.end(bytes);
      await sleep(300);
      return received();
    },
    begun: () => sleep(150),
  },
  'fs.read': {
    async start(bytes) {
      await called((done) => read(opening.fd, bytes, 0, SIZE, 0, done));
      return Buffer.from(bytes);
    },
    ready: async () => {
      await opened;
      writeFileSync(path, numbers(SIZE));
    },
  },
  'crypto.sign': {
    start: (bytes) => called((done) => sign(null, bytes, privateKey, done)),
    expected: (wanted) => sign(null, wanted, privateKey),
    mayCopy: true,
  },
  'crypto.scrypt': {
    start: (bytes) => called((done) => scrypt('password', small(bytes), 32, done)),
    expected: (wanted) => scryptSync('password', small(wanted), 32),
    mayCopy: true,
  },
  'crypto.subtle.digest': {
    start: async (bytes) => Buffer.from(await subtle.digest('SHA-256', bytes)),
    expected: digest,
    mayCopy: true,
  },
};

let opening;
let opened;
let stream;

function openFile() {
  opened = open(path, 'w+').then((file) => {
    opening = file;
    return file;
  });
  return opened;
}

const numbersOf = (python, size) => {
  python.exec(`counting = array("I", range(${size / 4}))`);
  return python.view('counting[:]');
};

/** Revokes while the call is under way, and again when it has ended. */
async function revokeIn(
  python,
  { start, undo = (bytes) => bytes, of = (bytes) => bytes, ready, begun, expected, mayCopy },
) {
  await openFile();
  await ready?.();
  const wanted = of(numbers(SIZE));
  const view = numbersOf(python, SIZE);
  const { bytes } = view;
  const promise = start(bytes);
  promise.catch(() => {});
  await begun?.();
  const error = thrown(() => view.revoke());
  if (error) {
    ok(error instanceof Error && /revoke/.test(error.message), String(error));
    match(error.message, /may still|under way|hold/);
    equal(bytes.length, SIZE);
  } else {
    ok(mayCopy, 'it was revoked under a call');
    writeOver(python, SIZE);
  }
  const came = undo(await promise);
  ok((expected?.(wanted) ?? wanted).equals(came), `${came.length} bytes that are wrong`);
  await opening.close();
  rmSync(path);
  ok(await until(() => thrown(() => view.revoke()) === undefined), 'when it has ended');
  deepEqual([bytes.length, python.outstanding], [0, 0]);
}

const inFlight = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [
    `revoke in the middle of ${name}`,
    ({ python }) => revokeIn(python, call),
  ]),
);

export const revokeCases = {
  ...inFlight,
  'revoke in the middle of socket.write': async ({ python }) => {
    const view = numbersOf(python, SIZE);
    const { bytes } = view;
    const received = await sendTo((socket) => socket.write(bytes));
    for (const wait of [0, 20]) {
      await sleep(wait);
      match(String(thrown(() => view.revoke())), /revoke/);
      equal(bytes.length, SIZE);
    }
    ok(numbers(SIZE).equals(await received()));
    ok(await until(() => thrown(() => view.revoke()) === undefined), 'when it has ended');
    deepEqual([bytes.length, python.outstanding], [0, 0]);
  },
  'revoke in the middle of an answer by HTTP/2': async ({ python }) => {
    const view = numbersOf(python, SIZE);
    const { bytes } = view;
    const server = createHttp2((_, response) => response.end(bytes)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${server.address().port}`);
    const request = session.request({ ':path': '/' });
    await once(request, 'response');
    match(String(thrown(() => view.revoke())), /cannot revoke/);
    equal(bytes.length, SIZE);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    ok(numbers(SIZE).equals(Buffer.concat(chunks)));
    session.close();
    server.close();
    ok(await until(() => thrown(() => view.revoke()) === undefined), 'when it has ended');
    deepEqual([bytes.length, python.outstanding], [0, 0]);
  },
  'revoke of arrays that views of the same memory hand out one after the other': async ({ python }) => {
    python.exec(`b = bytearray(b"\\x07" * ${SIZE})`);
    const first = python.view('b');
    const { data } = first;
    first.release();
    const second = python.view('b');
    const other = second.data;
    // Neither may take from the other's holder what it has.
    for (const view of [first, second]) match(String(thrown(() => view.revoke())), /cannot revoke/);
    deepEqual([data[5], other[5], data.length, other.length], [7, 7, SIZE, SIZE]);
    second.release();
    match(String(thrown(() => first.revoke())), /cannot revoke/);
    deepEqual([data[6], other[6]], [7, 7]);
  },
  'revoke of a view that nobody writes, beside 20 connections that write others': async ({ python }) => {
    python.exec(`counting = array("I", range(${SIZE / 4}))`);
    const server = createHttp((_, response) => {
      const view = python.view('counting[:]');
      response.end(view.bytes);
      view.release();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    const answers = [];
    for (let i = 0; i < 20; i++) {
      const [response] = await once(get({ host: '127.0.0.1', port, agent: false }), 'response');
      answers.push(response);
    }
    python.exec('b = bytearray(b"abc")');
    for (let i = 0; i < 5; i++) {
      const view = python.view('b');
      equal(view.data[0], 97);
      view.revoke();
      python.exec('b.extend(b"d")');
      await sleep(2);
    }
    const wanted = numbers(SIZE);
    for (const response of answers) {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      ok(wanted.equals(Buffer.concat(chunks)));
    }
    server.close();
  },
};
