/** The client: from a URL to an open socket, through every phase that there is, each of which can be given up. */
import {
  DEFAULT_TIMEOUTS,
  Endpoint,
  type HeaderList,
  MisuseError,
  parseWebSocketUri,
  resolveSettings,
  type Settings,
} from "@sansocket/core";
import { describeViolation } from "@sansocket/core/describe";
import { ConnectError, ConnectionError, messageOf } from "../errors.ts";
import { headerList } from "../header-fields.ts";
import {
  type Dialed,
  type Dialer,
  systemCodeOf,
  type TlsClientOptions,
} from "../runtime/dialing.ts";
import { type Runtime, timerAfter } from "../runtime/runtime.ts";
import type { NetworkAddress, OpenTransport } from "../runtime/transport.ts";
import { behaviourOf, defined, refuseDeflate } from "../server/server-options.ts";
import { Binding, type Owner } from "../socket/binding.ts";
import type { CloseInfo } from "../socket/close-info.ts";
import { Deadlines } from "../socket/deadlines.ts";
import { type Behaviour, callErrorHook, type SocketHooks } from "../socket/hooks.ts";
import { Socket } from "../socket/socket.ts";
import {
  basicCredentials,
  type ConnectOptions,
  type ProxyOptions,
  refuseUnknownConnectOptions,
  webSocketUrl,
} from "./connect-options.ts";
import { headersFor, isRedirect, redirectTarget } from "./redirect.ts";
import { openTunnel } from "./tunnel.ts";

/** What `connect` of an adapter is made of. */
export interface Platform {
  readonly runtime: Runtime;
  readonly dialer: Dialer;
}

/** Octets of a frame's payload that `trace` gets to see. */
const TRACED_OCTETS = 125;

/** One timer for all clients of a runtime. */
const deadlinesOf: WeakMap<Runtime, Deadlines> = new WeakMap();

function clientDeadlines(runtime: Runtime): Deadlines {
  let deadlines = deadlinesOf.get(runtime);
  if (deadlines === undefined) {
    deadlines = new Deadlines(runtime);
    deadlinesOf.set(runtime, deadlines);
  }
  return deadlines;
}

/**
 * Connects.
 * @param hooks for a client whose messages go to hooks; without a `message` hook they wait for a loop.
 * @returns the open socket. Rejects with a {@link ConnectError}.
 * @throws MisuseError (as a rejection) for a URL or options that are wrong.
 */
export async function connectWith<Data = undefined>(
  platform: Platform,
  given: string | URL,
  options: ConnectOptions<Data> = {},
  hooks: SocketHooks<Data> = {},
): Promise<Socket<Data>> {
  const attempt = new Attempt(platform, options as ConnectOptions<unknown>, hooks as SocketHooks);
  let url = webSocketUrl(given);
  let headers = headerList(options.headers);
  let redirects = options.redirects ?? 0;
  try {
    for (;;) {
      const outcome = await attempt.open(url, headers);
      if (outcome instanceof Socket) return outcome as Socket<Data>;
      if (!isRedirect(outcome.response) || options.redirects === undefined) throw outcome;
      if (redirects === 0) {
        const message = `more than ${options.redirects} redirects: options.redirects`;
        throw new ConnectError("redirect-refused", message, { response: outcome.response });
      }
      redirects -= 1;
      const next = redirectTarget(outcome.response, url);
      headers = headersFor(headers, url, next);
      url = next;
    }
  } finally {
    attempt.done();
  }
}

/** One call of `connect`: its clock, its ways to be given up, and the connections that it tries. */
class Attempt {
  private readonly platform: Platform;
  private readonly options: ConnectOptions<unknown>;
  private readonly behaviour: Behaviour;
  private readonly settings: Settings;
  private readonly protocols: readonly string[];
  /** Aborted by the caller's signal, and by the clock. */
  private readonly controller = new AbortController();
  private readonly timer: unknown = null;
  private isTimeout = false;

