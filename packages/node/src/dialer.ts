/** Connecting with node:net and node:tls. */
import { isIP, connect as netConnect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import type { Dialed, Dialer, NetworkAddress, TlsClientOptions } from "@sansocket/driver";
import { NodeTransport } from "./node-transport.ts";
import { requireSocketPath } from "./socket-path.ts";

export const dialer: Dialer = { dial };

async function dial(address: NetworkAddress, signal: AbortSignal): Promise<Dialed> {
  if ("path" in address) requireSocketPath(address.path);
  const place =
    "path" in address ? { path: address.path } : { host: address.hostname, port: address.port };
  const socket = netConnect({ ...place, allowHalfOpen: true, noDelay: true });
  await connected(socket, "connect", signal);
  return dialed(socket);
}

/** Waits for the event. An abort of the signal destroys the socket. */
function connected(socket: Duplex, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      socket.off(event, succeeded);
      socket.off("error", failed);
      socket.off("close", closed);
      signal.removeEventListener("abort", aborted);
      act();
    };
    const succeeded = (): void => settle(resolve);
    const failed = (error: Error): void => settle(() => reject(error));
    const closed = (): void => failed(new Error("the connection was closed"));
    const aborted = (): void => {
      settle(() => reject(signal.reason));
      socket.on("error", () => {}); // nobody waits for this socket any more
      socket.destroy();
    };
    socket.on(event, succeeded);
    socket.on("error", failed);
    socket.on("close", closed);
    signal.addEventListener("abort", aborted);
    if (signal.aborted) aborted();
  });
}

function dialed(socket: Socket): Dialed {
  socket.on("error", () => {}); // until there is a transport to tell
  return {
    open(handler) {
      const transport = new NodeTransport(socket, handler);
      transport.startReading();
      return transport;
    },
    async startTls(options, serverName, signal) {
      const secure = tlsConnect({ socket, ...tlsOptions(options, serverName) });
      // A TLSSocket ends itself at the peer's end of stream, unless it is told not to.
      secure.allowHalfOpen = true;
      socket.resume();
      await connected(secure, "secureConnect", signal);
      return dialed(secure);
    },
    destroy: () => void socket.destroy(),
  };
}

function tlsOptions(options: TlsClientOptions, serverName: string): object {
  const { ca, cert, key, rejectUnauthorized = true } = options;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized,
    host: serverName,
    // RFC 6066 §3: the name in SNI is no address.
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    ALPNProtocols: ["http/1.1"],
  };
}
