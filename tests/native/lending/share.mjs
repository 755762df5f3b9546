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

/** Owners of a thousand doubles that tell of them by another protocol than the buffer's, and count when they end. */
const owners = `
import ctypes
ended = 0
class Owner:
    def __init__(self):
        self.numbers = (ctypes.c_double * 1000)(*[i + 0.5 for i in range(1000)])
        self.at = ctypes.addressof(self.numbers)
    def __del__(self):
        global ended
        ctypes.memset(self.at, 0xee, 8000)
        ended += 1
class Described(Owner):
    @property
    def __array_interface__(self):
        return {"version": 3, "typestr": "<f8", "shape": (1000,), "data": (self.at, False)}
new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(("PyCapsule_New", ctypes.pythonapi))
SIZES = ctypes.POINTER(ctypes.c_ssize_t)
class Face(ctypes.Structure):
    _fields_ = [("two", ctypes.c_int), ("nd", ctypes.c_int), ("typekind", ctypes.c_char), ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_int), ("shape", SIZES), ("strides", SIZES), ("data", ctypes.c_void_p), ("descr", ctypes.py_object)]
class Capsule(Owner):
    @property
    def __array_struct__(self):
        self.sizes = (ctypes.c_ssize_t * 1)(1000), (ctypes.c_ssize_t * 1)(8)
        shape, strides = (ctypes.cast(size, SIZES) for size in self.sizes)
        self.face = Face(2, 1, b"f", 8, 0x701, shape, strides, self.at, None)
        return new(ctypes.addressof(self.face), None, None)
class Managed(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64), ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p)]
lent = []
given_back = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(lambda capsule: lent.clear())
class Tensor(Owner):
    def __dlpack_device__(self):
        return (1, 0)
    def __dlpack__(self):
        shape = (ctypes.c_int64 * 1)(1000)
        managed = Managed(self.at, 1, 0, 1, 2, 64, 1, shape, None, 0, None, None)
        # The owner stays until the capsule ends.
        lent.extend((self, managed, shape))
        return new(ctypes.addressof(managed), b"dltensor", ctypes.cast(given_back, ctypes.c_void_p))
`;

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
  'what is read-only to Python is shared read-only, whoever viewed it before': async ({ python }) => {
    python.exec('b = bytearray(b"abc")');
    const views = { 'memoryview(b)': false, 'memoryview(b).toreadonly()': true, b: false };
    const arrays = Object.entries(views).map(([expression, readonly]) => {
      const view = python.view(expression);
      const { data } = view;
      view.release();
      keep(python, data);
      deepEqual([expression, value(python, 'm.readonly')], [expression, readonly]);
      return data;
    });
    python.exec('b[0] = 120');
    for (const array of arrays) equal(array[0], 120);
  },
  'what another protocol lends is shared, and its owner stays as long': async ({ python }) => {
    python.exec(owners);
    for (const owner of ['Described()', 'Capsule()', 'Tensor()']) {
      for (const end of ['release', 'revoke']) {
        const view = python.view(owner);
        equal(view.source === 'buffer', false);
        keep(python, view.data.subarray(1));
        view[end]();
        await collect();
        python.exec('gc.collect(); kept.append([(ctypes.c_double * 1000)(*[1.0] * 1000) for _ in range(6)])');
        deepEqual([owner, value(python, '[m[0], m[998], ended]')], [owner, [1.5, 999.5, 0]]);
        python.exec('del m; gc.collect()');
        ok(await until(() => value(python, 'ended') === 1), `${owner} after ${end}`);
        python.exec('ended = 0');
      }
    }
  },
  'what was revoked is shared as nothing': ({ python }) => {
    const view = python.view('bytearray(100)');
    const { data } = view;
    view.revoke();
    keep(python, data);
    equal(value(python, 'len(m)'), 0);
    equal(python.shared, 0);
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
