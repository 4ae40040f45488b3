/** The extension seam through the whole engine: what RFC 6455 §5.2, §9 and RFC 7692 §6 say of messages that are transformed. */
import { openEndpoint, Step } from "@sansocket/core";
import { describe, expect, test } from "vitest";
import {
  cut,
  encodeFrame,
  encodeText,
  everyByte,
  joinBytes,
  storedBlocks,
  type WireFrame,
} from "../../src/index.ts";

const KEY = Uint8Array.of(1, 2, 3, 4);
const RSV1 = 4;

/** A message in one stored block (RFC 1951 §3.2.4), as RFC 7692 §7.2.1 sends it: without the tail 00 00 ff ff. */
function stored(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const head = Uint8Array.of(0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255);
  return joinBytes([head, bytes, Uint8Array.of(0)]);
}

function frame(shape: Partial<WireFrame>): Uint8Array {
  return encodeFrame({
    fin: true,
    rsv: 0,
    opcode: 1,
    payload: new Uint8Array(0),
    key: KEY,
    ...shape,
  });
}

/** What a server with the extension tells of the frames, whole and byte by byte, which must be the same. */
function told(bytes: Uint8Array, limit = 1000): string[] {
  const ways = [[], everyByte(bytes.length)].map((cutting) => {
    const extension = storedBlocks();
    const session = extension.accept([{ name: extension.name, parameters: [] }])!;
    const agreement = { extensions: [session.response], session: session.session };
    const host = { random: (into: Uint8Array) => void into.fill(7) };
    const endpoint = openEndpoint("server", { agreement }, { host, limits: { message: limit } }, 0);
    const lines: string[] = [];
    const turn = (): void => {
      for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
        const bytesOf = () => endpoint.chunk.slice(endpoint.start, endpoint.end).join(",");
        if (step === Step.Text) lines.push(`text ${endpoint.text}`);
        else if (step === Step.Binary) lines.push(`binary ${bytesOf()}`);
        else if (step === Step.Ping) lines.push(`ping ${bytesOf()}`);
        else if (step === Step.Closing) lines.push("closing");
        else if (step === Step.Violation) {
          const { kind, closeCode, offset } = endpoint.violation!;
          lines.push(`${kind} ${closeCode} at ${offset}`);
        }
      }
      while (endpoint.transmit(0) !== null) endpoint.sent(0);
    };
    for (const piece of cut(bytes, cutting)) {
      endpoint.receive(piece, 0);
      turn();
    }
    endpoint.endOfStream(0);
    turn();
    expect(extension.liveSessions).toBe(0);
    return lines;
  });
  expect(ways[1]).toEqual(ways[0]);
  return ways[0]!;
}

const HELLO = stored(encodeText("Hello"));

