import { describe, expect, test } from "vitest";
import { redirectTarget, tlsFor } from "../../src/client/redirect.ts";

function targetOf(location: string, from: string): string {
  const headers = [["Location", location]] as const;
  const response = { status: 302, statusText: "Found", minorVersion: 1 as const, headers };
  const answer = { ...response, body: new Uint8Array(0), isBodyTruncated: false };
  return redirectTarget(answer, new URL(from)).href;
}

describe("a redirect", () => {
  for (const { location, from, to, because } of [
    { location: "/b", from: "ws://h/a", to: "ws://h/b", because: "a path is enough" },
    { location: "http://h/b#c", from: "ws://h/a", to: "ws://h/b", because: "http means ws" },
    { location: "https://h/", from: "ws://h/a", to: "wss://h/", because: "TLS may come" },
    {
      location: "/b",
      from: "ws://me:x%40y@h/a",
      to: "ws://me:x%40y@h/b",
      because: "the same origin knows the user already",
    },
    {
      location: "http://h/b",
      from: "ws://me:x@h/a",
      to: "ws://me:x@h/b",
      because: "however the origin is written",
    },
    {
      location: "http://other/b",
      from: "ws://me:x@h/a",
      to: "ws://other/b",
      because: "another origin must not learn it",
    },
    {
      location: "http://evil:%zz@h/b",
      from: "ws://me:x@h/a",
      to: "ws://me:x@h/b",
      because: "the server does not choose who we are",
    },
    {
      location: "http://evil:%zz@other/b",
      from: "ws://h/a",
      to: "ws://other/b",
      because: "nor anywhere else",
    },
    {
      location: "/%zz?q=%",
      from: "ws://h/",
      to: "ws://h/%zz?q=%",
      because: "a URL parser leaves such percent signs as they are",
    },
  ]) {
    test(`from ${from} to ${location} leads to ${to}: ${because}`, () => {
      expect(targetOf(location, from)).toBe(to);
    });
  }

  for (const { location, from, because } of [
    { location: "ws://other:0/", from: "ws://h/", because: "nothing listens on port 0" },
    { location: "http://h/", from: "wss://h/", because: "what was secret would be read" },
    { location: "ftp://h/", from: "ws://h/", because: "no WebSocket is there" },
    { location: "http://[/", from: "ws://h/", because: "it is no URL" },
  ]) {
    test(`from ${from} to ${location} is refused as the server's fault: ${because}`, () => {
      expect(() => targetOf(location, from)).toThrow(
        expect.objectContaining({ name: "ConnectError", code: "redirect-refused" }),
      );
    });
  }

  for (const { to, kept, because } of [
    {
      to: "wss://h:81/",
      kept: ["ca", "serverName", "cert", "key"],
      because: "it is the same host",
    },
    { to: "wss://other/", kept: ["ca"], because: "it is known by another name, and knows us not" },
  ]) {
    test(`to ${to} takes ${kept.join(", ")} of the TLS options there: ${because}`, () => {
      const tls = { ca: "ca", serverName: "name", cert: "cert", key: "key" };
      expect(Object.keys(tlsFor(tls, new URL("wss://h/"), new URL(to)))).toEqual(kept);
    });
  }
});
