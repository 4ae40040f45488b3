import { describe, expect, test } from "vitest";
import type { HeadLimits } from "../../src/handshake/http-head.ts";
import {
  createProxyTunnel,
  DEFAULT_LIMITS,
  endProxyTunnel,
  MisuseError,
  type ProxyTunnel,
  readProxyTunnel,
} from "../../src/index.ts";
import { latin1Bytes, ROOMY } from "./reading-heads.ts";

const target = { host: "example.com", port: 443 };

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

interface Answered {
  readonly tunnel: ProxyTunnel;
  /** How many bytes of the answer it took. */
  readonly taken: number;
}

/** The tunnel after that answer, in one part. */
function answered(answer: string, limits: HeadLimits = ROOMY): Answered {
  return answeredInParts([latin1Bytes(answer)], limits);
}

/** Each part stands in a buffer of its own between bytes that are not of the answer, and is overwritten once shown. */
function answeredInParts(parts: readonly Uint8Array[], limits: HeadLimits = ROOMY): Answered {
  const tunnel = createProxyTunnel(target);
  let taken = 0;
  for (const part of parts) {
    const buffer = new Uint8Array(part.length + 6).fill(0x0a);
    buffer.set(part, 3);
    const before = buffer.slice();
    taken += readProxyTunnel(tunnel, buffer, 3, 3 + part.length, limits) - 3;
    expect(buffer).toEqual(before);
    buffer.fill(0xff);
  }
  return { tunnel, taken };
}

