// Packages of npm's that read late: in threads of their own, behind a queue, or after the handler has returned. They are
// taken from what `npm run pythons` has fetched.
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import * as http from 'node:http';
import { bytesOf, collect, echo, listen } from './ask.mjs';
import { MB } from './lend.mjs';

const size = 2 * MB;
/** Some of the archives go through their input at the speed of JavaScript. */
const small = MB / 2;
/** Addons and clients that take Buffers only. */
const asBuffer = ({ buffer, byteOffset, length }) => Buffer.from(buffer, byteOffset, length);
const handlerOf = (app) => (request, response) => app(request, response);

/** What a server answers whose handlers have lent, three times. */
async function ask(url) {
  const answers = [];
  for (let i = 0; i < 3; i++) {
    const response = await fetch(url);
    if (response.status !== 200) throw new Error(`status ${response.status}: ${(await response.text()).slice(0, 200)}`);
    answers.push(await bytesOf(response));
  }
  return Buffer.concat(answers);
}

/** The only file of a zip archive. */
async function unzipped(archive, use) {
  const { default: JSZip } = await use('jszip');
  return (await JSZip.loadAsync(archive)).file('lent').async('nodebuffer');
}

const addons = {
  'sharp, raw pixels': {
    packages: ['sharp'],
    size: 1024 * 1024 * 3,
    async consume({ lend, use }) {
      const { default: sharp } = await use('sharp');
      const raw = { width: 1024, height: 1024, channels: 3 };
      return lend((bytes) => sharp(bytes, { raw }).raw().toBuffer());
    },
  },
  'sharp, raw pixels, asked for later': {
    packages: ['sharp'],
    size: 1024 * 1024 * 3,
    async consume({ lend, use }) {
      const { default: sharp } = await use('sharp');
      const image = lend((bytes) => sharp(bytes, { raw: { width: 1024, height: 1024, channels: 3 } }));
      await new Promise((resolve) => setTimeout(resolve, 5));
      return image.raw().toBuffer();
    },
  },
  'lz4-napi': {
    packages: ['lz4-napi'],
    size,
    async consume({ lend, use }) {
      const lz4 = await use('lz4-napi');
      return lz4.uncompressSync(await lend((bytes) => lz4.compress(asBuffer(bytes))));
    },
  },
  snappy: {
    packages: ['snappy'],
    size,
    async consume({ lend, use }) {
      const snappy = await use('snappy');
      return snappy.uncompressSync(await lend((bytes) => snappy.compress(asBuffer(bytes))));
    },
  },
  argon2: {
    packages: ['@node-rs/argon2'],
    size: 1 << 16,
    async consume({ lend, use }) {
      const argon2 = await use('@node-rs/argon2');
      const options = { salt: Buffer.alloc(16, 1), memoryCost: 1024, timeCost: 2, parallelism: 1 };
      const copies = [];
      const hashed = await lend((bytes) => {
        copies.push(Buffer.from(bytes));
        return argon2.hashRaw(asBuffer(bytes), options);
      });
      const wanted = argon2.hashRawSync(copies[0], options);
      return wanted.equals(hashed) ? copies[0] : hashed;
    },
  },
  lmdb: {
    packages: ['lmdb'],
    keeps: 'the last values, after it was closed as well',
    size,
    async consume({ lend, use, path, finish }) {
      const { open } = await use('lmdb');
      const database = open({ path: `${path}.lmdb`, encoding: 'binary' });
      finish(() => database.close());
      await lend((bytes) => database.put('lent', asBuffer(bytes)));
      return Buffer.from(database.getBinary('lent'));
    },
  },
};

const protocols = {
  // Its promise says that the message is queued.
  zeromq: {
    packages: ['zeromq'],
    size: 4 * MB,
    async consume({ lend, use, finish }) {
      const { Push, Pull } = await use('zeromq');
      const [push, pull] = [new Push(), new Pull()];
      finish(() => push.close());
      finish(() => pull.close());
      await push.bind('tcp://127.0.0.1:*');
      pull.connect(push.lastEndpoint);
      await lend((bytes) => push.send(bytes));
      return (await pull.receive())[0];
    },
  },
  'ws with permessage-deflate': {
    packages: ['ws'],
    size: 2 * MB,
    async consume({ lend, use, finish }) {
      const { WebSocketServer, WebSocket } = await use('ws');
      const server = http.createServer();
      const perMessageDeflate = { threshold: 0, zlibDeflateOptions: { level: 1 } };
      const sockets = new WebSocketServer({ server, perMessageDeflate });
      sockets.on('connection', (socket) => lend((bytes) => socket.send(bytes)));
      const client = new WebSocket(`ws://127.0.0.1:${await listen(server, finish)}`, { perMessageDeflate });
      finish(() => client.terminate());
      return (await once(client, 'message'))[0];
    },
  },
  'ws, from a client': {
    packages: ['ws'],
    size: 2 * MB,
    async consume({ lend, use, finish }) {
      const { WebSocketServer, WebSocket } = await use('ws');
      const server = http.createServer();
      const sockets = new WebSocketServer({ server });
      const received = once(sockets, 'connection').then(async ([socket]) => (await once(socket, 'message'))[0]);
      const client = new WebSocket(`ws://127.0.0.1:${await listen(server, finish)}`);
      finish(() => client.terminate());
      await once(client, 'open');
      lend((bytes) => client.send(bytes));
      return received;
    },
  },
  'undici.request': {
    packages: ['undici'],
    size,
    async consume({ lend, use, finish }) {
      const { request, Agent } = await use('undici');
      const dispatcher = new Agent();
      finish(() => dispatcher.destroy());
      const url = `http://127.0.0.1:${await listen(http.createServer(echo), finish)}/`;
      const { body } = await lend((bytes) => request(url, { method: 'POST', body: bytes, dispatcher }));
      return Buffer.from(await body.arrayBuffer());
    },
  },
};

