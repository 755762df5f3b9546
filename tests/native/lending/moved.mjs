// Memory that somebody moves: whoever has it now has the right bytes, the view says so, and the exporter stays for ever.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { decodeJsonInto, encodeJson } from 'memview';
import { collect, thrown, value, writeOver } from './ask.mjs';

const SIZE = 1 << 20;

/** Ways to move what an array shows; each gives an array of the new place. */
const movers = {
  transfer: { missing: 'this Node has no transfer', move: ({ buffer }) => new Uint8Array(buffer.transfer()) },
  transferToFixedLength: {
    missing: 'this Node has no transfer',
    move: ({ buffer }) => new Uint8Array(buffer.transferToFixedLength()),
  },
  // An own property of the buffer would not be met.
  'transfer by call': {
    missing: 'this Node has no transfer',
    move: ({ buffer }) => new Uint8Array(ArrayBuffer.prototype.transfer.call(buffer)),
  },
  'enqueue of a byte stream': {
    move(bytes) {
      const stream = new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue(bytes) });
      return stream.getReader();
    },
  },
};

const canTransfer = typeof ArrayBuffer.prototype.transfer === 'function';
const skipped = ({ missing }) => (missing && !canTransfer ? missing : undefined);
/** The moved bytes. */
const chunkOf = async (moved) => (moved instanceof Uint8Array ? moved : (await moved.read()).value);

const members = {
  data: (view) => view.data,
  bytes: (view) => view.bytes,
  get: (view) => view.get(0),
  set: (view) => view.set(0, 5),
  toList: (view) => view.toList(),
  toTypedArray: (view) => view.toTypedArray(),
  'toList of a slice': (view) => view.slice([1, 3]).toList(),
  encodeJson: (view) => encodeJson(view),
  decodeJsonInto: (view) => decodeJsonInto('[1,2,3,4]', view),
};

const memberCases = Object.entries(movers).map(([name, mover]) => [
  `every member throws after ${name}`,
  async ({ python }) => {
    if (skipped(mover)) return skipped(mover);
    python.exec('a = array("B", [1, 2, 3, 4])');
    const view = python.view('a');
    const { data } = view;
    const moved = mover.move(view.bytes);
    for (const [member, use] of Object.entries(members)) {
      const error = thrown(() => use(view));
      ok(error, `${member} does not throw`);
      match(error.message, /transfer|moved/);
    }
    equal(data.length, 0);
    deepEqual(value(python, 'a.tolist()'), [1, 2, 3, 4]);
    // It cannot be taken back by any means.
    ok(thrown(() => view.revoke()));
    view.release();
    await collect();
    equal(python.outstanding, 1);
    equal(python.exports().length, 1);
    equal(thrown(() => python.exec('a.append(1)'))?.type, 'BufferError');
    deepEqual([...(await chunkOf(moved))], [1, 2, 3, 4]);
    return undefined;
  },
]);

/** What the view is when its bytes are moved. */
const before = { released: (view) => view.release(), forgotten: () => {}, 'viewed, and released later': () => {} };

const chunkCases = Object.entries(movers).flatMap(([name, mover]) =>
  Object.entries(before).map(([state, use]) => [
    `${name}, of a view that is ${state}: the bytes stay right`,
    async ({ python }) => {
      if (skipped(mover)) return skipped(mover);
      const moved = (() => {
        const view = python.view(`bytearray(b"\\x07" * ${SIZE})`);
        const { bytes } = view;
        use(view);
        const came = mover.move(bytes);
        if (state.startsWith('viewed')) thrown(() => view.release());
        return came;
      })();
      for (let i = 0; i < 3; i++) {
        await collect();
        writeOver(python, SIZE);
      }
      const chunk = await chunkOf(moved);
      ok(Buffer.alloc(SIZE, 7).equals(chunk), `${chunk.length} bytes, the first ${chunk[0]}`);
      return undefined;
    },
  ]),
);

export const movedCases = Object.fromEntries([...memberCases, ...chunkCases]);
