/** A tunnel through an HTTP proxy (RFC 9110 §9.3.6): the exchange itself is a machine of core, its octets go over here. */
import { DEFAULT_CLIENT_LIMITS, type ProxyTunnel, readProxyTunnel } from "@sansocket/core";
import { ConnectError } from "../errors.ts";
import type { Dialed } from "../runtime/dialing.ts";
import { queueMicrotask } from "../runtime/globals.ts";
import type { OpenTransport, Transport, TransportHandler } from "../runtime/transport.ts";

/**
 * Asks the proxy at the other end of `dialed` for a tunnel.
 * @returns the same connection, which is one to the server from now on.
 */
export function openTunnel(
  dialed: Dialed,
  tunnel: ProxyTunnel,
  signal: AbortSignal,
): Promise<Dialed> {
  return new Promise((resolve, reject) => {
    const exchange = new TunnelExchange(tunnel, (rest, reason) => {
      signal.removeEventListener("abort", aborted);
      const error = errorOf(tunnel, reason);
      if (error === null) resolve(tunnelled(dialed, rest));
      else {
        dialed.destroy();
        reject(error);
      }
    });
    const aborted = (): void => {
      dialed.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", aborted);
    exchange.start(dialed.open);
  });
}

/** @param reason the runtime's, of a connection that broke before there was an answer. */
function errorOf({ outcome }: ProxyTunnel, reason: string | undefined): ConnectError | null {
  if (outcome?.kind === "established") return null;
  if (outcome?.kind === "refused") {
    const { status, statusText } = outcome.response;
    const hint = status === 407 ? ": it wants credentials, see options.proxy.headers" : "";
    return new ConnectError("proxy-refused", `the proxy answered ${status} ${statusText}${hint}`, {
      status,
    });
  }
  const ended = `ended the connection${reason === undefined ? "" : ` (${reason})`}`;
  const why = outcome === null ? ended : `sent a faulty head: ${outcome.fault.kind}`;
  return new ConnectError("proxy-refused", `the proxy ${why}, in place of an answer to CONNECT`);
}

/** Reads the answer, and nothing of what follows it. */
class TunnelExchange implements TransportHandler {
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(65_536);
  private readonly tunnel: ProxyTunnel;
  private readonly done: (rest: Uint8Array, reason?: string) => void;
  private transport: Transport | null = null;
  private isDone = false;

  constructor(tunnel: ProxyTunnel, done: (rest: Uint8Array, reason?: string) => void) {
    this.tunnel = tunnel;
    this.done = done;
  }

  start(open: OpenTransport): void {
    this.transport = open(this);
    this.transport.write([this.tunnel.request]);
  }

  onData(chunk: Uint8Array): void {
    if (this.isDone) return;
    const end = readProxyTunnel(this.tunnel, chunk, 0, chunk.length, DEFAULT_CLIENT_LIMITS);
    if (this.tunnel.outcome !== null) this.finish(new Uint8Array(chunk.subarray(end)));
  }

  onInbox(byteCount: number): void {
    this.onData(this.inbox.subarray(0, byteCount));
  }

  onEnd(): void {
    this.finish(NOTHING);
  }

  onDrain(): void {}

  onClosed(reason?: string): void {
    this.finish(NOTHING, reason);
  }

  private finish(rest: Uint8Array, reason?: string): void {
    if (this.isDone) return;
    this.isDone = true;
    this.transport?.pause();
    this.done(rest, reason);
  }
}

const NOTHING = new Uint8Array(0);

/** What the server sent behind the proxy's answer, in the same packet, is the first that the next handler gets. */
function tunnelled(dialed: Dialed, rest: Uint8Array): Dialed {
  return {
    open(handler) {
      const transport = dialed.open(handler);
      if (rest.length > 0) queueMicrotask(() => handler.onData(rest));
      transport.resume();
      return transport;
    },
    startTls(options, serverName, signal) {
      if (rest.length === 0) return dialed.startTls(options, serverName, signal);
      dialed.destroy();
      const message = `${rest.length} octets came behind the proxy's answer, before TLS could begin`;
      return Promise.reject(new ConnectError("proxy-refused", message));
    },
    destroy: () => dialed.destroy(),
  };
}
