import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../src/bytes/base64.ts";

function octets(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** RFC 4648 §10. */
const VECTORS = [
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
] as const;

describe("base64", () => {
  for (const [plain, encoded] of VECTORS) {
    test(`"${plain}" is "${encoded}" (RFC 4648 §10)`, () => {
      expect(encodeBase64(octets(plain))).toBe(encoded);
      expect(decodeBase64(encoded)).toEqual(octets(plain));
    });
  }

  test("every byte at every place of a group survives there and back", () => {
    for (let octet = 0; octet < 256; octet += 1) {
      for (let place = 0; place < 3; place += 1) {
        const bytes = new Uint8Array(3);
        bytes[place] = octet;
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
      }
    }
  });

  test("every character of the alphabet stands for its place in it", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const bytes = decodeBase64(alphabet)!;
    expect(bytes.length).toBe(48);
    expect(encodeBase64(bytes)).toBe(alphabet);
    expect(decodeBase64("/+AA")).toEqual(Uint8Array.of(0xff, 0xe0, 0x00));
  });

  for (const { text, because } of [
    { text: "Zg", because: "§3.2: padding is required" },
    { text: "Zg=", because: "§3.2: and all of it" },
    { text: "Z", because: "six bits are no byte" },
    { text: "Zg==Zg==", because: "padding stands at the end only" },
    { text: "Z===", because: "a group has at most two padding characters" },
    { text: "====", because: "padding pads something" },
    { text: "Zg==\n", because: "§3.3: line ends are not skipped" },
    { text: "Zm 9", because: "§3.3: nor are spaces" },
    { text: "Zm9-", because: "§5: the alphabet for URLs is another one" },
    { text: "Zm9_", because: "§5: the alphabet for URLs is another one" },
    { text: "Zm9\u0141", because: "U+0141 is no A, though its low byte is" },
    { text: "Zm9\u00c1", because: "above ASCII, nothing is in the alphabet" },
  ]) {
    test(`${JSON.stringify(text)} is malformed: ${because}`, () => {
      expect(decodeBase64(text)).toBeNull();
    });
  }

  test("padding bits that are not zero are ignored (RFC 4648 §3.5)", () => {
    expect(decodeBase64("Zh==")).toEqual(octets("f"));
    expect(decodeBase64("Zm9=")).toEqual(octets("fo"));
  });
});
