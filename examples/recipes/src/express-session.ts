/** A user logs in with Express and speaks on the WebSocket. Both read the same session, before there is a connection. */
import { type IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "@sansocket/node";
import express, { type Request, type Response } from "express";
import session, { type Session } from "express-session";

type UserSession = Session & { user?: string };

export function serveSessions(port: number, secret: string) {
  const sessions = session({ secret, resave: false, saveUninitialized: false });

  const app = express();
  app.use(sessions);
  app.post("/login/:user", (request, response) => {
    (request.session as UserSession).user = request.params.user;
    response.end("welcome\n");
  });

  /** Calls the middleware as Express does. Its answer goes nowhere. passport.session() can be called in the same way. */
  function sessionOf(request: IncomingMessage): Promise<UserSession> {
    return new Promise((resolve, reject) => {
      sessions(request as Request, new ServerResponse(request) as Response, (error?: unknown) => {
        if (error === undefined) resolve((request as Request).session);
        else reject(error);
      });
    });
  }

  const sockets = createServer<string>({
    async upgrade(request) {
      const { user } = await sessionOf(request.raw as IncomingMessage);
      return user === undefined ? request.reject(401) : request.accept({ data: user });
    },
    message: (socket, message) => void socket.write(`${socket.data}: ${message}`),
  });

  const http = app.listen(port);
  http.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  return { http, sockets };
}
