/** The recipes for frameworks: one port, a login over HTTP, a user who is known on the WebSocket, and an end. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { serveFastify } from "../src/fastify.ts";
import { serveHono } from "../src/hono.ts";
import { serveKoa } from "../src/koa.ts";
import { Visitor } from "./conversation.ts";

interface Serving {
  readonly port: number;
  /** Resolves when the HTTP server has closed. */
  readonly stop: () => Promise<unknown>;
}

const SECRET = "a secret for this test, and only for this test";
const frameworks: { name: string; start: () => Promise<Serving> }[] = [
  {
    name: "Fastify",
    start: async () => {
      const app = await serveFastify(0, SECRET);
      return { port: (app.server.address() as AddressInfo).port, stop: () => app.close() };
    },
  },
  { name: "Koa", start: async () => serving(await serveKoa(0, SECRET)) },
  { name: "Hono", start: async () => serving(await serveHono(0, SECRET)) },
];

function serving({ http, stop }: Awaited<ReturnType<typeof serveKoa>>): Serving {
  const closed = once(http, "close");
  return {
    port: (http.address() as AddressInfo).port,
    stop: () => Promise.all([stop(), closed]),
  };
}

describe.each(frameworks)("on the port of $name", ({ start }) => {
  let stop: Serving["stop"] | undefined;

  afterEach(async () => {
    await stop?.();
    stop = undefined;
  });

  /** The cookie of a user who has logged in, and the address of the server. */
  async function loggedIn(): Promise<{ cookie: string; at: string }> {
    const started = await start();
    stop = started.stop;
    const at = `localhost:${started.port}`;
    const login = await fetch(`http://${at}/login/ada`, {
      method: "POST",
      headers: { Connection: "close" },
    });
    expect(await login.text()).toBe("welcome\n");
    const cookie = login.headers.getSetCookie().map((field) => field.split(";")[0]);
    return { cookie: cookie.join("; "), at };
  }

  test("a user who has logged in is known on the WebSocket, and the end of the server is a Close", async () => {
    const { cookie, at } = await loggedIn();
    const visitor = await Visitor.open(`ws://${at}/chat?room=1`, { headers: { cookie } });
    visitor.say("hello");
    expect(await visitor.hear()).toBe("ada: hello");
    await stop!();
    stop = undefined;
    expect(await visitor.closed).toBe(1001);
  });

  test("a stranger, a forged cookie, another path and a page of another origin are refused", async () => {
    const { cookie, at } = await loggedIn();
    const url = `ws://${at}/chat`;
    const refusal = (status: number) => `Unexpected server response: ${status}`;
    await expect(Visitor.open(url)).rejects.toThrow(refusal(401));
    await expect(
      Visitor.open(url, { headers: { cookie: cookie.replace("ada", "eve") } }),
    ).rejects.toThrow(refusal(401));
    await expect(Visitor.open(`ws://${at}/`, { headers: { cookie } })).rejects.toThrow(
      refusal(404),
    );
    const origin = "http://evil.example";
    await expect(Visitor.open(url, { headers: { cookie }, origin })).rejects.toThrow(refusal(403));
  });
});
