/** RFC 7692 §7.2.3, and what a message may not be, for every codec. */
import { describe, expect, test } from "vitest";
import { bytesOf, CODECS, decodeMessage, encodeMessage, serverSession } from "./sessions.ts";

/** The payloads of §7.2.3.1 to §7.2.3.6. */
const HELLO = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
const HELLO_AGAIN = [0xf2, 0x00, 0x11, 0x00, 0x00];
const HELLO_STORED = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
const HELLO_BFINAL = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
const HELLO_TWO_BLOCKS = [
  0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
];
const EMPTY = [0x00];

const everyByte = (bytes: readonly number[]) => bytes.map((byte) => Uint8Array.of(byte));

describe.each(CODECS)("%s", (_name, codec) => {
  test.each<[string, readonly (readonly number[])[], readonly string[]]>([
    ["§7.2.3.1: one compressed block", [HELLO], ["Hello"]],
    ["§7.2.3.3: a block with no compression", [HELLO_STORED], ["Hello"]],
    [
      "§7.2.3.4: a block with BFINAL, and behind it others",
      [HELLO_BFINAL, HELLO, HELLO_BFINAL],
      ["Hello", "Hello", "Hello"],
    ],
    ["§7.2.3.5: two blocks", [HELLO_TWO_BLOCKS], ["Hello"]],
    [
      "§7.2.3.6: an empty message, alone and between others",
      [EMPTY, HELLO, EMPTY, HELLO],
      ["", "Hello", "", "Hello"],
    ],
  ])("inflates the example of %s, whole and byte by byte", (_section, messages, texts) => {
    for (const cutting of [(bytes: readonly number[]) => [Uint8Array.from(bytes)], everyByte]) {
      const session = serverSession(codec, "; server_no_context_takeover");
      for (const [index, message] of messages.entries()) {
        const { verdict, bytes } = decodeMessage(session, cutting(message));
        expect([verdict, new TextDecoder().decode(bytes)]).toEqual(["ok", texts[index]]);
      }
      session.dispose();
    }
  });

  test("refuses a reference behind the start of the window where nothing may be taken over", () => {
    const session = serverSession(codec, "; client_no_context_takeover");
    decodeMessage(session, [Uint8Array.from(HELLO)]);
    expect(decodeMessage(session, [Uint8Array.from(HELLO_AGAIN)]).verdict).toBe("corrupt");
    session.dispose();
  });

  test.each<[string, readonly number[]]>([
    ["a reserved block type", [0x06, 0x00]],
    ["LEN and NLEN that differ", [0x00, 0x05, 0x00, 0x00, 0x00, 0x01]],
    ["a distance before the first byte", [0x02, 0x01, 0x00]],
    ["bytes that are no DEFLATE", [0xff, 0xff, 0xff]],
  ])("says corrupt of %s", (_fault, payload) => {
    const session = serverSession(codec);
    expect(decodeMessage(session, [Uint8Array.from(payload)]).verdict).toBe("corrupt");
    session.dispose();
  });

  test.each<[string, readonly number[]]>([
    ["inside a block with no compression", [0x00, 0x14, 0x00, 0xeb, 0xff, 0x48, 0x65]],
    ["behind LEN", [0x00, 0x05, 0x00]],
    // What the engine appends to a message would make this block whole, and the garbage a part of the message.
    ["nine bytes before its end", [0x00, 0x0b, 0x00, 0xf4, 0xff, 0x48, 0x65]],
    ["four bytes before its end", [0x00, 0x06, 0x00, 0xf9, 0xff, 0x48, 0x65]],
    ["without any byte, not even that of the empty block", []],
    ["inside a compressed block", HELLO.slice(0, 3)],
  ])(
    "says corrupt of a message that is cut off %s, which zlib itself lets pass",
    (_where, payload) => {
      const session = serverSession(codec);
      expect(decodeMessage(session, [Uint8Array.from(payload)]).verdict).toBe("corrupt");
      session.dispose();
    },
  );

  test("compresses an empty message, and an empty last fragment, to the one byte 00 (§7.2.3.6)", () => {
    const session = serverSession(codec);
    expect(encodeMessage(session, [new Uint8Array(0)])).toEqual([Uint8Array.of(0)]);
    const [first, last] = encodeMessage(session, [bytesOf("Hello"), new Uint8Array(0)]);
    expect(last).toEqual(Uint8Array.of(0));
    // §7.2.1: the tail is removed from the last fragment, and from no other.
    expect(first!.subarray(-4)).toEqual(Uint8Array.of(0x00, 0x00, 0xff, 0xff));
    session.dispose();
  });
});

describe.each(CODECS.filter(([, codec]) => codec.keepsContext))("%s", (_name, codec) => {
  test("§7.2.3.2: inflates a message that refers to the one before it", () => {
    const session = serverSession(codec);
    const texts = [HELLO, HELLO_AGAIN, HELLO_AGAIN].map((message) =>
      new TextDecoder().decode(decodeMessage(session, [Uint8Array.from(message)]).bytes),
    );
    expect(texts).toEqual(["Hello", "Hello", "Hello"]);
    session.dispose();
  });
});
