/**
 * The laws, put to two parsers that many servers stand on. What they found is written up in docs/laws.md. A release that keeps
 * a rule better makes a test fail here, and then the page has to be changed.
 */
import { describe, expect, test } from "vitest";
import {
  controlLaw,
  cuttingLaw,
  type Parser,
  sansocketEngine,
  totalityLaw,
} from "../../src/index.ts";
import { seeded } from "../seed.ts";
import { type Findings, findingsOf } from "./findings.ts";
import { websocketDriver } from "./websocket-driver.ts";
import { wsReceiver } from "./ws-receiver.ts";

const LONG_LENGTHS: Findings = { "length not minimal": "takes it" };

/** Of a faulty Close the application is told as of a Close with 1002; on the wire it is answered with 1002. */
const OF_WEBSOCKET_DRIVER: Findings = {
  ...LONG_LENGTHS,
  "close body of one byte": "tells a Close",
  "close code": "tells a Close",
  "close reason not UTF-8": "tells a Close",
  "no rule": "tells a Close",
};

const PEERS: readonly {
  readonly parser: Parser;
  readonly findings: Record<"server" | "client", Findings>;
}[] = [
  { parser: wsReceiver, findings: { server: LONG_LENGTHS, client: LONG_LENGTHS } },
  {
    parser: websocketDriver,
    findings: {
      server: { ...OF_WEBSOCKET_DRIVER, "missing mask": "fails with 1003" },
      client: { ...OF_WEBSOCKET_DRIVER, "unwanted mask": "takes it" },
    },
  },
];

/** Bun puts a module of its own in the place of `ws`, and that module has no Receiver. */
const isBun = process.versions["bun"] !== undefined;
const HERE = PEERS.filter(({ parser }) => !isBun || parser !== wsReceiver);

describe.each(HERE)("$parser.name", ({ parser, findings }) => {
  test("throws at no input", () => totalityLaw(parser, seeded(1000)));
  test("does the same at every cutting", () => cuttingLaw(parser, seeded(1000)));
  test("tells the same messages with pings between", () => controlLaw(parser, seeded(500)));
  for (const role of ["server", "client"] as const) {
    test(`as a ${role}, ends as RFC 6455 wants, except at the known rules`, () => {
      expect(findingsOf(parser, role, seeded(1).seed)).toEqual(findings[role]);
    });
  }
});

test("the engine of this repository has no such rule", () => {
  for (const role of ["server", "client"] as const) {
    expect(findingsOf(sansocketEngine(), role, seeded(1).seed)).toEqual({});
  }
});
