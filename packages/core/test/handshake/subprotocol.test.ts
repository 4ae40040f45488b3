import { describe, expect, test } from "vitest";
import {
  MAX_PROTOCOLS,
  parseProtocols,
  readProtocols,
  selectProtocol,
} from "../../src/handshake/subprotocol.ts";
import { countedText } from "../counted-text.ts";

describe("parseProtocols", () => {
  for (const { values, protocols, because } of [
    { values: [], protocols: [], because: "no line offers nothing" },
    { values: ["chat"], protocols: ["chat"], because: "one" },
    { values: ["chat, superchat"], protocols: ["chat", "superchat"], because: "RFC 6455 §1.3" },
    { values: ["b", "a"], protocols: ["b", "a"], because: "§11.3.4: several lines are one list" },
    { values: ["a,b\t,\t c "], protocols: ["a", "b", "c"], because: "whitespace is no part of it" },
    { values: [",, a ,,b,"], protocols: ["a", "b"], because: "RFC 9110 §5.6.1.2: empty elements" },
    { values: ["a", ""], protocols: ["a"], because: "one line of the list may be empty" },
    { values: ["a, A"], protocols: ["a", "A"], because: "names that differ in case are two" },
    { values: ["v2.chat"], protocols: ["v2.chat"], because: "a dot is a token character" },
    {
      values: ["constructor, __proto__, toString"],
      protocols: ["constructor", "__proto__", "toString"],
      because: "names like any other (GHSA-5v72-xg48-5rpm)",
    },
    { values: [""], protocols: null, because: "1#token: one at least, when there is a line" },
    { values: [" , ", ","], protocols: null, because: "empty elements do not count" },
    { values: ["a b"], protocols: null, because: "§4.1, number 10: a space is in no token" },
    { values: ["a;b"], protocols: null, because: "nor is a semicolon" },
    { values: ['"a"'], protocols: null, because: "nor is a quotation mark" },
    { values: ["chat/2"], protocols: null, because: "nor is a slash, common as it is" },
    { values: ["\u00e9"], protocols: null, because: "nor is obs-text" },
    { values: ["\u00a0a"], protocols: null, because: "a no-break space is no whitespace of HTTP" },
    { values: ["a, b c"], protocols: null, because: "the last element counts" },
    { values: ["a, a"], protocols: null, because: "§4.1, number 10: all unique" },
    { values: ["a, b", "a"], protocols: null, because: "unique over all lines" },
    { values: ["__proto__, __proto__"], protocols: null, because: "unique, this one too" },
  ]) {
    test(`${JSON.stringify(values)} ${protocols === null ? "is malformed" : "is a list"}: ${because}`, () => {
      expect(parseProtocols(values)).toEqual(protocols);
    });
  }

  const MEGABYTE = 1_000_000;
  for (const { text, because } of [
    { text: ",".repeat(MEGABYTE), because: "nothing but commas" },
    { text: " ".repeat(MEGABYTE), because: "nothing but spaces" },
    { text: " ,".repeat(MEGABYTE / 2), because: "commas and spaces" },
    { text: `b${" ".repeat(MEGABYTE)}x`, because: "the ReDoS of ws, CVE-2021-32640" },
    { text: `b${" ".repeat(MEGABYTE)},x`, because: "the same, well-formed" },
    { text: "b".repeat(MEGABYTE), because: "one long token" },
  ]) {
    test(`looks at no character more than 6 times: 1 MB, ${because}`, () => {
      const counted = countedText(text);
      readProtocols([counted.text]);
      expect(counted.work).toBeLessThanOrEqual(6 * text.length);
    });
  }

  test(`${MAX_PROTOCOLS} subprotocols pass and one more is refused, on any lines`, () => {
    const most = Array.from({ length: MAX_PROTOCOLS }, (_, index) => `p${index}`);
    expect(parseProtocols([most.join(",")])).toEqual(most);
    expect(parseProtocols(most)).toEqual(most);
    expect(parseProtocols([...most, "one-more"])).toBe(null);
  });
});

describe("selectProtocol", () => {
  for (const { offered, supported, selected, because } of [
    { offered: ["a", "b"], supported: ["b", "a"], selected: "b", because: "the server prefers" },
    { offered: ["x", "a"], supported: ["b", "a"], selected: "a", because: "one in common" },
    { offered: ["a"], supported: ["A"], selected: null, because: "their case counts" },
    { offered: ["a"], supported: [], selected: null, because: "the server speaks none" },
    { offered: [], supported: ["a"], selected: null, because: "the client offers none" },
    { offered: ["a"], supported: ["b"], selected: null, because: "never one that was not offered" },
  ]) {
    test(`of ${JSON.stringify(offered)} a server of ${JSON.stringify(supported)} selects ${selected}: ${because}`, () => {
      expect(selectProtocol(offered, supported)).toBe(selected);
    });
  }
});
