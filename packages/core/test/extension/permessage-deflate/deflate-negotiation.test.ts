/** RFC 7692 §5 and §7.1: every row of the tables that stand above the functions, and each rule broken once. */
import { describe, expect, test } from "vitest";
import { formatExtensions, parseExtensions } from "../../../src/extension/extension-header.ts";
import {
  acceptOffers,
  clientOffers,
  confirmResponse,
} from "../../../src/extension/extension-negotiation.ts";
import {
  type DeflateCodec,
  type DeflateOptions,
  permessageDeflate,
} from "../../../src/extension/permessage-deflate/permessage-deflate.ts";

/** A codec that notes the windows it is asked for, and does nothing. */
function notingCodec(keepsContext = true): DeflateCodec & { readonly windows: string[] } {
  const windows: string[] = [];
  return {
    keepsContext,
    windows,
    createDeflater: ({ windowBits }) => {
      windows.push(`deflate ${windowBits}`);
      const deflate = () => Uint8Array.of(0, 0, 0, 0xff, 0xff);
      return {
        deflate,
        reset: () => windows.push("reset"),
        dispose: () => windows.push("dispose"),
      };
    },
    createInflater: ({ windowBits }) => {
      windows.push(`inflate ${windowBits}`);
      return { inflate: () => "ok", reset() {}, dispose: () => windows.push("dispose") };
    },
  };
}

/** What a server answers to the offers; "" when it declines all of them. */
function answer(offers: string, options: DeflateOptions, keepsContext = true): string {
  const extension = permessageDeflate("server", notingCodec(keepsContext), options);
  const { extensions } = acceptOffers(parseExtensions([offers])!, [extension]);
  return extensions.length === 0 ? "" : formatExtensions(extensions);
}

const PMD = "permessage-deflate";
const TAKEOVER: DeflateOptions = { contextTakeover: true };

describe("a server answers an offer", () => {
  test.each<[string, DeflateOptions, string, string]>([
    [PMD, TAKEOVER, PMD, "nothing asked, nothing answered"],
    [
      PMD,
      {},
      `${PMD}; server_no_context_takeover`,
      "by default one compressor serves all (§7.1.1.1: MAY unasked)",
    ],
    [
      `${PMD}; server_no_context_takeover`,
      TAKEOVER,
      `${PMD}; server_no_context_takeover`,
      "§7.1.1.1: accepted by naming it",
    ],
    [
      `${PMD}; client_no_context_takeover`,
      TAKEOVER,
      `${PMD}; client_no_context_takeover`,
      "§7.1.1.2: the hint is taken",
    ],
    [
      PMD,
      { contextTakeover: { send: true, receive: false } },
      `${PMD}; client_no_context_takeover`,
      "§7.1.1.2: MAY unasked",
    ],
    [
      PMD,
      { contextTakeover: false },
      `${PMD}; server_no_context_takeover; client_no_context_takeover`,
      "both",
    ],
    [
      `${PMD}; server_max_window_bits=10`,
      TAKEOVER,
      `${PMD}; server_max_window_bits=10`,
      "§7.1.2.1: the same value",
    ],
    [
      `${PMD}; server_max_window_bits=12`,
      { ...TAKEOVER, windowBits: { send: 9 } },
      `${PMD}; server_max_window_bits=9`,
      "§7.1.2.1: or a smaller one",
    ],
    [
      `${PMD}; server_max_window_bits=9`,
      { ...TAKEOVER, windowBits: { send: 12 } },
      `${PMD}; server_max_window_bits=9`,
      "§7.1.2.1: never a larger one",
    ],
    [
      `${PMD}; server_max_window_bits=15`,
      TAKEOVER,
      `${PMD}; server_max_window_bits=15`,
      "§7.1.2.1: named also where it limits nothing",
    ],
    [
      PMD,
      { ...TAKEOVER, windowBits: { send: 11 } },
      `${PMD}; server_max_window_bits=11`,
      "§7.1.2.1: MAY unasked",
    ],
    [`${PMD}; client_max_window_bits`, TAKEOVER, PMD, "§7.1.2.2: no limit is what absence means"],
    [
      `${PMD}; client_max_window_bits`,
      { ...TAKEOVER, windowBits: { receive: 10 } },
      `${PMD}; client_max_window_bits=10`,
      "§7.1.2.2: supported, so it may be used",
    ],
    [
      `${PMD}; client_max_window_bits=12`,
      TAKEOVER,
      `${PMD}; client_max_window_bits=12`,
      "§7.1.2.2: the hint saves a window",
    ],
    [
      `${PMD}; client_max_window_bits=12`,
      { ...TAKEOVER, windowBits: { receive: 9 } },
      `${PMD}; client_max_window_bits=9`,
      "§7.1.2.2: the smaller one",
    ],
    [
      PMD,
      { ...TAKEOVER, windowBits: { receive: 10 } },
      "",
      "§7.1.2.2: MUST NOT be named to a client that does not know it",
    ],
    [
      `${PMD}; what=1, ${PMD}; server_max_window_bits=16, ${PMD}`,
      TAKEOVER,
      PMD,
      "§5: each bad offer is declined by itself",
    ],
    [
      `${PMD}; server_max_window_bits=10, ${PMD}`,
      TAKEOVER,
      `${PMD}; server_max_window_bits=10`,
      "§5: the client's order of preference",
    ],
    [
      `${PMD}; client_max_window_bits, ${PMD}`,
      { ...TAKEOVER, windowBits: { receive: 10 } },
      `${PMD}; client_max_window_bits=10`,
      "the first that fits",
    ],
    [`${PMD}; what`, TAKEOVER, "", "§7: no offer is left"],
    ["x-webkit-deflate-frame", TAKEOVER, "", "another extension"],
  ])("«%s» with %o: «%s» (%s)", (offers, options, expected) => {
    expect(answer(offers, options)).toBe(expected);
  });

  test("whose codec keeps no context: both sides start each message anew", () => {
    expect(answer(PMD, TAKEOVER, false)).toBe(
      `${PMD}; server_no_context_takeover; client_no_context_takeover`,
    );
  });
});

