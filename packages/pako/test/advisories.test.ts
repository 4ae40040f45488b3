/** What went wrong in other implementations around compression, by its number: none of it may happen here. */
import { constants, deflateRawSync } from "node:zlib";
import { acceptFor, clientEndpoint, parseExtensions, Step } from "@sansocket/core";
import { permessageDeflate } from "@sansocket/core/permessage-deflate";
import { describe, expect, test } from "vitest";
import {
  counting,
  feed,
  frame,
  openServer,
  quietHost,
  RSV1,
  takeOutput,
  turn,
} from "./endpoints.ts";
import { bytesOf, CODECS, decodeMessage, serverSession } from "./sessions.ts";

const MIB = 1_048_576;

function deflated(data: Uint8Array): Uint8Array {
  const flushed = deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
  return new Uint8Array(flushed.subarray(0, -4));
}

/** 64 MiB in 65 KB. */
const BOMB = deflated(new Uint8Array(64 * MIB));
/** Of `decompressing.ts`: what a codec may put out beyond the limit. */
const CHUNK = 1_032;

describe.each(CODECS)("with %s", (_name, codec) => {
  test.each<[string, number, number]>([
    ["CVE-2026-1526, undici: inflated without a bound", 2, Number.POSITIVE_INFINITY],
    ["CVE-2018-1000518, websockets for Python: a zip bomb", 2, 1_000],
    ["CVE-2016-10544, uws: text above what a string can hold", 1, Number.POSITIVE_INFINITY],
  ])("%s", (_advisory, opcode, size) => {
    const counted = counting(codec);
    const endpoint = openServer(counted);
    const limit = 16 * MIB;
    const told = feed(endpoint, [frame({ rsv: RSV1, opcode, payload: BOMB })], size);
    expect(told).toEqual(["1009 message-too-large"]);
    expect(counted.inflated).toBeLessThanOrEqual(limit + CHUNK);
  });

  test("CVE-2026-54490, websocket-driver: the limit was asked before inflating, of the compressed length", () => {
    const payload = deflated(new Uint8Array(10_001));
    expect(payload.length).toBeLessThan(100);
    const endpoint = openServer(codec, { connection: { limits: { message: 10_000 } } });
    expect(feed(endpoint, [frame({ rsv: RSV1, opcode: 2, payload })], 7)).toEqual([
      "1009 message-too-large",
    ]);
  });

  test("CVE-2026-42786, bandit: fragments were gathered without a bound", () => {
    const counted = counting(codec);
    const endpoint = openServer(counted, { connection: { limits: { message: 10_000 } } });
    const tail = Uint8Array.of(0, 0, 0xff, 0xff);
    const part = Uint8Array.from([...deflated(new Uint8Array(4_000)), ...tail]);
    const parts = Array.from({ length: 100 }, (_, index) =>
      frame({
        fin: false,
        rsv: index === 0 ? RSV1 : 0,
        opcode: index === 0 ? 2 : 0,
        payload: part,
      }),
    );
    const last = frame({ opcode: 0, payload: Uint8Array.of(0) });
    expect(feed(endpoint, [...parts, last], 100)).toEqual(["1009 message-too-large"]);
    expect(counted.inflated).toBeLessThanOrEqual(10_000 + CHUNK);
  });

  test("CVE-2026-48779, ws: a message in endless tiny fragments", () => {
    const endpoint = openServer(codec, { connection: { limits: { fragments: 50 } } });
    const parts = Array.from({ length: 60 }, (_, index) =>
      frame({ fin: false, rsv: index === 0 ? RSV1 : 0, opcode: index === 0 ? 2 : 0 }),
    );
    expect(feed(endpoint, parts, 1_000)).toEqual([expect.stringMatching(/too-many-fragments$/)]);
  });

  test("CVE-2022-21676 and CVE-2022-41940, engine.io: reserved bits that nobody negotiated ended the process", () => {
    for (const rsv of [1, 2, 3, 6, 7]) {
      expect(feed(openServer(codec), [frame({ rsv })], 1)).toEqual(["1002 reserved-bit-set"]);
    }
  });

  test("pull request 1653 of uWebSockets: the tail of a message was written over the bytes behind it", () => {
    const hello = Uint8Array.from([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    const chunk = Uint8Array.from([...hello, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const before = chunk.slice();
    const session = serverSession(codec);
    const { bytes } = decodeMessage(session, [chunk.subarray(0, hello.length)]);
    expect(new TextDecoder().decode(bytes)).toBe("Hello");
    expect(chunk).toEqual(before);
    session.dispose();
  });
});

const [, codec] = CODECS[0]!;

/** What a client makes of this response: a violation, or null when it has opened. */
function judged(extensions: string): string | null {
  const extension = permessageDeflate("client", codec);
  const endpoint = clientEndpoint({ host: quietHost, url: "ws://a/", extensions: [extension] }, 0);
  const sent = new TextDecoder().decode(takeOutput(endpoint));
  const accept = acceptFor(/Sec-WebSocket-Key: (\S+)/i.exec(sent)![1]!);
  endpoint.receive(
    bytesOf(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Extensions: ${extensions}\r\n\r\n`,
    ),
    0,
  );
  const step = endpoint.next();
  const violation = step === Step.Open ? null : endpoint.violation!.kind;
  endpoint.abort(0);
  turn(endpoint);
  return violation;
}

describe("CVE-2026-2229, undici: a window of 1,000 bits threw at nobody", () => {
  test.each(["1000", "16", "7", "0", "-1", "08", "+9", "9.0", "1e1", '"1000"', "9 9", ""])(
    "%j is refused by a client, and declined by a server",
    (value) => {
      const parameter = value === "" ? "server_max_window_bits" : `server_max_window_bits=${value}`;
      expect(judged(`permessage-deflate; ${parameter}`)).not.toBeNull();
      const offers = parseExtensions([`permessage-deflate; ${parameter}`]);
      if (offers === null) return;
      expect(permessageDeflate("server", codec).accept!(offers)).toBeNull();
    },
  );
});

describe("GHSA-5v72-xg48-5rpm, ws: a name of Object.prototype as a parameter", () => {
  test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "constructor=1"])(
    "%s is an unknown parameter and no more",
    (parameter) => {
      expect(judged(`permessage-deflate; ${parameter}`)).toBe("extension-parameters-refused");
      const offers = parseExtensions([`permessage-deflate; ${parameter}, permessage-deflate`])!;
      // §5: the bad offer is declined by itself, and the next one is good.
      const { response } = permessageDeflate("server", codec).accept!(offers)!;
      expect(response.parameters.map(({ name }) => name)).toEqual(["server_no_context_takeover"]);
    },
  );
});

test("CVE-2020-7662, websocket-extensions: an unterminated quoted string took time that doubled with each character", () => {
  const text = `permessage-deflate; a="${"\\c".repeat(500_000)}`;
  expect(parseExtensions([text])).toBeNull();
});
