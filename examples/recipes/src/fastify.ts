/** A WebSocket on the port of Fastify. A login sets a signed cookie, and the upgrade reads it. */
import cookies from "@fastify/cookie";
import { createServer } from "@sansocket/node";
import fastify from "fastify";

export async function serveFastify(port: number, secret: string) {
  const app = fastify();
  await app.register(cookies, { secret });

  app.post<{ Params: { user: string } }>("/login/:user", (request, reply) => {
    const options = { path: "/", signed: true, httpOnly: true, sameSite: "lax" } as const;
    return reply.setCookie("user", request.params.user, options).send("welcome\n");
  });

  const sockets = createServer<string>({
    // An upgrade passes by the routes and the hooks of Fastify, so it is judged here.
    upgrade(request) {
      if (request.url.pathname !== "/chat") return request.reject(404);
      const { user } = app.parseCookie(request.headers.get("cookie") ?? "");
      const signed = app.unsignCookie(user ?? "");
      return signed.valid ? request.accept({ data: signed.value }) : request.reject(401);
    },
    message: (socket, message) => void socket.write(`${socket.data}: ${message}`),
    error: (_socket, error) => app.log.error(error),
  });

  app.server.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  // preClose, and not onClose: before onClose, `app.close()` waits until every connection has ended.
  app.addHook("preClose", () => sockets.shutdown());
  await app.listen({ port });
  return app;
}
