// The JSON kernels: AssemblyScript in src/json/kernel/, one WebAssembly module, as base64 in a TypeScript module, so that
// the package needs neither a file system nor a loader of its own for it.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The module's bytes. */
export async function compileKernel() {
  let wasm;
  const options = '--outFile kernel.wasm -O3 --converge --noAssert --runtime stub --enable simd --lowMemoryLimit';
  const { error, stderr } = await asc.main(
    ['src/json/kernel/main.ts', '--baseDir', root, ...options.split(' '), '--initialMemory', '32'],
    { writeFile: (_, contents) => (wasm = contents) },
  );
  if (error) throw new Error(`the kernels do not compile: ${stderr}`, { cause: error });
  return Buffer.from(wasm);
}

/** The text of src/json/kernel.wasm.ts. */
export function kernelModule(wasm) {
  return `/** Made by scripts/kernel.mjs from src/json/kernel/. */\nexport const kernelWasm: string =\n  '${wasm.toString('base64')}';\n`;
}

export async function writeKernel() {
  writeFileSync(`${root}src/json/kernel.wasm.ts`, kernelModule(await compileKernel()));
}
