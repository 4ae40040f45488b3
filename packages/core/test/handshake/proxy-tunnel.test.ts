import { describe, expect, test } from "vitest";
import {
  createProxyTunnel,
  DEFAULT_LIMITS,
  MisuseError,
  type ProxyTunnel,
  readProxyTunnel,
} from "../../src/index.ts";

const target = { host: "example.com", port: 443 };
const octets = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** The tunnel after that answer, and how much of the answer it took. */
function answered(text: string, limits = DEFAULT_LIMITS): { tunnel: ProxyTunnel; taken: number } {
  const tunnel = createProxyTunnel(target);
  const bytes = octets(text);
  return { tunnel, taken: readProxyTunnel(tunnel, bytes, 0, bytes.length, limits) };
}

describe("the request to a proxy", () => {
  for (const { what, options, head } of [
    {
      what: "a name and its port, twice",
      options: target,
      head: "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    },
    {
      what: "the port also where it is the default of ws",
      options: { host: "a.example", port: 80 },
      head: "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n",
    },
    {
      what: "an IPv6 address in brackets",
      options: { host: "::1", port: 9000 },
      head: "CONNECT [::1]:9000 HTTP/1.1\r\nHost: [::1]:9000\r\n\r\n",
    },
    {
      what: "the caller's headers",
      options: { ...target, headers: [["Proxy-Authorization", "Basic eDp5"]] as const },
      head:
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n" +
        "Proxy-Authorization: Basic eDp5\r\n\r\n",
    },
  ]) {
    test(`has ${what}`, () => {
      expect(textOf(createProxyTunnel(options).request)).toBe(head);
    });
  }

  for (const { what, options } of [
    { what: "a host with a line end", options: { host: "a\r\nX: y", port: 1 } },
    { what: "a host with a path", options: { host: "a/b", port: 1 } },
    { what: "an empty host", options: { host: "", port: 1 } },
    { what: "port 0", options: { host: "a", port: 0 } },
    { what: "port 65536", options: { host: "a", port: 65_536 } },
    { what: "a header with a line end", options: { ...target, headers: [["A", "b\r\nC: d"]] } },
    { what: "a header of the engine's", options: { ...target, headers: [["Host", "other"]] } },
  ]) {
    test(`is refused with ${what}`, () => {
      expect(() => createProxyTunnel(options as never)).toThrow(MisuseError);
    });
  }
});

describe("the answer of a proxy", () => {
  for (const { answer, kind } of [
    { answer: "HTTP/1.1 200 Connection established\r\n\r\n", kind: "established" },
    { answer: "HTTP/1.0 200 OK\r\n\r\n", kind: "established" },
    { answer: "HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n", kind: "established" },
    { answer: "HTTP/1.1 299 \r\nTransfer-Encoding: chunked\r\n\r\n", kind: "established" },
    { answer: "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", kind: "established" },
    { answer: "HTTP/1.1 301 Moved\r\n\r\n", kind: "refused" },
    { answer: "HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n\r\n", kind: "refused" },
    { answer: "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", kind: "refused" },
    { answer: "HTTP/1.1 101 Switching\r\n\r\n", kind: "faulty" },
    { answer: "SSH-2.0-OpenSSH\r\n", kind: "faulty" },
    { answer: "HTTP/1.1 200 OK\n\n", kind: "faulty" },
  ]) {
    test(`${JSON.stringify(answer)} is ${kind}, wherever it is cut`, () => {
      const bytes = octets(answer);
      const whole = answered(answer);
      expect(whole.tunnel.outcome?.kind).toBe(kind);
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const tunnel = createProxyTunnel(target);
        const taken = readProxyTunnel(tunnel, bytes, 0, cut, DEFAULT_LIMITS);
        const all = readProxyTunnel(tunnel, bytes, taken, bytes.length, DEFAULT_LIMITS);
        expect(tunnel.outcome).toEqual(whole.tunnel.outcome);
        expect(all).toBe(whole.taken);
      }
    });
  }

  test("leaves what follows a 2xx alone, whatever it looks like", () => {
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    const { tunnel, taken } = answered(`${head}HTTP/1.1 101`);
    expect(tunnel.outcome?.kind).toBe("established");
    expect(taken).toBe(head.length);
  });

  test("is not whole before its empty line", () => {
    expect(answered("HTTP/1.1 200 OK\r\nA: b\r\n").tunnel.outcome).toBeNull();
  });

  test("of a refusal is there to look at", () => {
    const { tunnel } = answered("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n");
    expect(tunnel.outcome).toMatchObject({
      response: { status: 407, statusText: "No", headers: [["Proxy-Authenticate", "Basic"]] },
    });
  });

  test("is bounded, interim answers included", () => {
    const interim = "HTTP/1.1 100 \r\n\r\n".repeat(20);
    const limits = { ...DEFAULT_LIMITS, headBytes: 200 };
    expect(answered(interim, limits).tunnel.outcome).toMatchObject({
      kind: "faulty",
      fault: { kind: "head-too-large", offset: 200, status: 0 },
    });
  });

  test("of a fault says where", () => {
    expect(answered("HTTP/1.1 200 OK\nrest").tunnel.outcome).toMatchObject({
      fault: { kind: "bare-line-feed", offset: 15 },
    });
  });
});
