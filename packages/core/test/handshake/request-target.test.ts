import { describe, expect, test } from "vitest";
import {
  isAuthority,
  isTargetCode,
  parseRequestTarget,
} from "../../src/handshake/request-target.ts";

describe("parseRequestTarget", () => {
  for (const { method = "GET", target, form, authority = null, resource, because } of [
    { target: "/", form: "origin", resource: "/", because: "§3: the shortest resource name" },
    { target: "/chat?x=1", form: "origin", resource: "/chat?x=1", because: "path and query" },
    {
      target: "//evil.example/x",
      form: "origin",
      resource: "//evil.example/x",
      because: "two slashes name no host in origin-form",
    },
    {
      target: '/%zz|{}^`\\"<>',
      form: "origin",
      resource: '/%zz|{}^`\\"<>',
      because: "browsers leave such characters in queries",
    },
    {
      target: "http://a.example/b?c",
      form: "absolute",
      authority: "a.example",
      resource: "/b?c",
      because: "RFC 9112 §3.2.2: a server MUST accept the absolute-form",
    },
    {
      target: "WS://A.example:81",
      form: "absolute",
      authority: "A.example:81",
      resource: "/",
      because: "schemes have no case; no path is the path /",
    },
    {
      target: "wss://a.example?x=/y",
      form: "absolute",
      authority: "a.example",
      resource: "/?x=/y",
      because: "a query without a path",
    },
    {
      target: "https://[::1]:8080/",
      form: "absolute",
      authority: "[::1]:8080",
      resource: "/",
      because: "an IPv6 address",
    },
    { method: "OPTIONS", target: "*", form: "asterisk", resource: "*", because: "RFC 9112 §3.2.4" },
    {
      method: "CONNECT",
      target: "a.example:443",
      form: "authority",
      authority: "a.example:443",
      resource: "a.example:443",
      because: "RFC 9112 §3.2.3",
    },
  ]) {
    test(`${method} ${target} has the ${form}-form: ${because}`, () => {
      expect(parseRequestTarget(method, target)).toEqual({ form, authority, resource });
    });
  }

  for (const { method = "GET", target, because } of [
    { target: "", because: "there is always a target" },
    { target: "chat", because: "a path begins with a slash" },
    { target: "?x", because: "a query alone is none of the four forms" },
    { target: "*", because: "only OPTIONS asks for the whole server" },
    { target: "a.example:443", because: "only CONNECT names an authority" },
    { method: "CONNECT", target: "/", because: "and it names nothing else" },
    { target: "/a b", because: "a space ends a target" },
    { target: "/a#b", because: "§3: a fragment is never sent" },
    { target: "/a\r\nX: y", because: "foreign stacks may let a line break through" },
    { target: "/caf\u00e9", because: "a URI is ASCII" },
    { target: "ftp://a.example/", because: "not one of the four schemes" },
    { target: "http:/a.example/", because: "no authority" },
    { target: "http:///x", because: "an empty authority" },
    { target: "http://u:p@a.example/", because: "RFC 9110 §4.2.4: userinfo deceives readers" },
    { target: "http://a.example:65536/", because: "no such port" },
  ]) {
    test(`${method} ${JSON.stringify(target)} is malformed: ${because}`, () => {
      expect(parseRequestTarget(method, target)).toBeNull();
    });
  }
});

describe("isAuthority", () => {
  for (const { text, verdict, because } of [
    { text: "a.example", verdict: true, because: "a name" },
    {
      text: "A-1_~!$&'()*+,;=",
      verdict: true,
      because: "RFC 3986 §3.2.2: the characters of a registered name",
    },
    { text: "%41.example", verdict: true, because: "percent-encoded" },
    { text: "127.0.0.1:80", verdict: true, because: "an IPv4 address" },
    { text: "[::1]", verdict: true, because: "an IPv6 address" },
    {
      text: "[::ffff:127.0.0.1]:65535",
      verdict: true,
      because: "with an IPv4 tail and the highest port",
    },
    { text: "a:", verdict: true, because: "RFC 3986 §3.2.3: a port may be empty" },
    { text: "a:00080", verdict: true, because: "and have leading zeros" },
    { text: "", verdict: false, because: "no host" },
    { text: ":80", verdict: false, because: "an empty host" },
    { text: "a:65536", verdict: false, because: "no such port" },
    { text: "a:8x", verdict: false, because: "a port has digits" },
    { text: "a:80:80", verdict: false, because: "one port" },
    { text: "a/b", verdict: false, because: "a path" },
    { text: "u@a", verdict: false, because: "userinfo" },
    {
      text: "a, b",
      verdict: false,
      because: "two values joined by a stack that should have refused them",
    },
    { text: "a\r\nX: y", verdict: false, because: "a line break" },
    { text: "caf\u00e9.example", verdict: false, because: "not ASCII" },
    { text: "a%4", verdict: false, because: "half of an encoded byte" },
    { text: "a%4z", verdict: false, because: "only one hexadecimal digit" },
    { text: "a%zz", verdict: false, because: "no hexadecimal digits" },
    { text: "[::1", verdict: false, because: "an open bracket" },
    { text: "[]", verdict: false, because: "an empty one" },
    { text: "[::1]x", verdict: false, because: "something between bracket and port" },
    { text: "[fe80::1%25eth0]", verdict: false, because: "zones stay on their machine" },
    { text: "[a.example]", verdict: false, because: "a name in brackets" },
    { text: "::1", verdict: false, because: "an IPv6 address has brackets" },
  ]) {
    test(`${JSON.stringify(text)} ${verdict ? "is" : "is not"} an authority: ${because}`, () => {
      expect(isAuthority(text)).toBe(verdict);
    });
  }
});

test("a character of a target is visible ASCII but #, for every code", () => {
  for (let code = 0; code < 0x200; code += 1) {
    expect(isTargetCode(code), `code ${code}`).toBe(code > 0x20 && code < 0x7f && code !== 0x23);
  }
});
