/** The parameters of permessage-deflate, as the engine negotiates them. */
import { parseExtensions } from "@sansocket/core";
import { type DeflateCodec, permessageDeflate } from "@sansocket/core/permessage-deflate";
import fc from "fast-check";
import { expect, test } from "vitest";
import { brokenDeflateElements, type DeflateElement, deflateElements } from "../../src/index.ts";

/** Negotiation makes no codec: a codec that cannot inflate will do. */
const codec: DeflateCodec = {
  keepsContext: true,
  createDeflater: () => ({}) as never,
  createInflater: () => ({}) as never,
};

function offersOf(element: string) {
  const offers = parseExtensions([element]);
  expect(offers, element).not.toBeNull();
  return offers!;
}

const accepts = ({ element }: DeflateElement): boolean => {
  const accepted = permessageDeflate("server", codec).accept!(offersOf(element));
  accepted?.session?.dispose();
  return accepted !== null;
};

test("an offer that is right is accepted", () => {
  fc.assert(fc.property(deflateElements("offer"), (offer) => accepts(offer)));
});

test("an offer that breaks a rule is declined", () => {
  fc.assert(fc.property(brokenDeflateElements("offer"), (offer) => !accepts(offer)));
});

test("an answer that breaks a rule is not confirmed", () => {
  fc.assert(
    fc.property(brokenDeflateElements("answer"), ({ element }) => {
      const client = permessageDeflate("client", codec);
      client.offer!();
      const confirmed = client.confirm!(offersOf(element)[0]!);
      confirmed?.session?.dispose();
      return confirmed === null;
    }),
  );
});
