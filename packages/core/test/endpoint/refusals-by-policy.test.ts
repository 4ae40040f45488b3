/** Requests that the engine refuses by the policy of its server, and the answers that explain it. */
import { describe, expect, test } from "vitest";
import { eventsOf, type ServerEndpointOptions, serverEndpoint } from "../../src/index.ts";
import { Bench, quietHost } from "../turn.ts";
import { bytesOf } from "../wire.ts";

const UPGRADE =
  "Upgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

function server(options: Partial<ServerEndpointOptions>): Bench {
  return new Bench(serverEndpoint({ host: quietHost(), ...options }, 0));
}

function answerOf(bench: Bench): string {
  return new TextDecoder().decode(bench.output);
}

describe("allowedHosts", () => {
  for (const { allowed, host, fields = UPGRADE, options = {}, isAllowed } of [
    { allowed: ["app.example"], host: "app.example:99", isAllowed: true },
    { allowed: ["app.example"], host: "evil.example", isAllowed: false },
    { allowed: ["app.example"], host: "evil.example", fields: "", isAllowed: false },
    { allowed: ["app.example"], host: "app.example", fields: "", isAllowed: true },
    { allowed: ["app.example:80"], host: "app.example", isAllowed: true },
    { allowed: ["app.example:443"], host: "app.example", isAllowed: false },
    {
      allowed: ["app.example:443"],
      host: "app.example",
      options: { secure: true },
      isAllowed: true,
    },
    {
      allowed: ["app.example:443"],
      host: "inside:80",
      fields: `${UPGRADE}X-Forwarded-Host: app.example\r\nX-Forwarded-Proto: https\r\n`,
      options: { trustProxy: true },
      isAllowed: true,
    },
    {
      allowed: ["app.example:80"],
      host: "app.example",
      fields: `${UPGRADE}X-Forwarded-Proto: gopher\r\n`,
      options: { trustProxy: true },
      isAllowed: true,
    },
  ]) {
    const kind = fields === "" ? "a plain request" : "an upgrade request";
    test(`${allowed} ${isAllowed ? "lets" : "keeps"} ${kind} for ${host} ${isAllowed ? "in" : "out"}`, () => {
      const bench = server({ allowedHosts: allowed, ...options });
      const told = bench.feed(bytesOf(`GET / HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`));
      if (isAllowed) {
        expect(told).toEqual([{ step: "request" }]);
      } else {
        expect(told).toEqual([{ step: "violation", kind: "host-refused", offset: -1 }]);
        expect(answerOf(bench)).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\n/);
      }
    });
  }
});

describe("the body of a refusal", () => {
  test("is what explain says of the fault, as text that no browser runs", () => {
    const bench = server({ explain: ({ fault, host }) => `${fault.kind} for ${host}` });
    bench.feed(bytesOf(`POST / HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`));
    expect(answerOf(bench)).toMatch(/X-Content-Type-Options: nosniff\r\n/);
    expect(answerOf(bench)).toMatch(/\r\n\r\nmethod-not-get for a$/);
    expect(bench.endpoint.refusal).toMatchObject({ host: "a", ownOrigin: "http://a" });
  });

  test("is absent when explain has nothing to say", () => {
    const bench = server({ explain: () => "" });
    bench.feed(bytesOf("GET\r\n"));
    expect(answerOf(bench)).toMatch(/\r\n\r\n$/);
  });

  for (const { request, status } of [
    { request: "GET / HT", status: 408 },
    { request: `GET / HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`, status: 503 },
  ]) {
    test(`is what explainTimeout says at ${status}`, () => {
      const bench = server({ explainTimeout: (late) => `late: ${late}` });
      bench.feed(bytesOf(request));
      bench.at(bench.endpoint.deadline);
      expect(answerOf(bench)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(answerOf(bench)).toMatch(new RegExp(`late: ${status}$`));
    });
  }

  test("may be bytes when the application answers", () => {
    const bench = server({});
    const body = Uint8Array.of(0x68, 0x69);
    bench.feed(bytesOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    expect(bench.endpoint.respond(200, { body }, 0)).toBe(true);
    bench.turn();
    expect(answerOf(bench)).toMatch(/Content-Length: 2\r\n\r\nhi$/);
  });
});

test("a request is an event too", () => {
  const { endpoint } = server({});
  endpoint.receive(bytesOf("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
  const events = [...eventsOf(endpoint)];
  expect(events).toMatchObject([{ type: "request", request: { kind: "plain", target: "/a" } }]);
});
