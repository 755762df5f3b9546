// One cell, in a process of its own: `cell.mjs <executable> <what it says alone, as JSON>`. It opens that Python, in
// whichever Node this is, and has its extension modules work. Each line that it writes is a step that it is about to
// do, for when the process does not live to its end, or in the end what was found.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { openPython } from 'memview/ffi';
import { makeCertificate } from './certificate.mjs';

/** Several records of TLS. */
const LENGTH = 1 << 20;
const POLL_MS = 5;

const [, , executable, alone] = process.argv;
const { there, broken, versions } = JSON.parse(alone);
const names = there.filter((name) => !(name in broken));
let python;

/** Python may print too. */
const say = (what) => process.stdout.write(`\n${JSON.stringify(what)}\n`);
const step = (name) => say({ step: name });
const value = (expression) => JSON.parse(String(python.eval(`__import__("json").dumps(${expression})`)));

/** What it says in here has to be what it says alone. */
function demand(what, found, wanted) {
  const [is, was] = [found, wanted].map((one) => JSON.stringify(one));
  if (is !== was) throw new Error(`${what}: inside Node ${is}, alone ${was}`);
}

/** Sends back what it gets, behind Node's SHA-256 of it. */
function echo(socket) {
  const chunks = [];
  let left = LENGTH;
  socket.on('error', () => {}); // the client has its own words for it
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    left -= chunk.length;
    if (left > 0) return;
    const data = Buffer.concat(chunks);
    socket.end(Buffer.concat([createHash('sha256').update(data).digest(), data]));
  });
}

/** Python's OpenSSL in a thread of Python's, Node's in its event loop, which turns meanwhile. */
async function talk(port, authority, name) {
  python.exec(`client = Client(${[port, authority, name, LENGTH].map((one) => JSON.stringify(one)).join(', ')})`);
  python.exec('client.start()');
  do await sleep(POLL_MS);
  while (value('client.is_alive()'));
  return value('[client.said, client.error]');
}

async function handshake() {
  const { authority, key, cert } = makeCertificate();
  const server = createServer({ key, cert }, echo);
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const spoken = [];
  for (const name of ['localhost', '127.0.0.1']) {
    const [said, error] = await talk(port, authority, name);
    if (error) throw new Error(`TLS with ${name}: ${error}`);
    spoken.push(said);
  }
  const refused = [
    ['another name', authority, 'elsewhere.test'],
    ['another authority', makeCertificate().authority, 'localhost'],
  ];
  for (const [what, trusted, name] of refused) {
    const [, error] = await talk(port, trusted, name);
    if (error?.startsWith('SSLCertVerificationError')) continue;
    throw new Error(`TLS with ${what}: expected that verification fails, got ${error ?? 'a connection'}`);
  }
  server.close();
  return spoken[0];
}

async function work() {
  step('openPython');
  python = openPython({ python: executable });
  python.exec(readFileSync(new URL('./modules.py', import.meta.url), 'utf8'));
  demand('the modules', value('there()'), there);
  for (const name of names) {
    step(`import ${name}`);
    python.exec(`import ${name}`);
  }
  // A libpython that holds a module itself is bound to what Node exports; only extensions can be kept from it.
  const builtIn = value(`built_in(${JSON.stringify(names)})`);
  const bound = {};
  for (const name of names) {
    step(`use of ${name}`);
    python.exec(`use_${name}()`);
    bound[name] = value(`version_of("${name}")`);
    if (!builtIn.includes(name)) demand(`the version of ${name}`, bound[name], versions[name]);
  }
  step('TLS');
  const tls = names.includes('ssl') ? await handshake() : undefined;
  return { names, broken, builtIn, tls, openssl: bound.ssl };
}

try {
  const done = { ...(await work()), node: process.versions.node, nodeOpenssl: process.versions.openssl };
  step('end of the process');
  say({ done });
} catch (error) {
  say({ error: String(error), detail: error.traceback ?? error.stack });
  process.exitCode = 1;
}
