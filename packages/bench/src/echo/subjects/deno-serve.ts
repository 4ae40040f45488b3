/** Deno's own server. */
import type { Listen } from "./subject.ts";

interface NativeSocket {
  binaryType: string;
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: string | ArrayBuffer }) => void) | null;
  onerror: (() => void) | null;
  onclose: (() => void) | null;
  send(data: string | ArrayBuffer): void;
}

declare const Deno: {
  serve(
    options: { readonly hostname: string; readonly port: number; onListen(): void },
    handler: (request: Request) => Response,
  ): { readonly addr: { readonly port: number } };
  upgradeWebSocket(request: Request): {
    readonly socket: NativeSocket;
    readonly response: Response;
  };
};

const OPEN = 1;

export const listen: Listen = async ({ exchange, isAsync }) => {
  const sockets = new Set<NativeSocket>();
  const { addr } = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => sockets.add(socket);
    socket.onclose = () => sockets.delete(socket);
    socket.onerror = () => {};
    const answerLater = async (data: string | ArrayBuffer): Promise<void> =>
      socket.send(await Promise.resolve(data));
    socket.onmessage = ({ data }) => {
      if (isAsync) {
        void answerLater(data);
        return;
      }
      if (exchange !== "broadcast") {
        socket.send(data);
        return;
      }
      for (const each of sockets) if (each.readyState === OPEN) each.send(data);
    };
    return response;
  });
  return addr.port;
};
