import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect } from "@sansocket/node";
import { expect, test } from "vitest";
import { serveSessions } from "../src/express-session.ts";

test("a user who has logged in with Express is known on the WebSocket, and a stranger is refused", async () => {
  const { http, sockets } = serveSessions(0, "a secret for this test");
  if (!http.listening) await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/`;

  const login = await fetch(`http://127.0.0.1:${port}/login/ada`, { method: "POST" });
  const cookie = login.headers.get("set-cookie")!.split(";")[0]!;
  const socket = await connect(url, { headers: { Cookie: cookie } });
  await socket.send("hello");
  for await (const message of socket) {
    expect(message).toBe("ada: hello");
    break;
  }
  await expect(connect(url)).rejects.toMatchObject({ code: "refused", status: 401 });
  await expect(connect(url, { headers: { Cookie: `${cookie}x` } })).rejects.toMatchObject({
    status: 401,
  });
  await socket.close();
  await sockets.shutdown();
  http.closeAllConnections();
  http.close();
});
