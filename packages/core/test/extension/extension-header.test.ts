import { describe, expect, test } from "vitest";
import { MisuseError } from "../../src/bytes/misuse-error.ts";
import {
  type ExtensionOffer,
  formatExtensions,
  MAX_EXTENSION_ELEMENTS,
  parameterMap,
  parseExtensions,
  readExtensions,
} from "../../src/extension/extension-header.ts";
import { countedText } from "../counted-text.ts";

/** `offer("a", ["b", "1"], ["c"])` is `a; b=1; c`. */
function offer(
  name: string,
  ...parameters: (readonly [name: string, value?: string])[]
): ExtensionOffer {
  return {
    name,
    parameters: parameters.map(([parameterName, value = null]) => ({ name: parameterName, value })),
  };
}

const DEFLATE = "permessage-deflate";

describe("parseExtensions reads what RFC 6455 §9.1 allows", () => {
  for (const { values, offers, because } of [
    { values: [], offers: [], because: "no line offers nothing" },
    { values: ["foo"], offers: [offer("foo")], because: "an extension without parameters" },
    {
      values: ["foo", "bar; baz=2"],
      offers: [offer("foo"), offer("bar", ["baz", "2"])],
      because: "§9.1: several lines are one list",
    },
    {
      values: ["foo, bar; baz=2"],
      offers: [offer("foo"), offer("bar", ["baz", "2"])],
      because: "§9.1: the same list on one line",
    },
    {
      values: ["mux; max-channels=4; flow-control, deflate-stream"],
      offers: [offer("mux", ["max-channels", "4"], ["flow-control"]), offer("deflate-stream")],
      because: "an example of §9.1",
    },
    {
      values: [`${DEFLATE}; client_max_window_bits`],
      offers: [offer(DEFLATE, ["client_max_window_bits"])],
      because: "what Node, ws and Bun offer",
    },
    {
      values: ["permessage-foo; use_y, permessage-foo"],
      offers: [offer("permessage-foo", ["use_y"]), offer("permessage-foo")],
      because: "RFC 7692 §5.2: one name twice is a first choice and a fallback",
    },
    {
      values: [`${DEFLATE}; server_max_window_bits=7, ${DEFLATE}`],
      offers: [offer(DEFLATE, ["server_max_window_bits", "7"]), offer(DEFLATE)],
      because: "a bad value is for the extension to judge; ws answers 400 and loses the fallback",
    },
    {
      values: ["a; b=1; b=2"],
      offers: [offer("a", ["b", "1"], ["b", "2"])],
      because: "a repeated parameter is kept for the extension to judge; ws answers 400",
    },
    {
      values: ["a\t; \tb\t=\t1 \t,\tc"],
      offers: [offer("a", ["b", "1"]), offer("c")],
      because: "the implied *LWS rule of RFC 2616, around the equals sign too",
    },
    {
      values: [" ,, a ,\t, b , "],
      offers: [offer("a"), offer("b")],
      because: "RFC 9110 §5.6.1.2: empty elements are ignored; ws refuses them",
    },
    {
      values: ["a", " , "],
      offers: [offer("a")],
      because: "a line of empty elements is part of a list that has one",
    },
    {
      values: ["A; B=C, a"],
      offers: [offer("A", ["B", "C"]), offer("a")],
      because: "nothing is said about case, so it is kept",
    },
    {
      values: ["constructor; __proto__=1; toString, __proto__, hasOwnProperty"],
      offers: [
        offer("constructor", ["__proto__", "1"], ["toString"]),
        offer("__proto__"),
        offer("hasOwnProperty"),
      ],
      because: "names like any other: ws before 3.3.1 crashed (GHSA-5v72-xg48-5rpm)",
    },
  ]) {
    test(`${JSON.stringify(values)}: ${because}`, () => {
      expect(parseExtensions(values)).toEqual(offers);
    });
  }
});