describe("the request to a proxy (RFC 9110 §9.3.6)", () => {
  for (const { what, options, head } of [
    {
      what: "a name and its port, as the target and as the Host",
      options: target,
      head: "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    },
    {
      what: "the port also where it is the default of ws",
      options: { host: "a.example", port: 80 },
      head: "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n",
    },
    {
      what: "the highest port",
      options: { host: "a.example", port: 65_535 },
      head: "CONNECT a.example:65535 HTTP/1.1\r\nHost: a.example:65535\r\n\r\n",
    },
    {
      what: "an IPv4 address as it is",
      options: { host: "192.0.2.1", port: 9000 },
      head: "CONNECT 192.0.2.1:9000 HTTP/1.1\r\nHost: 192.0.2.1:9000\r\n\r\n",
    },
    {
      what: "an IPv6 address in brackets",
      options: { host: "::1", port: 9000 },
      head: "CONNECT [::1]:9000 HTTP/1.1\r\nHost: [::1]:9000\r\n\r\n",
    },
    {
      what: "the usual spelling of an IPv6 address",
      options: { host: "2001:DB8:0:0:0:0:0:1", port: 443 },
      head: "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n",
    },
    {
      what: "what only URL parsers take for a name",
      options: { host: 'a{b}`"', port: 80 },
      head: 'CONNECT a{b}`":80 HTTP/1.1\r\nHost: a{b}`":80\r\n\r\n',
    },
    {
      what: "the usual spelling of a name",
      options: { host: "Example.COM", port: 443 },
      head: "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    },
    {
      what: "the caller's headers behind the Host, in their order",
      options: {
        ...target,
        headers: [
          ["Proxy-Authorization", "Basic eDp5"],
          ["User-Agent", "a"],
        ] as const,
      },
      head:
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n" +
        "Proxy-Authorization: Basic eDp5\r\nUser-Agent: a\r\n\r\n",
    },
    {
      what: "one byte for a character up to U+00FF",
      options: { ...target, headers: [["A", "\u00e9\u00ff"]] as const },
      head: "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nA: \u00e9\u00ff\r\n\r\n",
    },
  ]) {
    test(`has ${what}`, () => {
      const tunnel = createProxyTunnel(options);
      expect(textOf(tunnel.request)).toBe(head);
      expect(tunnel.outcome).toBeNull();
    });
  }

  for (const { host, because } of [
    { host: "a\r\nX: y", because: "it would write a header" },
    { host: "a\nX: y", because: "some proxies end a line at LF alone" },
    { host: "a HTTP/1.1", because: "it would end the target" },
    { host: "a\u0000b", because: "some proxies end a name there" },
    { host: "a/b", because: "the target has no path" },
    { host: "user@a", because: "the target has no userinfo" },
    { host: "<a>", because: "no name has these characters (RFC 3986 §3.2.2)" },
    { host: "a|b", because: "nor this one" },
    { host: "%zz", because: "it is no percent-encoding" },
    { host: "a%0d%0ab", because: "nor is an encoded line end a part of a name" },
    { host: "b\u00fccher.example", because: "names are in their xn-- form by now" },
    { host: "a.example:80", because: "the port has its own option" },
    { host: "[::1]", because: "brackets are written here" },
    { host: "::1%eth0", because: "a zone means nothing to a proxy" },
    { host: "1:2", because: "it is half an address" },
    { host: "", because: "nothing is there" },
    { host: undefined, because: "it is no string" },
    { host: 10n, because: "JSON has no such value, and the message needs none" },
  ]) {
    test(`is not made for the host ${typeof host === "string" ? JSON.stringify(host) : typeof host}: ${because}`, () => {
      expect(() => createProxyTunnel({ host: host as string, port: 443 })).toThrow(MisuseError);
    });
  }

  for (const { port, because } of [
    { port: 0, because: "nothing listens there" },
    { port: -1, because: "it is the mark for no default port inside" },
    { port: 65_536, because: "it has 17 bits" },
    { port: 80.5, because: "it is no integer" },
    { port: Number.NaN, because: "it is no number" },
    { port: "443", because: "it is a string" },
    { port: undefined, because: "there is no default" },
  ]) {
    test(`is not made for the port ${String(port)} (${typeof port}): ${because}`, () => {
      const options = { host: "a", port: port as number };
      expect(() => createProxyTunnel(options)).toThrow(MisuseError);
    });
  }

  for (const { header, because } of [
    { header: ["A", "b\r\nC: d"], because: "CR LF in a value writes a header" },
    { header: ["A", "b\r\n\r\nGET / HTTP/1.1"], because: "or a whole request" },
    { header: ["A", "b\nC: d"], because: "LF alone is a line end to some" },
    { header: ["A", "b\rC: d"], because: "so is CR alone" },
    { header: ["A\r\nC", "d"], because: "a name can hold a line end too" },
    { header: ["A: b", "c"], because: "and a colon" },
    { header: ["A", "\u0100"], because: "it has no byte, and cut to one it would be NUL" },
    { header: ["A", "\u010a"], because: "cut to one byte it would be LF" },
    { header: ["hOST", "other"], because: "two Hosts are a way to smuggle" },
    { header: ["Content-Length", "5"], because: "CONNECT has no content (RFC 9110 §9.3.6)" },
    { header: ["Transfer-Encoding", "chunked"], because: "nor any in chunks" },
  ] as const) {
    test(`is not made with the header ${JSON.stringify(header)}: ${because}`, () => {
      const options = { ...target, headers: [["B", "c"], header] as const };
      expect(() => createProxyTunnel(options)).toThrow(MisuseError);
    });
  }
});

const OK = "HTTP/1.1 200 OK\r\n\r\n";
const INTERIM = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";

const ANSWERS = [
  { answer: "HTTP/1.1 200 Connection established\r\n\r\n", kind: "established", because: "Squid" },
  { answer: "HTTP/1.0 200 OK\r\n\r\n", kind: "established", because: "many proxies say 1.0" },
  { answer: "HTTP/1.1 200\r\n\r\n", kind: "established", because: "nor do all give a reason" },
  { answer: "HTTP/1.1 201 \r\n\r\n", kind: "established", because: "any 2xx is a tunnel" },
  { answer: "HTTP/1.1 299 \r\n\r\n", kind: "established", because: "the last of them" },
  {
    answer: "HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n",
    kind: "established",
    because: "a length in a 2xx is ignored",
  },
  {
    answer: "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n",
    kind: "established",
    because: "so is a coding",
  },
  {
    answer: "HTTP/1.1 200 \r\nConnection: close\r\n\r\n",
    kind: "established",
    because: "it is about a connection that is a tunnel now",
  },
  {
    answer: `HTTP/1.1 100 \r\n\r\n${OK}`,
    kind: "established",
    because: "the first 1xx is interim",
  },
  { answer: `HTTP/1.1 199 \r\n\r\n${OK}`, kind: "established", because: "so is the last" },
  { answer: `${INTERIM}${INTERIM}${OK}`, kind: "established", because: "there may be several" },
  { answer: "HTTP/1.1 300 \r\n\r\n", kind: "refused", because: "the first status behind 2xx" },
  {
    answer: "HTTP/1.1 302 Found\r\nLocation: http://a.example/\r\n\r\n",
    kind: "refused",
    because: "a captive portal; no redirect is followed here",
  },
  {
    answer: "HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n\r\n",
    kind: "refused",
    because: "it asks for credentials",
  },
  {
    answer: "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    kind: "refused",
    because: "the server is out of reach",
  },
  {
    answer: "HTTP/1.1 600 \r\n\r\n",
    kind: "refused",
    because: "it has no meaning, least of all yes",
  },
  { answer: "HTTP/1.1 999 \r\n\r\n", kind: "refused", because: "the highest status" },
  {
    answer: `${INTERIM}HTTP/1.1 403 No\r\n\r\n`,
    kind: "refused",
    because: "an interim answer promises nothing",
  },
  {
    answer: "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    kind: "faulty",
    because: "CONNECT asked for no other protocol (RFC 9110 §7.8)",
  },
  { answer: "SSH-2.0-OpenSSH\r\n", kind: "faulty", because: "that is no proxy" },
  { answer: "HTTP/1.1 200 OK\n\n", kind: "faulty", because: "that is no line end" },
  { answer: "HTTP/2 200 \r\n\r\n", kind: "faulty", because: "that is no version of ours" },
] as const;

describe("the answer of a proxy", () => {
  for (const { answer, kind, because } of ANSWERS) {
    test(`${JSON.stringify(answer)} is ${kind}, wherever it is cut: ${because}`, () => {
      // What follows looks like one more answer, so that reading on would be seen.
      const bytes = latin1Bytes(`${answer}HTTP/1.1 500 \r\n\r\n`);
      const whole = answeredInParts([bytes]);
      expect(whole.tunnel.outcome?.kind).toBe(kind);
      if (kind !== "faulty") expect(whole.taken).toBe(answer.length);
      const singly = Array.from(bytes, (octet) => Uint8Array.of(octet));
      expect(answeredInParts(singly)).toEqual(whole);
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        expect(answeredInParts([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
      }
    });
  }

  test("is not there before the last byte of its head, and at that byte it is", () => {
    for (const { answer, kind } of ANSWERS) {
      if (kind === "faulty") continue;
      const { tunnel, taken } = answered(answer.slice(0, -1));
      expect(tunnel.outcome).toBeNull();
      expect(taken).toBe(answer.length - 1);
      expect(readProxyTunnel(tunnel, latin1Bytes("\n"), 0, 1, ROOMY)).toBe(1);
      expect(tunnel.outcome?.kind).toBe(kind);
    }
  });

  for (const { head, kind, because } of [
    {
      head: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
      kind: "established",
      because: "a length would make the server's first bytes a body",
    },
    {
      head: "HTTP/1.1 502 No\r\nContent-Length: 3\r\n\r\n",
      kind: "refused",
      because: "the body of a refusal is not read here",
    },
  ]) {
    test(`leaves what follows alone when it is ${kind}, now and later: ${because}`, () => {
      const { tunnel, taken } = answered(`${head}HTTP/1.1 101`);
      expect(taken).toBe(head.length);
      const { outcome } = tunnel;
      expect(outcome?.kind).toBe(kind);
      const more = latin1Bytes("3\r\nabc\r\n");
      expect(readProxyTunnel(tunnel, more, 2, more.length, ROOMY)).toBe(2);
      expect(tunnel.outcome).toBe(outcome);
    });
  }

  test("leaves what follows a fault alone too", () => {
    const { tunnel } = answered("HTTP/1.1 200 OK\n");
    const more = latin1Bytes(OK);
    expect(readProxyTunnel(tunnel, more, 4, more.length, ROOMY)).toBe(4);
    expect(tunnel.outcome?.kind).toBe("faulty");
  });

  test("is there to look at, and has nothing of the interim answers before it", () => {
    for (const [status, kind] of [
      [200, "established"],
      [407, "refused"],
    ]) {
      const final = `HTTP/1.0 ${status}\r\nProxy-Authenticate: Basic\r\nVia: a\r\n\r\n`;
      expect(answered(INTERIM + final).tunnel.outcome).toStrictEqual({
        kind,
        response: {
          status,
          statusText: "",
          headers: [
            ["Proxy-Authenticate", "Basic"],
            ["Via", "a"],
          ],
          minorVersion: 0,
          ...(kind === "refused" && { body: new Uint8Array(0), isBodyTruncated: true }),
        },
      });
    }
  });

  for (const { head, body, isEnded, kept, isTruncated, because } of [
    {
      head: "Content-Length: 3",
      body: "why",
      isEnded: null,
      kept: "why",
      isTruncated: false,
      because: "it is whole",
    },
    {
      head: "Transfer-Encoding: chunked",
      body: "3\r\nwhy\r\n0\r\n\r\n",
      isEnded: null,
      kept: "why",
      isTruncated: false,
      because: "the coding is undone",
    },
    {
      head: "Via: a",
      body: "why",
      isEnded: true,
      kept: "why",
      isTruncated: false,
      because: "the end of the stream ends it",
    },
    {
      head: "Via: a",
      body: "why",
      isEnded: false,
      kept: "why",
      isTruncated: true,
      because: "nobody waits for its end",
    },
    {
      head: "Content-Length: 9",
      body: "why",
      isEnded: true,
      kept: "why",
      isTruncated: true,
      because: "six bytes are missing",
    },
    {
      head: "Content-Length: 9",
      body: "why it is",
      isEnded: null,
      kept: "why it",
      isTruncated: true,
      because: "limits.refusalBody is 6",
    },
  ]) {
    test(`is a refusal with its body, wherever it is cut: ${because}`, () => {
      const bytes = latin1Bytes(`HTTP/1.1 502 No\r\n${head}\r\n\r\n${body}`);
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const tunnel = createProxyTunnel({ host: "a", port: 1 });
        for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
          readProxyTunnel(tunnel, part, 0, part.length, { ...ROOMY, refusalBody: 6 });
        }
        if (isEnded !== null) {
          expect(tunnel.outcome).toBeNull();
          endProxyTunnel(tunnel, isEnded);
        }
        expect(tunnel.outcome).toMatchObject({
          kind: "refused",
          response: { status: 502, body: latin1Bytes(kept), isBodyTruncated: isTruncated },
        });
      }
    });
  }

  test("with 101 is a fault of the whole head, at no byte of it", () => {
    expect(answered("HTTP/1.1 101 \r\n\r\n").tunnel.outcome).toStrictEqual({
      kind: "faulty",
      fault: {
        kind: "upgrade-not-requested",
        section: "RFC 9110 7.8",
        status: 0,
        offset: -1,
      },
    });
  });

  for (const { good, bad, fault, because } of [
    { good: "", bad: "\u0016\u0003\u0003", fault: "status-line-malformed", because: "TLS" },
    { good: "", bad: "\u0005\u0000", fault: "status-line-malformed", because: "SOCKS" },
    { good: "HTTP/", bad: "2 200 \r\n", fault: "http-version-unsupported", because: "HTTP/2" },
    { good: "HTTP/1.1 ", bad: "020 \r\n", fault: "status-line-malformed", because: "no status" },
    { good: "HTTP/1.1 20", bad: " OK\r\n", fault: "status-line-malformed", because: "two digits" },
    { good: "HTTP/1.1 200 OK", bad: "\n\n", fault: "bare-line-feed", because: "LF alone" },
    { good: "HTTP/1.1 200 OK\r", bad: "A: b", fault: "bare-carriage-return", because: "CR alone" },
    { good: "HTTP/1.1 200 \r\n", bad: " A: b", fault: "obsolete-folding", because: "folding" },
    { good: "HTTP/1.1 200 \r\nA", bad: " : b", fault: "space-before-colon", because: "a space" },
    {
      good: "HTTP/1.1 200 \r\nA: ",
      bad: "\u0000",
      fault: "header-value-malformed",
      because: "NUL",
    },
    { good: INTERIM, bad: "\r\n", fault: "status-line-malformed", because: "bytes of a body" },
    {
      good: `${INTERIM}HTTP/1.1 200 \r\nA`,
      bad: "\r\n",
      fault: "header-name-malformed",
      because: "offsets count from the first byte of the stream, not of the head",
    },
  ]) {
    test(`is ${fault} at octet ${good.length} of ${JSON.stringify(good + bad)}: ${because}`, () => {
      const { tunnel, taken } = answered(good + bad);
      expect(tunnel.outcome).toMatchObject({
        kind: "faulty",
        fault: { kind: fault, status: 0, offset: good.length },
      });
      expect(taken).toBe(good.length);
    });
  }
});

describe("the answer of a proxy is bounded to the byte, interim answers included", () => {
  const twice = INTERIM + OK;
  for (const { limits, fits, breaks, fault, offset } of [
    {
      limits: { ...ROOMY, headBytes: OK.length },
      fits: OK,
      breaks: OK.replace("OK", "OKs"),
      fault: "head-too-large",
      offset: OK.length,
    },
    {
      limits: { ...ROOMY, headBytes: twice.length },
      fits: twice,
      breaks: INTERIM + twice,
      fault: "head-too-large",
      offset: twice.length,
    },
    {
      limits: { ...ROOMY, headers: 2 },
      fits: `${INTERIM}HTTP/1.1 200 \r\nA: b\r\n\r\n`,
      breaks: `${INTERIM}${INTERIM}HTTP/1.1 200 \r\nA: b\r\n\r\n`,
      fault: "too-many-headers",
      offset: 2 * INTERIM.length + "HTTP/1.1 200 \r\n".length,
    },
    {
      limits: { ...ROOMY, lineBytes: 26 },
      fits: `${INTERIM}HTTP/1.1 200 ${"x".repeat(11)}\r\n\r\n`,
      breaks: `${INTERIM}HTTP/1.1 200 ${"x".repeat(12)}\r\n\r\n`,
      fault: "line-too-long",
      offset: INTERIM.length + 26,
    },
  ]) {
    test(`${JSON.stringify(limits)} takes ${fits.length} octets, and ${breaks.length} are ${fault} at ${offset}`, () => {
      expect(answered(fits, limits).tunnel.outcome?.kind).toBe("established");
      const { tunnel, taken } = answered(breaks, limits);
      expect(tunnel.outcome).toMatchObject({ kind: "faulty", fault: { kind: fault, offset } });
      expect(taken).toBe(offset);
    });
  }

  test("a proxy that sends interim answers for ever ends at the limits of an endpoint", () => {
    const rounds = Math.ceil(DEFAULT_LIMITS.headBytes / INTERIM.length) + 1;
    expect(answered(INTERIM.repeat(rounds), DEFAULT_LIMITS).tunnel.outcome?.kind).toBe("faulty");
  });

  test("a folded field of the proxy's answer is one field (RFC 9112 §5.2)", () => {
    const { tunnel } = answered("HTTP/1.1 200 OK\r\nVia: a\r\n b\r\n\r\n", ROOMY);
    expect(tunnel.outcome).toMatchObject({ response: { headers: [["Via", "a b"]] } });
  });
});
