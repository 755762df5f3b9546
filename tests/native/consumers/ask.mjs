// What the consumers need of Node to be called and answered: servers on this machine, and what arrives at them.
import { once } from 'node:events';

/** Listens on this machine until the case has ended; returns its port. */
export async function listen(server, finish) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  finish(() => {
    server.closeAllConnections?.();
    server.close();
  });
  return server.address().port;
}

/** All bytes of a stream, none of which is asked for before some time has passed. */
export async function collect(stream, waitMs = 0) {
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A server of this kind that answers a body by itself. */
export const echo = async (request, response) => response.end(await collect(request));

/** A function with a callback at its end, as a promise. */
export const called = (start) =>
  new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))));

/** The bytes of an answer to fetch. */
export const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());
