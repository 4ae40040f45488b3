import { describe, expect, test } from "vitest";
import { MisuseError } from "../../src/bytes/misuse-error.ts";
import type { HeaderList } from "../../src/handshake/header-list.ts";
import {
  isOriginAllowed,
  normalizeOrigin,
  type OriginPolicy,
  resolveOriginPolicy,
} from "../../src/handshake/origin.ts";

describe("normalizeOrigin", () => {
  for (const { text, origin, because } of [
    { text: "https://app.example", origin: "https://app.example", because: "the usual kind" },
    { text: "HTTPS://App.Example", origin: "https://app.example", because: "lower case" },
    { text: "https://app.example:443", origin: "https://app.example", because: "a default port" },
    { text: "http://app.example:80", origin: "http://app.example", because: "the other one" },
    { text: "https://app.example:", origin: "https://app.example", because: "an empty port" },
    {
      text: "https://app.example:80",
      origin: "https://app.example:80",
      because: "not its default",
    },
    {
      text: "http://app.example:0443",
      origin: "http://app.example:443",
      because: "a leading zero",
    },
    { text: "http://[0:0::1]:80", origin: "http://[::1]", because: "IPv6 in its usual spelling" },
    { text: "http://[::1]:3000", origin: "http://[::1]:3000", because: "IPv6 with a port" },
    { text: "ws://app.example:80", origin: "ws://app.example", because: "some clients send this" },
    { text: "wss://app.example:443", origin: "wss://app.example", because: "and this" },
    { text: "capacitor://localhost", origin: "capacitor://localhost", because: "in applications" },
    { text: "chrome-extension://abc", origin: "chrome-extension://abc", because: "in extensions" },
    { text: "app://a:80", origin: "app://a:80", because: "80 is no default of other schemes" },
    { text: "file://", origin: "file://", because: "some embedded browsers; it has no host" },
    { text: "null", origin: "null", because: "RFC 6454 §6.2: no origin that one may know" },
    { text: "", origin: null, because: "nothing" },
    { text: "NULL", origin: null, because: "its case counts" },
    { text: "*", origin: null, because: "no pattern" },
    { text: "app.example", origin: null, because: "no scheme" },
    { text: "//app.example", origin: null, because: "no scheme either" },
    { text: "://app.example", origin: null, because: "an empty one" },
    { text: "1a://app.example", origin: null, because: "RFC 3986 §3.1: a letter first" },
    { text: "a_b://app.example", origin: null, because: "no underscore in a scheme" },
    { text: "\u212a://app.example", origin: null, because: "U+212A is no k" },
    { text: "https://", origin: null, because: "the schemes of the web have a host" },
    { text: "http://:80", origin: null, because: "a port is none" },
    { text: "file://:80", origin: null, because: "nor for others" },
    { text: "https://app.example/", origin: null, because: "an origin has no path" },
    { text: "https://app.example?q", origin: null, because: "no query" },
    { text: "https://app.example#f", origin: null, because: "no fragment" },
    { text: "https://user@app.example", origin: null, because: "no userinfo" },
    { text: "https://a.example https://b.example", origin: null, because: "one, not a list" },
    { text: "https://a.example, https://b.example", origin: null, because: "nor with a comma" },
    { text: " https://app.example", origin: null, because: "a space is no part of it" },
    { text: "https://app.example:99999", origin: null, because: "no port" },
    { text: "https://[::1", origin: null, because: "no address" },
    { text: "https://b\u00fccher.example", origin: null, because: "browsers send xn--" },
  ]) {
    test(`${JSON.stringify(text)} is ${origin}: ${because}`, () => {
      expect(normalizeOrigin(text)).toBe(origin);
    });
  }
});

const HOST = "app.example";

function policyOf(options: Partial<OriginPolicy>): OriginPolicy {
  return {
    allowedOrigins: null,
    dangerouslyAllowAnyOrigin: false,
    secure: false,
    trustProxy: false,
    ...options,
  };
}

function isAllowed(
  origin: string | null,
  options: Partial<OriginPolicy>,
  { host = HOST, headers = [] }: { readonly host?: string; readonly headers?: HeaderList } = {},
): boolean {
  return isOriginAllowed(origin, host, headers, policyOf(options));
}

