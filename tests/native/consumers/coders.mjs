// zlib and crypto: jobs of the thread pool, which hold an address, and streams that go through their input in steps.
import * as crypto from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { called, collect } from './ask.mjs';
import { MB } from './lend.mjs';

const size = 2 * MB;
const FAST = { level: 1 };
const BROTLI = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } };
const KEY = crypto.createHash('sha256').update('key').digest();
const IV = KEY.subarray(0, 16);

/** A function of zlib's that calls back: the bytes made by it, as they were. */
const coded = (start, undo, more) => ({
  size,
  ...more,
  consume: async ({ lend }) => undo(await lend((bytes) => called((done) => start(bytes, done)))),
});

/** A stream of zlib's that is given all at once. */
const streamed = (make, undo, more) => ({
  size,
  ...more,
  async consume({ lend }) {
    const stream = make();
    lend((bytes) => stream.end(bytes));
    return undo(await collect(stream));
  },
});

const same = (bytes) => bytes;

export const compression = {
  'zlib.gzip': coded((bytes, done) => zlib.gzip(bytes, FAST, done), zlib.gunzipSync),
  'zlib.deflate': coded((bytes, done) => zlib.deflate(bytes, FAST, done), zlib.inflateSync),
  'zlib.brotliCompress': coded((bytes, done) => zlib.brotliCompress(bytes, BROTLI, done), zlib.brotliDecompressSync),
  'zlib.zstdCompress': {
    ...coded(
      (bytes, done) => zlib.zstdCompress(bytes, done),
      (bytes) => zlib.zstdDecompressSync(bytes),
    ),
    missing: zlib.zstdCompress ? undefined : 'this Node has no zstd',
  },
  'zlib.gunzip': coded(zlib.gunzip, same, { content: 'gzip' }),
  'zlib.inflate': coded(zlib.inflate, same, { content: 'deflate' }),
  'zlib.inflateRaw': coded(zlib.inflateRaw, same, { content: 'deflateRaw' }),
  'zlib.unzip': coded(zlib.unzip, same, { content: 'gzip' }),
  'zlib.createGzip': streamed(() => zlib.createGzip(FAST), zlib.gunzipSync),
  'zlib.createDeflate': streamed(() => zlib.createDeflate(FAST), zlib.inflateSync),
  'zlib.createBrotliCompress': streamed(() => zlib.createBrotliCompress(BROTLI), zlib.brotliDecompressSync),
  'zlib.createGunzip': streamed(zlib.createGunzip, same, { content: 'gzip' }),
  'a pipeline through gzip': {
    size,
    async consume({ lend }) {
      const made = [];
      const sink = new Writable({ write: (chunk, _, done) => done(void made.push(chunk)) });
      await lend((bytes) => pipeline(Readable.from([bytes]), zlib.createGzip(FAST), sink));
      return zlib.gunzipSync(Buffer.concat(made));
    },
  },
};

const digest = (bytes) => crypto.createHash('sha256').update(bytes).digest();
const { privateKey } = crypto.generateKeyPairSync('ed25519');
const subtle = (use, length) =>
  crypto.subtle.importKey('raw', KEY.subarray(0, length), use, false, [use.name === 'HMAC' ? 'sign' : 'encrypt']);
const HMAC = { name: 'HMAC', hash: 'SHA-256' };
const AES = { name: 'AES-CBC', iv: IV };
/** Costs of some milliseconds. */
const COST = { N: 1024, r: 8 };

export const cryptography = {
  'hash.update': {
    size,
    consume: ({ lend }) => lend((bytes) => crypto.createHash('sha256').update(bytes)).digest(),
    expected: ([lent]) => digest(lent),
  },
  'a hash as a stream': {
    size,
    consume: ({ lend }) => collect(lend((bytes) => crypto.createHash('sha256').end(bytes))),
    expected: ([lent]) => digest(lent),
  },
  'a pipeline into a hash': {
    size,
    async consume({ lend }) {
      const hash = crypto.createHash('sha256');
      await lend((bytes) => pipeline(Readable.from([bytes]), hash));
      return hash.read();
    },
    expected: ([lent]) => digest(lent),
  },
  'crypto.sign': {
    size,
    consume: ({ lend }) => lend((bytes) => called((done) => crypto.sign(null, bytes, privateKey, done))),
    expected: ([lent]) => crypto.sign(null, lent, privateKey),
  },
  'crypto.subtle.digest': {
    size,
    consume: async ({ lend }) => Buffer.from(await lend((bytes) => crypto.subtle.digest('SHA-256', bytes))),
    expected: ([lent]) => digest(lent),
  },
  'crypto.subtle.sign': {
    size,
    async consume({ lend }) {
      const key = await subtle(HMAC);
      return Buffer.from(await lend((bytes) => crypto.subtle.sign('HMAC', key, bytes)));
    },
    expected: ([lent]) => crypto.createHmac('sha256', KEY).update(lent).digest(),
  },
  'crypto.subtle.encrypt': {
    size,
    async consume({ lend }) {
      const key = await subtle(AES);
      return Buffer.from(await lend((bytes) => crypto.subtle.encrypt(AES, key, bytes)));
    },
    expected: ([lent]) => {
      const cipher = crypto.createCipheriv('aes-256-cbc', KEY, IV);
      return Buffer.concat([cipher.update(lent), cipher.final()]);
    },
  },
  'a cipher as a stream': {
    size,
    consume: ({ lend }) => collect(lend((bytes) => crypto.createCipheriv('aes-256-cbc', KEY, IV).end(bytes))),
    expected: ([lent]) => {
      const cipher = crypto.createCipheriv('aes-256-cbc', KEY, IV);
      return Buffer.concat([cipher.update(lent), cipher.final()]);
    },
  },
  'crypto.scrypt, the salt': {
    size: 1 << 16,
    consume: ({ lend }) => lend((salt) => called((done) => crypto.scrypt('password', salt, 32, COST, done))),
    expected: ([lent]) => crypto.scryptSync('password', lent, 32, COST),
  },
  'crypto.scrypt, the password': {
    size: 1 << 16,
    consume: ({ lend }) => lend((password) => called((done) => crypto.scrypt(password, 'salt', 32, COST, done))),
    expected: ([lent]) => crypto.scryptSync(lent, 'salt', 32, COST),
  },
  'crypto.pbkdf2, the salt': {
    size: 1 << 16,
    consume: ({ lend }) => lend((salt) => called((done) => crypto.pbkdf2('word', salt, 200, 32, 'sha256', done))),
    expected: ([lent]) => crypto.pbkdf2Sync('word', lent, 200, 32, 'sha256'),
  },
  'crypto.hkdf': {
    size,
    consume: async ({ lend }) =>
      Buffer.from(await lend((bytes) => called((done) => crypto.hkdf('sha256', bytes, 'salt', 'info', 32, done)))),
    expected: ([lent]) => Buffer.from(crypto.hkdfSync('sha256', lent, 'salt', 'info', 32)),
  },
};
