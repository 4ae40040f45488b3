/** Functions that core does not export, joined from its sources: its build has no file for them alone. */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import type * as ascii from "../../../core/dist/bytes/ascii.js";
import type * as memory from "../../../core/dist/bytes/memory.js";
import type * as utf8Text from "../../../core/dist/bytes/utf8-text.js";
import type * as utf8Validation from "../../../core/dist/bytes/utf8-validation.js";
import type * as xor from "../../../core/dist/bytes/xor.js";
import type * as maskingKey from "../../../core/dist/frame/masking-key.js";

export type { Memory } from "../../../core/dist/bytes/memory.js";

type Internals = typeof ascii &
  typeof memory &
  typeof utf8Text &
  typeof utf8Validation &
  typeof xor &
  typeof maskingKey;

const MODULES = [
  "bytes/ascii",
  "bytes/memory",
  "bytes/utf8-text",
  "bytes/utf8-validation",
  "bytes/xor",
  "frame/masking-key",
];
const ENTRY = "core internals";
const SOURCES = fileURLToPath(new URL("../../../core/src/", import.meta.url));

async function joined(): Promise<Internals> {
  const bundle = await rolldown({
    input: ENTRY,
    plugins: [
      {
        name: ENTRY,
        resolveId: (id) => (id === ENTRY ? id : null),
        load: (id) =>
          id === ENTRY
            ? MODULES.map(
                (name) => `export * from ${JSON.stringify(`${SOURCES}${name}.ts`)};`,
              ).join("\n")
            : null,
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  return (await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`)) as Internals;
}

export const {
  createMaskingKeyPool,
  createMemory,
  decodeUtf8,
  isAscii,
  nextMaskingKey,
  validateUtf8,
  xorBytes,
  xorWithKey,
} = await joined();
