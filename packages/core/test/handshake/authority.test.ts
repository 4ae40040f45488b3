import { describe, expect, test } from "vitest";
import {
  formatAuthority,
  normalizeHost,
  parsePort,
  splitAuthority,
} from "../../src/handshake/authority.ts";

describe("splitAuthority", () => {
  for (const { text, host, port, because } of [
    { text: "example.com", host: "example.com", port: "", because: "no port" },
    { text: "example.com:80", host: "example.com", port: "80", because: "a port" },
    { text: "example.com:", host: "example.com", port: "", because: "an empty one" },
    { text: "[::1]", host: "[::1]", port: "", because: "colons in brackets begin no port" },
    { text: "[::1]:80", host: "[::1]", port: "80", because: "a colon behind them does" },
    { text: "[::1", host: "[::1", port: "", because: "the second bracket is missing" },
    { text: "[::1]x:80", host: "[::1]x", port: "80", because: "the rest belongs to a bad host" },
    { text: "::1", host: "", port: ":1", because: "without brackets it is no address" },
    { text: ":80", host: "", port: "80", because: "no host" },
    { text: "", host: "", port: "", because: "nothing" },
    { text: "a:1:2", host: "a", port: "1:2", because: "the second colon makes a bad port" },
  ]) {
    test(`${JSON.stringify(text)}: ${because}`, () => {
      expect(splitAuthority(text)).toEqual({ host, port });
    });
  }
});

describe("normalizeHost", () => {
  for (const { host, normal, because } of [
    { host: "Example.COM", normal: "example.com", because: "RFC 3986 §6.2.2.1: lower case" },
    { host: "xn--bcher-kva.example", normal: "xn--bcher-kva.example", because: "IDNA" },
    { host: "ex%61mple.com", normal: "example.com", because: "§6.2.2.2: percent-encoding" },
    { host: "ex%41mple.com", normal: "example.com", because: "first decoded, then lower case" },
    { host: "_dns.example", normal: "_dns.example", because: "an underscore is unreserved" },
    { host: "example.com.", normal: "example.com.", because: "another name than without the dot" },
    { host: "127.0.0.1", normal: "127.0.0.1", because: "an IPv4 address looks like a name" },
    { host: "127.1", normal: "127.1", because: "and is not read as an address" },
    { host: "[::1]", normal: "::1", because: "an IPv6 address, without its brackets" },
    { host: "[0:0::1]", normal: "::1", because: "in its usual spelling" },
    { host: "", normal: null, because: "an empty host connects to nobody" },
    { host: "::1", normal: null, because: "an IPv6 address needs brackets" },
    { host: "[]", normal: null, because: "brackets around nothing" },
    { host: "[", normal: null, because: "one bracket" },
    { host: "[::1", normal: null, because: "the second bracket is missing" },
    { host: "[::1]x", normal: null, because: "something behind it" },
    { host: "[127.0.0.1]", normal: null, because: "brackets around an IPv4 address" },
    { host: "[v1.a]", normal: null, because: "a version of IP that does not exist" },
    { host: "a b", normal: null, because: "a space" },
    { host: "a/b", normal: null, because: "a path" },
    { host: "a\\b", normal: null, because: "a path, as browsers read it" },
    { host: "user@a", normal: null, because: "userinfo" },
    { host: "a%2Fb", normal: null, because: "a path, hidden" },
    { host: "a%40b", normal: null, because: "userinfo, hidden" },
    { host: "a%00", normal: null, because: "NUL, hidden" },
    { host: "b%C3%BCcher.example", normal: null, because: "not ASCII, hidden" },
    { host: "b\u00fccher.example", normal: null, because: "not ASCII" },
    { host: "\u212a.example", normal: null, because: "U+212A, which toLowerCase would make a k" },
    { host: "a%", normal: null, because: "malformed percent-encoding" },
    { host: "a%6", normal: null, because: "half of one" },
    { host: "a%6g", normal: null, because: "no hexadecimal digit" },
    { host: "a%g6", normal: null, because: "nor the first one" },
    { host: "\u0161.example", normal: null, because: "U+0161 is no a, though its low byte is" },
    { host: "a,b", normal: "a,b", because: "sub-delims are in a name, says RFC 3986" },
  ]) {
    test(`${JSON.stringify(host)} ${normal === null ? "is malformed" : `is ${normal}`}: ${because}`, () => {
      expect(normalizeHost(host)).toBe(normal);
    });
  }
});

describe("parsePort", () => {
  for (const { port, number, because } of [
    { port: "", number: 443, because: "the default" },
    { port: "80", number: 80, because: "a number" },
    { port: "0", number: 0, because: "a number; who connects judges it" },
    { port: "00080", number: 80, because: "leading zeros" },
    { port: "65535", number: 65_535, because: "the last" },
    { port: "65536", number: null, because: "one more" },
    { port: "9".repeat(400), number: null, because: "more than a number can hold" },
    { port: "+80", number: null, because: "a sign" },
    { port: "8o", number: null, because: "a letter" },
    { port: "80 ", number: null, because: "a space" },
    { port: "\u0661", number: null, because: "a digit of another script" },
  ]) {
    test(`${JSON.stringify(port.slice(0, 8))} is ${number}: ${because}`, () => {
      expect(parsePort(port, 443)).toBe(number);
    });
  }
});

describe("formatAuthority", () => {
  for (const { host, port, text } of [
    { host: "example.com", port: 443, text: "example.com" },
    { host: "example.com", port: 80, text: "example.com:80" },
    { host: "::1", port: 443, text: "[::1]" },
    { host: "::1", port: 8443, text: "[::1]:8443" },
  ]) {
    test(`${host} and ${port} where 443 is the default is ${text}`, () => {
      expect(formatAuthority(host, port, 443)).toBe(text);
    });
  }
});
