// pnpm kernels: compiles kernels.wat and writes the module's bytes as hexadecimal digits into src/runtime/wasm-module.ts.
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const SOURCE = new URL("kernels.wat", import.meta.url);
const MODULE = new URL("../src/runtime/wasm-module.ts", import.meta.url);

/** The source of wasm-module.ts. */
export async function compiled() {
  const { parseWat } = await wabt();
  const module = parseWat("kernels.wat", readFileSync(SOURCE, "utf8"), { simd: true });
  const digits = Buffer.from(module.toBinary({}).buffer).toString("hex");
  module.destroy();
  const lines = digits.match(/.{1,88}/g).map((line) => `  "${line}"`);
  return `/**
 * The module of kernels/kernels.wat, two hexadecimal digits for each byte. Base64 is shorter, but gzip finds no repeated bytes
 * in it: a bundle would be 170 bytes longer. \`pnpm kernels\` writes this file.
 */
export const WASM_MODULE: string =
${lines.join(" +\n")};
`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(MODULE, await compiled());
