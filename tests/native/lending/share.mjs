// JavaScript's memory in Python, and back: what is pinned, what is refused, and that the process ends by itself, status 0.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { markAsUntransferable } from 'node:worker_threads';
import { collect, thrown, until, value } from './ask.mjs';

/** What tries to detach a buffer. */
const detachers = {
  transfer: ({ buffer }) => buffer.transfer?.() ?? Promise.reject(),
  structuredClone: ({ buffer }) => structuredClone(buffer, { transfer: [buffer] }),
  enqueue: (array) =>
    new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue(new Uint8Array(array.buffer)) }),
  'the answer of a byte stream': (array) =>
    new ReadableStream({
      type: 'bytes',
      pull(controller) {
        controller.byobRequest.view[0] = 1;
        controller.byobRequest.respond(1);
      },
    })
      .getReader({ mode: 'byob' })
      .read(new Uint8Array(array.buffer)),
};

/** Whether this runtime can keep an ArrayBuffer from being detached: Node 20 and 22 let a byte stream do it. */
const pins = (() => {
  const buffer = new ArrayBuffer(8);
  markAsUntransferable(buffer);
  thrown(() => detachers.enqueue(new Uint8Array(buffer)));
  return buffer.byteLength === 8;
})();

const keep = (python, array, options) => {
  const shared = python.share(array, options);
  python.eval('lambda view: globals().update(m=view)').call(shared).release();
  shared.release();
};
const sum = (python) => value(python, 'sum(memoryview(m).cast("B"))');
const sumOf = (bytes) => bytes.reduce((total, byte) => total + byte, 0);

function refused(python, array) {
  const error = thrown(() => python.share(array));
  ok(error instanceof TypeError, String(error));
  match(error.message, /SharedArrayBuffer/);
  match(error.message, /share\(x, \{ copy: true \}\)/);
  // It does not name a release that cannot either.
  const named = [...error.message.matchAll(/Node (\d+) and later/g)].map(([, release]) => Number(release));
  ok(
    named.every((release) => release > Number.parseInt(process.versions.node, 10)),
    error.message,
  );
  equal(python.shared, 0);
}

/** Until the exit, which has to detach what modules have made. */
const kept = [];