describe("a client offers", () => {
  test.each<[DeflateOptions, string]>([
    [{}, `${PMD}; client_max_window_bits`],
    [
      { contextTakeover: false },
      `${PMD}; server_no_context_takeover; client_no_context_takeover; client_max_window_bits`,
    ],
    [
      { contextTakeover: { send: false } },
      `${PMD}; client_no_context_takeover; client_max_window_bits`,
    ],
    [{ windowBits: 9 }, `${PMD}; server_max_window_bits=9; client_max_window_bits=9`],
    [{ windowBits: { receive: 12 } }, `${PMD}; server_max_window_bits=12; client_max_window_bits`],
  ])("with %o: «%s»", (options, expected) => {
    expect(
      formatExtensions(clientOffers([permessageDeflate("client", notingCodec(), options)])),
    ).toBe(expected);
  });
});

/** What a client makes of the response: the windows of its codec, once it has sent and received; or why it fails. */
function confirmed(response: string, options: DeflateOptions): string {
  const codec = notingCodec();
  const extension = permessageDeflate("client", codec, options);
  const agreement = confirmResponse(parseExtensions([response])!, [extension]);
  if (typeof agreement === "string") return agreement;
  const session = agreement.session!;
  for (let count = 0; count < 2; count += 1) {
    session.encodeStart(1, 2_000);
    session.encode(new Uint8Array(2_000), true);
    session.decodeStart(1);
    session.decode(Uint8Array.of(0), true, 10, () => {});
  }
  return codec.windows.join(", ");
}

const REFUSED = "extension-parameters-refused";

describe("a client judges the response", () => {
  test.each<[string, DeflateOptions, string, string]>([
    [PMD, {}, "deflate 15, inflate 15", "own contexts, made for the first message"],
    [
      `${PMD}; client_max_window_bits=10`,
      {},
      "deflate 10, inflate 15",
      "§7.1.2.2: the server limits us",
    ],
    [
      `${PMD}; client_max_window_bits=12`,
      { windowBits: { send: 9 } },
      "deflate 9, inflate 15",
      "our own limit is lower",
    ],
    [`${PMD}; server_max_window_bits=10`, {}, "deflate 15, inflate 10", "§7.1.2.1: unasked"],
    [
      `${PMD}; server_max_window_bits=9`,
      { windowBits: { receive: 10 } },
      "deflate 15, inflate 9",
      "§7.1.2.1: smaller than asked",
    ],
    [
      `${PMD}; server_max_window_bits=11`,
      { windowBits: { receive: 10 } },
      REFUSED,
      "§7.1.2.1: larger than asked",
    ],
    [PMD, { windowBits: { receive: 10 } }, REFUSED, "§7.1.2.1: accepted by naming it"],
    [`${PMD}; server_no_context_takeover`, {}, "deflate 15, inflate 15", "§7.1.1.1: unasked"],
    [PMD, { contextTakeover: { receive: false } }, REFUSED, "§7.1.1.1: accepted by naming it"],
    [`${PMD}; client_max_window_bits`, {}, REFUSED, "§7.1.2.2: a response needs a value"],
    [`${PMD}; server_no_context_takeover; server_no_context_takeover`, {}, REFUSED, "§7: twice"],
    [`${PMD}; level=3`, {}, REFUSED, "§7: not defined"],
    [`${PMD}, ${PMD}`, {}, "extension-duplicate", "§9.1 of RFC 6455"],
  ])("«%s» with %o: %s (%s)", (response, options, expected) => {
    expect(confirmed(response, options)).toBe(expected);
  });

  test("and starts each message anew where client_no_context_takeover is in it (§7.1.1.2: MUST)", () => {
    expect(confirmed(`${PMD}; client_no_context_takeover`, {})).toBe(
      "deflate 15, reset, inflate 15, reset",
    );
  });
});

describe("a session", () => {
  test("makes no context before the first message, and disposes of both, however often it is asked", () => {
    const codec = notingCodec();
    const extension = permessageDeflate("client", codec);
    const { session } = confirmResponse(parseExtensions([PMD])!, [extension]) as {
      session: import("../../../src/extension/extension.ts").ExtensionSession;
    };
    expect(codec.windows).toEqual([]);
    session.encode(Uint8Array.of(1), true);
    session.decodeStart(1);
    session.decode(Uint8Array.of(0), false, 10, () => {});
    session.dispose();
    session.dispose();
    expect(codec.windows).toEqual(["deflate 15", "inflate 15", "dispose", "dispose"]);
  });
});
