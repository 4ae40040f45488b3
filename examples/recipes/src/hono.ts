/** A WebSocket on the port of Hono. A login sets a signed cookie, and the upgrade asks a route of Hono for the user. */
import { once } from "node:events";
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { createServer } from "@sansocket/node";
import { Hono } from "hono";
import { getSignedCookie, setSignedCookie } from "hono/cookie";

export async function serveHono(port: number, secret: string) {
  const app = new Hono();
  app.post("/login/:user", async (context) => {
    const options = { httpOnly: true, sameSite: "Lax" } as const;
    await setSignedCookie(context, "user", context.req.param("user"), secret, options);
    return context.text("welcome\n");
  });
  app.get("/me", async (context) => {
    const user = await getSignedCookie(context, secret, "user");
    return user ? context.text(user) : context.text("Log in first.\n", 401);
  });

  const sockets = createServer<string>({
    async upgrade(request) {
      if (request.url.pathname !== "/chat") return request.reject(404);
      // An upgrade passes by the routes of Hono. This request stays in memory, and meets all middleware of its route.
      const me = await app.request("/me", { headers: request.headers });
      return me.ok ? request.accept({ data: await me.text() }) : request.reject(401);
    },
    message: (socket, message) => void socket.write(`${socket.data}: ${message}`),
  });

  const http = serve({ fetch: app.fetch, port }) as Server;
  http.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  await once(http, "listening");

  async function stop(): Promise<void> {
    http.close(); // takes no connection any more, and waits for the last one
    await sockets.shutdown();
  }

  return { http, stop };
}
