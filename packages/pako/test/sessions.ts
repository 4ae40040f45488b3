/** Sessions of permessage-deflate over each codec, and what tests ask of them. */
import { type ExtensionSession, parseExtensions } from "@sansocket/core";
import {
  type DeflateCodec,
  type DeflateOptions,
  permessageDeflate,
} from "@sansocket/core/permessage-deflate";
import { pakoCodec } from "@sansocket/pako";
import { contextCodec, oneShotCodec } from "@sansocket/zlib";

export const CODECS: readonly (readonly [name: string, codec: DeflateCodec])[] = [
  ["zlib", contextCodec],
  ["zlib, one shot", oneShotCodec],
  ["pako", pakoCodec()],
];

/** The two sessions of one connection whose client offers `offer`. */
export function sessionPair(
  clientCodec: DeflateCodec,
  serverCodec: DeflateCodec,
  options: { readonly client?: DeflateOptions; readonly server?: DeflateOptions } = {},
): { readonly client: ExtensionSession; readonly server: ExtensionSession; dispose(): void } {
  const server = permessageDeflate("server", serverCodec, options.server);
  const client = permessageDeflate("client", clientCodec, options.client);
  const accepted = server.accept!(client.offer!())!;
  const confirmed = client.confirm!(accepted.response)!;
  return {
    client: confirmed.session!,
    server: accepted.session!,
    dispose() {
      confirmed.session!.dispose();
      accepted.session!.dispose();
    },
  };
}

/** A server's session for an offer of these parameters; takeover both ways where the offer lets it. */
export function serverSession(codec: DeflateCodec, parameters = ""): ExtensionSession {
  const offers = parseExtensions([`permessage-deflate${parameters}`])!;
  return permessageDeflate("server", codec, { contextTakeover: true }).accept!(offers)!.session!;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** The message in fragments, as the frames carry them. */
export function encodeMessage(
  session: ExtensionSession,
  fragments: readonly Uint8Array[],
): Uint8Array[] {
  session.encodeStart(2, fragments.length === 1 ? fragments[0]!.length : null);
  // What a session returns is lent until its next call.
  return fragments.map(
    (fragment, index) => new Uint8Array(session.encode(fragment, index === fragments.length - 1)),
  );
}

export interface Decoded {
  readonly verdict: "ok" | "corrupt" | "limit";
  readonly bytes: Uint8Array;
}

/** A message out of the pieces that it arrived in. */
export function decodeMessage(
  session: ExtensionSession,
  pieces: readonly Uint8Array[],
  limit = Number.POSITIVE_INFINITY,
): Decoded {
  session.decodeStart(2);
  const bytes: Uint8Array[] = [];
  let left = limit;
  for (const [index, piece] of pieces.entries()) {
    const verdict = session.decode(piece, index === pieces.length - 1, left, (inflated) => {
      // Lent until the sink returns.
      bytes.push(new Uint8Array(inflated));
      left -= inflated.length;
    });
    if (verdict !== "ok") return { verdict, bytes: joined(bytes) };
  }
  return { verdict: "ok", bytes: joined(bytes) };
}
