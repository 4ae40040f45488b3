/** How long text is on the wire, for the classes of the web platform, which know no endpoint and no host. */
import { KERNELS } from "@sansocket/core";
import { TextEncoder } from "./globals.ts";
import { webTextKernels } from "./text-kernels.ts";

/** Bytes of `text` as UTF-8. A lone surrogate counts as U+FFFD, three bytes. */
export const textLength: (text: string) => number =
  /* @__PURE__ */ webTextKernels(undefined, TextEncoder).utf8Length ?? KERNELS.utf8Length;