describe("without a list, the page must be of the server's own origin (RFC 6455 §10.2)", () => {
  for (const { origin, host = HOST, secure = false, allowed, because } of [
    { origin: null, allowed: true, because: "no browser is asking" },
    { origin: "http://app.example", allowed: true, because: "the same origin" },
    { origin: "HTTP://APP.example:80", allowed: true, because: "in another spelling" },
    { origin: "https://app.example", secure: true, allowed: true, because: "the same over TLS" },
    {
      origin: "http://app.example:8080",
      host: "App.Example:8080",
      allowed: true,
      because: "Host in another spelling",
    },
    { origin: "http://[::1]:3000", host: "[0::1]:3000", allowed: true, because: "IPv6" },
    { origin: "https://evil.example", allowed: false, because: "cross-site hijacking" },
    { origin: "http://evil.example", allowed: false, because: "another host" },
    { origin: "http://www.app.example", allowed: false, because: "a subdomain is another host" },
    { origin: "http://app.example.evil.example", allowed: false, because: "begins with ours" },
    { origin: "http://evilapp.example", allowed: false, because: "ends with ours" },
    { origin: "http://app.example:8080", allowed: false, because: "another port" },
    {
      origin: "http://app.example",
      secure: true,
      allowed: false,
      because: "whoever is on the network can write such a page",
    },
    { origin: "https://app.example", allowed: false, because: "TLS ends before us: trustProxy" },
    { origin: "ws://app.example", allowed: false, because: "no page has that scheme" },
    { origin: "null", allowed: false, because: "a sandboxed frame of any page" },
    { origin: "", allowed: false, because: "an empty field is not an absent one" },
    { origin: "app.example", allowed: false, because: "malformed" },
    { origin: "http://", host: "", allowed: false, because: "two empty hosts are not the same" },
    { origin: "junk", host: "junk/", allowed: false, because: "nor are two malformed ones" },
    { origin: "constructor", allowed: false, because: "a name of Object.prototype" },
  ]) {
    const transport = secure ? "TLS" : "plain TCP";
    test(`${origin} at ${host} over ${transport} is ${allowed ? "allowed" : "refused"}: ${because}`, () => {
      expect(isAllowed(origin, { secure }, { host })).toBe(allowed);
    });
  }
});

describe("with a list, the page must be of an origin in it", () => {
  const allowedOrigins = ["https://app.example", "HTTP://[0:0::1]:80", "capacitor://localhost"];
  for (const { origin, allowed, because } of [
    { origin: null, allowed: true, because: "no browser is asking" },
    { origin: "https://app.example", allowed: true, because: "as listed" },
    { origin: "https://APP.example:443", allowed: true, because: "in another spelling" },
    { origin: "http://[::1]", allowed: true, because: "listed in another spelling" },
    { origin: "capacitor://localhost", allowed: true, because: "any scheme can be listed" },
    { origin: "http://app.example", allowed: false, because: "another scheme, though our host" },
    { origin: "https://app.example:8443", allowed: false, because: "another port" },
    { origin: "null", allowed: false, because: "only when it is listed" },
    { origin: "junk", allowed: false, because: "malformed" },
  ]) {
    test(`${origin} is ${allowed ? "allowed" : "refused"}: ${because}`, () => {
      expect(isAllowed(origin, { allowedOrigins })).toBe(allowed);
    });
  }

  test('"null" is allowed when it is listed', () => {
    expect(isAllowed("null", { allowedOrigins: ["null"] })).toBe(true);
  });

  test("an empty list refuses every page, and the server's own too", () => {
    expect(isAllowed("http://app.example", { allowedOrigins: [] })).toBe(false);
    expect(isAllowed(null, { allowedOrigins: [] })).toBe(true);
  });

  test("a malformed entry is a mistake of the caller, also in a policy that nobody has resolved", () => {
    for (const malformed of ["https://app.example/", "*", "junk"]) {
      const ask = () => isAllowed(malformed, { allowedOrigins: [malformed] });
      expect(ask).toThrow(MisuseError);
    }
  });
});

test("dangerouslyAllowAnyOrigin allows every page, of a malformed origin too", () => {
  for (const origin of [null, "null", "https://evil.example", "junk", ""]) {
    expect(isAllowed(origin, { dangerouslyAllowAnyOrigin: true, allowedOrigins: [] })).toBe(true);
  }
});