describe("messages that an extension transforms", () => {
  test("are delivered as they were before, between others that it left alone", () => {
    const bytes = joinBytes([
      frame({ rsv: RSV1, payload: HELLO }),
      frame({ payload: encodeText("plain") }),
      frame({ rsv: RSV1, opcode: 2, payload: stored(Uint8Array.of(1, 2)) }),
    ]);
    expect(told(bytes)).toEqual(["text Hello", "text plain", "binary 1,2"]);
  });

  test("may be fragmented anywhere, with a Ping between, which wsproto, tornado and aiohttp got wrong", () => {
    for (let at = 0; at <= HELLO.length; at += 1) {
      const bytes = joinBytes([
        frame({ fin: false, rsv: RSV1, payload: HELLO.slice(0, at) }),
        frame({ opcode: 9, payload: Uint8Array.of(9) }),
        frame({ opcode: 0, payload: HELLO.slice(at) }),
      ]);
      expect(told(bytes)).toEqual(["ping 9", "text Hello"]);
    }
  });

  for (const { because, bytes, says } of [
    {
      because: "RSV1 on a continuation, which Node's own client decodes",
      bytes: joinBytes([
        frame({ fin: false, rsv: RSV1, payload: HELLO }),
        frame({ opcode: 0, rsv: RSV1 }),
      ]),
      says: ["reserved-bit-set 1002 at 17"],
    },
    {
      because: "RSV1 on a Ping, which Node's own client answers",
      bytes: frame({ opcode: 9, rsv: RSV1 }),
      says: ["reserved-bit-set 1002 at 0"],
    },
    {
      because: "RSV1 on a Close, which Node's own client accepts",
      bytes: frame({ opcode: 8, rsv: RSV1 }),
      says: ["reserved-bit-set 1002 at 0"],
    },
    {
      because: "RSV2, which the extension has not claimed",
      bytes: frame({ rsv: 2, payload: HELLO }),
      says: ["reserved-bit-set 1002 at 0"],
    },
    {
      because:
        "a stray continuation behind a transformed message: the message is delivered, nothing else",
      bytes: joinBytes([frame({ rsv: RSV1, payload: HELLO }), frame({ opcode: 0 })]),
      says: ["text Hello", "continuation-unexpected 1002 at 17"],
    },
    {
      because: "bytes that are not what the extension produces",
      bytes: frame({ rsv: RSV1, payload: Uint8Array.of(0xff, 0xff, 0xff) }),
      says: ["extension-data-corrupt 1007 at 0"],
    },
    {
      because: "text that is not UTF-8 once it has come out, counted from its own first byte",
      bytes: frame({ rsv: RSV1, payload: stored(Uint8Array.of(0x61, 0x62, 0xff)) }),
      says: ["text-not-utf8 1007 at 2"],
    },
    {
      because: "text that ends inside a character once it has come out",
      bytes: frame({ rsv: RSV1, payload: stored(Uint8Array.of(0x61, 0xc3)) }),
      says: ["text-truncated 1007 at 2"],
    },
  ]) {
    test(`fail the connection with ${says.at(-1)}: ${because}`, () => {
      expect(told(bytes)).toEqual(says);
    });
  }

  test("are limited as they come out: exactly the limit passes, one byte more fails with 1009", () => {
    const message = (size: number) =>
      frame({ opcode: 2, rsv: RSV1, payload: stored(new Uint8Array(size)) });
    expect(told(message(20), 20)).toEqual([`binary ${new Uint8Array(20).join(",")}`]);
    expect(told(message(21), 20)).toEqual(["message-too-large 1009 at 20"]);
  });

  test("may be empty", () => {
    expect(told(frame({ rsv: RSV1, payload: Uint8Array.of(0) }))).toEqual(["text "]);
  });
});

describe("messages to send, when the peer's Close or a violation comes between", () => {
  for (const { what, bytes } of [
    { what: "the peer's Close", bytes: frame({ opcode: 8 }) },
    { what: "a reserved opcode", bytes: frame({ opcode: 3 }) },
    {
      what: "a message that is not what the extension produces",
      bytes: frame({ rsv: RSV1, payload: Uint8Array.of(0xff) }),
    },
  ]) {
    test(`pass through the extension until our Close is queued, behind ${what}`, () => {
      const extension = storedBlocks();
      const { response, session } = extension.accept([{ name: extension.name, parameters: [] }])!;
      const agreement = { extensions: [response], session };
      const host = { random: (into: Uint8Array) => void into.fill(7) };
      const endpoint = openEndpoint("server", { agreement }, { host }, 0);
      endpoint.startMessage("text");
      endpoint.sendFragment("a", false);
      endpoint.receive(bytes, 0);
      for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
        if (step === Step.Closing || step === Step.Violation) endpoint.delayClose();
      }
      expect(endpoint.sendFragment("b", true)).toBe("queued");
      expect(endpoint.sendText("c")).toBe("queued");
      expect(extension.liveSessions).toBe(1);
      endpoint.releaseClose(0);
      expect(extension.liveSessions).toBe(0);
      const sent = joinBytes(endpoint.transmit(0)!.chunks);
      const fragment = (text: string) => stored(encodeText(text)).slice(0, -1);
      const messages = joinBytes([
        frame({ fin: false, rsv: RSV1, payload: fragment("a"), key: null }),
        frame({ opcode: 0, payload: stored(encodeText("b")), key: null }),
        frame({ rsv: RSV1, payload: stored(encodeText("c")), key: null }),
      ]);
      expect(sent.slice(0, messages.length)).toEqual(messages);
      expect(sent[messages.length]).toBe(0x88);
    });
  }

  test("end with the session, when the peer ends its stream and no Close is due", () => {
    const extension = storedBlocks();
    const { response, session } = extension.accept([{ name: extension.name, parameters: [] }])!;
    const agreement = { extensions: [response], session };
    const host = { random: (into: Uint8Array) => void into.fill(7) };
    const endpoint = openEndpoint("server", { agreement }, { host }, 0);
    endpoint.startMessage("text");
    endpoint.endOfStream(0);
    while (endpoint.next() !== Step.Idle);
    expect(endpoint.sendFragment("a", true)).toBe("closed");
    expect(extension.liveSessions).toBe(0);
  });
});
