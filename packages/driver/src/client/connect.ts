/** The client: the way from a URL to an open socket. The caller can give up in every phase of the way. */
import {
  connectionSettings,
  createProxyTunnel,
  DEFAULT_CLIENT_LIMITS,
  givenOptions,
  type HeaderList,
  parseWebSocketUri,
  type Settings,
  type WebSocketUri,
  watchFrames,
} from "@sansocket/core";
import type { DeflateOptions } from "@sansocket/core/permessage-deflate";
import { definedMembers } from "../defined-members.ts";
import { ConnectError, isMisuse, messageOf, textOf } from "../errors.ts";
import { headerList } from "../header-fields.ts";
import { NO_OPTIONS } from "../known-options.ts";
import { clientDeflate, type Deflate, withDeflate } from "../per-message-deflate.ts";
import { protocolList } from "../protocol-list.ts";
import { type Dialed, type Dialer, reasonOf, type TlsClientOptions } from "../runtime/dialing.ts";
import { AbortController } from "../runtime/globals.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { NetworkAddress } from "../runtime/transport.ts";
import { type Behaviour, behaviourOf } from "../socket/behaviour.ts";
import type { Deadlines, Due } from "../socket/deadlines.ts";
import { type SocketHooks, TRACED_BYTES } from "../socket/hooks.ts";
import { Socket } from "../socket/socket.ts";
import {
  type ConnectOptions,
  checkConnectOptions,
  checkRequest,
  type ProxyOptions,
  proxyUrl,
  webSocketUrl,
  withCredentials,
  withoutUserinfo,
} from "./connect-options.ts";
import { clientDeadlines, notConnected, Opening } from "./opening.ts";
import { headersFor, isRedirect, REDIRECTS, redirectTarget, tlsFor } from "./redirect.ts";
import { openTunnel } from "./tunnel.ts";

/** The parts that make the `connect` of an adapter. */
export interface Platform {
  /** Clock, timers and entropy. */
  readonly runtime: Runtime;
  /** How connections are made. */
  readonly dialer: Dialer;
  /**
   * Makes the compression that clients offer: the `deflate` of the adapter. Absent: a client offers only the compression that
   * the application gives.
   */
  readonly deflate?: (options?: DeflateOptions) => Deflate;
}

/** For callers that are no application. The members change the behaviour of one connection, beside its options. */
export interface ConnectWays {
  /**
   * After the end of the connection, the `close` hook waits this long for an application that does not go on. 0: the hook waits
   * without end. ms. Default: `timeouts.close`.
   */
  readonly patience?: number;
  /** No host is dialed before this promise has settled. The caller can give up the wait. `timeouts.handshake` counts the wait. */
  readonly turn?: Promise<unknown>;
}

/**
 * Connects.
 * @param hooks for a client whose messages go to hooks. Without a `message` hook the messages wait for a loop.
 * @param ways the points in which this connection differs from the options.
 * @returns the open socket. Rejects with a {@link ConnectError}.
 * @throws MisuseError (as a rejection) for a URL or options that are wrong.
 */
export async function connectWith<Data = undefined>(
  platform: Platform,
  given: string | URL,
  givenOptions: ConnectOptions<Data> = {},
  hooks: SocketHooks<Data> = {},
  { turn, ...behaviour }: ConnectWays = {},
): Promise<Socket<Data>> {
  const options = checkConnectOptions(givenOptions);
  let url = webSocketUrl(given);
  let headers = headerList(options.headers);
  checkRequest(url, protocolList(options.protocols), headers);
  let { tls = NO_OPTIONS, redirects = 0 } = options;
  // The checks for mistakes stand before this line, because an attempt starts a timer and adds a listener to the signal.
  const attempt = new Attempt(
    platform,
    options as ConnectOptions<unknown>,
    hooks as SocketHooks,
    behaviour,
  );
  try {
    if (turn !== undefined) await attempt.wait(turn);
    for (;;) {
      const unreadBodies = redirects > 0 ? REDIRECTS : [];
      const outcome = await attempt.open(url, headers, tls, unreadBodies);
      if (outcome instanceof Socket) return outcome as Socket<Data>;
      if (!isRedirect(outcome.response) || options.redirects === undefined) throw outcome;
      if (redirects === 0) {
        const message = `more than ${options.redirects} redirects: options.redirects`;
        throw new ConnectError("redirect-refused", message, { response: outcome.response });
      }
      redirects -= 1;
      const next = redirectTarget(outcome.response, url);
      headers = headersFor(headers, url, next);
      tls = tlsFor(tls, url, next);
      url = next;
    }
  } finally {
    attempt.done();
  }
}

