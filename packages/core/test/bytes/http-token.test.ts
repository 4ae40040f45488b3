import { describe, expect, test } from "vitest";
import {
  equalsIgnoringCase,
  isFieldValue,
  isFieldValueCode,
  isToken,
  isTokenCode,
  trimWhitespace,
} from "../../src/bytes/http-token.ts";

describe("character classes of HTTP", () => {
  test("a token character is visible ASCII and no delimiter, for every code (RFC 9110 §5.6.2)", () => {
    for (let code = 0; code < 0x300; code += 1) {
      const isVisible = code > 0x20 && code < 0x7f;
      const isDelimiter = '"(),/:;<=>?@[\\]{}'.includes(String.fromCharCode(code));
      expect(isTokenCode(code), `code ${code}`).toBe(isVisible && !isDelimiter);
    }
  });

  test("a field value has visible characters, spaces, tabs and obs-text, for every code (RFC 9110 §5.5)", () => {
    for (let code = 0; code < 0x300; code += 1) {
      const isControl = (code < 0x20 && code !== 0x09) || code === 0x7f;
      expect(isFieldValueCode(code), `code ${code}`).toBe(!isControl && code < 0x100);
    }
  });

  for (const { text, verdict, because } of [
    { text: "", verdict: false, because: "a token has at least one character" },
    { text: "permessage-deflate", verdict: true, because: "the usual kind" },
    { text: "v2.chat", verdict: true, because: "a dot is a token character" },
    { text: "a b", verdict: false, because: "a space ends a token" },
    { text: "a,", verdict: false, because: "the last character counts too" },
    { text: "\u0161", verdict: false, because: "U+0161 is no a, though its low byte is" },
    { text: "__proto__", verdict: true, because: "a name like any other" },
  ]) {
    test(`${JSON.stringify(text)} ${verdict ? "is" : "is not"} a token: ${because}`, () => {
      expect(isToken(text)).toBe(verdict);
    });
  }

  test("a field value may be empty, and has no character above one byte", () => {
    expect(isFieldValue("")).toBe(true);
    expect(isFieldValue("caf\u00e9\t!")).toBe(true);
    expect(isFieldValue("\u0100")).toBe(false);
    expect(isFieldValue("a\r\nb")).toBe(false);
  });
});

describe("trimWhitespace", () => {
  for (const [text, trimmed] of [
    ["", ""],
    [" \t ", ""],
    ["\ta b\t ", "a b"],
    ["\u00a0a\u00a0", "\u00a0a\u00a0"],
    ["\ufeffa", "\ufeffa"],
    ["a\u000b", "a\u000b"],
  ] as const) {
    test(`${JSON.stringify(text)} becomes ${JSON.stringify(trimmed)}: spaces and tabs only (RFC 9110 §5.6.3)`, () => {
      expect(trimWhitespace(text)).toBe(trimmed);
    });
  }

  test("a part of a text is trimmed within its bounds", () => {
    expect(trimWhitespace("a, b ,c", 2, 5)).toBe("b");
  });
});

describe("equalsIgnoringCase", () => {
  for (const { text, equal, because } of [
    { text: "websocket", equal: true, because: "as it is" },
    { text: "WebSocket", equal: true, because: "as most write it" },
    { text: "WEBSOCKET", equal: true, because: "every letter" },
    {
      text: "websoc\u212aet",
      equal: false,
      because: "the Kelvin sign is a k to toLowerCase, not to ASCII",
    },
    { text: "web\u017focket", equal: false, because: "nor is the long s an s" },
    { text: "websockets", equal: false, because: "the lengths differ" },
    { text: "websocke", equal: false, because: "the lengths differ" },
    { text: "web3ocket", equal: false, because: "a digit is no letter in another case" },
  ]) {
    test(`"${text}" ${equal ? "equals" : "does not equal"} "websocket": ${because}`, () => {
      expect(equalsIgnoringCase(text, "websocket")).toBe(equal);
    });
  }

  test("the characters around the letters have no case", () => {
    expect(equalsIgnoringCase("@[", "`{")).toBe(false);
    expect(equalsIgnoringCase("@[`{", "@[`{")).toBe(true);
    expect(equalsIgnoringCase("AZ", "az")).toBe(true);
  });
});
