/** Functions that core does not export. They come from its build, which has one file for each folder, and types for each module. */
import type * as ascii from "../../../core/dist/bytes/ascii.js";
import type * as memory from "../../../core/dist/bytes/memory.js";
import type * as utf8Text from "../../../core/dist/bytes/utf8-text.js";
import type * as utf8Validation from "../../../core/dist/bytes/utf8-validation.js";
import type * as xor from "../../../core/dist/bytes/xor.js";
import type * as maskingKey from "../../../core/dist/frame/masking-key.js";

export type { Memory } from "../../../core/dist/bytes/memory.js";

async function built<Folder>(name: string): Promise<Folder> {
  return (await import(new URL(`../../../core/dist/${name}.js`, import.meta.url).href)) as Folder;
}

type Bytes = typeof ascii & typeof memory & typeof utf8Text & typeof utf8Validation & typeof xor;

export const { isAscii, createMemory, decodeUtf8, validateUtf8, xorBytes, xorWithKey } =
  await built<Bytes>("bytes");
export const { createMaskingKeyPool, nextMaskingKey } = await built<typeof maskingKey>("frame");
