/** What is said of a request that the engine refuses: in the answer, to the `error` hook, and on the console. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { intakeOf, type ServerBase, type UpgradeRequest } from "../../src/index.ts";
import { ScriptedTransport, Stage, settle } from "../stage.ts";
import { plain, RawClient, UPGRADE } from "./raw-client.ts";

afterEach(() => void vi.restoreAllMocks());

const CROSS = UPGRADE.replace("\r\n\r\n", "\r\nOrigin: http://localhost:5173\r\n\r\n");

async function refused(request: string, options: ServerBase = {}) {
  const messages: string[] = [];
  const stage = new Stage({ ...options, error: (_, error) => void messages.push(error.message) });
  const client = await plain(stage, request);
  client.transport.ends();
  await settle();
  const [head, body] = client.heard.split("\r\n\r\n");
  return { status: client.status, head: head!, body: body!, message: messages[0] ?? "" };
}

describe("a refusal says what is wrong and what to do", () => {
  for (const [what, request, options, status, inBody, inMessage] of [
    [
      "a foreign Origin",
      CROSS,
      {},
      403,
      ['"http://localhost:5173"', "allowedOrigins", '"site.example"'],
      ['allowedOrigins: ["http://localhost:5173"]', '"http://site.example"', "trustProxy"],
    ],
    [
      "an Origin that is not in the list",
      CROSS,
      { allowedOrigins: ["https://app.example"] },
      403,
      ["allowedOrigins"],
      ['allowedOrigins has "https://app.example"'],
    ],
    [
      "a foreign Host",
      UPGRADE,
      { allowedHosts: ["app.example"] },
      421,
      ['"site.example"', "allowedHosts"],
      ['"site.example"', "allowedHosts"],
    ],
    [
      "an Upgrade that a proxy took away",
      UPGRADE.replace("Upgrade: websocket\r\n", ""),
      {},
      426,
      ["Upgrade header is missing", "proxy"],
      ["proxy"],
    ],
    [
      "a Connection that a proxy changed",
      UPGRADE.replace("Connection: Upgrade", "Connection: keep-alive"),
      {},
      400,
      ["Connection header", "proxy"],
      ["proxy"],
    ],
    ["another version", UPGRADE.replace("13", "8"), {}, 426, ["13"], ["13"]],
    [
      "a malformed head",
      "GET / HTTP/1.1\r\nA B\r\n\r\n",
      {},
      400,
      ["header name"],
      ["header name"],
    ],
  ] as [string, string, ServerBase, number, string[], string[]][]) {
    test(`${what}: ${status}`, async () => {
      const answer = await refused(request, options);
      expect(answer.status).toBe(status);
      expect(answer.head).toMatch(/Content-Type: text\/plain/);
      expect(answer.head).toMatch(/X-Content-Type-Options: nosniff/);
      for (const part of inBody) expect(answer.body).toContain(part);
      for (const part of inMessage) expect(answer.message).toContain(part);
    });
  }

  test("and does not tell a stranger which origins are allowed", async () => {
    const { body } = await refused(CROSS, { allowedOrigins: ["https://secret.example"] });
    expect(body).not.toContain("secret");
  });

  test("and shows what the peer has sent as a string on one line", async () => {
    const { body } = await refused(CROSS.replace("http://localhost:5173", '<b>"\x85'));
    expect(body).toContain(String.raw`"<b>\"`);
  });
});

describe("an answer of the server's own says why", () => {
  const LONG = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n";
  const OFFER = UPGRADE.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: odd\r\n\r\n");
  const GET = "GET / HTTP/1.1\r\nHost: site.example\r\n\r\n";
  const fail = (): never => {
    throw new Error("the secret of the log");
  };
  const never = () => new Promise<never>(() => {});

  for (const [what, request, options, status, part] of [
    ["a request that is not complete in time", "GET / HT", {}, 408, "timeouts.handshake"],
    ["a body that is too long", LONG, {}, 413, "65,536"],
    ["an upgrade hook that throws", UPGRADE, { upgrade: fail }, 500, "failed"],
    ["an upgrade hook that decides nothing", UPGRADE, { upgrade: () => undefined }, 500, "failed"],
    ["a request hook that throws", GET, { request: fail }, 500, "failed"],
    ["an extension that throws", OFFER, { extensions: [throwing(fail)] }, 500, "failed"],
    ["an upgrade hook that takes too long", UPGRADE, { upgrade: never }, 503, "decided"],
    ["a request hook that takes too long", GET, { request: never }, 503, "decided"],
  ] as [string, string, object, number, string][]) {
    test(`${what}: ${status}`, async () => {
      const stage = new Stage({ error() {}, ...options });
      const client = await plain(stage, request);
      await stage.runtime.advance(10_000);
      await settle();
      requireExplained(client, status, part);
    });
  }

  test("a shutdown while a request waits for its decision: 503", async () => {
    const stage = new Stage({ error() {}, upgrade: never });
    const client = await plain(stage, UPGRADE);
    void stage.server.shutdown();
    await settle();
    requireExplained(client, 503, "shutting down");
  });

  test("a request that the server does not take: 503", async () => {
    const stage = new Stage({ error() {}, upgrade: never });
    const waiting = await plain(stage, UPGRADE);
    intakeOf(stage.server).refuse(
      (handler) => {
        waiting.transport = new ScriptedTransport(handler);
        return waiting.transport;
      },
      "not-taken",
      null,
    );
    waiting.says(UPGRADE);
    await settle();
    requireExplained(waiting, 503, "as many connections");
  });

  function requireExplained(client: RawClient, status: number, part: string): void {
    const [head, body] = client.heard.split("\r\n\r\n");
    expect(client.status).toBe(status);
    expect(head).toMatch(/Content-Type: text\/plain/);
    expect(head).toMatch(/X-Content-Type-Options: nosniff/);
    expect(body).toContain(part);
    expect(body).not.toContain("secret");
  }

  function throwing(accept: () => never): object {
    return { name: "odd", accept, offer: () => [], confirm: () => null };
  }
});

describe("without an error hook", () => {
  test("a refusal for a setting is printed once for each kind, however often it comes", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    const stage = new Stage({});
    for (let count = 0; count < 5; count += 1) {
      const client = await plain(stage, CROSS);
      client.transport.ends();
      await settle();
    }
    expect(printed).toHaveBeenCalledTimes(1);
    expect(String(printed.mock.calls[0])).toContain('allowedOrigins: ["http://localhost:5173"]');
  });

  test("a peer's own fault is not printed", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    const client = await plain(new Stage({}), "junk\r\n\r\n");
    client.transport.ends();
    await settle();
    expect(printed).not.toHaveBeenCalled();
  });
});

describe("allowedHosts", () => {
  const rebound = UPGRADE.replaceAll("site.example", "evil.example").replace(
    "\r\n\r\n",
    "\r\nOrigin: http://evil.example\r\n\r\n",
  );

  for (const [what, request, options, status] of [
    ["a page whose name resolves to this server", rebound, { allowedHosts: ["localhost"] }, 421],
    ["the same by default", rebound, {}, 101],
    [
      "a plain request of such a page",
      "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
      { allowedHosts: ["localhost"] },
      421,
    ],
    [
      "an absolute target beside a lawful Host",
      UPGRADE.replace("GET /", "GET http://evil.example/"),
      { allowedHosts: ["site.example"] },
      421,
    ],
    ["a lawful Host", UPGRADE, { allowedHosts: [".example"] }, 101],
    [
      "what the proxy says",
      UPGRADE.replace("\r\n\r\n", "\r\nX-Forwarded-Host: app.example\r\n\r\n"),
      { allowedHosts: ["app.example"], trustProxy: true },
      101,
    ],
    [
      "what anybody says",
      UPGRADE.replace("\r\n\r\n", "\r\nX-Forwarded-Host: app.example\r\n\r\n"),
      { allowedHosts: ["app.example"] },
      421,
    ],
  ] as [string, string, ServerBase, number][]) {
    test(`${what}: ${status}`, async () => {
      expect((await refused(request, options)).status).toBe(status);
    });
  }
});

describe("behind proxies", () => {
  function seen(lines: string, trustProxy: boolean | number): UpgradeRequest {
    let request: UpgradeRequest | null = null;
    const stage = new Stage({
      trustProxy,
      upgrade(given) {
        request = given as UpgradeRequest;
        return given.accept();
      },
    });
    new RawClient(stage).says(UPGRADE.replace("\r\n\r\n", `\r\n${lines}\r\n\r\n`));
    return request!;
  }
  const lines =
    "X-Forwarded-For: 6.6.6.6, 198.51.100.9, 10.0.0.1\r\nX-Forwarded-Proto: https\r\n" +
    "X-Forwarded-Host: app.example\r\nX-Forwarded-Port: 8443";

  for (const [trustProxy, clientAddress, href] of [
    [false, "203.0.113.7", "http://site.example/"],
    [0, "203.0.113.7", "http://site.example/"],
    [true, "10.0.0.1", "https://app.example:8443/"],
    [1, "10.0.0.1", "https://app.example:8443/"],
    [2, "198.51.100.9", "https://app.example:8443/"],
    [4, null, "https://app.example:8443/"],
  ] as const) {
    test(`trustProxy ${trustProxy}: the client is ${clientAddress}, and has asked for ${href}`, () => {
      const request = seen(lines, trustProxy);
      expect(request.clientAddress).toBe(clientAddress);
      expect(request.url.href).toBe(href);
    });
  }

  test("a host that would be userinfo or a path is none", () => {
    for (const host of ["a@b", "a/b", "a?b", "a b", ""]) {
      expect(seen(`X-Forwarded-Host: ${host}`, true).url.href).toBe("http://localhost/");
    }
  });
});