/** A Buffer that C made: Python has the right sum, and nobody can move it. */
async function shareOfModule(python, buffer) {
  ok(ArrayBuffer.isView(buffer) && buffer.byteLength > 0, String(buffer));
  kept.push(buffer);
  const wanted = sumOf(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
  if (!pins) refused(python, buffer);
  keep(python, buffer, pins ? {} : { copy: true });
  await collect();
  equal(sum(python), wanted);
  python.exec('del m');
  ok(await until(() => python.shared === 0));
}

const text = Buffer.alloc(1 << 16, 'some text');
const picture = { width: 64, height: 64, channels: 3, background: { r: 200, g: 30, b: 4 } };

/** What modules make: package → a Buffer of theirs. */
const made = {
  sharp: ({ default: sharp }) => sharp({ create: picture }).raw().toBuffer(),
  snappy: ({ compress }) => compress(text),
  'lz4-napi': ({ compress }) => compress(text),
  '@node-rs/argon2': ({ hashRaw }) => hashRaw('password', { salt: Buffer.alloc(16, 1), outputLen: 64 }),
  '@napi-rs/canvas'({ createCanvas }) {
    const context = createCanvas(32, 32).getContext('2d');
    context.fillRect(0, 0, 16, 32);
    return context.canvas.data();
  },
  '@napi-rs/image': ({ Transformer }) => Transformer.fromRgbaPixels(Buffer.alloc(4096, 200), 32, 32).png(),
  '@resvg/resvg-js'({ Resvg }) {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><rect width="20" height="20"/></svg>';
    return new Resvg(svg).render().pixels;
  },
  async zeromq({ Pair }) {
    const [one, other] = [new Pair(), new Pair()];
    await one.bind('tcp://127.0.0.1:*');
    other.connect(one.lastEndpoint);
    await other.send(text);
    const [message] = await one.receive();
    one.close();
    other.close();
    return message;
  },
  async lmdb({ open }) {
    const folder = mkdtempSync(join(tmpdir(), 'memview-'));
    const store = open({ path: folder, encoding: 'binary' });
    await store.put('key', text);
    const found = store.getBinary('key');
    await store.close();
    rmSync(folder, { recursive: true });
    return found;
  },
};

const moduleCases = Object.fromEntries(
  Object.entries(made).map(([name, make]) => [
    `what ${name} makes`,
    async ({ python, folder }) => {
      if (!folder) return 'no packages were fetched';
      const { importPackage } = await import(pathToFileURL(`${folder}/import.mjs`));
      const found = await importPackage(name).catch(() => undefined);
      if (!found) return `no ${name}`;
      await shareOfModule(python, await make(found));
      return undefined;
    },
  ]),
);

export const shareCases = {
  'the data of a view is shared, and comes back': async ({ python }) => {
    for (const end of ['release', 'revoke']) {
      python.exec('b = bytearray(range(256)) * 16');
      const view = python.view('b');
      keep(python, view.data);
      equal(sum(python), value(python, 'sum(b)'));
      python.exec('m[0] = 9');
      equal(view.data[0], 9);
      // It is no second pin: that of Python's memoryview is what stays.
      equal(python.shared, 0);
      view[end]();
      equal(sum(python), value(python, 'sum(b)'));
      python.exec('m.release(); del m; b[0] = 0');
      if (end === 'revoke') python.exec('b.append(0); b.pop()');
    }
    ok(await until(() => python.outstanding === 0));
  },
  'a part of the data of a temporary is shared, and outlives the view': async ({ python }) => {
    const view = python.view('array("d", range(1000))');
    keep(python, view.data.subarray(10, 13));
    view.release();
    await collect();
    deepEqual(value(python, 'memoryview(m).tolist()'), [10, 11, 12]);
    python.exec('del m');
  },
  ...moduleCases,
  'a Buffer over memory of C': async ({ python }) => {
    const require = createRequire(import.meta.url);
    const { createExternalBuffer, createPointer, DataType } = require('ffi-rs');
    const [pointer] = createPointer({ paramsType: [DataType.U8Array], paramsValue: [Buffer.alloc(4096, 3)] });
    await shareOfModule(python, createExternalBuffer(pointer, 8));
  },
  'the memory of WebAssembly is refused, and grows': async ({ python }) => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 10 });
    const error = thrown(() => python.share(new Uint8Array(memory.buffer)));
    ok(error instanceof TypeError, String(error));
    match(error.message, pins ? /WebAssembly/ : /copy: true/);
    match(error.message, /share\(x, \{ copy: true \}\)/);
    memory.grow(1);
    equal(memory.buffer.byteLength, 2 << 16);
    const bytes = new Uint8Array(memory.buffer);
    bytes[5] = 77;
    keep(python, bytes, { copy: true });
    memory.grow(1);
    equal(sum(python), 77);
    equal(python.shared, 0);
  },
  'a SharedArrayBuffer is shared': async ({ python }) => {
    const numbers = new Float64Array(new SharedArrayBuffer(8 * 1000)).fill(0.5);
    keep(python, numbers);
    equal(value(python, 'sum(m)'), 500);
    python.exec('m[1] = 20.0');
    equal(numbers[1], 20);
    equal(python.shared, 1);
    python.exec('del m');
    ok(await until(() => python.shared === 0));
  },
  'an ArrayBuffer stays where it is, or is refused': async ({ python }) => {
    const array = new Float64Array(1 << 13).fill(7);
    if (!pins) {
      refused(python, array);
      keep(python, array, { copy: true });
      array[0] = 1;
      equal(value(python, 'm[0]'), 7);
      return;
    }
    keep(python, array);
    for (const [name, detach] of Object.entries(detachers)) {
      try {
        await detach(array);
      } catch {
        // As it should be.
      }
      equal(array.length, 1 << 13, name);
    }
    await collect();
    array[2] = 11;
    deepEqual(value(python, '[m[1], m[2], len(m)]'), [7, 11, 1 << 13]);
    python.exec('m[3] = 12.0');
    equal(array[3], 12);
  },
};
