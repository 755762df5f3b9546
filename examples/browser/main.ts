/** Views an array of Pyodide's heap: drawn on a canvas from the memory itself, and as JSON. */
import { encodeJson, heapMemory, pythonFacts, recogniseTarget, viewObject } from 'memview';

const code = `from array import array
from math import hypot, sin

size = 128
waves = array("f", (sin(hypot(x - 40, y - 60) / 4) for y in range(size) for x in range(size)))
frame = memoryview(waves).cast("B").cast("f", (size, size))`;

const part = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const source = part<HTMLTextAreaElement>('code');
const status = part<HTMLOutputElement>('status');
const button = part<HTMLButtonElement>('run');
source.value = code;

/** What is used of Pyodide, whose files lie beside the page. */
interface Pyodide {
  readonly _module: { readonly HEAPU8: Uint8Array };
  runPython(code: string): unknown;
}
const folder = new URL('pyodide/', document.baseURI).href;
const { loadPyodide } = (await import(/* @vite-ignore */ `${folder}pyodide.mjs`)) as {
  loadPyodide(options: { indexURL: string }): Promise<Pyodide>;
};
const pyodide = await loadPyodide({ indexURL: folder });
const target = recogniseTarget(JSON.parse(pyodide.runPython(`__import__("json").dumps(${pythonFacts})`) as string));
// Afresh for every read: growth of the heap detaches the array given before.
const memory = heapMemory(() => pyodide._module.HEAPU8, target);

function run(): void {
  try {
    pyodide.runPython(source.value);
    const view = viewObject(memory, BigInt(pyodide.runPython('id(frame)') as number));
    draw(view.toTypedArray() as Float32Array, view.shape);
    const corner = view.slice([0, 4], [0, 4]);
    part('json').textContent = new TextDecoder().decode(encodeJson(corner));
    status.value = `${view.format}, (${view.shape.join(', ')}), ${view.nbytes} bytes`;
  } catch (error) {
    status.value = (error as Error).message.trim().split('\n').at(-1) ?? '';
  }
}

/** Grey levels from the least to the greatest value. */
function draw(values: ArrayLike<number | bigint>, [height = 1, width = 1]: readonly number[]): void {
  const numbers = Array.from(values, Number);
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const most = numbers.reduce((a, b) => Math.max(a, b));
  const canvas = part<HTMLCanvasElement>('picture');
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  for (const [i, value] of numbers.entries()) {
    const level = (255 * (value - least)) / (most - least || 1);
    pixels.data.set([level, level, level, 255], 4 * i);
  }
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}

button.addEventListener('click', run);
button.disabled = false;
run();