describe("a quoted value is the token that it unquotes to (RFC 6455 §9.1)", () => {
  for (const { text, value, because } of [
    { text: '"10"', value: "10", because: "RFC 7692 §5.2: the value may be quoted" },
    { text: '"\\1\\0"', value: "10", because: "quoted pairs" },
    { text: '"1\\0"', value: "10", because: "a quoted pair behind plain characters" },
    { text: '"\\10"', value: "10", because: "plain characters behind a quoted pair" },
    { text: '"" ', value: null, because: "the empty string is no token" },
    { text: '"1 0"', value: null, because: "a space is in no token" },
    { text: '"a,b"', value: null, because: "a comma is in no token, and does not split the list" },
    { text: '"a;b"', value: null, because: "nor is a semicolon" },
    { text: '"a\\"b"', value: null, because: "a quoted quotation mark is in no token" },
    { text: '"a\\\\b"', value: null, because: "nor is a quoted backslash" },
    { text: '"\u00e9"', value: null, because: "nor is obs-text" },
    { text: '"a\\', value: null, because: "the pair has no second character" },
    { text: '"a', value: null, because: "the second quotation mark is missing" },
    { text: '"', value: null, because: "there is nothing behind the first quotation mark" },
    { text: '"a"b', value: null, because: "a token may not follow a quoted string" },
    { text: 'a"b"', value: null, because: "nor a quoted string a token" },
    { text: '"a" "b"', value: null, because: "nor a quoted string another" },
    { text: "'a'", value: "'a'", because: "single quotation marks are token characters" },
  ]) {
    test(`x; p=${text} ${value === null ? "is malformed" : `says ${value}`}: ${because}`, () => {
      const offers = value === null ? null : [offer("x", ["p", value])];
      expect(parseExtensions([`x; p=${text}`])).toEqual(offers);
    });
  }

  test("a quoted string does not go on in the next line", () => {
    expect(parseExtensions(['a; b="c', 'd"'])).toBe(null);
  });
});

describe("parseExtensions refuses the rest, as RFC 6455 §9.1 demands", () => {
  for (const { values, because } of [
    { values: [""], because: "1#extension: at least one, when there is a line" },
    { values: [" , ,"], because: "empty elements do not count" },
    { values: ["", ""], because: "not over several lines either" },
    { values: ["a b"], because: "two tokens need a delimiter" },
    { values: ["a;"], because: "a parameter has a name" },
    { values: ["a;;b"], because: "parameters are not a list with empty elements" },
    { values: ["a; =1"], because: "a value belongs to a name" },
    { values: ["a; b="], because: "a value has a character at least" },
    { values: ["a; b=,c"], because: "the comma is no value" },
    { values: ["a; b=1=2"], because: "one value" },
    { values: ["a; b c"], because: "two tokens need a delimiter, in a parameter too" },
    { values: ["; a=1"], because: "parameters belong to an extension" },
    { values: ["a=1"], because: "an extension has no value" },
    { values: ['"a"'], because: "its name is not quoted" },
    { values: ['a; "b"=1'], because: "nor that of a parameter" },
    { values: ["a, b;"], because: "the last element counts" },
    { values: ["a", "b;"], because: "the last line counts" },
    { values: ["a;", "b"], because: "§9.1: as `a;, b` would be" },
    { values: ["a; b=1/2"], because: "a slash is in no token" },
    { values: ["\u00e9"], because: "obs-text is in no token" },
    { values: ["a\u00a0"], because: "a no-break space is no whitespace of HTTP" },
    { values: ["a\u0000"], because: "nor is NUL" },
    { values: ["\u0161"], because: "U+0161 is no a, though its low byte is" },
  ]) {
    test(`${JSON.stringify(values)}: ${because}`, () => {
      expect(parseExtensions(values)).toBe(null);
    });
  }
});

