/** The option `perMessageDeflate` of servers and clients: the extension of core with the codec of the runtime. */
import { type Extension, MisuseError } from "@sansocket/core";
import { type DeflateOptions, permessageDeflate } from "@sansocket/core/permessage-deflate";
import type { Runtime } from "./runtime/runtime.ts";

/**
 * The extensions of an endpoint: permessage-deflate first, where it is wanted, then the application's own.
 * @param choice undefined: compression where the runtime has DEFLATE.
 * @throws MisuseError for options that are wrong, and where compression is asked for and the runtime has no DEFLATE.
 */
export function withDeflate(
  role: "server" | "client",
  choice: boolean | DeflateOptions | undefined,
  extensions: readonly Extension[] | undefined,
  { deflate }: Runtime,
): readonly Extension[] | undefined {
  if (choice === false || (choice === undefined && deflate === undefined)) return extensions;
  // Core reports the mistake when the value is no list.
  if (extensions !== undefined && !Array.isArray(extensions)) return extensions;
  if (deflate === undefined) {
    throw new MisuseError(
      "options.perMessageDeflate: this runtime has no DEFLATE. Give its Runtime a `deflate` function, for instance pakoCodec " +
        "of @sansocket/pako, or leave the option out",
    );
  }
  const options = typeof choice === "object" ? choice : {};
  const compression = permessageDeflate(role, deflate(), options);
  return extensions === undefined ? [compression] : [compression, ...extensions];
}
