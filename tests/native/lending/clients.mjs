// The clients of the server: `clients.mjs <request as JSON>` asks it for numbers, on so many connections at once, and
// prints how many answers were right, and what was wrong with the others.
import { Agent, get } from 'node:http';

const { port, requests, connections, count, json } = JSON.parse(process.argv[2]);
/** As many different answers are computed here. */
const DIFFERENT = 4;

function answer(first) {
  const numbers = new Uint32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = first + i;
  return json ? Buffer.from(`[${numbers.join()}]`) : Buffer.from(numbers.buffer);
}

const wanted = Array.from({ length: DIFFERENT }, (_, first) => answer(first));
const agent = new Agent({ keepAlive: true, maxSockets: connections });

function ask(first) {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: `/${first}`, agent }, async (response) => {
      try {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve(Buffer.concat(chunks));
      } catch (error) {
        reject(error);
      }
    });
    request.on('error', reject);
  });
}

let right = 0;
const wrong = {};
const queue = Array.from({ length: requests }, (_, i) => i).values();
async function client() {
  for (const i of queue) {
    const came = await ask(i % DIFFERENT).catch(({ message }) => message);
    if (typeof came !== 'string' && came.equals(wanted[i % DIFFERENT])) right++;
    else {
      const what = typeof came === 'string' ? came : `${came.length} bytes that are wrong`;
      wrong[what] = (wrong[what] ?? 0) + 1;
    }
  }
}
await Promise.all(Array.from({ length: connections }, client));
agent.destroy();
console.log(JSON.stringify({ right, wrong }));
