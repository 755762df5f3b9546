/** What is no CPython that is known, or may not be read, or goes while it is read: each is an error that says so. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { coreMemory, processMemory } from '../../src/attach/attach.ts';
import { type FoundBuffer, findBuffers } from '../../src/attach/find.ts';
import { lookup } from '../../src/attach/lookup.ts';
import { LayoutMismatch, MemoryFault, ReleasedError } from '../../src/errors.ts';
import { parseTarget } from '../../src/layouts/targets.ts';
import { viewObject } from '../../src/view/object.ts';
import { findAll, hasGcore } from './found.ts';
import { type Held, Holder } from './held.ts';

const folder = mkdtempSync(join(tmpdir(), 'memview-refusals-'));
const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const python = findAll().find(({ target, executable }) => target !== undefined && existsSync(executable));
const compiler = spawnSync('cc', ['--version']).status === 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A program that waits, and has said that it runs. */
async function run(file: string, args: readonly string[] = []): Promise<number> {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid as number;
}

/** A C program that exports what a Python would, and waits. */
function compiled(name: string, globals: string, flags: readonly string[]): string {
  const source = join(folder, `${name}.c`);
  writeFileSync(source, `#include <stdio.h>\n${globals}\nint main() { puts("ready"); fflush(stdout); getchar(); }\n`);
  const file = join(folder, name);
  execFileSync('cc', [...flags, '-o', file, source]);
  return file;
}

const refused = (pid: number): string => {
  try {
    processMemory(pid);
  } catch (error) {
    return String(error);
  }
  throw new Error('it was taken for a Python');
};

test('no process, and no number of one', () => {
  expect(() => processMemory(2 ** 22 + 5)).toThrow(
    /^cannot open \/proc\/4194309\/\w+: ENOENT; there is no such process, or it has ended, or this is not Linux$/,
  );
  expect(() => processMemory(0)).toThrow("expected the number of a process, or 'self', got 0");
  expect(() => processMemory('1' as never)).toThrow(TypeError);
});

test('a program that is no Python', async () => {
  const pid = await run('/bin/sh', ['-c', 'echo ready; read line']);
  expect(refused(pid)).toMatch(
    /^Error: found no CPython in process \d+: it runs \/\S+, and none of the \d+ files it has mapped exports PyType_Type$/,
  );
});

test('a process of another user: EACCES, and what to do', async () => {
  const root = process.getuid?.() === 0;
  const pid = root ? await run('/bin/sh', ['-c', 'echo ready; read line']) : 1;
  const ended = spawnSync(process.execPath, [command, 'find', '--pid', String(pid)], {
    encoding: 'utf8',
    ...(root ? { uid: 65534, gid: 65534 } : {}),
  });
  if (ended.error || /EACCES.*execve|Cannot find module/.test(ended.stderr)) {
    return void process.stdout.write('skipped: another user cannot run Node here\n');
  }
  expect(ended.stderr).toMatch(
    /^memview: cannot open \/proc\/\d+\/\w+: EACCES; the system does not let this user trace/,
  );
  expect(ended.stderr).toContain('CAP_SYS_PTRACE');
  expect([ended.status, ended.stdout]).toEqual([1, '']);
});