/** @throws MisuseError for limits, timeouts and extensions that cannot be meant. */
export function settingsOf(
  { runtime, deflate }: Pick<Platform, "runtime" | "deflate">,
  options: ConnectOptions<unknown>,
): Settings {
  const { limits, timeouts, trace } = options;
  const compression = clientDeflate(options.perMessageDeflate, deflate);
  const extensions = withDeflate("client", compression, options.extensions);
  const given = {
    host: runtime.host,
    handOver: true,
    ...definedMembers({ limits, timeouts, extensions }),
    ...(trace === undefined ? {} : { frames: watchFrames(TRACED_BYTES) }),
  };
  return connectionSettings(given, DEFAULT_CLIENT_LIMITS);
}

/** RFC 6066 §3: the name of a server is sent without the dot at its end. The names in certificates have no such dot either. */
function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** @returns false for every value that a runtime throws, a Proxy included. A bare `instanceof` would look into a Proxy. */
function isOurs(error: unknown): boolean {
  return isMisuse(error) || textOf(error, "name") === "ConnectError";
}

/** One call of `connect`: its clock, its ways to be given up, and the connections that it tries. */
class Attempt {
  private readonly platform: Platform;
  private readonly options: ConnectOptions<unknown>;
  private readonly hooks: SocketHooks;
  private readonly behaviour: Behaviour;
  private readonly settings: Settings;
  private readonly protocols: readonly string[];
  /** Aborted by the caller's signal, and by the clock. */
  private readonly controller = new AbortController();
  private readonly deadlines: Deadlines;
  private readonly timeout: Due | null = null;
  private isTimeout = false;

  constructor(
    platform: Platform,
    options: ConnectOptions<unknown>,
    hooks: SocketHooks,
    behaviour: Partial<Behaviour>,
  ) {
    this.platform = platform;
    this.deadlines = clientDeadlines(platform.runtime);
    this.options = options;
    this.protocols = protocolList(options.protocols);
    const { signal, trace } = options;
    this.settings = settingsOf(platform, options);
    this.hooks = givenOptions("hooks", trace === undefined ? hooks : { ...hooks, trace });
    this.behaviour = { ...behaviourOf(this.settings, this.hooks, false), ...behaviour };
    const { handshake } = this.settings.timeouts;
    if (handshake > 0) {
      const timedOut = (): void => {
        this.isTimeout = !this.controller.signal.aborted;
        this.controller.abort();
      };
      this.timeout = this.deadlines.after(handshake, timedOut);
    }
    if (signal?.aborted) this.controller.abort();
    else signal?.addEventListener("abort", this.aborted, { once: true });
  }

  private readonly aborted = (): void => this.controller.abort();

  done(): void {
    if (this.timeout !== null) this.deadlines.leave(this.timeout);
    this.options.signal?.removeEventListener("abort", this.aborted);
  }

