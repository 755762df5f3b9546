// `npm run bench -- NAME`: ratios measured side by side in one run, on the built package.
import { buffers } from './buffers.mjs';
import { decodeBench } from './decode.mjs';
import { encodeBench } from './encode.mjs';
import { find } from './find.mjs';
import { parallel } from './parallel.mjs';
import { views } from './views.mjs';

const benches = { buffers, views, encode: encodeBench, decode: decodeBench, parallel, find };
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
for (const name of names) {
  if (!Object.hasOwn(benches, name)) {
    console.error(`there is no bench ${JSON.stringify(name)}; there are ${Object.keys(benches).join(', ')}`);
    process.exit(1);
  }
  await benches[name]();
}