describe('programs that are nearly one', () => {
  const wanted = compiler ? test : test.skip;
  if (!compiler) process.stdout.write('skipped: there is no C compiler\n');

  wanted('PyPy', async () => {
    const pid = await run(compiled('pypy3', 'long PyPyType_Type = 1;', ['-rdynamic']));
    expect(refused(pid)).toMatch(/^Error: process \d+ runs PyPy \(\S+\/pypy3\), whose objects are others; expected a/);
  });

  wanted('a static and stripped build, of which the target has to be known', async () => {
    const pid = await run(compiled('python3.12', '', ['-static', '-s']));
    expect(refused(pid)).toMatch(
      /^Error: found no CPython in process \d+: \S+\/python3\.12: it is statically linked: it exports no symbols\. It may be static and stripped; if you know which it is, pass the target: parseTarget\('3\.12-lp64'\)$/,
    );
    const memory = processMemory(pid, parseTarget('3.12-lp64'));
    expect(() => [...findBuffers(memory)]).toThrow(LayoutMismatch);
    expect(() => lookup(memory, '__main__.x')).toThrow(LayoutMismatch);
  });

  wanted('a release that is not known', async () => {
    const globals = 'void *PyType_Type[200]; unsigned long Py_Version = 0x03190000;';
    const pid = await run(compiled('python3.25', globals, ['-rdynamic']));
    expect(refused(pid)).toMatch(
      /^Error: process \d+ runs CPython 3\.25 \(\S+\), whose layouts are not known; known are 3\.8, .*3\.15$/,
    );
  });

  wanted('one whose types are others', async () => {
    const globals = 'void *PyType_Type[200]; unsigned long Py_Version = 0x030c0000;';
    const pid = await run(compiled('python3.12d', globals, ['-rdynamic']));
    expect(refused(pid)).toMatch(
      /^LayoutMismatch: the layouts of 3\.12-lp64 do not fit: .*PyType_Type to be its own type/,
    );
  });

  wanted('one older than any that is known', async () => {
    const pid = await run(compiled('other', 'void *PyType_Type[200];', ['-rdynamic']));
    expect(refused(pid)).toMatch(
      /^Error: process \d+ runs CPython before 3\.8 \(\S+\), whose layouts are not known; known are 3\.8, /,
    );
  });
});

