// Files and pipes. Their calls are done by libuv, in threads, or by JavaScript in steps.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { called, collect } from './ask.mjs';
import { MB } from './lend.mjs';

const size = 4 * MB;

/** Opens the file of the case, has it written, and reads it. */
const written = (call) => async (given) => {
  const file = await open(given.path, 'w');
  try {
    await call(file, given);
  } finally {
    await file.close();
  }
  return readFile(given.path);
};

export const files = {
  'fs.write': {
    size,
    consume: written(({ fd }, { lend }) => lend((bytes) => called((done) => fs.write(fd, bytes, done)))),
  },
  'fs.writev': {
    size,
    consume: written(({ fd }, { lend }) => lend((bytes) => called((done) => fs.writev(fd, [bytes, bytes], done)))),
    expected: ([lent]) => Buffer.concat([lent, lent]),
  },
  'fs.writeFile': {
    size,
    async consume({ lend, path }) {
      await lend((bytes) => called((done) => fs.writeFile(path, bytes, done)));
      return readFile(path);
    },
  },
  'filehandle.write': { size, consume: written((file, { lend }) => lend((bytes) => file.write(bytes))) },
  'filehandle.writev': { size, consume: written((file, { lend }) => lend((bytes) => file.writev([bytes]))) },
  'fs.promises.writeFile': {
    size,
    async consume({ lend, path }) {
      await lend((bytes) => writeFile(path, bytes));
      return readFile(path);
    },
  },
  'fs.createWriteStream': {
    size,
    async consume({ lend, path }) {
      const stream = fs.createWriteStream(path);
      lend((bytes) => stream.end(bytes));
      await once(stream, 'close');
      return readFile(path);
    },
  },
  'fs.createWriteStream behind a pipeline': {
    size,
    async consume({ lend, path }) {
      await lend((bytes) => pipeline(Readable.from([bytes]), fs.createWriteStream(path)));
      return readFile(path);
    },
  },
  'fs.read into it': {
    size,
    async consume({ lend, path }) {
      await writeFile(path, Buffer.alloc(size, 'file'));
      const file = await open(path);
      try {
        return await lend(async (bytes) => {
          await called((done) => fs.read(file.fd, bytes, 0, size, 0, done));
          return Buffer.from(bytes);
        });
      } finally {
        await file.close();
      }
    },
    expected: () => Buffer.alloc(size, 'file'),
  },
  'filehandle.read into it': {
    size,
    async consume({ lend, path }) {
      await writeFile(path, Buffer.alloc(size, 'file'));
      const file = await open(path);
      try {
        return await lend(async (bytes) => Buffer.from((await file.read(bytes, 0, size, 0)).buffer));
      } finally {
        await file.close();
      }
    },
    expected: () => Buffer.alloc(size, 'file'),
  },
  'stdin of a child': {
    size,
    async consume({ lend }) {
      const child = spawn('sh', ['-c', 'sleep 0.03; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
      lend((bytes) => child.stdin.end(bytes));
      return collect(child.stdout);
    },
  },
};
