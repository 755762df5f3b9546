// Temporaries of 8 MB in a loop, one view each, and how much memory that takes.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { beginPeak, peak } from './memory.mjs';

const COUNT = 1 << 20;
/** Every page is read. */
const STEP = 512;
const PAGES = COUNT / STEP;
const KEPT = 5;
/** Of the loop that awaits. */
const EACH = 20;

/** Numbers from i on, as doubles: 8 MB. */
const temporary = (i) => `counting[${i} : ${i + COUNT}]`;
const prepare = (python) => python.exec(`counting = array("d", range(${COUNT} + 4000))`);

function sum(data) {
  let total = 0;
  for (let i = 0; i < data.length; i += STEP) total += data[i];
  return total;
}

const expectedSum = (i) => PAGES * i + (STEP * PAGES * (PAGES - 1)) / 2;

export const loopCases = {
  'a loop that revokes': ({ python, rounds }) => {
    prepare(python);
    beginPeak();
    for (let i = 0; i < rounds; i++) {
      const view = python.view(temporary(i));
      equal(sum(view.data), expectedSum(i));
      view.revoke();
    }
    ok(peak() < 200, `a peak of ${peak()} MB`);
    equal(python.outstanding, 0);
  },
  'a loop that releases, in one stretch': ({ python, rounds }) => {
    prepare(python);
    const kept = [];
    let done = 0;
    let refused;
    try {
      for (; done < rounds; done++) {
        const view = python.view(temporary(done));
        try {
          const { data } = view;
          if (done % 3 === 0 && kept.length < KEPT) kept.push([done, data]);
          equal(sum(data), expectedSum(done));
        } finally {
          view.release();
        }
      }
    } catch (error) {
      if (error.code === 'ERR_ASSERTION') throw error;
      refused = error;
    }
    if (refused)
      for (const remedy of ['revoke()', 'toTypedArray()']) ok(refused.message.includes(remedy), refused.message);
    // Nothing is refused before that is much.
    ok(done === rounds || done > 50, `refused after ${done}`);
    deepEqual(
      kept.map(([i, data]) => [i, data.length, sum(data), data.at(-1)]),
      kept.map(([i]) => [i, COUNT, expectedSum(i), i + COUNT - 1]),
    );
    equal(kept.length, KEPT);
  },
  'a loop that releases, and awaits a timer now and then': async ({ python, rounds }) => {
    prepare(python);
    beginPeak();
    for (let i = 0; i < rounds; i++) {
      const view = python.view(temporary(i));
      equal(sum(view.data), expectedSum(i));
      view.release();
      if (i % EACH === EACH - 1) await sleep(1);
    }
    ok(peak() < 600, `a peak of ${peak()} MB`);
  },
};
