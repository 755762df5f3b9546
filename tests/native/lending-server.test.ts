/**
 * The shortest server: `response.end(view.bytes)` and the end of the view, 8 MB a request, at 20 connections from another
 * process. `MEMVIEW_TEST_REQUESTS` is how many, 1000 being what a release is measured by.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findPythons } from '../../src/ffi/discover.ts';
import { nodesOf } from './consumers/nodes.ts';

const requests = Number(process.env.MEMVIEW_TEST_REQUESTS ?? 100);
const CONNECTIONS = 20;
/** What the peak may rise by, in MB: all answers together are 800 MB and more. */
const RISE = 350;
const program = fileURLToPath(new URL('./lending/server.mjs', import.meta.url));
const TIMEOUT_MS = 60_000 + 300 * requests;

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function serve(node: string, way: string): Promise<Ended> {
  const request = JSON.stringify({ executable: python?.executable, way, requests, connections: CONNECTIONS });
  return new Promise((resolve) => {
    const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
    const child = execFile(node, ['--no-warnings', program, request], options, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
  });
}

const python = findPythons().find(({ problem }) => problem === undefined);
const { nodes, skipped } = nodesOf(python);
for (const reason of skipped) process.stdout.write(`skipped ${reason}\n`);

/** How a handler ends its view. */
const ways = {
  release: 'a server that releases after end',
  revoke: 'a server that revokes in the callback of end',
  json: 'a server that pipes JSON in chunks',
};

describe.each(Object.entries(ways))('%s', (way, title) => {
  for (const { title: on, node } of nodes) {
    test(
      `${title}, on ${on}: ${requests} right answers, a peak below ${RISE} MB on top`,
      async () => {
        const { status, signal, stdout, stderr } = await serve(node, way);
        expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
        const { risen, ...answers } = JSON.parse(stdout) as Record<string, unknown>;
        process.stdout.write(`${on}, ${way}: a peak of ${risen} MB on top\n`);
        expect(answers).toEqual({ right: requests, wrong: {} });
        expect(risen).toBeLessThan(RISE);
      },
      TIMEOUT_MS + 10_000,
    );
  }
  if (nodes.length === 0) (test.skip as typeof test)(`${title} (no libpython here)`, () => {});
});
