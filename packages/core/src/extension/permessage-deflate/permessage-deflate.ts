/**
 * The extension permessage-deflate (RFC 7692 §7) behind a codec port.
 *
 * @module
 */
import { MisuseError } from "../../bytes/misuse-error.ts";
import {
  disposeOf,
  type Extension,
  type ExtensionOffer,
  type ExtensionSession,
} from "../extension.ts";
import {
  type Compressing,
  compress,
  createCompressing,
  disposeCompressing,
  isWorthCompressing,
} from "./compressing.ts";
import {
  createDecompressing,
  type Decompressing,
  decompress,
  disposeDecompressing,
  startDecompressing,
} from "./decompressing.ts";
import type { DeflateCodec } from "./deflate-codec.ts";
import {
  answerDeflateOffer,
  type DeflateTerms,
  deflateOffer,
  judgeDeflateResponse,
} from "./deflate-negotiation.ts";
import {
  type DeflateOptions,
  type DeflateSettings,
  resolveDeflateOptions,
} from "./deflate-options.ts";
import {
  formatDeflateParameters,
  PERMESSAGE_DEFLATE,
  parseDeflateOffer,
  parseDeflateResponse,
} from "./deflate-parameters.ts";
import { type MovedSession, movedState, primeCodecs, readMoved } from "./moving.ts";

export type { DeflateCodec, Deflater, DeflaterOptions, Inflater } from "./deflate-codec.ts";
export type { DeflateOptions } from "./deflate-options.ts";

/** RFC 7692 §6: RSV1 is the "Per-Message Compressed" bit. */
const RSV1 = 0x40;

/**
 * permessage-deflate for one role. The extension is immutable: any number of connections may share it, and each gets a
 * session of its own.
 * @param codec what deflates and inflates, for instance `zlibCodec()` of `@sansocket/zlib`.
 * @throws MisuseError for options that are wrong, and for what is no codec.
 */
export function permessageDeflate(
  role: "server" | "client",
  codec: DeflateCodec,
  options: DeflateOptions = {},
): Extension {
  if (role !== "server" && role !== "client") {
    throw new MisuseError(`the role is ${String(role)}: give "server" or "client"`);
  }
  for (const method of ["createDeflater", "createInflater"] as const) {
    if (typeof codec?.[method] === "function") continue;
    throw new MisuseError(`the codec has no method ${method}: give a DeflateCodec`);
  }
  const settings = settingsFor(role, codec, options);
  return role === "server" ? serverExtension(codec, settings) : clientExtension(codec, settings);
}

function settingsFor(
  role: "server" | "client",
  codec: DeflateCodec,
  options: DeflateOptions,
): DeflateSettings {
  // A server has many connections, and 220 to 290 KiB for each would be much: it shares one compressor by default.
  const settings = resolveDeflateOptions(options, role === "client");
  if (codec.keepsContext) return settings;
  return { ...settings, sendTakeover: false, receiveTakeover: false };
}

function serverExtension(codec: DeflateCodec, settings: DeflateSettings): Extension {
  return {
    name: PERMESSAGE_DEFLATE,
    accept(offers: readonly ExtensionOffer[]) {
      // §5: the offers stand in the client's order of preference. A bad one is declined by itself, and the next may be good.
      for (const offer of offers) {
        const parameters = parseDeflateOffer(offer);
        const answer = parameters === null ? null : answerDeflateOffer(parameters, settings);
        if (answer === null) continue;
        return {
          response: formatDeflateParameters(answer.response),
          session: createSession(codec, answer.terms, settings),
        };
      }
      return null;
    },
    restore: (response, state) => restoreSession("server", codec, settings, response, state),
  };
}

function clientExtension(codec: DeflateCodec, settings: DeflateSettings): Extension {
  const offers = [formatDeflateParameters(deflateOffer(settings))];
  return {
    name: PERMESSAGE_DEFLATE,
    offer: () => offers,
    confirm(response: ExtensionOffer) {
      const parameters = parseDeflateResponse(response);
      const terms = parameters === null ? null : judgeDeflateResponse(parameters, settings);
      return terms === null ? null : { session: createSession(codec, terms, settings) };
    },
    restore: (response, state) => restoreSession("client", codec, settings, response, state),
  };
}

/** See `Extension.restore`. */
function restoreSession(
  role: "server" | "client",
  codec: DeflateCodec,
  settings: DeflateSettings,
  response: ExtensionOffer,
  state: Uint8Array,
): ExtensionSession | null {
  const parameters = parseDeflateResponse(response);
  const moved = readMoved(state);
  if (parameters === null || moved === null) return null;
  const { sendTakeover, receiveTakeover } = moved.terms;
  const { serverNoContextTakeover, clientNoContextTakeover } = parameters;
  const [bySender, byReceiver] =
    role === "server"
      ? [serverNoContextTakeover, clientNoContextTakeover]
      : [clientNoContextTakeover, serverNoContextTakeover];
  if ((bySender && sendTakeover) || (byReceiver && receiveTakeover)) return null;
  if (!codec.keepsContext && (sendTakeover || receiveTakeover)) return null;
  return movedSession(codec, moved, settings);
}

function createSession(
  codec: DeflateCodec,
  terms: DeflateTerms,
  settings: DeflateSettings,
): ExtensionSession {
  return sessionOf(
    terms,
    createCompressing(codec, terms, settings),
    createDecompressing(codec, terms, settings),
  );
}

/** @returns null when the codecs do not take the state. */
function movedSession(
  codec: DeflateCodec,
  moved: MovedSession,
  settings: DeflateSettings,
): ExtensionSession | null {
  const compressing = createCompressing(codec, moved.terms, settings);
  const decompressing = createDecompressing(codec, moved.terms, settings);
  const session = sessionOf(moved.terms, compressing, decompressing);
  try {
    if (primeCodecs(moved, compressing, decompressing)) return session;
  } catch {
    // A codec may throw because of a state that somebody made up.
  }
  disposeOf(session);
  return null;
}

function sessionOf(
  terms: DeflateTerms,
  compressing: Compressing,
  decompressing: Decompressing,
): ExtensionSession {
  return {
    rsv: RSV1,
    terms: compressing.shared,
    encodeStart: (_opcode, size) => isWorthCompressing(compressing, size),
    encode: (payload, isFinal) => compress(compressing, payload, isFinal),
    decodeStart: () => startDecompressing(decompressing),
    decode: (payload, isFinal, budget, sink) =>
      decompress(decompressing, payload, isFinal, budget, sink),
    snapshot() {
      const state = movedState(terms, compressing, decompressing);
      return typeof state === "string" ? state : { extension: PERMESSAGE_DEFLATE, state };
    },
    dispose() {
      disposeCompressing(compressing);
      disposeDecompressing(decompressing);
    },
  };
}
