/** Hostile uses of a Python in this process, as data. `attempt` prints the error, or that there was none. */

interface Use {
  /** JavaScript, with `python`, `attempt`, `after` and the package's names in reach. */
  readonly use: string;
  /** What is printed. */
  readonly expected: RegExp;
  /** The exit status, 0 by default; with another one, `expected` is of stderr. */
  readonly status?: number;
}

const DEAD = `let ref = python.eval('bytearray(8)'); ref.release();`;
const RELEASED = `const view = python.view('bytearray(8)'); const { data, bytes } = view; view.release();`;
/** What goes on until it may end; and who has, of the pipes between Node and Python, the ends that are Python's. */
const PIPES = `python.exec('import time; go = False');
          const slow = python.run('while not go: time.sleep(0.01)'); slow.catch(() => {}); await after(50);
          python.exec('import gc, os; every = gc.get_objects()');
          python.exec('desk = next(one for one in every if type(one).__name__ == "Desk")');`;
/** What is garbage is given back at once only where the GIL counts no run. */
const COUNTED = `python.eval('object()'); await after(1);
          for (let i = 0; i < 100 && python.outstanding > 0; i++) { globalThis.gc(); await after(20); }
          console.log(python.outstanding)`;
const CLOSED = `const ref = python.eval('1'); const view = python.view('b"a"'); python.close();`;

