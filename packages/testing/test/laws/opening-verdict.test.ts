/** The law of the opening handshake, on the engine and on engines that break it. */
import { describe, expect, test } from "vitest";
import {
  type Engine,
  type EngineUnderTest,
  encodeText,
  joinBytes,
  openingVerdictLaw,
  sansocketEngine,
} from "../../src/index.ts";
import { seeded } from "../seed.ts";

const MINUTES = { timeout: 180_000 };

test("the engine opens for the handshakes that are right, and for no others", MINUTES, () => {
  openingVerdictLaw(sansocketEngine(), seeded(3000));
});

/** The engine, with another output or input. */
function changed(change: (one: EngineUnderTest) => Partial<EngineUnderTest>): Engine {
  const engine = sansocketEngine();
  return {
    name: "broken",
    create(options) {
      const one = engine.create(options);
      const wrong = change(one);
      return new Proxy(one, {
        get: (target, name: keyof EngineUnderTest) => (name in wrong ? wrong[name] : target[name]),
      });
    },
  };
}

const replaced = (bytes: Uint8Array, from: string | RegExp, to: string): Uint8Array =>
  encodeText(String.fromCharCode(...bytes).replace(from, to));

describe("an engine is found out that", () => {
  test.each<
    [string, "client" | "server", (one: EngineUnderTest) => Partial<EngineUnderTest>, RegExp]
  >([
    [
      "answers with a wrong Sec-WebSocket-Accept",
      "server",
      (one) => ({
        transmit(now) {
          const sent = one.transmit(now);
          return sent && { ...sent, bytes: replaced(sent.bytes, /(accept: .)./i, "$1=") };
        },
      }),
      /Sec-WebSocket-Accept is/,
    ],
    [
      "takes any version",
      "server",
      (one) => ({
        receive: (bytes, now) => one.receive(replaced(bytes, /(version: )8/i, "$113"), now),
      }),
      /an open connection was told, although the head breaks RFC 6455 §4\.2\.1: the version is 13/,
    ],
    [
      "does not ask for Connection",
      "client",
      (one) => {
        let head = new Uint8Array(0);
        return {
          receive(bytes, now) {
            head = Uint8Array.from(joinBytes([head, bytes]));
            if (!String.fromCharCode(...head).endsWith("\r\n\r\n")) return;
            one.receive(replaced(head, /connection: close/i, "Connection: Upgrade"), now);
          },
        };
      },
      /although the head breaks RFC 6455 §4\.1: Connection names Upgrade/,
    ],
    [
      "answers nothing",
      "server",
      (one) => ({ receive: (_bytes, now) => one.receive(new Uint8Array(0), now) }),
      /no open connection was told/,
    ],
  ])("%s", MINUTES, (_, role, change, says) => {
    expect(() => openingVerdictLaw(changed(change), { ...seeded(2000), role })).toThrow(says);
  });
});
