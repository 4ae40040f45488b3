/** A WebSocket on the port of Koa. A login sets a signed cookie, and the upgrade reads it. */
import { once } from "node:events";
import { type IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "@sansocket/node";
import Koa from "koa";

export async function serveKoa(port: number, secret: string) {
  const app = new Koa();
  app.keys = [secret];
  app.use((context) => {
    const [, path, user] = context.path.split("/");
    if (context.method !== "POST" || path !== "login" || !user) return; // Koa answers 404
    context.cookies.set("user", user, { signed: true, sameSite: "lax" });
    context.body = "welcome\n";
  });

  const sockets = createServer<string>({
    upgrade(request) {
      if (request.url.pathname !== "/chat") return request.reject(404);
      // An upgrade passes by the middleware of Koa. A context of Koa reads the cookie. Its response goes nowhere.
      const raw = request.raw as IncomingMessage;
      const { cookies } = app.createContext(raw, new ServerResponse(raw));
      const user = cookies.get("user", { signed: true }); // without { signed } it checks no signature
      return user === undefined ? request.reject(401) : request.accept({ data: user });
    },
    message: (socket, message) => void socket.write(`${socket.data}: ${message}`),
  });

  const http = app.listen(port);
  http.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  await once(http, "listening");

  async function stop(): Promise<void> {
    http.close(); // takes no connection any more, and waits for the last one
    await sockets.shutdown();
  }

  return { http, stop };
}
