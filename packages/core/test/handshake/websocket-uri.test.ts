import { describe, expect, test } from "vitest";
import { MisuseError } from "../../src/bytes/misuse-error.ts";
import { parseWebSocketUri } from "../../src/handshake/websocket-uri.ts";

describe("the components of a WebSocket URI (RFC 6455 §3)", () => {
  for (const { text, secure, host, port, hostHeader, resource, because } of [
    {
      text: "ws://example.com",
      secure: false,
      host: "example.com",
      port: 80,
      hostHeader: "example.com",
      resource: "/",
      because: "the least there can be",
    },
    {
      text: "wss://example.com/chat?room=1&q=%20",
      secure: true,
      host: "example.com",
      port: 443,
      hostHeader: "example.com",
      resource: "/chat?room=1&q=%20",
      because: "path and query are sent as written",
    },
    {
      text: "WsS://EXAMPLE.com:8443/Chat",
      secure: true,
      host: "example.com",
      port: 8443,
      hostHeader: "example.com:8443",
      resource: "/Chat",
      because: "case counts in the path alone",
    },
    {
      text: "wss://example.com:443",
      secure: true,
      host: "example.com",
      port: 443,
      hostHeader: "example.com",
      resource: "/",
      because: "§4.1, number 4: the default port is not sent",
    },
    {
      text: "ws://example.com:443",
      secure: false,
      host: "example.com",
      port: 443,
      hostHeader: "example.com:443",
      resource: "/",
      because: "the default of the other scheme is",
    },
    {
      text: "ws://example.com:/",
      secure: false,
      host: "example.com",
      port: 80,
      hostHeader: "example.com",
      resource: "/",
      because: "RFC 3986 §3.2.3: an empty port means the default",
    },
    {
      text: "ws://[0:0:0:0:0:0:0:1]:8080/",
      secure: false,
      host: "::1",
      port: 8080,
      hostHeader: "[::1]:8080",
      resource: "/",
      because: "brackets in Host, none for the resolver",
    },
    {
      text: "ws://127.0.0.1:65535?a",
      secure: false,
      host: "127.0.0.1",
      port: 65_535,
      hostHeader: "127.0.0.1:65535",
      resource: "/?a",
      because: "§3: a query without a path",
    },
    {
      text: "ws://example.com/a?",
      secure: false,
      host: "example.com",
      port: 80,
      hostHeader: "example.com",
      resource: "/a",
      because: '§3: "?" only if the query is not empty',
    },
    {
      text: "ws://example.com?",
      secure: false,
      host: "example.com",
      port: 80,
      hostHeader: "example.com",
      resource: "/",
      because: "the same without a path",
    },
    {
      text: "ws://example.com/a??",
      secure: false,
      host: "example.com",
      port: 80,
      hostHeader: "example.com",
      resource: "/a??",
      because: "a query of one question mark",
    },
    {
      text: "ws://example.com//a/../b;c=1/@:x",
      secure: false,
      host: "example.com",
      port: 80,
      hostHeader: "example.com",
      resource: "//a/../b;c=1/@:x",
      because: "nothing in a path is resolved; @ and colon are plain there",
    },
    {
      text: "ws://example.com/?x=a|b[0]{c}",
      secure: false,
      host: "example.com",
      port: 80,
      hostHeader: "example.com",
      resource: "/?x=a|b[0]{c}",
      because: "what browsers leave in a query",
    },
    {
      text: "ws://example.com/100%?q=%&r=%zz",
      secure: false,
      host: "example.com",
      port: 80,
      hostHeader: "example.com",
      resource: "/100%?q=%&r=%zz",
      because: "no URL parser escapes a bare percent sign",
    },
    {
      text: 'ws://A{b}.`"/',
      secure: false,
      host: 'a{b}.`"',
      port: 80,
      hostHeader: 'a{b}.`"',
      resource: "/",
      because: "what a URL parser lets into a host, and RFC 3986 does not",
    },
    {
      text: "ws://example.com/?to=ws://other@x/",
      secure: false,
      host: "example.com",
      port: 80,
      hostHeader: "example.com",
      resource: "/?to=ws://other@x/",
      because: "the authority ends at the first slash",
    },
  ]) {
    test(`${text}: ${because}`, () => {
      expect(parseWebSocketUri(text)).toEqual({ secure, host, port, hostHeader, resource });
    });
  }
});

