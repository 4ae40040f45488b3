/** RFC 7692 §7 and §7.1: which lists of parameters an offer and a response may have. */
import { describe, expect, test } from "vitest";
import { parseExtensions } from "../../../src/extension/extension-header.ts";
import {
  type DeflateParameters,
  formatDeflateParameters,
  parseDeflateOffer,
  parseDeflateResponse,
} from "../../../src/extension/permessage-deflate/deflate-parameters.ts";

const NONE: DeflateParameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: null,
  clientMaxWindowBits: null,
};

function element(parameters: string) {
  return parseExtensions([`permessage-deflate${parameters}`])![0]!;
}

const both: readonly [string, Partial<DeflateParameters>][] = [
  ["", {}],
  ["; server_no_context_takeover", { serverNoContextTakeover: true }],
  ["; client_no_context_takeover", { clientNoContextTakeover: true }],
  ["; server_max_window_bits=8", { serverMaxWindowBits: 8 }],
  ['; server_max_window_bits="10"', { serverMaxWindowBits: 10 }],
  ["; client_max_window_bits=15", { clientMaxWindowBits: 15 }],
  [
    "; client_max_window_bits=9; server_max_window_bits=12; client_no_context_takeover; server_no_context_takeover",
    {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 12,
      clientMaxWindowBits: 9,
    },
  ],
];

const neither: readonly [string, string][] = [
  ["; server_no_context_takeover=1", "§7.1.1.1: no value"],
  ["; client_no_context_takeover=true", "§7.1.1.2: no value"],
  ["; server_max_window_bits", "§7.1.2.1: a value is needed"],
  ["; server_max_window_bits=7", "§7.1.2.1: 8 at least"],
  ["; server_max_window_bits=16", "§7.1.2.1: 15 at most"],
  ["; server_max_window_bits=08", "§7.1.2.1: no leading zeroes"],
  ["; server_max_window_bits=1e1", "§7.1.2.1: digits"],
  ["; client_max_window_bits=0", "§7.1.2.2: 8 at least"],
  ["; client_max_window_bits=+9", "§7.1.2.2: digits"],
  ["; client_max_window_bits=015", "§7.1.2.2: no leading zeroes"],
  ["; server_no_context_takeover; server_no_context_takeover", "§7: the same name twice"],
  ["; client_max_window_bits; client_max_window_bits=9", "§7: the same name twice"],
  ["; memory_level=9", "§7: a parameter that is not defined"],
  ["; Server_no_context_takeover", "§7: names count with their case"],
  ["; constructor", "a name that every object has"],
];

describe("the parameters of permessage-deflate", () => {
  test.each(both)("«%s» is right in an offer and in a response", (text, expected) => {
    expect(parseDeflateOffer(element(text))).toEqual({ ...NONE, ...expected });
    expect(parseDeflateResponse(element(text))).toEqual({ ...NONE, ...expected });
  });

  test.each(neither)("«%s» is wrong in an offer and in a response (%s)", (text) => {
    expect(parseDeflateOffer(element(text))).toBeNull();
    expect(parseDeflateResponse(element(text))).toBeNull();
  });

  test("client_max_window_bits without a value is right in an offer, and wrong in a response (§7.1.2.2)", () => {
    const given = element("; client_max_window_bits");
    expect(parseDeflateOffer(given)).toEqual({ ...NONE, clientMaxWindowBits: "supported" });
    expect(parseDeflateResponse(given)).toBeNull();
  });

  test.each([...both.map(([text]) => text), "; client_max_window_bits"])(
    "«%s» is the same after it was formatted and parsed again",
    (text) => {
      const parameters = parseDeflateOffer(element(text))!;
      expect(parseDeflateOffer(formatDeflateParameters(parameters))).toEqual(parameters);
    },
  );
});
