/**
 * Histories of two engines on a simulated network: plain data, so that a history fits on one line, and the line plays it again.
 */
import fc from "fast-check";
import { networks } from "../generators/networks.ts";
import type { LineConditions, NetworkConditions } from "./conditions.ts";

/** One act of an application, and the time that passes before it. */
export type EngineAct = {
  /** ms since the act before it. An act waits until its engine is open. */
  readonly wait: number;
} & (
  | { readonly act: "text" | "binary"; readonly size: number }
  | { readonly act: "fragments"; readonly sizes: readonly number[] }
  | { readonly act: "ping"; readonly size: number }
  | { readonly act: "close" }
  | { readonly act: "abort" }
);

/** Everything that decides what happens. */
export interface EngineHistory {
  /** "opening": with the opening handshake. "open": behind it. */
  readonly from: "opening" | "open";
  /** The engines deliver messages in pieces. */
  readonly pieces: boolean;
  /** The network between the two. */
  readonly network: NetworkConditions;
  /** The acts of the client's application. */
  readonly client: readonly EngineAct[];
  /** The acts of the server's application. */
  readonly server: readonly EngineAct[];
  /** The sides that begin the closing handshake after their last act. */
  readonly closes: "client" | "server" | "both";
}

function acts(): fc.Arbitrary<EngineAct[]> {
  const sizes = fc.oneof(
    { weight: 4, arbitrary: fc.nat(130) },
    { weight: 2, arbitrary: fc.nat(3_000) },
    { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 90_000) },
  );
  const waits = fc.oneof(
    { weight: 6, arbitrary: fc.nat(60) },
    { weight: 1, arbitrary: fc.nat(40_000) },
  );
  const act = fc.oneof(
    fc.record({ wait: waits, act: fc.constantFrom("text", "binary"), size: sizes }),
    fc.record({
      wait: waits,
      act: fc.constant("fragments"),
      sizes: fc.array(sizes, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ wait: waits, act: fc.constant("ping"), size: fc.nat(125) }),
  );
  const last = fc.record({ wait: waits, act: fc.constantFrom("close", "abort") });
  return fc
    .tuple(fc.array(act, { maxLength: 8 }), fc.option(last, { freq: 4 }))
    .map(([some, end]) => (end === null ? some : [...some, end]) as EngineAct[]);
}

/** A large message in pieces of one byte would take a second, and tells nothing that a small one does not tell. */
const MOST_PIECES = 400;

function withoutHugeSizes(history: EngineHistory): EngineHistory {
  const { toServer, toClient } = history.network;
  const clamped = (some: readonly EngineAct[], { piece, buffer }: LineConditions): EngineAct[] => {
    const most = MOST_PIECES * Math.min(piece, buffer);
    return some.map((act) => {
      if (act.act === "text" || act.act === "binary")
        return { ...act, size: Math.min(act.size, most) };
      if (act.act !== "fragments") return act;
      return { ...act, sizes: act.sizes.map((size) => Math.min(size, most)) };
    });
  };
  return {
    ...history,
    client: clamped(history.client, toServer),
    server: clamped(history.server, toClient),
  };
}

/** Any history: shrinks to few acts on a perfect network. */
export function engineHistories(): fc.Arbitrary<EngineHistory> {
  return fc
    .record({
      from: fc.constantFrom("opening" as const, "open" as const),
      pieces: fc.boolean(),
      network: fc.boolean().chain(networks),
      client: acts(),
      server: acts(),
      closes: fc.constantFrom("client" as const, "server" as const, "both" as const),
    })
    .map(withoutHugeSizes);
}

/** The content of message `number`: bytes of which each place tells the message and the position. */
export function contentOf(number: number, size: number, isText: boolean): Uint8Array {
  const content = new Uint8Array(size);
  for (let index = 0; index < size; index += 1) {
    content[index] = isText ? 97 + ((number * 7 + index) % 26) : number * 31 + index + (index >> 8);
  }
  return content;
}