describe("the work and the memory of parseExtensions", () => {
  const MEGABYTE = 1_000_000;
  for (const { text, because } of [
    { text: ",".repeat(MEGABYTE), because: "nothing but commas" },
    { text: " ".repeat(MEGABYTE), because: "nothing but spaces" },
    { text: " ,".repeat(MEGABYTE / 2), because: "commas and spaces: the ReDoS of CVE-2021-32640" },
    { text: `a${" ".repeat(MEGABYTE)}`, because: "a long space behind a token" },
    { text: `a${" ".repeat(MEGABYTE)}b`, because: "a long space between two tokens" },
    { text: "b".repeat(MEGABYTE), because: "one long token" },
    { text: `a; b="${"\\c".repeat(MEGABYTE / 2)}`, because: "unterminated: CVE-2020-7662" },
    { text: `a; b="${"\\c".repeat(MEGABYTE / 2)}"`, because: "the same, terminated" },
    { text: `a; b=${'"'.repeat(MEGABYTE)}`, because: "nothing but quotation marks" },
    { text: "a;".repeat(MEGABYTE / 2), because: "semicolons" },
    { text: "a,".repeat(MEGABYTE / 2), because: "more elements than there may be" },
  ]) {
    test(`looks at no character more than 6 times: 1 MB, ${because}`, () => {
      const counted = countedText(text);
      readExtensions([counted.text]);
      expect(counted.work).toBeLessThanOrEqual(6 * text.length);
    });
  }

  for (const { element, because } of [
    { element: "a", because: "extensions" },
    { element: "a; b", because: "extensions and their parameters" },
  ]) {
    test(`${MAX_EXTENSION_ELEMENTS} elements pass and one more is refused, on any lines: ${because}`, () => {
      const count = MAX_EXTENSION_ELEMENTS / element.split(";").length;
      const most = new Array<string>(count).fill(element);
      expect(parseExtensions(most)).toHaveLength(count);
      expect(parseExtensions([most.join(",")])).toHaveLength(count);
      expect(parseExtensions([...most, "a"])).toBe(null);
      expect(parseExtensions([`${most.join(",")}; b`])).toBe(null);
    });
  }
});

describe("formatExtensions", () => {
  test("writes what parseExtensions reads, in order and with repetitions", () => {
    const offers = [
      offer(DEFLATE, ["client_max_window_bits"], ["server_max_window_bits", "10"]),
      offer(DEFLATE),
      offer("__proto__", ["constructor", "1"], ["constructor", "2"]),
    ];
    const text = formatExtensions(offers);
    expect(text).toBe(
      `${DEFLATE}; client_max_window_bits; server_max_window_bits=10, ${DEFLATE}, ` +
        "__proto__; constructor=1; constructor=2",
    );
    expect(parseExtensions([text])).toEqual(offers);
  });

  test("writes nothing for no offers", () => {
    expect(formatExtensions([])).toBe("");
  });

  for (const { bad, because } of [
    { bad: offer(""), because: "an extension has a name" },
    { bad: offer("a b"), because: "its name is a token" },
    { bad: offer("a", ["b;c"]), because: "the name of a parameter is one" },
    { bad: offer("a", ["b", ""]), because: "a value has a character at least" },
    { bad: offer("a", ["b", "c, d"]), because: "a value may not offer another extension" },
    { bad: offer("a", ["b", "1\r\nX: y"]), because: "nor begin a line (CVE-2026-1527)" },
    { bad: offer("\u0161"), because: "U+0161 is in no token" },
  ]) {
    test(`throws a MisuseError for ${JSON.stringify(bad)}: ${because}`, () => {
      expect(() => formatExtensions([offer("first"), bad])).toThrow(MisuseError);
    });
  }
});

describe("parameterMap", () => {
  test("has every parameter by its name, and null where there is no value", () => {
    const map = parameterMap(offer("a", ["b", "1"], ["c"]));
    expect({ ...map }).toEqual({ b: "1", c: null });
  });

  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    test(`${name} is in it only if it was sent (GHSA-5v72-xg48-5rpm)`, () => {
      expect(name in parameterMap(offer("a"))!).toBe(false);
      const map = parameterMap(offer("a", [name, "1"]))!;
      expect(Object.keys(map)).toEqual([name]);
      expect(map[name]).toBe("1");
      expect(Object.getPrototypeOf(map)).toBe(null);
    });

    test(`${name} twice is refused like any other parameter`, () => {
      expect(parameterMap(offer("a", [name, "1"], [name, "2"]))).toBe(null);
    });
  }

  test("a parameter that is there twice is refused, also with the same value, also without one", () => {
    expect(parameterMap(offer("a", ["b", "1"], ["c"], ["b", "1"]))).toBe(null);
    expect(parameterMap(offer("a", ["b"], ["b"]))).toBe(null);
  });

  test("names that differ in case are two", () => {
    expect(parameterMap(offer("a", ["b", "1"], ["B", "2"]))).not.toBe(null);
  });
});
