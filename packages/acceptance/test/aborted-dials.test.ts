/** A `connect` that was aborted leaves no descriptor behind, in any of its phases. */
import { readdirSync } from "node:fs";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect as dial } from "node:net";
import { certificate } from "@sansocket/workshop/certificate";
import { describe, expect, test } from "vitest";
import { connect, serve } from "./adapter.ts";
import { unixPath } from "./places.ts";

const DESCRIPTORS = "/proc/self/fd";
const LIMIT = 120_000;

function descriptors(): number | null {
  try {
    return readdirSync(DESCRIPTORS).length;
  } catch {
    return null;
  }
}

/** Three hundred attempts, each aborted a little later than the one before. */
async function abortMany(
  attempt: (signal: AbortSignal) => Promise<{ abort(): void }>,
): Promise<void> {
  for (let count = 0; count < 300; count += 1) {
    const controller = new AbortController();
    const attempting = attempt(controller.signal);
    const outcome = attempting.then(
      (socket) => socket.abort(),
      () => {},
    );
    const step = count % 12;
    if (step < 4) for (let turn = 0; turn < step * 3; turn += 1) await null;
    else if (step < 8) for (let turn = 4; turn < step; turn += 1) await nextTurn();
    else await new Promise((resolve) => setTimeout(resolve, (step - 8) / 2));
    controller.abort();
    await outcome;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A proxy that lets go of both ends when one is gone. (The npm package `proxy` keeps the connection to the target of a client
 * that left while the proxy was dialing: 4 or 5 of 300, descriptors of this process that are not ours.)
 */
function relayTunnels(http: HttpServer): void {
  http.on("connect", (request, client) => {
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = dial({ host: hostname, port: Number(port) }, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(target);
      target.pipe(client);
    });
    target.on("error", () => {}).on("close", () => client.destroy());
    client.on("error", () => {}).on("close", () => target.destroy());
  });
}

describe("connect that is aborted leaves no descriptor", () => {
  test.each([
    ["ws", false, null],
    ["wss", true, null],
    ["ws over a unix socket", false, "path"],
    ["ws through a proxy", false, "http"],
    ["wss through a proxy", true, "http"],
    ["ws through a proxy that speaks TLS", false, "https"],
  ] as const)(
    "%s",
    async (_what, isTls, way) => {
      const { cert, key } = await certificate();
      const path = way === "path" ? unixPath() : undefined;
      await using server = await serve({
        ...(path === undefined ? { hostname: "127.0.0.1" } : { path }),
        ...(isTls && { tls: { cert, key } }),
        dangerouslyAllowAnyOrigin: true,
      });
      const http = way === "https" ? createHttpsServer({ cert, key }) : createHttpServer();
      relayTunnels(http);
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
      const { port } = http.address() as { port: number };
      const url = `${way}://localhost:${port}`;
      const tls = { ca: cert };
      const attempt = (signal: AbortSignal) =>
        connect(
          path === undefined ? server.url.replace("127.0.0.1", "localhost") : "ws://localhost/",
          {
            signal,
            tls,
            ...(path !== undefined && { path }),
            ...((way === "http" || way === "https") && { proxy: { url, tls } }),
          },
        );
      const warm = await attempt(new AbortController().signal);
      warm.abort();
      await expect.poll(() => server.connections, { timeout: LIMIT }).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const before = descriptors();
      await abortMany(attempt);
      await expect.poll(() => server.connections, { timeout: LIMIT }).toBe(0);
      await expect.poll(descriptors, { timeout: 5_000 }).toBeLessThanOrEqual(before!);
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
    LIMIT,
  );
});
