import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MisuseError } from "../../src/bytes/misuse-error.ts";
import { acceptFor, createKey, isValidKey } from "../../src/handshake/opening-key.ts";

test("the RFC's nonce is answered as the RFC answers it (§1.3)", () => {
  expect(acceptFor("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("the key is hashed as text: two keys for the same bytes have two answers (§4.2.2)", () => {
  const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  for (const key of ["AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAB=="]) {
    const expected = createHash("sha1")
      .update(key + guid)
      .digest("base64");
    expect(acceptFor(key)).toBe(expected);
  }
});

describe("createKey", () => {
  test("16 bytes become the RFC's example (§4.1, number 7), with padding bits of zero", () => {
    const key = createKey(Uint8Array.from({ length: 16 }, (_, at) => at + 1));
    expect(key).toBe("AQIDBAUGBwgJCgsMDQ4PEA==");
    expect(isValidKey(key)).toBe(true);
  });

  test("the bytes are only read", () => {
    const random = new Uint8Array(16).fill(7);
    createKey(random);
    expect(random).toEqual(new Uint8Array(16).fill(7));
  });

  for (const length of [0, 15, 17]) {
    test(`${length} bytes are a mistake of the caller`, () => {
      expect(() => createKey(new Uint8Array(length))).toThrow(MisuseError);
    });
  }
});

describe("isValidKey", () => {
  for (const { key, verdict, because } of [
    { key: "dGhlIHNhbXBsZSBub25jZQ==", verdict: true, because: "the RFC's own" },
    { key: "++//AAAAAAAAAAAAAAAAAA==", verdict: true, because: "the whole alphabet" },
    {
      key: "dGhlIHNhbXBsZSBub25jZR==",
      verdict: true,
      because: "§4.2.1 asks for 16 bytes, not for zero padding bits",
    },
    {
      key: "AQIDBAUGBwgJCgsMDQ4PEC==",
      verdict: true,
      because: "§4.1 prints this key, whose padding bits are not zero",
    },
    { key: "", verdict: false, because: "no byte" },
    {
      key: "dGhlIHNhbXBsZSBub25j",
      verdict: false,
      because: "15 bytes: Deno and websocket-driver accept them",
    },
    {
      key: "dGhlIHNhbXBsZSBub25jZSE=",
      verdict: false,
      because: "17 bytes, and 24 characters too",
    },
    {
      key: "dGhlIHNhbXBsZSBub25jZXNz",
      verdict: false,
      because: "18 bytes, and 24 characters too",
    },
    { key: "dGhlIHNhbXBsZSBub25jZQ", verdict: false, because: "padding is required" },
    { key: " GhlIHNhbXBsZSBub25jZQ==", verdict: false, because: "whitespace inside" },
    {
      key: "dGhlIHNhbXBsZSBub25j-Q==",
      verdict: false,
      because: "the alphabet for URLs is another one",
    },
    { key: "dGhl=HNhbXBsZSBub25jZQ==", verdict: false, because: "padding inside" },
    { key: "dGhlIHNhbXBsZSBub25jZQ==\r\nX: y", verdict: false, because: "more behind it" },
  ]) {
    test(`${JSON.stringify(key)} is ${verdict ? "valid" : "not"}: ${because}`, () => {
      expect(isValidKey(key)).toBe(verdict);
    });
  }
});