  constructor(platform: Platform, options: ConnectOptions<unknown>, hooks: SocketHooks) {
    this.platform = platform;
    this.options = options;
    refuseUnknownConnectOptions(options);
    refuseDeflate(options.perMessageDeflate);
    const { protocols = [], redirects = 0, signal } = options;
    // With a fraction, or digits in a string, the count would pass by 0 and never end.
    if (!(Number.isInteger(redirects) || redirects === Number.POSITIVE_INFINITY) || redirects < 0) {
      throw new MisuseError(`options.redirects is ${String(redirects)}: give a number from 0 on`);
    }
    requireOneWay(options);
    this.protocols = typeof protocols === "string" ? [protocols] : protocols;
    const { trace } = options;
    this.settings = resolveSettings({
      host: platform.runtime.host,
      ...defined({
        limits: options.limits,
        timeouts: options.timeouts,
        extensions: options.extensions,
      }),
      ...(trace === undefined ? {} : { frames: { payloadPrefix: TRACED_OCTETS } }),
    });
    const allHooks = trace === undefined ? hooks : { ...hooks, trace };
    this.behaviour = behaviourOf(this.settings, allHooks, false);
    const { handshake } = this.settings.timeouts;
    if (handshake > 0) {
      const timedOut = (): void => {
        this.isTimeout = true;
        this.controller.abort();
      };
      this.timer = timerAfter(platform.runtime, timedOut, handshake);
    }
    if (signal?.aborted) this.controller.abort();
    else signal?.addEventListener("abort", this.aborted, { once: true });
  }

  private readonly aborted = (): void => this.controller.abort();

  done(): void {
    if (this.timer !== null) this.platform.runtime.clearTimer(this.timer);
    this.options.signal?.removeEventListener("abort", this.aborted);
  }

  /** @returns the socket, or the refusal of the server, which may be a redirect. */
  async open(url: URL, headers: HeaderList): Promise<Socket | ConnectError> {
    const uri = parseWebSocketUri(withoutUserinfo(url));
    const credentials = basicCredentials(url);
    const request: HeaderList =
      credentials === null ? headers : [["Authorization", credentials], ...headers];
    const open = this.options.socket ?? (await this.reach(uri, this.options.path)).open;
    if (this.controller.signal.aborted) throw this.givenUp();
    return await new Opening(this.platform.runtime, this.behaviour).run(
      { ...this.settings, url: withoutUserinfo(url), protocols: this.protocols, headers: request },
      open,
      this.controller.signal,
      () => this.givenUp(),
      this.options.data,
    );
  }

  /** The name, TCP, the proxy, TLS. */
  private async reach(
    uri: { readonly secure: boolean; readonly host: string; readonly port: number },
    path: string | undefined,
  ): Promise<Dialed> {
    const { proxy, tls = {} } = this.options;
    const { host, port, secure } = uri;
    const address: NetworkAddress = path === undefined ? { hostname: host, port } : { path };
    const reached =
      proxy === undefined || path !== undefined
        ? await this.dial(address)
        : await this.dialThrough(typeof proxy === "string" ? { url: proxy } : proxy, host, port);
    return secure ? await this.secure(reached, tls, host) : reached;
  }

  private async dial(address: NetworkAddress): Promise<Dialed> {
    const place = "path" in address ? address.path : `${address.hostname}:${address.port}`;
    return await this.phase("unreachable", `no connection to ${place}`, () =>
      this.platform.dialer.dial(address, this.controller.signal),
    );
  }

  private async secure(dialed: Dialed, tls: TlsClientOptions, host: string): Promise<Dialed> {
    const name = tls.serverName ?? host;
    return await this.phase("tls-failed", `no TLS with ${name}`, () =>
      dialed.startTls(tls, name, this.controller.signal),
    );
  }

  private async dialThrough(proxy: ProxyOptions, host: string, port: number): Promise<Dialed> {
    const url = proxyUrl(proxy.url);
    const isSecure = url.protocol === "https:";
    const hostname = url.hostname.replace(/^\[|\]$/g, "");
    const proxyPort = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
    let dialed = await this.dial({ hostname, port: proxyPort });
    if (isSecure) dialed = await this.secure(dialed, proxy.tls ?? {}, hostname);
    const credentials = basicCredentials(url);
    const headers = headerList(proxy.headers);
    return await this.phase("proxy-refused", "no tunnel through the proxy", () =>
      openTunnel(
        dialed,
        {
          host,
          port,
          headers:
            credentials === null ? headers : [["Proxy-Authorization", credentials], ...headers],
        },
        this.controller.signal,
      ),
    );
  }

  private async phase<T>(
    code: "unreachable" | "tls-failed" | "proxy-refused",
    what: string,
    run: () => Promise<T>,
  ): Promise<T> {
    if (this.controller.signal.aborted) throw this.givenUp();
    try {
      return await run();
    } catch (cause) {
      if (this.controller.signal.aborted) throw this.givenUp();
      if (cause instanceof ConnectError || cause instanceof MisuseError) throw cause;
      const systemCode = systemCodeOf(cause);
      const why = systemCode ?? messageOf(cause);
      throw new ConnectError(code, `${what}: ${why}`, { cause });
    }
  }

