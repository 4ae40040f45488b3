/** Connections with permessage-deflate that move: the laws of snapshots with each codec, and the state that cannot move. */
import { openEndpoint, Step } from "@sansocket/core";
import {
  type DeflateCodec,
  type DeflateOptions,
  permessageDeflate,
} from "@sansocket/core/permessage-deflate";
import { restoreEndpoint, SnapshotError, snapshotEndpoint } from "@sansocket/core/snapshot";
import { pakoCodec } from "@sansocket/pako";
import {
  type AgreedExtensions,
  agreementOf,
  type Engine,
  type EngineUnderTest,
  fromHex,
  restoreLaw,
  sansocketEngine,
  snapshotLaw,
} from "@sansocket/testing";
import { contextCodec } from "@sansocket/zlib";
import { describe, expect, test } from "vitest";
import { quietHost, takeOutput } from "./endpoints.ts";
import { CODECS, joined } from "./sessions.ts";

const MINUTES = 240_000;

const NONE = { contextTakeover: false, threshold: 0 } as const;
const TERMS: readonly (readonly [what: string, client: DeflateOptions, server: DeflateOptions])[] =
  [
    ["takeover both ways", {}, { contextTakeover: true, threshold: 0 }],
    ["no takeover", NONE, NONE],
    [
      "windows of 8 bits",
      { windowBits: 8 },
      { windowBits: 8, contextTakeover: true, threshold: 0 },
    ],
  ];

function agreed(
  codec: (typeof CODECS)[number][1],
  client: DeflateOptions,
  server: DeflateOptions,
): AgreedExtensions {
  const extensions = {
    client: [permessageDeflate("client", codec, client)],
    server: [permessageDeflate("server", codec, server)],
  };
  return { client: () => extensions.client, server: () => extensions.server };
}

describe.each(CODECS)("with %s", (name, codec) => {
  const output = name === "pako" ? "same bytes" : "same messages";
  for (const movable of [true, false]) {
    for (const [what, client, server] of TERMS) {
      test(`${what}, movable ${movable}: a connection that moves is one that stays`, {
        timeout: MINUTES,
      }, () => {
        const extensions = agreed(codec, { ...client, movable }, { ...server, movable });
        snapshotLaw(sansocketEngine({ agreed: extensions }), { runs: 300, extensions, output });
      });
    }
  }

  test("any bytes give an endpoint or a SnapshotError", { timeout: MINUTES }, () => {
    const [, client, server] = TERMS[0]!;
    const extensions = agreed(codec, { ...client, movable: true }, { ...server, movable: true });
    const { restored } = restoreLaw({ runs: 3_000, extensions });
    expect(restored).toBeGreaterThan(100);
  });
});

/** Every other message begins with an empty stored block (RFC 1951 §3.2.4), which says nothing. */
function fickleCodec(codec: DeflateCodec): DeflateCodec {
  let calls = 0;
  return {
    ...codec,
    createDeflater(options) {
      const deflater = codec.createDeflater(options);
      return {
        ...deflater,
        deflate(payload) {
          calls += 1;
          const deflated = deflater.deflate(payload);
          return calls % 2 === 0 ? deflated : joined([fromHex("000000ffff"), deflated]);
        },
      };
    },
  };
}

test("a compressor may choose other bytes for the same message after a move, as zlib does when it is used again", {
  timeout: MINUTES,
}, () => {
  const extensions = agreed(fickleCodec(pakoCodec()), NONE, NONE);
  const engine = sansocketEngine({ agreed: extensions });
  snapshotLaw(engine, { runs: 300, extensions, output: "same messages" });
  const byBytes = () => snapshotLaw(engine, { runs: 300, extensions });
  expect(byBytes).toThrow(/after a move other bytes are sent/);
});

test("a connection that compresses a message wrongly after a move breaks the law", () => {
  const extensions = agreed(pakoCodec(), NONE, NONE);
  const engine = sansocketEngine({ agreed: extensions });
  const corrupted = (one: EngineUnderTest): EngineUnderTest => ({
    ...one,
    get deadline() {
      return one.deadline;
    },
    sendBinary: () => one.sendBinary(Uint8Array.of(1, 2, 3)),
  });
  const broken: Engine = {
    name: "broken",
    create(options) {
      const one = engine.create(options);
      return {
        ...one,
        get deadline() {
          return one.deadline;
        },
        move(now, newNow) {
          const moved = one.move?.(now, newNow) ?? null;
          return moved === null ? null : corrupted(moved);
        },
      };
    },
  };
  const law = () => snapshotLaw(broken, { runs: 300, extensions, output: "same messages" });
  expect(law).toThrow(/after a move other messages are sent/);
});

describe("the option movable", () => {
  const text = Array.from({ length: 300 }, (_, index) =>
    ((index * 7_919) % 10_007).toString(36),
  ).join(" ");
  const pair = (movable: boolean) => {
    const extensions = agreed(contextCodec, { movable }, { contextTakeover: true, movable });
    const open = (role: "client" | "server") => {
      const options = { host: quietHost, extensions: extensions[role]() };
      const endpoint = openEndpoint(role, { agreement: agreementOf(role, extensions) }, options, 0);
      expect(endpoint.next()).toBe(Step.Open);
      endpoint.next();
      return { endpoint, options };
    };
    return { client: open("client"), server: open("server") };
  };

  test("lets a window move: the next message still refers to the messages before the move", () => {
    const { client, server } = pair(true);
    server.endpoint.sendText(text);
    const first = takeOutput(server.endpoint);
    client.endpoint.receive(first, 0);
    expect(client.endpoint.next()).toBe(Step.Text);
    client.endpoint.next();
    const movedServer = restoreEndpoint(snapshotEndpoint(server.endpoint, 0), server.options, 0);
    const movedClient = restoreEndpoint(snapshotEndpoint(client.endpoint, 0), client.options, 0);
    movedServer.sendText(text);
    const second = takeOutput(movedServer);
    expect(second.length).toBeLessThan(first.length / 2);
    movedClient.receive(second, 0);
    expect(movedClient.next()).toBe(Step.Text);
    expect(movedClient.text).toBe(text);
  });

  test("is named by the error of a connection that cannot move without it", () => {
    const { client, server } = pair(false);
    server.endpoint.sendText(text);
    client.endpoint.receive(takeOutput(server.endpoint), 0);
    client.endpoint.next();
    client.endpoint.next();
    for (const { endpoint } of [client, server]) {
      const take = () => snapshotEndpoint(endpoint, 0);
      expect(take).toThrow(SnapshotError);
      expect(take).toThrow(/movable: true/);
    }
    // Nothing was changed: the connection goes on.
    server.endpoint.sendText(text);
    client.endpoint.receive(takeOutput(server.endpoint), 0);
    expect(client.endpoint.next()).toBe(Step.Text);
    expect(client.endpoint.text).toBe(text);
  });
});