describe("behind a proxy (trustProxy)", () => {
  const PROTO = "X-Forwarded-Proto";
  const FORWARDED_HOST = "X-Forwarded-Host";
  for (const { headers, origin, allowed, because } of [
    { headers: [[PROTO, "https"]], origin: "https://app.example", allowed: true, because: "TLS" },
    { headers: [[PROTO, "WSS"]], origin: "https://app.example", allowed: true, because: "as wss" },
    { headers: [[PROTO, "http"]], origin: "http://app.example", allowed: true, because: "no TLS" },
    { headers: [[PROTO, "ws"]], origin: "http://app.example", allowed: true, because: "as ws" },
    { headers: [], origin: "http://app.example", allowed: true, because: "nothing was forwarded" },
    { headers: [], origin: "https://app.example", allowed: false, because: "nothing says TLS" },
    {
      headers: [[PROTO, "https"]],
      origin: "http://app.example",
      allowed: false,
      because: "an insecure page",
    },
    {
      headers: [
        [PROTO, "https"],
        [FORWARDED_HOST, "public.example:8443"],
      ],
      origin: "https://public.example:8443",
      allowed: true,
      because: "the host that the browser saw",
    },
    {
      headers: [
        [PROTO, "https"],
        [FORWARDED_HOST, "public.example"],
      ],
      origin: "https://app.example",
      allowed: false,
      because: "the host behind the proxy is not it",
    },
    {
      headers: [
        [PROTO, "https , http"],
        [FORWARDED_HOST, "public.example, inner.example"],
      ],
      origin: "https://public.example",
      allowed: true,
      because: "the proxy next to the browser comes first",
    },
    {
      headers: [
        ["x-forwarded-PROTO", "https"],
        [PROTO, "http"],
      ],
      origin: "https://app.example",
      allowed: true,
      because: "the first line comes first, whatever its case",
    },
    {
      headers: [[PROTO, "ftp"]],
      origin: "http://app.example",
      allowed: false,
      because: "an unknown scheme is not taken for one of ours",
    },
    {
      headers: [[PROTO, ""]],
      origin: "http://app.example",
      allowed: false,
      because: "nor is an empty one",
    },
    {
      headers: [[FORWARDED_HOST, ""]],
      origin: "http://app.example",
      allowed: false,
      because: "an empty host was forwarded",
    },
    {
      headers: [[FORWARDED_HOST, "app.example/"]],
      origin: "http://app.example",
      allowed: false,
      because: "a malformed host was forwarded",
    },
  ] as const) {
    const title = `${origin} with ${JSON.stringify(headers)} is ${allowed ? "allowed" : "refused"}`;
    test(`${title}: ${because}`, () => {
      expect(isAllowed(origin, { trustProxy: true }, { headers })).toBe(allowed);
    });
  }

  test("nothing that is forwarded is believed without trustProxy", () => {
    const headers: HeaderList = [
      [PROTO, "https"],
      [FORWARDED_HOST, "evil.example"],
    ];
    expect(isAllowed("https://evil.example", {}, { headers })).toBe(false);
    expect(isAllowed("http://evil.example", {}, { headers })).toBe(false);
    expect(isAllowed("http://app.example", {}, { headers })).toBe(true);
  });

  test("a list of origins counts as it is, whatever is forwarded", () => {
    const headers: HeaderList = [[PROTO, "https"]];
    const options = { trustProxy: true, allowedOrigins: ["https://other.example"] };
    expect(isAllowed("https://app.example", options, { headers })).toBe(false);
    expect(isAllowed("https://other.example", options, { headers })).toBe(true);
  });
});

describe("resolveOriginPolicy", () => {
  test("by default only the server's own origin may connect, and nothing is believed", () => {
    expect(resolveOriginPolicy({})).toEqual({
      allowedOrigins: null,
      dangerouslyAllowAnyOrigin: false,
      secure: false,
      trustProxy: false,
    });
  });

  test("keeps what was set, and normalizes the origins", () => {
    const policy = resolveOriginPolicy({
      allowedOrigins: ["HTTPS://App.Example:443", "null"],
      secure: true,
      trustProxy: true,
    });
    expect(policy).toEqual({
      allowedOrigins: ["https://app.example", "null"],
      dangerouslyAllowAnyOrigin: false,
      secure: true,
      trustProxy: true,
    });
  });

  for (const { entry, because } of [
    { entry: "https://app.example/", because: "a slash at the end, which would never match" },
    { entry: "https://app.example/chat", because: "a path" },
    { entry: "app.example", because: "no scheme" },
    { entry: "*", because: "a pattern" },
    { entry: "https://*.app.example", because: "a pattern in what might be a host" },
    { entry: "", because: "nothing" },
    { entry: /app/, because: "no string" },
  ]) {
    test(`throws a MisuseError that names the entry ${String(entry)}: ${because}`, () => {
      const allowedOrigins = ["https://app.example", entry as string];
      expect(() => resolveOriginPolicy({ allowedOrigins })).toThrow(MisuseError);
      expect(() => resolveOriginPolicy({ allowedOrigins })).toThrow(/allowedOrigins\[1\]/);
    });
  }

  test("throws a MisuseError for one string in place of a list: its letters would be the entries", () => {
    const allowedOrigins = "https://app.example" as unknown as string[];
    expect(() => resolveOriginPolicy({ allowedOrigins })).toThrow(MisuseError);
  });
});
