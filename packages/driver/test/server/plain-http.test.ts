/** Requests that are no opening handshake (RFC 9110), on the port of a server. */
import { describe, expect, test } from "vitest";
import type { ServerError } from "../../src/index.ts";
import { Stage, settle } from "../stage.ts";
import { GET, plain, RawClient } from "./raw-client.ts";

describe("plain HTTP on the same port", () => {
  test("is answered with 426 where there is no request hook", async () => {
    const client = await plain(new Stage({}), GET);
    expect(client.heard).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
    expect(client.heard).toMatch(/\r\nUpgrade: websocket\r\n/);
    expect(client.transport.isWriteEnded).toBe(true);
  });

  test("is answered by the request hook, with Content-Length and Connection: close", async () => {
    const stage = new Stage({
      request: ({ method, target, url }) => ({
        headers: { "Content-Type": "text/plain" },
        body: `${method} ${target} ${url.searchParams.get("q")} ä`,
      }),
    });
    const client = await plain(stage, GET);
    expect(client.heard).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(client.heard).toMatch(/\r\nConnection: close\r\n/);
    expect(client.heard).toMatch(/\r\nContent-Length: 18\r\n/);
    expect(client.heard.endsWith("\r\n\r\nGET /path?q=1 1 Ã¤")).toBe(true);
  });

  for (const { line, host, url } of [
    { line: "GET /x", host: "site.example:81", url: "http://site.example:81/x" },
    { line: "GET //x/y", host: "site.example", url: "http://site.example//x/y" },
    { line: "GET /x", host: "1.2.3.999", url: "http://localhost/x" },
    { line: "GET /x", host: "", url: "http://localhost/x" },
    { line: "OPTIONS *", host: "site.example", url: "http://site.example/" },
    { line: "CONNECT a.example:443", host: "a.example:443", url: "http://a.example:443/" },
  ]) {
    test(`"${line}" of the host "${host}" has the url ${url}`, async () => {
      const stage = new Stage({ request: (request) => ({ body: request.url.href }) });
      const client = await plain(stage, `${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(client.heard.split("\r\n\r\n")[1]).toBe(url);
    });
  }

  test("a body waits for the answer up to limits.undelivered, and is read over then", async () => {
    let answer = (): void => {};
    const stage = new Stage({
      limits: { undelivered: 1_000 },
      request: () => new Promise((resolve) => (answer = () => resolve({}))),
    });
    const client = new RawClient(stage);
    client.says("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n989680\r\n");
    for (const isPaused of [false, true]) {
      client.transport.arrives(new Uint8Array(900));
      await settle();
      expect(client.transport.isPaused).toBe(isPaused);
    }
    answer();
    await settle();
    expect(client.status).toBe(200);
    expect(client.transport.isPaused).toBe(false);
    client.transport.arrives(new Uint8Array(9_000));
    await settle();
    expect(client.transport.isPaused).toBe(false);
  });

  test("HEAD gets the head alone", async () => {
    const stage = new Stage({ request: () => ({ body: "12345" }) });
    const client = await plain(stage, GET.replace("GET", "HEAD"));
    expect(client.heard).toMatch(/\r\nContent-Length: 5\r\n/);
    expect(client.heard.endsWith("\r\n\r\n")).toBe(true);
  });

  for (const { what, request, status } of [
    { what: "HTTP/1.0", request: "GET / HTTP/1.0\r\n\r\n", status: 200 },
    {
      what: "an absolute target",
      request: "GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n\r\n",
      status: 200,
    },
    {
      what: "a body that is small enough to drop",
      request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\nabc",
      status: 200,
    },
    {
      what: "a body that is too large to drop",
      request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\nabc",
      status: 413,
    },
    {
      what: "a chunked body, which says its length only at its end,",
      request: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n989680\r\nabc",
      status: 200,
    },
    { what: "no host", request: "GET / HTTP/1.1\r\n\r\n", status: 400 },
  ]) {
    test(`${what} gets ${status}`, async () => {
      const client = await plain(new Stage({ request: () => ({}), error: () => {} }), request);
      expect(client.status).toBe(status);
    });
  }

  for (const { what, request } of [
    {
      what: "throws",
      request: () => {
        throw new Error("x");
      },
    },
    { what: "rejects", request: () => Promise.reject(new Error("x")) },
    { what: "answers what cannot be sent", request: () => ({ headers: { "A\n": "b" } }) },
    { what: "answers nothing", request: () => undefined as never },
  ]) {
    test(`a request hook that ${what} is answered for with 500`, async () => {
      const errors: ServerError[] = [];
      const client = await plain(
        new Stage({ request, error: (_, e) => void errors.push(e as ServerError) }),
        GET,
      );
      expect(client.status).toBe(500);
      expect(errors.map(({ code }) => code)).toEqual(["hook-failed"]);
    });
  }
});

for (const [what, lines] of [
  ["a length that is no number", "Content-Length: abc"],
  ["a negative length", "Content-Length: -1"],
  ["two lengths that differ", "Content-Length: 1\r\nContent-Length: 2"],
  ["a coding whose end nobody knows", "Transfer-Encoding: gzip"],
  ["both a coding and a length", "Transfer-Encoding: chunked\r\nContent-Length: 2"],
] as const) {
  test(`a plain request with ${what} is answered with 400, and no hook is asked`, async () => {
    const codes: string[] = [];
    const stage = new Stage({
      request: () => ({ status: 200 }),
      error: (_socket, error) => void codes.push(error.code),
    });
    const client = await plain(stage, `POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`);
    expect(client.status).toBe(400);
    client.transport.ends();
    await settle();
    expect(codes).toEqual(["handshake-refused"]);
  });
}

test("a body whose length is repeated is as long as each says", async () => {
  const stage = new Stage({ request: () => ({ status: 200 }) });
  const client = await plain(
    stage,
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537, 65537\r\n\r\n",
  );
  expect(client.status).toBe(413);
});