describe("what is no WebSocket URI is a mistake of the caller", () => {
  for (const { text, says, because } of [
    { text: "", says: /two schemes/, because: "nothing" },
    { text: "example.com", says: /two schemes/, because: "no scheme" },
    { text: "/chat", says: /two schemes/, because: "a relative reference" },
    { text: "//example.com", says: /two schemes/, because: "a network-path reference" },
    { text: "http://example.com", says: /two schemes/, because: "another scheme" },
    { text: "ws:example.com", says: /two schemes/, because: "no authority" },
    { text: "ws:/example.com", says: /two schemes/, because: "one slash" },
    { text: "w\u017f://example.com", says: /U\+017F/, because: "a long s is no s" },
    { text: "ws://", says: /no host/, because: "no host" },
    { text: "ws:///chat", says: /no host/, because: "no host before the path" },
    { text: "ws://:80", says: /no host/, because: "a port alone" },
    { text: "ws://example.com#a", says: /fragment at 16/, because: "§3: fragments MUST NOT be" },
    { text: "ws://example.com/#", says: /fragment at 17/, because: "nor empty ones" },
    { text: "ws://user@example.com", says: /userinfo/, because: "§3 has no userinfo" },
    { text: "ws://@example.com", says: /userinfo/, because: "nor an empty one" },
    { text: "ws://a\\@example.com", says: /userinfo/, because: "browsers would connect to a" },
    { text: "ws://a\\b", says: /host/, because: "a backslash is no slash" },
    {
      text: "ws://example.com:0",
      says: /has a port that is no number from 1 to 65535/,
      because: "nobody listens there",
    },
    {
      text: "ws://example.com:65536",
      says: /has a port that is no number from 1 to 65535/,
      because: "one too many",
    },
    {
      text: "ws://example.com:8o",
      says: /has a port that is no number from 1 to 65535/,
      because: "no number",
    },
    {
      text: "ws://example.com:-1",
      says: /has a port that is no number from 1 to 65535/,
      because: "a sign",
    },
    { text: "ws://::1/", says: /no host/, because: "an IPv6 address needs brackets" },
    { text: "ws://[::1/", says: /host/, because: "the second bracket is missing" },
    { text: "ws://[::g]/", says: /host/, because: "no IPv6 address" },
    { text: "ws://[::1]a/", says: /host/, because: "something behind it" },
    { text: "ws://[fe80::1%25eth0]/", says: /host/, because: "a zone" },
    { text: "ws://a,b c/", says: /U\+0020 at 8/, because: "a space" },
    { text: " ws://example.com", says: /U\+0020 at 0/, because: "a space before it" },
    { text: "ws://example.com/\r\nX: y", says: /U\+000D/, because: "CVE-2026-1527" },
    { text: "ws://example.com/\u0000", says: /U\+0000/, because: "NUL" },
    { text: "ws://example.com/\u007f", says: /U\+007F/, because: "DEL" },
    { text: "ws://b\u00fccher.example", says: /U\+00FC at 6.*xn--/, because: "not ASCII" },
    { text: "ws://example.com/\u00fc", says: /U\+00FC/, because: "not ASCII in the path" },
    { text: "ws://%2f/", says: /host/, because: "a slash, hidden in the host" },
    { text: "ws://100%/", says: /host/, because: "a bare percent sign in the host" },
    { text: "ws://a<b>/", says: /host/, because: "what no URL parser lets into a host" },
    { text: "ws://a|b/", says: /host/, because: "nor this" },
    { text: "ws://a^b/", says: /host/, because: "nor this" },
  ]) {
    test(`${JSON.stringify(text)}: ${because}`, () => {
      expect(() => parseWebSocketUri(text)).toThrow(MisuseError);
      expect(() => parseWebSocketUri(text)).toThrow(says);
    });
  }

  test("what is not a string is a mistake too, also an object that would become one", () => {
    for (const value of [null, undefined, 1, new String("ws://example.com")]) {
      expect(() => parseWebSocketUri(value as unknown as string)).toThrow(MisuseError);
    }
  });

  for (const text of [
    "http://user:secret@example.com/?token=secret",
    "ws://user:secret@example.com/?token=secret",
    "ws://example.com:99999/?token=secret",
    "ws://[::1:x]/?token=secret",
    "ws://example.com/?token=secret#",
    "ws://100%/?token=secret",
    "ws://example.com/?token=secret\n",
  ]) {
    test(`the message for ${JSON.stringify(text)} does not repeat the secret`, () => {
      let message = "";
      try {
        parseWebSocketUri(text);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toMatch(/RFC 6455 §3/);
      expect(message).not.toMatch(/secret/);
    });
  }
});
