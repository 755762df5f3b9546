// Searching a process of 1 GB: bytes per second beside dd, which reads the same /proc/PID/mem; medians of interleaved rounds.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { findPythons } from 'memview/ffi';
import { findBuffers, processMemory } from 'memview/node';
import { median } from './median.mjs';

const ROUNDS = 7;
const MB = 1e6;

const program = `
import os
kept = [bytearray(os.urandom(1 << 20) * 64) for i in range(16)]
small = [bytes([i & 255, i >> 8]) * 9 for i in range(10000)]
print("ready", flush=True)
input()
`;

/** Runs `npm run bench -- find`. */
export async function find() {
  const named = process.env.MEMVIEW_BENCH_PYTHON ?? findPythons().find(({ target }) => target)?.executable;
  if (!named) return console.log('no Python is found (MEMVIEW_BENCH_PYTHON names one)');
  const child = spawn(named, ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const memory = processMemory(child.pid);
  const mappings = memory.mappings().filter(({ readable, writable }) => readable && writable);
  const size = mappings.reduce((sum, { length }) => sum + length, 0);
  const large = mappings.filter(({ length }) => length > 1 << 20);
  const largeSize = large.reduce((sum, { length }) => sum + length, 0);
  const times = { findBuffers: [], 'dd, 1 MiB': [], 'dd, 128 KiB': [] };
  const timed = (name, run) => {
    const before = performance.now();
    const value = run();
    times[name].push(performance.now() - before);
    return value;
  };
  const dd = (blockSize) => {
    for (const { address, length } of large) {
      const range = [`skip=${address}`, `count=${length}`, 'iflag=skip_bytes,count_bytes,fullblock'];
      const args = [`if=/proc/${child.pid}/mem`, 'of=/dev/null', `bs=${blockSize}`, 'status=none', ...range];
      const { status, stderr } = spawnSync('dd', args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    }
  };
  let found = 0;
  let most = 0;
  const before = process.memoryUsage.rss();
  for (let round = 0; round < ROUNDS; round++) {
    found = timed('findBuffers', () => [...findBuffers(memory)].length);
    most = Math.max(most, process.memoryUsage.rss());
    timed('dd, 1 MiB', () => dd(1 << 20));
    timed('dd, 128 KiB', () => dd(1 << 17));
  }
  child.kill();
  const rates = Object.fromEntries(
    Object.entries(times).map(([name, ms]) => [
      name,
      (name === 'findBuffers' ? size : largeSize) / MB / (median(ms) / 1000),
    ]),
  );
  console.log(`Node ${process.versions.node}, ${named}: ${Math.round(size / MB)} MB mapped, ${found} buffers\n`);
  for (const [name, rate] of Object.entries(rates))
    console.log(`${name.padEnd(12)} ${Math.round(rate).toString().padStart(6)} MB/s`);
  const ratio = (rates.findBuffers / rates['dd, 1 MiB']).toFixed(2);
  console.log(
    `\nall memory is read twice: ${ratio} of dd, which reads it once; memory of this process +${Math.round((most - before) / MB)} MB`,
  );
}
