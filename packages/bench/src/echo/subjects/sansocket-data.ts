/** Ours on Node by public interfaces alone: 'data' events bring the bytes, each read in a buffer of its own. */
import { once } from "node:events";
import { type AddressInfo, createServer as createNetServer } from "node:net";
import { createServer, fromDuplex, type NodeServer } from "@sansocket/node";
import { hooksFor } from "./sansocket.ts";
import type { Listen } from "./subject.ts";

export const listen: Listen = async (echoCase) => {
  const server: NodeServer = createServer(hooksFor(echoCase, true, () => server));
  const listener = createNetServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (!server.accept(fromDuplex(socket))) socket.destroy();
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return (listener.address() as AddressInfo).port;
};
