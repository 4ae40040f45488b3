/** A tunnel through an HTTP proxy (RFC 9110 §9.3.6): the exchange itself is a machine of core, its octets go over here. */
import { endProxyTunnel, type ProxyTunnel, readProxyTunnel, type Settings } from "@sansocket/core";
import { ConnectError } from "../errors.ts";
import type { Dialed } from "../runtime/dialing.ts";
import { queueMicrotask } from "../runtime/globals.ts";
import type { OpenTransport, Transport, TransportHandler } from "../runtime/transport.ts";
import type { Deadlines, Due } from "../socket/deadlines.ts";

export interface TunnelSurroundings {
  readonly deadlines: Deadlines;
  /** How much of an answer is read, and for how long a refusal's body is waited for. */
  readonly settings: Pick<Settings, "limits" | "timeouts">;
  readonly signal: AbortSignal;
}

/**
 * Asks the proxy at the other end of `dialed` for a tunnel.
 * @returns the same connection, which is one to the server from now on.
 */
export function openTunnel(
  dialed: Dialed,
  tunnel: ProxyTunnel,
  surroundings: TunnelSurroundings,
): Promise<Dialed> {
  const { signal } = surroundings;
  return new Promise((resolve, reject) => {
    const exchange = new TunnelExchange(tunnel, surroundings, (rest, reason) => {
      signal.removeEventListener("abort", aborted);
      if (tunnel.outcome === null && signal.aborted) {
        dialed.destroy();
        reject(signal.reason);
        return;
      }
      const error = errorOf(tunnel, reason);
      if (error === null) resolve(tunnelled(dialed, rest));
      else {
        dialed.destroy();
        reject(error);
      }
    });
    const aborted = (): void => exchange.leave();
    signal.addEventListener("abort", aborted);
    exchange.start(dialed.open);
  });
}

/** @param reason the runtime's, of a connection that broke before there was an answer. */
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

/** Reads the answer, with the body of a refusal, and nothing of what follows it. */
class TunnelExchange implements TransportHandler {
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(65_536);
  private readonly tunnel: ProxyTunnel;
  private readonly surroundings: TunnelSurroundings;
  private readonly done: (rest: Uint8Array, reason?: string) => void;
  private transport: Transport | null = null;
  /** `timeouts.refusalBody`, from the head of a refusal on. */
  private timer: Due | null = null;
  private isDone = false;

  constructor(
    tunnel: ProxyTunnel,
    surroundings: TunnelSurroundings,
    done: (rest: Uint8Array, reason?: string) => void,
  ) {
    this.tunnel = tunnel;
    this.surroundings = surroundings;
    this.done = done;
  }

  start(open: OpenTransport): void {
    this.transport = open(this);
    this.transport.write([this.tunnel.request]);
  }

  onData(chunk: Uint8Array): void {
    if (this.isDone) return;
    const { tunnel } = this;
    const { limits } = this.surroundings.settings;
    const end = readProxyTunnel(tunnel, chunk, 0, chunk.length, limits);
    if (tunnel.outcome !== null) this.finish(new Uint8Array(chunk.subarray(end)));
    else if (tunnel.body !== null) this.waitForBody();
  }

  private waitForBody(): void {
    const { deadlines, settings } = this.surroundings;
    const { refusalBody } = settings.timeouts;
    if (this.timer !== null || refusalBody === 0) return;
    this.timer = deadlines.after(refusalBody, () => this.leave());
  }

  onInbox(byteCount: number): void {
    this.onData(this.inbox.subarray(0, byteCount));
  }

  onEnd(): void {
    endProxyTunnel(this.tunnel, true);
    this.finish(NOTHING);
  }

  onDrain(): void {}

  onClosed(reason?: string): void {
    endProxyTunnel(this.tunnel, reason === undefined);
    this.finish(NOTHING, reason);
  }

  /** Waits no longer. A refusal is told, with what there is of its body. */
  leave(): void {
    endProxyTunnel(this.tunnel, false);
    this.finish(NOTHING);
  }

  private finish(rest: Uint8Array, reason?: string): void {
    if (this.isDone) return;
    this.isDone = true;
    if (this.timer !== null) this.surroundings.deadlines.leave(this.timer);
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
