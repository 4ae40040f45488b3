/** `ws`, as its documentation has it. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { LEVEL } from "../cases.ts";
import type { Listen } from "./subject.ts";

export const listen: Listen = async ({ terms }) => {
  const perMessageDeflate =
    terms === "defaults" ? true : { threshold: 0, zlibDeflateOptions: { level: LEVEL } };
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate });
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on("error", () => {});
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};
