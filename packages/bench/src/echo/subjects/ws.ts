/** `ws` as its own documentation writes an echo: what arrives goes back as bytes, text never becomes a string. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { Listen } from "./subject.ts";

export const listen: Listen = async ({ exchange, isAsync }) => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  const receivers = (sender: WebSocket): Iterable<WebSocket> =>
    exchange === "broadcast" ? server.clients : [sender];
  server.on("connection", (socket) => {
    const answer = (data: RawData, isBinary: boolean): void => {
      for (const each of receivers(socket)) each.send(data, { binary: isBinary });
    };
    const answerLater = async (data: RawData, isBinary: boolean): Promise<void> =>
      answer(await Promise.resolve(data), isBinary);
    socket.on("message", isAsync ? answerLater : answer);
    // The generator leaves without a Close at the end of each pass.
    socket.on("error", () => {});
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};
