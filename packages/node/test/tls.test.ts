/** What a server does about TLS that only one of `tls.createServer` would be told of by itself. */
import { connect as connectTls, type TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { certificate } from "../../../vitest.certificate.ts";
import { serve } from "../src/index.ts";

function renegotiated(client: TLSSocket): Promise<boolean> {
  return new Promise((resolve) => {
    client.once("close", () => resolve(false));
    client.renegotiate({}, (error) => resolve(error === null));
  });
}

test("a client under TLS 1.2 that renegotiates is let go of: each handshake costs the server more than the client", async () => {
  const { cert, key } = await certificate();
  await using server = await serve({ hostname: "127.0.0.1", tls: { cert, key } });
  const { port } = server.address as { port: number };
  const client = connectTls({ port, host: "127.0.0.1", ca: cert, maxVersion: "TLSv1.2" });
  client.on("error", () => {});
  await new Promise<void>((resolve) => client.once("secureConnect", resolve));
  let count = 0;
  while (count < 10 && (await renegotiated(client))) count += 1;
  client.destroy();
  expect(count).toBeLessThan(2);
  while (server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});
