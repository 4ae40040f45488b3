/** What an application knows of a request arrives with its socket: the request itself, and data. */
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { connect, createServer, MisuseError } from "../src/index.ts";

for (const order of ["ours", "that of ws"] as const) {
  for (const hasHook of [true, false]) {
    const how = `in ${order === "ours" ? "our order" : "the order of ws"}, ${hasHook ? "with" : "without"} an upgrade hook`;
    test(`data and request are the socket's, ${how}`, async () => {
      const seen: unknown[] = [];
      const sockets = createServer<{ user: string } | undefined>({
        ...(hasHook && {
          upgrade(request) {
            seen.push((request.raw as IncomingMessage & { user: string }).user);
            return request.accept();
          },
        }),
        open(socket) {
          seen.push(socket.data, (socket.request!.raw as IncomingMessage).url);
        },
        message() {},
      });
      const http = createHttpServer();
      const misuses: unknown[] = [];
      http.on("upgrade", (request, socket, head) => {
        Object.assign(request, { user: "ada" });
        const options = { data: { user: "ada" } };
        try {
          sockets.handleUpgrade(request, socket, head, { date: 1 } as never);
        } catch (error) {
          misuses.push(error);
        }
        if (order === "ours") sockets.handleUpgrade(socket, request, head, options);
        else sockets.handleUpgrade(request, socket, head, options);
      });
      http.listen(0, "127.0.0.1");
      await once(http, "listening");
      const { port } = http.address() as AddressInfo;
      const socket = await connect(`ws://127.0.0.1:${port}/chat`);
      await socket.close();
      expect(seen).toEqual([...(hasHook ? ["ada"] : []), { user: "ada" }, "/chat"]);
      expect(misuses[0]).toBeInstanceOf(MisuseError);
      await sockets.shutdown();
      http.close();
    });
  }
}
