/**
 * A tunnel through an HTTP proxy (RFC 9110 §9.3.6). A machine of core makes the exchange with the proxy, and this file moves its
 * bytes.
 */
import { endProxyTunnel, type ProxyTunnel, readProxyTunnel, type Settings } from "@sansocket/core";
import { ConnectError } from "../errors.ts";
import type { Dialed } from "../runtime/dialing.ts";
import { Relay } from "../runtime/relay.ts";
import type { Transport, TransportHandler } from "../runtime/transport.ts";
import type { Deadlines, Due } from "../socket/deadlines.ts";

export interface TunnelSurroundings {
  readonly deadlines: Deadlines;
  /** The limits of an answer, and the time for the body of a refusal. */
  readonly settings: Pick<Settings, "limits" | "timeouts">;
  readonly signal: AbortSignal;
}

/**
 * Asks the proxy at the other end of `dialed` for a tunnel.
 * @returns the same connection. From now on it is a connection to the server.
 */
export function openTunnel(
  dialed: Dialed,
  tunnel: ProxyTunnel,
  surroundings: TunnelSurroundings,
): Promise<Dialed> {
  const { signal } = surroundings;
  return new Promise((resolve, reject) => {
    // From here on the transport has one handler, the relay. The relay passes on to the exchange first, and then to the next
    // handler.
    const relay = new Relay();
    const transport = dialed.open(relay);
    const exchange = new TunnelExchange(tunnel, surroundings, (unread, reason) => {
      signal.removeEventListener("abort", aborted);
      relay.hold(unread);
      transport.pause();
      const isGivenUp = tunnel.outcome === null && signal.aborted;
      const error = errorOf(tunnel, reason);
      if (error === null) {
        resolve(tunnelled(dialed, transport, relay));
      } else {
        dialed.destroy();
        reject(isGivenUp ? signal.reason : error);
      }
    });
    const aborted = (): void => exchange.leave();
    signal.addEventListener("abort", aborted);
    relay.passTo(exchange);
    transport.write([tunnel.request]);
  });
}

/** @param reason the runtime's word for why the connection broke before there was an answer. */
function errorOf({ outcome }: ProxyTunnel, reason: string | undefined): ConnectError | null {
  if (outcome?.kind === "established") return null;
  if (outcome?.kind === "refused") {
    const { response } = outcome;
    const { status, statusText } = response;
    const hint = status === 407 ? ": it wants credentials, see options.proxy.headers" : "";
    return new ConnectError("proxy-refused", `the proxy answered ${status} ${statusText}${hint}`, {
      response,
    });
  }
  const ended = `ended the connection${reason === undefined ? "" : ` (${reason})`}`;
  const why = outcome === null ? ended : `sent a faulty head: ${outcome.fault.kind}`;
  return new ConnectError("proxy-refused", `the proxy ${why}, in place of an answer to CONNECT`);
}

/** Reads the answer of the proxy, with the body of a refusal. Reads no byte behind the answer. */
class TunnelExchange implements TransportHandler {
  readonly inbox: Uint8Array<ArrayBuffer> = NOTHING;
  private readonly tunnel: ProxyTunnel;
  private readonly surroundings: TunnelSurroundings;
  /** Called once. Null afterwards. */
  private done: ((unread: Uint8Array, reason?: string) => void) | null;
  /** The timer of `timeouts.refusalBody`, which starts at the head of a refusal. */
  private timer: Due | null = null;

  constructor(
    tunnel: ProxyTunnel,
    surroundings: TunnelSurroundings,
    done: (unread: Uint8Array, reason?: string) => void,
  ) {
    this.tunnel = tunnel;
    this.surroundings = surroundings;
    this.done = done;
  }

  onData(chunk: Uint8Array): void {
    const { tunnel } = this;
    const { limits } = this.surroundings.settings;
    const end = readProxyTunnel(tunnel, chunk, 0, chunk.length, limits);
    if (tunnel.outcome !== null) this.finish(chunk.subarray(end));
    else if (tunnel.body !== null) this.waitForBody();
  }

  private waitForBody(): void {
    const { deadlines, settings } = this.surroundings;
    const { refusalBody } = settings.timeouts;
    if (this.timer !== null || refusalBody === 0) return;
    this.timer = deadlines.after(refusalBody, () => this.leave());
  }

  /** Does nothing, because a relay has an inbox of its own and passes the bytes on by {@link onData}. */
  onInbox(): void {}

  onEnd(): void {
    endProxyTunnel(this.tunnel, true);
    this.finish(NOTHING);
  }

  onDrain(): void {}

  onClosed(reason?: string): void {
    endProxyTunnel(this.tunnel, reason === undefined);
    this.finish(NOTHING, reason);
  }

  /** Waits no longer. A refusal is told with the part of its body that has arrived. */
  leave(): void {
    endProxyTunnel(this.tunnel, false);
    this.finish(NOTHING);
  }

  private finish(unread: Uint8Array, reason?: string): void {
    const { done, timer } = this;
    if (done === null) return;
    this.done = null;
    if (timer !== null) this.surroundings.deadlines.leave(timer);
    done(unread, reason);
  }
}

const NOTHING = new Uint8Array(0);

/** The connection behind the answer of the proxy. */
function tunnelled(dialed: Dialed, transport: Transport, relay: Relay): Dialed {
  return {
    open(handler) {
      relay.passTo(handler);
      transport.resume();
      return transport;
    },
    startTls(options, serverName, signal) {
      const { byteCount } = relay;
      if (byteCount === 0) return dialed.startTls(options, serverName, signal);
      dialed.destroy();
      // In TLS a server does not speak before the client, so these bytes are not the server's.
      const message = `${byteCount} bytes came behind the proxy's answer, before TLS could begin`;
      return Promise.reject(new ConnectError("proxy-refused", message));
    },
    destroy: () => dialed.destroy(),
  };
}