export const hostile: readonly Use[] = [
  // Wrong types.
  { use: `await attempt(() => python.eval(5))`, expected: /^TypeError: expected Python as a string, got number/ },
  { use: `await attempt(() => python.eval())`, expected: /^TypeError: expected Python as a string, got undefined/ },
  { use: `await attempt(() => python.exec({}))`, expected: /^TypeError: expected Python as a string, got object/ },
  { use: `await attempt(() => python.exec('a\\0b'))`, expected: /^TypeError: expected Python without a NUL/ },
  { use: `await attempt(() => python.exec('"\\ud800"'))`, expected: /^TypeError: expected well-formed Unicode/ },
  { use: `await attempt(() => python.run(7))`, expected: /^TypeError: expected Python as a string, got number/ },
  { use: `await attempt(() => python.run('1', { signal: {} }))`, expected: /^TypeError: expected an AbortSignal/ },
  {
    use: `await attempt(() => python.import(null))`,
    expected: /^TypeError: expected the name of a module as a string, got object/,
  },
  { use: `await attempt(() => python.view(7n))`, expected: /^TypeError: expected a PyRef or a Python expression, got/ },
  { use: `await attempt(() => python.view({ address: 8n }))`, expected: /^TypeError: expected a PyRef or a Python/ },
  { use: `await attempt(() => python.views(7))`, expected: /^TypeError: expected PyRefs, a PyRef or a Python/ },
  { use: `await attempt(() => python.views([7]))`, expected: /^TypeError: expected a PyRef as object 0, got number/ },
  { use: `await attempt(() => python.share([1, 2]))`, expected: /^TypeError: expected a typed array or a DataView/ },
  { use: `await attempt(() => python.share(new ArrayBuffer(8)))`, expected: /^TypeError: expected a typed array/ },
  { use: `await attempt(() => python.eval('len').call(7))`, expected: /^TypeError: expected a PyRef as argument 1/ },
  { use: `await attempt(() => python.eval('len').attr(7))`, expected: /^TypeError: expected the name of an attribute/ },
  {
    use: `await attempt(() => python.eval('len').attr('a\\0'))`,
    expected:
      /^TypeError: expected the name of an attribute in well-formed Unicode without a NUL character, got "a\\u0000"\n$/,
  },
  {
    use: `await attempt(() => python.import('\\ud800'))`,
    expected:
      /^TypeError: expected the name of a module in well-formed Unicode without a NUL character, got "\\ud800"\n$/,
  },
  { use: `await attempt(() => openPython({ python: 7 }))`, expected: /^TypeError: expected a string as python/ },
  { use: `await attempt(() => openPython({ python: '/nowhere' }))`, expected: /^PythonNotFound: / },
  // What was given back.
  { use: `${DEAD} await attempt(() => ref.address)`, expected: /^ReleasedError: this reference was released/ },
  { use: `${DEAD} await attempt(() => ref.call())`, expected: /^ReleasedError: this reference was released/ },
  { use: `${DEAD} await attempt(() => python.view(ref))`, expected: /^ReleasedError: this reference was released/ },
  { use: `${DEAD} await attempt(() => python.views([ref]))`, expected: /^ReleasedError: this reference was released/ },
  { use: `${DEAD} await attempt(() => python.eval('len').call(ref))`, expected: /^ReleasedError: this reference/ },
  { use: `${DEAD} ref.release(); ref.release(); console.log(String(python.eval('1')))`, expected: /^1\n$/ },
  { use: `${RELEASED} await attempt(() => view.get(0))`, expected: /^ReleasedError: this view was released/ },
  { use: `${RELEASED} data[0] = 7; bytes[1] = 7; console.log(data.length, data[1])`, expected: /^8 7\n$/ },
  { use: `${RELEASED} view.revoke(); data[0] = 7; console.log(data.length, bytes.length)`, expected: /^0 0\n$/ },
  { use: `${RELEASED} view.release(); await attempt(() => view.data)`, expected: /^ReleasedError: this view/ },
  { use: `${CLOSED} await attempt(() => python.eval('1'))`, expected: /^ReleasedError: this Python was closed/ },
  { use: `${CLOSED} await attempt(() => python.run('1'))`, expected: /^ReleasedError: this Python was closed/ },
  { use: `${CLOSED} await attempt(() => ref.toString())`, expected: /^ReleasedError: this reference was released/ },
  { use: `${CLOSED} await attempt(() => view.toList())`, expected: /^ReleasedError: this view was released/ },
  {
    use: `python.exec('m = memoryview(bytearray(8)); m.release()'); await attempt(() => python.view('m'))`,
    expected: /^PythonError \[ValueError\]: operation forbidden on released memoryview/,
  },
  {
    use: `python.exec('b = bytearray(8)'); const view = python.view('b'); await attempt(() => python.exec('b.clear()'))`,
    expected: /^PythonError \[BufferError\]: Existing exports of data/,
  },
  {
    use: `python.exec('m = memoryview(bytearray(8))'); const view = python.view('m'); python.exec('m.release(); del m');
          console.log(view.get(7))`,
    expected: /^0\n$/,
  },
  // Bad pointers.
  { use: `await attempt(() => viewObject(python.memory, 0n))`, expected: /^MemoryFault: cannot read/ },
  { use: `await attempt(() => viewObject(python.memory, 8n))`, expected: /^MemoryFault: cannot read/ },
  { use: `await attempt(() => viewObject(python.memory, 2n ** 47n - 8n))`, expected: /^MemoryFault: cannot read/ },
  { use: `await attempt(() => viewObject(python.memory, 2n ** 64n - 8n))`, expected: /^MemoryFault: cannot read/ },
  { use: `await attempt(() => viewObject(python.memory, -1n))`, expected: /^MemoryFault: cannot read/ },
  { use: `await attempt(() => viewObject(python.memory, 8))`, expected: /^TypeError: an address is a bigint/ },
  {
    use: `await attempt(() => viewObject(python.memory, python.eval('object()').address + 4n))`,
    expected: /^(MemoryFault|TypeError|LayoutMismatch): /,
  },
  {
    use: `await attempt(() => viewObject(python.memory, python.view('bytes(4096)').address))`,
    expected: /^MemoryFault: cannot read/,
  },
  {
    use: `await attempt(() => python.view('__import__("ctypes").c_double.from_address(8)').data)`,
    expected: /^MemoryFault: cannot read 1 bytes at 0x8/,
  },
  {
    use: `await attempt(() => python.view('(__import__("ctypes").c_char * 2**40).from_address(2**46)').bytes)`,
    expected: /^(MemoryFault|RangeError): cannot (read|map)/,
  },
  { use: `await attempt(() => python.memory.read(8n, -1))`, expected: /^MemoryFault: .*not a whole number of bytes/ },
  { use: `await attempt(() => python.memory.read(8n, 2 ** 52))`, expected: /^MemoryFault: cannot read/ },
  // A buffer that may not be written to, or not be had.
  { use: `await attempt(() => python.view('b"a"', { writable: true }))`, expected: /^TypeError: expected a writable/ },
  { use: `await attempt(() => python.view('b"a"').set(0, 1))`, expected: /^TypeError: this buffer is read-only/ },
  {
    use: `await attempt(() => python.view('"text"'))`,
    expected: /^PythonError \[TypeError\]: memoryview: a bytes-like/,
  },
  { use: `await attempt(() => python.view('bytearray(2)').get(2))`, expected: /^RangeError: / },
  // Python that does not end well.
  { use: `await attempt(() => python.exec('import sys; sys.exit(7)'))`, expected: /^PythonError \[SystemExit\]: 7/ },
  { use: `await attempt(() => python.run('raise SystemExit(7)'))`, expected: /^PythonError \[SystemExit\]: 7/ },
  {
    use: `await attempt(() => python.exec('raise KeyboardInterrupt'))`,
    expected: /^PythonError \[KeyboardInterrupt\]/,
  },
  {
    use: `await attempt(() => python.exec('def f(): f()\\nf()'))`,
    expected: /^PythonError \[RecursionError\]: maximum recursion depth/,
  },
  {
    use: `await attempt(() => python.run('def f(): f()\\nf()'))`,
    expected: /^PythonError \[RecursionError\]: maximum recursion depth/,
  },
  { use: `await attempt(() => python.eval('('.repeat(500)))`, expected: /^PythonError \[(SyntaxError|MemoryError)\]/ },
  { use: `await attempt(() => python.eval('bytearray(2**62)'))`, expected: /^PythonError \[MemoryError\]/ },
  {
    use: `python.exec('import threading\\ndef f(): raise ValueError("in a thread")\\nt = threading.Thread(target=f)');
          python.exec('t.start(); t.join()'); console.log('alive')`,
    expected: /^alive\n[\s\S]*ValueError: in a thread/,
  },
  {
    use: `const { DataType, load } = await import('ffi-rs');
          const call = (funcName) =>
            load({ library: 'memview:libpython', funcName, retType: DataType.I32, paramsType: [], paramsValue: [] });
          const view = python.view('bytearray(8)'); await after(1);
          call('PyGILState_Ensure'); call('Py_FinalizeEx'); view.release(); await attempt(() => python.eval('1'))`,
    expected: /^ReleasedError: Python was finalized in this process/,
  },
  // Python that closes what is not its own.
  {
    use: `${PIPES} python.exec('os.close(desk.tell)'); await attempt(() => slow); await attempt(() => python.run('1'));
          ${COUNTED}`,
    expected: /^(Error: the pipe to Python broke: its end was closed\. Does Python code close .*\n){2}0\n$/,
  },
  {
    // The request that is waited for is still read. What is under way then tells its end although nobody asks for it.
    use: `${PIPES} python.exec('os.dup2(os.open(os.devnull, os.O_RDONLY), desk.asked)');
          console.log(String(await python.run('7'))); await attempt(() => python.run('8')); await attempt(() => slow);
          await attempt(() => python.run('9')); python.exec('go = True'); await after(300); ${COUNTED}`,
    expected: /^7\n(Error: the pipe to Python broke: write EPIPE\. Does Python code close .*\n){3}0\n$/,
  },
  {
    use: `const run = python.run('while True: pass'); await after(20); process.exit(5)`,
    expected: /^$/,
    status: 5,
  },
  {
    use: `python.exec('import atexit; atexit.register(lambda: 1 / 0)'); throw new Error('uncaught')`,
    expected: /uncaught/,
    status: 1,
  },
  {
    use: `python.exec('import atexit, sys; atexit.register(sys.stderr.write, "bye")'); process.exit(3)`,
    expected: /^bye$/,
    status: 3,
  },
  {
    use: `python.exec('import os\\nfor fd in range(3, 64):\\n  try: os.fstat(fd)\\n  except OSError: pass');
          for (let i = 0; i < 1000; i++) python.view('bytearray(1000)').data; globalThis.gc(); await after(10);
          console.log(python.collected > 0 || python.outstanding > 0)`,
    expected: /^true\n$/,
  },
];
