/** Elements of Sec-WebSocket-Extensions for permessage-deflate (RFC 7692 §7): offers and answers, right and wrong. */

import fc from "fast-check";
import { requireOneOf } from "../given.ts";

/** An element of the header, as one side sends it. */
export interface DeflateElement {
  /** For example "permessage-deflate; client_max_window_bits=10". */
  readonly element: string;
  /** The rule that it breaks, with the section of RFC 7692; null if it is right. */
  readonly broken: { readonly rule: string; readonly section: string } | null;
}

const NAME = "permessage-deflate";
const TAKEOVERS = ["server_no_context_takeover", "client_no_context_takeover"] as const;
const WINDOWS = ["server_max_window_bits", "client_max_window_bits"] as const;

function elementOf(parameters: readonly string[], isReversed: boolean): string {
  return [NAME, ...(isReversed ? [...parameters].reverse() : parameters)].join("; ");
}

/** Parameters that are right; in an offer, client_max_window_bits may stand without a value (§7.1.2.2). */
function rightParameters(isOffer: boolean): fc.Arbitrary<string[]> {
  const value = fc.integer({ min: 8, max: 15 });
  const spelt = fc
    .tuple(value, fc.boolean())
    .map(([bits, isQuoted]) => (isQuoted ? `"${bits}"` : `${bits}`));
  return fc
    .tuple(
      fc.subarray([...TAKEOVERS]),
      fc.option(spelt.map((bits) => `${WINDOWS[0]}=${bits}`)),
      fc.option(
        fc.oneof(
          spelt.map((bits) => `${WINDOWS[1]}=${bits}`),
          ...(isOffer ? [fc.constant<string>(WINDOWS[1])] : []),
        ),
      ),
    )
    .map(([takeovers, ...windows]) => [
      ...takeovers,
      ...windows.filter((parameter) => parameter !== null),
    ]);
}

const WRONG: readonly (readonly [parameters: readonly string[], rule: string, section: string])[] =
  [
    [["server_max_window_bits=7"], "window bits are 8 to 15", "7.1.2"],
    [["server_max_window_bits=16"], "window bits are 8 to 15", "7.1.2"],
    [["client_max_window_bits=7"], "window bits are 8 to 15", "7.1.2"],
    [["client_max_window_bits=010"], "window bits have no leading zero", "7.1.2"],
    [["server_max_window_bits=x"], "window bits are a number", "7.1.2"],
    [["server_max_window_bits"], "server_max_window_bits has a value", "7.1.2.1"],
    [["server_no_context_takeover=1"], "a takeover parameter has no value", "7.1.1"],
    [["client_no_context_takeover=true"], "a takeover parameter has no value", "7.1.1"],
    [["server_no_context_takeover", "server_no_context_takeover"], "a parameter comes once", "7.1"],
    [["client_max_window_bits=9", "client_max_window_bits=10"], "a parameter comes once", "7.1"],
    [["x_unknown"], "the parameters are those of RFC 7692", "7.1"],
  ];

/** Elements of a client's offer ("offer") or of a server's answer ("answer") that are right by themselves. */
export function deflateElements(side: "offer" | "answer"): fc.Arbitrary<DeflateElement> {
  requireOneOf("the side", side, ["offer", "answer"]);
  return fc
    .tuple(rightParameters(side === "offer"), fc.boolean())
    .map(([parameters, isReversed]) => ({
      element: elementOf(parameters, isReversed),
      broken: null,
    }));
}

/** Elements with one broken rule: a server declines the offer, and a client fails the connection (§7.1). */
export function brokenDeflateElements(side: "offer" | "answer"): fc.Arbitrary<DeflateElement> {
  requireOneOf("the side", side, ["offer", "answer"]);
  const more =
    side === "answer"
      ? ([[[WINDOWS[1]], "client_max_window_bits has a value in an answer", "7.1.2.2"]] as const)
      : [];
  return fc
    .tuple(fc.constantFrom(...WRONG, ...more), rightParameters(side === "offer"), fc.boolean())
    .map(([[wrong, rule, section], others, isReversed]) => {
      const names = wrong.map((parameter) => parameter.split("=")[0]);
      const rest = others.filter((parameter) => !names.includes(parameter.split("=")[0]));
      return {
        element: elementOf([...rest, ...wrong], isReversed),
        broken: { rule, section },
      };
    });
}
