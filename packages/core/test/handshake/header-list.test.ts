import { describe, expect, test } from "vitest";
import { MisuseError } from "../../src/bytes/misuse-error.ts";
import {
  checkOutgoingHeaders,
  formatHeaders,
  type HeaderList,
  hasListToken,
  headerValues,
  RESERVED_HEADERS,
} from "../../src/handshake/header-list.ts";
import { countedText } from "../counted-text.ts";

describe("headerValues", () => {
  const headers: HeaderList = [
    ["Connection", "keep-alive"],
    ["X", "1"],
    ["CONNECTION", " Upgrade\t"],
    ["__proto__", "2"],
    ["connection", ""],
  ];

  test("every field of the name counts, in order, in any case, without the whitespace around values", () => {
    expect(headerValues(headers, "connection")).toEqual(["keep-alive", "Upgrade", ""]);
  });

  test("names of the prototype are names like any other (GHSA-5v72-xg48-5rpm)", () => {
    expect(headerValues(headers, "__proto__")).toEqual(["2"]);
    expect(headerValues(headers, "constructor")).toEqual([]);
    expect(headerValues(headers, "tostring")).toEqual([]);
  });

  test("a letter that only Unicode takes for an ASCII letter makes another name", () => {
    expect(headerValues([["\u212aey", "1"]], "key")).toEqual([]);
  });
});

describe("hasListToken", () => {
  for (const { values, verdict, because } of [
    { values: ["Upgrade"], verdict: true, because: "§4.2.1: an ASCII case-insensitive value" },
    {
      values: ["keep-alive, Upgrade"],
      verdict: true,
      because: "Firefox sends it; Node's client refuses it",
    },
    {
      values: ["keep-alive", "upgrade"],
      verdict: true,
      because: "RFC 9110 §5.3: several fields are one list",
    },
    { values: ["UPGRADE\t ,x"], verdict: true, because: "tabs and spaces around an element" },
    {
      values: [",, ,upgrade,"],
      verdict: true,
      because: "RFC 9110 §5.6.1: empty elements are ignored",
    },
    { values: [], verdict: false, because: "no field" },
    { values: [""], verdict: false, because: "no element" },
    { values: ["up", "grade"], verdict: false, because: "two elements are not one" },
    {
      values: ["upgrade x"],
      verdict: false,
      because: "an element is the whole of what is between commas",
    },
    { values: ["upgrades"], verdict: false, because: "nor a part of it" },
    { values: ["x-upgrade"], verdict: false, because: "nor its end" },
    { values: ['"upgrade"'], verdict: false, because: "a quoted string is no token" },
    {
      values: ["upgrade\u00a0"],
      verdict: false,
      because: "a no-break space is no whitespace of HTTP",
    },
  ]) {
    test(`${JSON.stringify(values)} ${verdict ? "has" : "has no"} upgrade: ${because}`, () => {
      expect(hasListToken(values, "upgrade")).toBe(verdict);
    });
  }

  for (const { value, because } of [
    {
      value: `${"b".repeat(1_000)}${" ".repeat(100_000)}c`,
      because: "the ReDoS of CVE-2021-32640",
    },
    { value: " ,".repeat(50_000), because: "as many empty elements as fit" },
    { value: `${" ".repeat(50_000)}upgrade${"\t".repeat(50_000)}x`, because: "nearly a match" },
  ]) {
    test(`100,000 characters are worked on three times each at most: ${because}`, () => {
      const counted = countedText(value);
      expect(hasListToken([counted.text], "upgrade")).toBe(false);
      expect(counted.work).toBeGreaterThanOrEqual(value.length);
      expect(counted.work).toBeLessThanOrEqual(3 * value.length);
    });
  }
});

describe("checkOutgoingHeaders", () => {
  test("ordinary headers pass: tabs, obs-text and empty values too", () => {
    const headers: HeaderList = [
      ["Cookie", "a=b; c=d"],
      ["X-Tab", "a\tb"],
      ["X-Latin", "caf\u00e9"],
      ["X-Empty", ""],
      ["__proto__", "1"],
    ];
    expect(() => checkOutgoingHeaders(headers, RESERVED_HEADERS)).not.toThrow();
  });

  for (const { header, message, because } of [
    {
      header: ["X", "a\r\nSet-Cookie: b"],
      message: "headers[1]: the value of X has U+000D at 1",
      because: "CVE-2026-1527: CRLF injection",
    },
    { header: ["X", "a\nb"], message: "U+000A at 1", because: "a LF alone is a line end to some" },
    { header: ["X", "\u0000"], message: "U+0000 at 0", because: "NUL" },
    { header: ["X", "\u007f"], message: "U+007F at 0", because: "DEL" },
    { header: ["X", "\u20ac"], message: "U+20AC at 0", because: "no byte stands for it" },
    {
      header: ["X", "\u010a"],
      message: "U+010A at 0",
      because: "cut to its low byte it would be a LF",
    },
    { header: ["X\r\nY", "a"], message: "is not a token", because: "injection by the name" },
    { header: ["X:", "a"], message: "is not a token", because: "the colon is written by us" },
    { header: ["X ", "a"], message: "is not a token", because: "a space before the colon" },
    { header: ["", "a"], message: "is not a token", because: "a name has at least one character" },
    {
      header: ["X", 5],
      message: "the value of X is not a string",
      because: "callers without types",
    },
    {
      header: [5, "a"],
      message: "the name 5 is not a token",
      because: "callers without types",
    },
    {
      header: ["X"],
      message: "headers[1] is not a [name, value] pair",
      because: "callers without types",
    },
    {
      header: "X: a",
      message: "headers[1] is not a [name, value] pair",
      because: "a line is no pair",
    },
    {
      header: null,
      message: "headers[1] is not a [name, value] pair",
      because: "callers without types",
    },
  ]) {
    test(`${JSON.stringify(header)} is a mistake of the caller: ${because}`, () => {
      const headers = [["Fine", "a"], header] as unknown as HeaderList;
      expect(() => checkOutgoingHeaders(headers, [])).toThrow(MisuseError);
      expect(() => checkOutgoingHeaders(headers, [])).toThrow(message);
    });
  }

  test("an object instead of a list is a mistake of the caller", () => {
    const headers = { X: "a" } as unknown as HeaderList;
    expect(() => checkOutgoingHeaders(headers, [])).toThrow("headers is an object, not a list");
  });

  test("what the engine writes itself is reserved, in any case", () => {
    for (const name of [...RESERVED_HEADERS, "Transfer-Encoding", "CONNECTION", "Host"]) {
      expect(() => checkOutgoingHeaders([[name, "a"]], RESERVED_HEADERS), name).toThrow(
        "written by the engine",
      );
    }
    expect(() => checkOutgoingHeaders([["Upgrade", "a"]], [])).not.toThrow();
  });
});

test("formatHeaders writes one line per header, in order", () => {
  expect(
    formatHeaders([
      ["A", "b"],
      ["C", ""],
    ]),
  ).toBe("A: b\r\nC: \r\n");
  expect(formatHeaders([])).toBe("");
});
