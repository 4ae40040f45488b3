import { describe, expect, test } from "vitest";
import { redirectTarget } from "../../src/client/redirect.ts";

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
  ]) {
    test(`from ${from} to ${location} leads to ${to}: ${because}`, () => {
      expect(targetOf(location, from)).toBe(to);
    });
  }
});
