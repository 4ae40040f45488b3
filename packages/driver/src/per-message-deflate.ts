/**
 * The option `perMessageDeflate` of servers and clients. Compression is a value that the application gives to a server, so that
 * a server without compression carries no DEFLATE. A client compresses by default, as browsers do.
 */
import { type Extension, MisuseError } from "@sansocket/core";
import {
  type DeflateCodec,
  type DeflateOptions,
  permessageDeflate,
} from "@sansocket/core/permessage-deflate";
import { type OptionKind, shown } from "./option-kinds.ts";

/** Compression with permessage-deflate (RFC 7692) and its options: the extension of each role. `deflate` makes it. */
export interface Deflate {
  /** For servers. */
  readonly server: Extension;
  /** For clients. */
  readonly client: Extension;
}

/**
 * Makes compression of a codec, for the `deflate` of an adapter.
 * @throws MisuseError for options that are wrong, and for what is no codec.
 */
export function deflateWith(codec: DeflateCodec, options: DeflateOptions = {}): Deflate {
  return {
    server: permessageDeflate("server", codec, options),
    client: permessageDeflate("client", codec, options),
  };
}

/** The option of a server: false, or compression. */
export const aDeflate: OptionKind = (path, value) => {
  if (value === false || isDeflate(value)) return;
  throw new MisuseError(
    `${path} is ${shown(value)}: give what deflate() returns, for instance ${path.split(".").pop()}: deflate({ level: 3 }); ` +
      "the adapter exports it, and deflateWith of the driver makes it of a codec",
  );
};

/** The option of a client: what a server takes, true, or options of compression, which core judges. */
export const aDeflateOrOptions: OptionKind = (path, value) => {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (typeof value === "boolean" || isObject) return;
  throw new MisuseError(
    `${path} is ${shown(value)}: give true, false, an object of options, or what deflate() returns`,
  );
};

export function isDeflate(value: unknown): value is Deflate {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "server") && Object.hasOwn(value, "client");
}

/** The extensions of an endpoint: permessage-deflate first, where it is wanted, then the application's own. */
export function withDeflate(
  role: "server" | "client",
  deflate: Deflate | null,
  extensions: readonly Extension[] | undefined,
): readonly Extension[] | undefined {
  // Core reports the mistake when the value is no list.
  if (deflate === null || (extensions !== undefined && !Array.isArray(extensions))) {
    return extensions;
  }
  return [deflate[role], ...(extensions ?? [])];
}

/**
 * The compression that a client offers.
 * @param choice undefined: compression where the platform has DEFLATE.
 * @throws MisuseError for options that are wrong, and where compression is asked for and the platform has no DEFLATE.
 */
export function clientDeflate(
  choice: boolean | DeflateOptions | Deflate | undefined,
  deflate: ((options?: DeflateOptions) => Deflate) | undefined,
): Deflate | null {
  if (choice === false || isDeflate(choice)) return choice || null;
  if (deflate !== undefined) return deflate(typeof choice === "object" ? choice : {});
  if (choice === undefined) return null;
  throw new MisuseError(
    "options.perMessageDeflate: this platform has no DEFLATE. Give it a `deflate` function, for instance " +
      "(options) => deflateWith(pakoCodec(), options) with pakoCodec of @sansocket/pako, or leave the option out",
  );
}