const archives = {
  yazl: {
    packages: ['yazl', 'jszip'],
    size: small,
    async consume({ lend, use }) {
      const { default: yazl } = await use('yazl');
      const archive = new yazl.ZipFile();
      lend((bytes) => archive.addBuffer(asBuffer(bytes), 'lent', { compressionLevel: 1 }));
      archive.end();
      return unzipped(await collect(archive.outputStream), use);
    },
  },
  jszip: {
    packages: ['jszip'],
    size: small,
    async consume({ lend, use }) {
      const { default: JSZip } = await use('jszip');
      const archive = new JSZip();
      lend((bytes) => archive.file('lent', bytes));
      return unzipped(await archive.generateAsync({ type: 'nodebuffer' }), use);
    },
  },
  'zip.js': {
    packages: ['@zip.js/zip.js', 'jszip'],
    size: small,
    async consume({ lend, use }) {
      const zip = await use('@zip.js/zip.js');
      zip.configure({ useWebWorkers: false });
      const writer = new zip.ZipWriter(new zip.Uint8ArrayWriter());
      await lend((bytes) => writer.add('lent', new zip.Uint8ArrayReader(bytes), { level: 1 }));
      return unzipped(await writer.close(), use);
    },
  },
};

const frameworks = {
  'h3, a handler that gives bytes': {
    packages: ['h3'],
    size,
    async consume({ lend, use, finish }) {
      const { H3 } = await use('h3');
      const { toNodeHandler } = await use('h3/node').catch(() => use('h3'));
      const app = new H3().get('/', () => lend((bytes) => bytes));
      return ask(`http://127.0.0.1:${await listen(http.createServer(handlerOf(toNodeHandler(app))), finish)}/`);
    },
  },
  'hono, a handler that gives a Response': {
    packages: ['hono', '@hono/node-server'],
    size,
    async consume({ lend, use, finish }) {
      const { Hono } = await use('hono');
      const { getRequestListener } = await use('@hono/node-server');
      const app = new Hono().get('/', () => lend((bytes) => new Response(bytes)));
      return ask(`http://127.0.0.1:${await listen(http.createServer(getRequestListener(app.fetch)), finish)}/`);
    },
  },
  'hono, an asynchronous handler that gives a body': {
    packages: ['hono', '@hono/node-server'],
    size,
    async consume({ lend, use, finish }) {
      const { Hono } = await use('hono');
      const { getRequestListener } = await use('@hono/node-server');
      const app = new Hono().get('/', async (context) => lend((bytes) => context.body(bytes)));
      return ask(`http://127.0.0.1:${await listen(http.createServer(getRequestListener(app.fetch)), finish)}/`);
    },
  },
  'fastify, a handler that gives a Buffer': {
    packages: ['fastify'],
    size,
    async consume({ lend, use, finish }) {
      const { fastify } = await use('fastify');
      const app = fastify({ forceCloseConnections: true });
      finish(() => app.close());
      app.get('/', async () => lend(asBuffer));
      return ask(await app.listen({ port: 0, host: '127.0.0.1' }));
    },
  },
};

export const packages = { ...addons, ...protocols, ...archives, ...frameworks };

let database;

/** PostgreSQL itself, as WebAssembly, behind a socket; it takes two seconds to start. */
export const databases = {
  'postgres, an insert': {
    packages: ['postgres', '@electric-sql/pglite', '@electric-sql/pglite-socket'],
    size: small,
    async consume({ lend, use, path, finish }) {
      const { PGlite } = await use('@electric-sql/pglite');
      const { PGLiteSocketServer } = await use('@electric-sql/pglite-socket');
      const { default: postgres } = await use('postgres');
      database ??= await PGlite.create();
      await mkdir(path);
      const socket = `${path}/.s.PGSQL.5432`;
      const server = new PGLiteSocketServer({ db: database, path: socket });
      await server.start();
      finish(() => server.stop());
      const sql = postgres({ path: socket, username: 'postgres', database: 'postgres', max: 1, onnotice: () => {} });
      finish(() => sql.end({ timeout: 1 }));
      await sql`create table if not exists lent (bytes bytea)`;
      await sql`truncate lent`;
      await lend((bytes) => sql`insert into lent values (${bytes})`);
      return (await sql`select bytes from lent`)[0].bytes;
    },
  },
};
