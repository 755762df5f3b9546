// Sockets, and the protocols above them, in the client and in the server.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { text } from 'node:stream/consumers';
import * as tls from 'node:tls';
import { makeCertificate } from '../matrix/certificate.mjs';
import { bytesOf, collect, echo, listen } from './ask.mjs';
import { MB } from './lend.mjs';

/** More than the buffers of both sockets. */
const size = 6 * MB;
/** So long nobody reads. */
const WAIT_MS = 30;

/** What arrives at a server's socket that somebody writes to. */
async function socketTo(finish) {
  const server = net.createServer();
  const port = await listen(server, finish);
  const socket = net.connect(port, '127.0.0.1');
  const [[received]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')]);
  return { socket, received: collect(received, WAIT_MS) };
}

/** An answer of Node's http module. */
async function get(port, path = '/', method = 'GET', send = (request) => request.end()) {
  const request = http.request({ host: '127.0.0.1', port, path, method, agent: false });
  const answered = once(request, 'response');
  send(request);
  const [response] = await answered;
  return response;
}

const REQUESTS = 3;

export const network = {
  'socket.write to a slow reader': {
    size,
    async consume({ lend, finish }) {
      const { socket, received } = await socketTo(finish);
      lend((bytes) => socket.write(bytes));
      socket.end();
      return received;
    },
  },
  'socket.write, corked, behind another': {
    size: 2 * MB,
    async consume({ lend, finish }) {
      const { socket, received } = await socketTo(finish);
      socket.cork();
      lend((bytes) => socket.write(bytes));
      lend((bytes) => socket.write(bytes));
      socket.uncork();
      socket.end();
      return received;
    },
  },
  'tls socket.write': {
    size,
    async consume({ lend, finish }) {
      const { authority, key, cert } = makeCertificate();
      const server = tls.createServer({ key, cert });
      const port = await listen(server, finish);
      const socket = tls.connect({ port, host: '127.0.0.1', ca: authority, servername: 'localhost' });
      const [[received]] = await Promise.all([once(server, 'secureConnection'), once(socket, 'secureConnect')]);
      lend((bytes) => socket.end(bytes));
      return collect(received, WAIT_MS);
    },
  },
  'http response.end': {
    size,
    async consume({ lend, finish }) {
      const server = http.createServer((_, response) => lend((bytes) => response.end(bytes)));
      return collect(await get(await listen(server, finish)), WAIT_MS);
    },
  },
  'http response.end, three requests in a row': {
    size: 2 * MB,
    async consume({ lend, finish }) {
      const server = http.createServer((_, response) => lend((bytes) => response.end(bytes)));
      const port = await listen(server, finish);
      const answers = [];
      for (let i = 0; i < REQUESTS; i++) answers.push(await bytesOf(await fetch(`http://127.0.0.1:${port}/`)));
      return Buffer.concat(answers);
    },
  },
  'http response.write, then end': {
    size: 2 * MB,
    async consume({ lend, finish }) {
      const server = http.createServer((_, response) => {
        lend((bytes) => response.write(bytes));
        lend((bytes) => response.end(bytes));
      });
      return collect(await get(await listen(server, finish)), WAIT_MS);
    },
  },
  'http request.end': {
    size,
    async consume({ lend, finish }) {
      const port = await listen(http.createServer(echo), finish);
      return collect(await get(port, '/', 'POST', (request) => lend((bytes) => request.end(bytes))));
    },
  },
  'http2 response.end': {
    size: 2 * MB,
    async consume({ lend, finish }) {
      const server = http2.createServer((_, response) => lend((bytes) => response.end(bytes)));
      const session = http2.connect(`http://127.0.0.1:${await listen(server, finish)}`);
      finish(() => session.destroy());
      return collect(session.request(), WAIT_MS);
    },
  },
  'http2 request.end': {
    size: 2 * MB,
    async consume({ lend, finish }) {
      const session = http2.connect(`http://127.0.0.1:${await listen(http2.createServer(echo), finish)}`);
      finish(() => session.destroy());
      const request = session.request({ ':method': 'POST' });
      lend((bytes) => request.end(bytes));
      return collect(request);
    },
  },
  'fetch, the body of a request': {
    size,
    async consume({ lend, finish }) {
      const url = `http://127.0.0.1:${await listen(http.createServer(echo), finish)}/`;
      return bytesOf(await lend((body) => fetch(url, { method: 'POST', body })));
    },
  },
  // The name is looked up before anything is sent.
  'dgram send': {
    size: 1 << 15,
    async consume({ lend, finish }) {
      const [receiver, sender] = [createSocket('udp4'), createSocket('udp4')];
      finish(() => receiver.close());
      finish(() => sender.close());
      receiver.bind(0, '127.0.0.1');
      await once(receiver, 'listening');
      const received = once(receiver, 'message');
      lend((bytes) => sender.send(bytes, receiver.address().port, 'localhost'));
      return (await received)[0];
    },
  },
  // To a process, since it is its bytes that arrive that count.
  'a unix socket': {
    size: 2 * MB,
    async consume({ lend, path, finish }) {
      const server = net.createServer();
      server.listen(`${path}.socket`);
      await once(server, 'listening');
      finish(() => server.close());
      const socket = net.connect(`${path}.socket`);
      const [[received]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')]);
      lend((bytes) => socket.end(bytes));
      return collect(received, WAIT_MS);
    },
  },
  'http response.end of text': {
    size: 2 * MB,
    content: 'text',
    async consume({ lend, finish }) {
      const server = http.createServer((_, response) => lend((bytes) => response.end(bytes)));
      return Buffer.from(await text(await get(await listen(server, finish))));
    },
  },
};
