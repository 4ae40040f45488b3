/** What a server does about TLS that only one of `tls.createServer` would be told of by itself. */
import { once } from "node:events";
import { createServer as createHttpsServer } from "node:https";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { certificate, selfSigned } from "@sansocket/workshop/certificate";
import { expect, test } from "vitest";
import { type ClientCertificate, connect, createServer, serve } from "../src/index.ts";

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

test("of a server of node:https the certificate of the client is told too, and never that of a server", async () => {
  const [{ cert, key }, known] = [await certificate(), await selfSigned("known")];
  const stranger = await selfSigned("stranger");
  const https = createHttpsServer({
    cert,
    key,
    ca: known.cert,
    requestCert: true,
    rejectUnauthorized: false,
  });
  const seen: (ClientCertificate | null | undefined)[] = [];
  const server = createServer({
    secure: true,
    open: (socket) => void seen.push(socket.tls?.clientCertificate),
    message() {},
  });
  https.on("upgrade", (request, socket, head) => server.handleUpgrade(request, socket, head));
  https.listen(0, "127.0.0.1");
  await once(https, "listening");
  const url = `wss://127.0.0.1:${(https.address() as { port: number }).port}/`;
  for (const client of [known, stranger, {}]) {
    const socket = await connect(url, { tls: { ca: cert, ...client } });
    expect(socket.tls?.clientCertificate).toBeNull();
    await socket.close();
  }
  expect(seen).toMatchObject([
    { isTrusted: true, distrust: null, subject: "CN=known" },
    { isTrusted: false, distrust: "DEPTH_ZERO_SELF_SIGNED_CERT", subject: "CN=stranger" },
    null,
  ]);
  await server.shutdown();
  https.close();
});
