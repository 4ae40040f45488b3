/** The server decides before there is a connection: a browser shows its cookie, a program shows its token. */
import { serve } from "@sansocket/node";

export interface User {
  readonly name: string;
}

/** Finds the user of a session or token; null when there is none. `signal` aborts when the client has left. */
export type FindUser = (secret: string, signal: AbortSignal) => Promise<User | null>;

export function serveUsers(port: number, findUser: FindUser) {
  return serve<User>({
    port,
    async upgrade(request) {
      const { headers, signal } = request;
      const secret = bearerToken(headers) ?? cookie(headers, "session");
      const user = secret === null ? null : await findUser(secret, signal);
      if (user !== null) return request.accept({ data: user });
      const challenge = { "WWW-Authenticate": "Bearer", "Content-Type": "text/plain" };
      return request.reject(401, { headers: challenge, body: "Log in first.\n" });
    },
    message(socket, message) {
      socket.write(`${socket.data.name} said ${message.length} characters or bytes`);
    },
  });
}

function bearerToken(headers: Headers): string | null {
  const field = headers.get("authorization") ?? "";
  return field.slice(0, 7).toLowerCase() === "bearer " ? field.slice(7).trim() : null;
}

function cookie(headers: Headers, name: string): string | null {
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}
