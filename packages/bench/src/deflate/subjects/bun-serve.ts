/** Bun's own server. Its level is its own: uWebSockets has no option for it. */
import type { Listen } from "./subject.ts";

interface NativeSocket {
  send(data: string | Uint8Array, compress: boolean): number;
}

declare const Bun: {
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    fetch(request: Request, server: { upgrade(request: Request): boolean }): Response | undefined;
    readonly websocket: {
      readonly perMessageDeflate:
        | boolean
        | { readonly compress: string; readonly decompress: string };
      message(socket: NativeSocket, data: string | Uint8Array): void;
    };
  }): { readonly port: number };
};

export const listen: Listen = async ({ terms }) => {
  const { port } = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null)),
    websocket: {
      perMessageDeflate:
        terms === "defaults" ? true : { compress: "dedicated", decompress: "dedicated" },
      message(socket, data) {
        socket.send(data, true);
      },
    },
  });
  return port;
};