  /** Waits until `turn` has settled, or until the attempt is given up. */
  async wait(turn: Promise<unknown>): Promise<void> {
    const { signal } = this.controller;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
      turn.then(done, done);
    });
    if (signal.aborted) throw this.givenUp();
  }

  /**
   * @param unreadBodies statuses of refusals that are told at their head, because no caller sees their body.
   * @returns the socket, or the refusal of the server, which may be a redirect.
   */
  async open(
    url: URL,
    headers: HeaderList,
    tls: TlsClientOptions,
    unreadBodies: readonly number[],
  ): Promise<Socket | ConnectError> {
    const target = withoutUserinfo(url);
    const { socket, path, data } = this.options;
    const uri = parseWebSocketUri(target);
    const dialed = socket === undefined ? await this.reach(uri, tls, path) : null;
    if (this.controller.signal.aborted) {
      dialed?.destroy();
      throw this.givenUp();
    }
    const request = withCredentials("Authorization", url, headers);
    const opening = new Opening(this.platform.runtime, this.behaviour, this.hooks);
    try {
      return await opening.run(
        {
          ...this.settings,
          url: target,
          protocols: this.protocols,
          headers: request,
          unreadBodies,
        },
        socket ?? dialed!.open,
        this.controller.signal,
        () => this.givenUp(),
        data,
      );
    } catch (error) {
      if (!opening.isBound) dialed?.destroy();
      throw error;
    }
  }

  /** Makes the connection: the name, TCP, the proxy, TLS. */
  private async reach(
    uri: WebSocketUri,
    tls: TlsClientOptions,
    path: string | undefined,
  ): Promise<Dialed> {
    const { proxy } = this.options;
    const { host, port, secure } = uri;
    const address: NetworkAddress = path === undefined ? { hostname: host, port } : { path };
    const reached =
      proxy === undefined || path !== undefined
        ? await this.dial(address)
        : await this.dialThrough(proxy, host, port);
    return secure ? await this.secure(reached, tls, host) : reached;
  }

  private async dial(address: NetworkAddress): Promise<Dialed> {
    const place = "path" in address ? address.path : `${address.hostname}:${address.port}`;
    return await this.phase("unreachable", `no connection to ${place}`, null, () =>
      this.platform.dialer.dial(address, this.controller.signal),
    );
  }

  private async secure(dialed: Dialed, tls: TlsClientOptions, host: string): Promise<Dialed> {
    const name = withoutDot(tls.serverName ?? host);
    return await this.phase("tls-failed", `no TLS with ${name}`, dialed, () =>
      dialed.startTls(tls, name, this.controller.signal),
    );
  }

  private async dialThrough(
    proxy: string | ProxyOptions,
    host: string,
    port: number,
  ): Promise<Dialed> {
    const url = proxyUrl(proxy);
    const { headers, tls = NO_OPTIONS }: Partial<ProxyOptions> =
      typeof proxy === "string" ? NO_OPTIONS : proxy;
    const lines = withCredentials("Proxy-Authorization", url, headerList(headers));
    const tunnel = createProxyTunnel({ host, port, headers: lines }); // before the dialing, to find mistakes in the lines
    const isSecure = url.protocol === "https:";
    const hostname = url.hostname.replace(/^\[|\]$/g, "");
    const proxyPort = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
    let dialed = await this.dial({ hostname, port: proxyPort });
    if (isSecure) dialed = await this.secure(dialed, tls, hostname);
    return await this.phase("proxy-refused", "no tunnel through the proxy", dialed, () =>
      openTunnel(dialed, tunnel, {
        deadlines: this.deadlines,
        settings: this.settings,
        signal: this.controller.signal,
      }),
    );
  }

  /**
   * @param over the connection that the phase goes over. While `run` is under way, `run` itself must let go of `over` when it
   * fails. The caller owns the connection that this method returns. When the attempt is given up before or after `run`, this
   * method destroys the connection at hand.
   */
  private async phase(
    code: "unreachable" | "tls-failed" | "proxy-refused",
    what: string,
    over: Dialed | null,
    run: () => Promise<Dialed>,
  ): Promise<Dialed> {
    let reached = over;
    if (!this.controller.signal.aborted) {
      try {
        reached = await run();
      } catch (cause) {
        const isRefusal = textOf(cause, "code") === code && this.isTimeout;
        if (this.controller.signal.aborted && !isRefusal) throw this.givenUp();
        if (isOurs(cause)) throw cause;
        const why = reasonOf(cause);
        throw new ConnectError(code, `${what}: ${why}`, { cause });
      }
    }
    if (!this.controller.signal.aborted) return reached!;
    reached?.destroy();
    throw this.givenUp();
  }

  private givenUp(): ConnectError {
    if (this.isTimeout) return notConnected(this.settings.timeouts.handshake);
    const cause: unknown = this.options.signal?.reason;
    return new ConnectError("aborted", `connect was aborted: ${messageOf(cause)}`, { cause });
  }
}
