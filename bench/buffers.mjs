// What it costs to see a buffer, against Pyodide, and to copy one, against numpy: medians of interleaved rounds.
import { openPython } from 'memview/ffi';
import { loadPyodide } from 'pyodide';
import { median } from './median.mjs';

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

/** Runs each of some functions in every round; the medians of milliseconds per call, by name. */
async function interleaved(rounds, calls, functions) {
  const times = Object.fromEntries(Object.keys(functions).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(functions)) {
      const before = performance.now();
      for (let i = 0; i < calls; i++) run(i);
      times[name].push((performance.now() - before) / calls);
      await turn();
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
}

function row(what, ours, theirs, unit) {
  const ratio = `${(theirs[1] / ours[1]).toFixed(2)}`;
  const cell = ([name, value]) => `${name} ${value.toFixed(2)} ${unit}`.padEnd(34);
  console.log(`${what.padEnd(44)} ${cell(ours)} ${cell(theirs)} theirs ÷ ours ${ratio}`);
}

async function seeing(python) {
  const pyodide = await loadPyodide();
  const expressions = {
    bytearray: 'bytearray(800)',
    'array of doubles': '__import__("array").array("d", [1.0] * 100)',
  };
  for (const [what, expression] of Object.entries(expressions)) {
    const ref = python.eval(expression);
    const refs = Array.from({ length: 100 }, () => python.eval(expression));
    const proxy = pyodide.runPython(expression);
    const proxies = Array.from({ length: 100 }, () => pyodide.runPython(expression));
    const ours = (from) => {
      const view = python.view(from);
      const { data } = view;
      view.release();
      return data;
    };
    const theirs = (from) => {
      const buffer = from.getBuffer();
      const { data } = buffer;
      buffer.release();
      return data;
    };
    const times = await interleaved(100, 500, {
      ours: () => ours(ref),
      theirs: () => theirs(proxy),
      oursInTurn: (i) => ours(refs[i % 100]),
      theirsInTurn: (i) => theirs(proxies[i % 100]),
    });
    const us = (name) => times[name] * 1000;
    row(
      `${what}, one again and again`,
      ['view() data release()', us('ours')],
      ['getBuffer() release()', us('theirs')],
      'µs',
    );
    row(
      `${what}, 100 in turn`,
      ['view() data release()', us('oursInTurn')],
      ['getBuffer() release()', us('theirsInTurn')],
      'µs',
    );
  }
}

async function copying(python) {
  python.exec('import numpy as np; square = np.random.default_rng(1).random((1000, 1000)); across = square.T');
  const contiguous = python.eval('lambda: np.ascontiguousarray(across)');
  const lists = { square: python.eval('lambda: square.tolist()'), across: python.eval('lambda: across.tolist()') };
  const square = python.view('square');
  const across = python.view('across');
  const run = (callable) => callable.call().release();
  const times = {
    ...(await interleaved(51, 1, { copy: () => across.toTypedArray(), theirCopy: () => run(contiguous) })),
    ...(await interleaved(25, 1, { list: () => square.toList(), theirList: () => run(lists.square) })),
    ...(await interleaved(25, 1, { listAcross: () => across.toList(), theirListAcross: () => run(lists.across) })),
  };
  const pair = (what, mine, ours, name, theirs) => row(what, [mine, times[ours]], [name, times[theirs]], 'ms');
  pair('1000 × 1000 doubles, transposed', 'toTypedArray()', 'copy', 'ascontiguousarray()', 'theirCopy');
  pair('1000 × 1000 doubles', 'toList()', 'list', 'tolist()', 'theirList');
  pair('1000 × 1000 doubles, transposed', 'toList()', 'listAcross', 'tolist()', 'theirListAcross');
}

/** Runs `npm run bench -- buffers`. */
export async function buffers() {
  const python = openPython({ python: process.env.MEMVIEW_BENCH_PYTHON });
  console.log(`Node ${process.versions.node}, Python ${python.version}; medians of interleaved rounds\n`);
  await seeing(python);
  let numpy = true;
  try {
    python.import('numpy').release();
  } catch {
    numpy = false;
  }
  if (numpy) await copying(python);
  else console.log('this Python has no numpy to copy against; MEMVIEW_BENCH_PYTHON names another');
}