  private givenUp(): ConnectError {
    if (this.isTimeout) {
      const { handshake } = this.settings.timeouts ?? DEFAULT_TIMEOUTS;
      return new ConnectError("timeout", `not connected after timeouts.handshake, ${handshake} ms`);
    }
    const cause: unknown = this.options.signal?.reason;
    return new ConnectError("aborted", `connect was aborted: ${messageOf(cause)}`, { cause });
  }
}

/** The opening handshake of one connection, and afterwards whom it belongs to. */
class Opening implements Owner {
  readonly runtime: Runtime;
  readonly deadlines: Deadlines;
  readonly behaviour: Behaviour;
  private settle: ((outcome: Socket | ConnectError) => void) | null = null;
  private fail: ((error: unknown) => void) | null = null;
  private url = "";
  private data: unknown;

  constructor(runtime: Runtime, behaviour: Behaviour) {
    this.runtime = runtime;
    this.deadlines = clientDeadlines(runtime);
    this.behaviour = behaviour;
  }

  run(
    options: Settings & {
      readonly url: string;
      readonly protocols: readonly string[];
      readonly headers: HeaderList;
    },
    open: OpenTransport,
    signal: AbortSignal,
    givenUp: () => ConnectError,
    data: unknown,
  ): Promise<Socket | ConnectError> {
    this.url = options.url;
    this.data = data;
    return new Promise<Socket | ConnectError>((resolve, reject) => {
      this.settle = resolve;
      this.fail = reject;
      const now = this.runtime.now();
      const { framePrefix, ...rest } = options;
      const endpoint = Endpoint.client(
        framePrefix < 0 ? rest : { ...rest, frames: { payloadPrefix: framePrefix } },
        now,
      );
      const binding = new Binding(this, endpoint, open, now);
      const aborted = (): void => {
        reject(givenUp());
        binding.abort(new ConnectionError("aborted", "connect was given up"));
      };
      signal.addEventListener("abort", aborted);
      this.settle = (outcome) => {
        signal.removeEventListener("abort", aborted);
        resolve(outcome);
      };
    });
  }

  requested(): void {}

  opened(binding: Binding): void {
    const { hooks } = this.behaviour;
    const socket = new Socket(binding, { data: this.data, request: null, url: this.url });
    binding.socket = socket;
    this.settle?.(socket);
    if (hooks.open === undefined) return;
    binding.runningHook = "open";
    const result = hooks.open(socket);
    binding.runningHook = null;
    binding.delivery.awaitHook("open", result);
  }

  expired(): void {}

  ended(binding: Binding, { ended }: CloseInfo): void {
    if (binding.socket !== null) return;
    const { response } = binding.endpoint;
    const { violation, timeout, transportError } = ended;
    if (timeout !== null) {
      this.fail?.(new ConnectError("timeout", "the server did not answer in time", { response }));
    } else if (violation?.kind === "status-not-101") {
      const { status, statusText } = response!;
      const message = `the server answered ${status} ${statusText}`.trimEnd();
      this.settle?.(new ConnectError("refused", message, { response, violation }));
    } else if (violation !== null) {
      const message = describeViolation(violation);
      this.fail?.(new ConnectError("violation", message, { response, violation }));
    } else {
      const why = transportError === null ? "" : `: ${transportError}`;
      this.fail?.(
        new ConnectError("ended", `the connection ended before the server had answered${why}`),
      );
    }
  }

  report(socket: Socket | null, error: ConnectionError): void {
    callErrorHook(this.behaviour.hooks, socket, error);
  }
}

/** An option that would be passed over in silence is a mistake. */
function requireOneWay({ socket, path, proxy, redirects = 0 }: ConnectOptions<unknown>): void {
  const ways = [socket && "socket", path !== undefined && "path", proxy !== undefined && "proxy"];
  const given = ways.filter((way) => typeof way === "string");
  if (given.length > 1) {
    throw new MisuseError(`options.${given.join(" and options.")} exclude each other`);
  }
  if (redirects > 0 && (socket !== undefined || path !== undefined)) {
    throw new MisuseError(`options.redirects leads elsewhere than options.${given[0]} does`);
  }
}

function withoutUserinfo(url: URL): string {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  return copy.href;
}

function proxyUrl(text: string): URL {
  const scheme = text.slice(0, text.indexOf(":"));
  if (scheme !== "http" && scheme !== "https") {
    throw new MisuseError('options.proxy begins with neither "http://" nor "https://"');
  }
  try {
    return new URL(text);
  } catch {
    throw new MisuseError("options.proxy is not a URL");
  }
}