describe('core files that are none', () => {
  test('a directory, an executable, an empty file, nothing', () => {
    writeFileSync(join(folder, 'empty'), '');
    expect(() => coreMemory(folder)).toThrow(/^cannot open .*: it is no regular file; expected a core file/);
    expect(() => coreMemory(process.execPath)).toThrow(/expected a core file, as gcore and the kernel write them$/);
    expect(() => coreMemory(join(folder, 'empty'))).toThrow(/as a core file: expected an ELF file/);
    expect(() => coreMemory(join(folder, 'none'))).toThrow(/^cannot open .*: ENOENT; expected a core file that this/);
  });

  test('of a program that is no Python', async () => {
    if (!hasGcore) return void process.stdout.write('skipped: gcore is not installed\n');
    const pid = await run('/bin/sh', ['-c', 'echo ready; read line']);
    execFileSync('gcore', ['-o', join(folder, 'sh'), String(pid)], { stdio: 'ignore' });
    expect(() => coreMemory(join(folder, `sh.${pid}`))).toThrow(/^found no CPython in the core file \S+: it runs \//);
  });
});

describe('a Python that goes on', () => {
  const wanted = python ? test : test.skip;
  if (!python) process.stdout.write('skipped: no Python is found\n');
  const executable = python?.executable ?? '';

  wanted(
    'one that ends while it is searched: what was found is given, and then a fault says it is a part',
    async () => {
      const holder = new Holder(executable);
      children.push(holder.process);
      await holder.ask<Held>('held');
      const memory = processMemory(holder.pid);
      let killed = false;
      const found: FoundBuffer[] = [];
      const search = () => {
        // In the second pass, in which objects are looked for, after the first mebibytes.
        const onProgress = ({ done, total }: { done: number; total: number }) => {
          if (killed || done < total * 0.75) return;
          killed = true;
          process.kill(holder.pid, 'SIGKILL');
          // Its memory is there until it has been waited for, or the kernel has torn it down.
          while (true) {
            try {
              memory.mappings?.();
            } catch {
              break;
            }
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
          }
        };
        for (const buffer of findBuffers(memory, { onProgress })) found.push(buffer);
      };
      expect(search).toThrow(MemoryFault);
      expect(found.length).toBeGreaterThan(0);
      expect(() => found[0]?.view()).toThrow(MemoryFault);
      expect(() => [...findBuffers(memory)]).toThrow(/the process has ended/);
      await holder.ended();
      expect(search).toThrow(/there is no such process, or it has ended/);
    },
  );

  wanted('the words of the fault', async () => {
    const holder = new Holder(executable);
    children.push(holder.process);
    await holder.ask<Held>('held');
    const memory = processMemory(holder.pid);
    let calls = 0;
    const failing = {
      ...memory,
      readInto: (address: bigint, into: Uint8Array) => {
        if (calls++ > 20) throw new MemoryFault(address, into.length, 'the process has ended', { ended: true });
        memory.readInto?.(address, into);
      },
    };
    expect(() => [...findBuffers(failing)]).toThrow(
      /^cannot read \d+ bytes at 0x[0-9a-f]+: the process has ended, after \d+ of \d+ bytes were searched: the \d+ buffers found are a part$/,
    );
    await holder.kill();
  });

  wanted('one whose threads make and drop buffers: what stays is found, and nothing is thrown', async () => {
    const code = `
import threading, sys
kept = [bytearray(b"kept" * 100) for i in range(200)]
views = [memoryview(one)[i % 7:] for i, one in enumerate(kept)]
def churn():
    while True:
        some = [bytearray(b"x" * (i * 7 % 3000)) for i in range(300)]
        more = [memoryview(one)[::2] for one in some]
        some[0:100] = [bytes(one) for one in some[0:100]]
for i in range(3):
    threading.Thread(target=churn, daemon=True).start()
print(sorted(id(one) for one in kept + views), flush=True)
sys.stdin.read()
`;
    const child = spawn(executable, ['-c', code], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const [said] = await once(child.stdout, 'data');
    const kept = JSON.parse(String(said)) as number[];
    const memory = processMemory(child.pid as number);
    for (let i = 0; i < 3; i++) {
      const found = [...findBuffers(memory)];
      const addresses = new Set(found.map(({ address }) => Number(address)));
      expect(kept.filter((id) => !addresses.has(id))).toEqual([]);
      let read = 0;
      for (const one of found) {
        try {
          const seen = one.view();
          seen.toList();
          read++;
        } catch (error) {
          // It went, or another came in its place, since.
          const changed = [MemoryFault, TypeError, ReleasedError].some((kind) => error instanceof kind);
          if (!changed) throw new Error(`${one.type} ${one.nbytes}: ${error}`);
        }
      }
      expect(read).toBeGreaterThan(kept.length);
    }
  });

  wanted('what was never written to is not read, and all that was is', async () => {
    const code = `
import mmap, time
sparse = memoryview(mmap.mmap(-1, 1 << 28, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
sparse[1 << 20] = 1
sparse[200 << 20] = 2
print("ready", flush=True)
time.sleep(100)
`;
    const memory = processMemory(await run(executable, ['-c', code]));
    const view = viewObject(memory, lookup(memory, '__main__.sparse'));
    const written = [1n << 20n, 200n << 20n].map((offset) => view.address + offset);
    const mapping = memory.mappings?.().findLast(({ address }) => address <= view.address);
    if (!mapping) throw new Error('expected the buffer to lie in a mapping');
    expect(mapping.length).toBeGreaterThanOrEqual(1 << 28);
    const parts = memory.touched?.(mapping) ?? [];
    for (const address of written) {
      const part = parts.find((one) => one.address <= address && address < one.address + BigInt(one.length));
      expect(part).toBeDefined();
    }
    // Pages can be as large as 2 MiB.
    expect(parts.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(1 << 24);
    expect([view.get(1 << 20), view.get(200 << 20), view.get(100 << 20)]).toEqual([1, 2, 0]);
    const found = [...findBuffers(memory)];
    expect(found[0]).toMatchObject({ type: 'memoryview', nbytes: 1 << 28 });
  });

  wanted('one that runs another program meanwhile has ended as well', async () => {
    const child = spawn(
      executable,
      ['-c', 'import os, sys; print(flush=True); input(); os.execlp("sleep", "sleep", "9")'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    children.push(child);
    await once(child.stdout, 'data');
    const memory = processMemory(child.pid as number);
    expect([...findBuffers(memory)].length).toBeGreaterThan(100);
    child.stdin.write('\n');
    while (!readFileSync(`/proc/${child.pid}/cmdline`, 'latin1').startsWith('sleep')) await setTimeout(5);
    expect(() => [...findBuffers(memory)]).toThrow(/the process has ended, after \d+ of \d+ bytes were searched/);
    expect(() => lookup(memory, '__main__.x')).toThrow(/the process has ended$/);
  });

  wanted('what was freed is no object any more', async () => {
    const code = `
import sys
some = [bytearray(b"A" * 100) for i in range(50)]
print(id(some[20]), flush=True)
sys.stdin.readline()
del some[10:30]
print("gone", flush=True)
sys.stdin.readline()
`;
    const child = spawn(executable, ['-c', code], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    // By the line: unbuffered, Python writes the end of one by itself.
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const address = BigInt((await lines.next()).value);
    const memory = processMemory(child.pid as number);
    const view = viewObject(memory, address);
    expect(Buffer.from(view.bytes).toString()).toBe('A'.repeat(100));
    child.stdin.write('\n');
    await lines.next();
    for (const read of [() => view.toList(), () => viewObject(memory, address)]) {
      expect(read).toThrow(MemoryFault);
    }
  });

  wanted('classes that have the name of a type, and dtypes that are none, spoil no search', async () => {
    const code = `
import sys
fake = [type("array.array", (object,), {})(), type("bytes", (object,), {})(), type("memoryview", (), {})()]
kept = bytearray(b"kept")
named = type("\\x1b[31mred\\n", (bytearray,), {})(b"abc")
print(" ".join(map(str, map(id, [kept, named, *fake]))), flush=True)
sys.stdin.readline()
`;
    const child = spawn(executable, ['-c', code], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const [said] = await once(child.stdout, 'data');
    const [kept, named, ...fakes] = String(said).split(' ').map(Number);
    const found = new Map(
      [...findBuffers(processMemory(child.pid as number))].map((one) => [Number(one.address), one]),
    );
    expect(found.has(kept as number)).toBe(true);
    expect(found.get(named as number)?.type).toBe('\x1b[31mred\n');
    expect(fakes.filter((id) => found.has(id))).toEqual([]);
    const shown = spawnSync(process.execPath, [command, 'find', '--pid', String(child.pid), '--limit', '0'], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    expect(shown.stdout).toContain('\\x1b[31mred\\x0a');
    expect(shown.stdout).not.toContain('\x1b');
  });

  wanted('what is private to it of a large file is read only where it was written to', async () => {
    const file = join(folder, 'large');
    writeFileSync(file, '');
    truncateSync(file, 1 << 28);
    const code = `
import mmap, time
opened = open(${JSON.stringify(file)}, "r+b")
mapped = memoryview(mmap.mmap(opened.fileno(), 0, flags=mmap.MAP_PRIVATE))
mapped[1 << 27] = 7
print("ready", flush=True)
time.sleep(100)
`;
    const pid = await run(executable, ['-c', code]);
    const resident = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
    const before = resident();
    const memory = processMemory(pid);
    expect([...findBuffers(memory)][0]).toMatchObject({ type: 'memoryview', nbytes: 1 << 28 });
    expect(resident() - before).toBeLessThan(20_000);
    expect(viewObject(memory, lookup(memory, '__main__.mapped')).get(1 << 27)).toBe(7);
  });

  wanted('only so many are kept, the biggest, and only those that are asked for', async () => {
    const holder = new Holder(executable);
    children.push(holder.process);
    await holder.ask<Held>('held');
    const memory = processMemory(holder.pid);
    const all = [...findBuffers(memory)];
    const sizes = (some: readonly FoundBuffer[]) => some.map(({ nbytes }) => nbytes);
    expect(sizes([...findBuffers(memory, { limit: 7 })])).toEqual(sizes(all).slice(0, 7));
    expect([...findBuffers(memory, { limit: 0 })]).toEqual([]);
    const views = [...findBuffers(memory, { types: ['memoryview'], minBytes: 10 })];
    expect(sizes(views)).toEqual(sizes(all.filter(({ type, nbytes }) => type === 'memoryview' && nbytes >= 10)));
    expect(() => [...findBuffers(memory, { limit: -1 })]).toThrow(
      'expected a number of buffers as limit, 0 or more, got -1',
    );
  });

  wanted('a global of several interpreters is not guessed', async () => {
    const make = '__import__("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")';
    const code = `
import sys
same = bytearray(b"main")
only = bytearray(b"only")
try:
    inner = ${make}
    made = inner.create()
    inner.run_string(made, "same = bytearray(b'other'); another = bytearray(b'another')")
    print("ready", flush=True)
except ImportError:
    print("none", flush=True)
sys.stdin.readline()
`;
    const child = spawn(executable, ['-c', code], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const [said] = await once(child.stdout, 'data');
    if (String(said).trim() === 'none')
      return void process.stdout.write('skipped: it has no module for interpreters\n');
    const memory = processMemory(child.pid as number);
    const text = (name: string) => Buffer.from(viewObject(memory, lookup(memory, name)).bytes).toString();
    expect([text('__main__.only'), text('__main__.another')]).toEqual(['only', 'another']);
    expect(() => lookup(memory, '__main__.same')).toThrow(
      /^2 interpreters of the process have a __main__\.same, at 0x[0-9a-f]+, 0x[0-9a-f]+; take an address$/,
    );
  });

  wanted('names that are none', async () => {
    const holder = new Holder(executable);
    children.push(holder.process);
    await holder.ask<Held>('held');
    const memory = processMemory(holder.pid);
    expect(() => lookup(memory, 'table')).toThrow(
      "expected a module and a variable of it, such as '__main__.frame', got table",
    );
    expect(() => lookup(memory, '__main__.')).toThrow(TypeError);
    expect(() => lookup(memory, '__main__.nothing')).toThrow(
      /^the module __main__ has no variable nothing; it has .*array, .* and \d+ more$/,
    );
    expect(() => lookup(memory, 'nothing.table')).toThrow(
      /^no module nothing is loaded; there are sys, .* and \d+ more$/,
    );
    const address = lookup(memory, '__main__.made');
    expect(() => viewObject(memory, address)).toThrow(
      `expected a memoryview, bytes, bytearray, array.array or numpy.ndarray at 0x${address.toString(16)}, got "list"`,
    );
    expect(lookup(memory, 'os.path.sep')).toBeGreaterThan(0n);
    await holder.kill();
  });
});

test('a memory that does not say what is mapped', () => {
  const target = parseTarget('3.12-lp64');
  const memory = { target, live: false, read: () => new Uint8Array() };
  expect(() => [...findBuffers(memory)]).toThrow(
    /^this memory does not say what is mapped, so it cannot be searched; exp/,
  );
  expect(() => lookup(memory, '__main__.x')).toThrow(/^this memory does not say what is mapped/);
  expect(() => [...findBuffers(memory, { minBytes: Number.NaN })]).toThrow('expected a number of bytes as minBytes');
  for (const types of ['bytes', ['bytes', 5], new Set(['bytes']), null]) {
    expect(() => [...findBuffers(memory, { types: types as never })]).toThrow(
      new TypeError(`expected an array of names as types, such as ['bytes', 'numpy.ndarray'], got ${types}`),
    );
  }
});
