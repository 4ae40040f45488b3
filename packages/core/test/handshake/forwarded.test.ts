import { describe, expect, test } from "vitest";
import { isHostAllowed, resolveAllowedHosts } from "../../src/handshake/allowed-hosts.ts";
import { forwardedFor, seenServer } from "../../src/handshake/forwarded.ts";
import type { HeaderList } from "../../src/handshake/header-list.ts";

describe("whom a trusted proxy was connected to is counted from the right", () => {
  for (const [because, headers, proxies, address] of [
    ["one proxy", [["X-Forwarded-For", "203.0.113.7"]], 1, "203.0.113.7"],
    [
      "what the client wrote stands left",
      [["X-Forwarded-For", "6.6.6.6, 203.0.113.7"]],
      1,
      "203.0.113.7",
    ],
    ["two proxies", [["X-Forwarded-For", "6.6.6.6, 203.0.113.7, 10.0.0.1"]], 2, "203.0.113.7"],
    [
      "several fields are one list",
      [
        ["X-Forwarded-For", "6.6.6.6"],
        ["x-forwarded-for", "203.0.113.7"],
      ],
      1,
      "203.0.113.7",
    ],
    ["fewer than there are proxies", [["X-Forwarded-For", "203.0.113.7"]], 2, null],
    ["no field", [], 1, null],
    ["an IPv6 address", [["X-Forwarded-For", "2001:db8::1"]], 1, "2001:db8::1"],
    [
      "with a port, as Azure writes it",
      [["X-Forwarded-For", "203.0.113.7:4711"]],
      1,
      "203.0.113.7",
    ],
    ["nobody knows", [["X-Forwarded-For", "unknown"]], 1, null],
    ["a name is no address", [["X-Forwarded-For", "evil.example"]], 1, null],
    ["markup is no address", [["X-Forwarded-For", "<script>"]], 1, null],
    ["RFC 7239", [["Forwarded", "for=192.0.2.60;proto=http;by=203.0.113.43"]], 1, "192.0.2.60"],
    [
      "RFC 7239 §6, an IPv6 address",
      [["Forwarded", 'For="[2001:db8:cafe::17]:4711"']],
      1,
      "2001:db8:cafe::17",
    ],
    [
      "RFC 7239, a comma inside of quotes",
      [["Forwarded", 'for="a,b", for=192.0.2.43']],
      1,
      "192.0.2.43",
    ],
    [
      "RFC 9110 §5.6.4, a quoted pair stands for its second character",
      [["Forwarded", 'for="\\192.0.2.43", for="a\\",b"']],
      2,
      "192.0.2.43",
    ],
    [
      "RFC 9110 §5.6.4, a quoted pair that is cut off",
      [["Forwarded", 'for="192.0.2.43\\']],
      1,
      "192.0.2.43",
    ],
    ["RFC 7239 §6.3, an obfuscated node", [["Forwarded", "for=_hidden"]], 1, null],
    ["an open quote", [["Forwarded", 'for="[2001']], 1, null],
    [
      "X-Forwarded-For comes before it",
      [
        ["Forwarded", "for=6.6.6.6"],
        ["X-Forwarded-For", "203.0.113.7"],
      ],
      1,
      "203.0.113.7",
    ],
  ] as [string, HeaderList, number, string | null][]) {
    test(because, () => expect(forwardedFor(headers, proxies)).toBe(address));
  }
});

describe("how a browser has asked for the server", () => {
  const own = { scheme: "http", host: "inner:8080" } as const;
  for (const [because, headers, seen] of [
    ["nothing is forwarded", [], own],
    [
      "scheme and host",
      [
        ["X-Forwarded-Proto", "https"],
        ["X-Forwarded-Host", "app.example"],
      ],
      { scheme: "https", host: "app.example" },
    ],
    [
      "a port besides",
      [
        ["X-Forwarded-Host", "app.example"],
        ["X-Forwarded-Port", "8443"],
      ],
      { scheme: "http", host: "app.example:8443" },
    ],
    [
      "a host with a port knows it best",
      [
        ["X-Forwarded-Host", "app.example:1"],
        ["X-Forwarded-Port", "8443"],
      ],
      { scheme: "http", host: "app.example:1" },
    ],
    [
      "a port that is none",
      [
        ["X-Forwarded-Host", "app.example"],
        ["X-Forwarded-Port", "99999"],
      ],
      { scheme: "http", host: "app.example" },
    ],
    [
      "RFC 7239",
      [["Forwarded", 'proto=https;host="app.example:8443"']],
      { scheme: "https", host: "app.example:8443" },
    ],
    [
      "a scheme that no browser speaks",
      [["X-Forwarded-Proto", "gopher"]],
      { scheme: null, host: "inner:8080" },
    ],
  ] as [string, HeaderList, object][]) {
    test(because, () => expect(seenServer(headers, own)).toEqual(seen));
  }
});

describe("a host", () => {
  for (const [entry, host, isAllowed] of [
    ["app.example", "app.example", true],
    ["app.example", "APP.example:8080", true],
    ["app.example", "app.example.", true],
    ["app.example", "evil.example", false],
    ["app.example", "app.example.evil.example", false],
    ["app.example", "xapp.example", false],
    ["app.example", "sub.app.example", false],
    [".app.example", "sub.app.example", true],
    [".app.example", "a.b.app.example:1", true],
    [".app.example", "app.example", true],
    [".app.example", "xapp.example", false],
    ["app.example:8080", "app.example:8080", true],
    ["app.example:8080", "app.example", false],
    ["app.example:80", "app.example", true],
    ["[::1]", "[0:0::1]:9", true],
    ["127.0.0.1", "127.0.0.1:9", true],
    ["127.0.0.1", "127.1", false],
    ["app.example", "", false],
  ] as const) {
    test(`${JSON.stringify(host)} is ${isAllowed ? "" : "not "}allowed by ${entry}`, () => {
      expect(isHostAllowed(host, 80, resolveAllowedHosts([entry]))).toBe(isAllowed);
    });
  }

  for (const entry of [
    "*",
    "*.app.example",
    "https://app.example",
    "app.example/",
    "",
    ".",
    "a:b",
    "a b",
    "::1",
  ]) {
    test(`${JSON.stringify(entry)} is a mistake in a list of allowed ones`, () => {
      expect(() => resolveAllowedHosts([entry])).toThrow(/allowedHosts\[0\]/);
    });
  }
});
