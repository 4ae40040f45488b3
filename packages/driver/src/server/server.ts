/**
 * A server: decides about requests, answers plain HTTP, keeps its sockets, and ends in good order. Where connections come
 * from is the business of a {@link Listener}, or of whoever calls {@link Server.accept}.
 */
import { Endpoint, type Timeouts, type Violation } from "@sansocket/core";
import { describeViolation } from "@sansocket/core/describe";
import { type ConnectionError, messageOf, printError, ServerError } from "../errors.ts";
import { showFacts } from "../inspection.ts";
import { anOpenTransport } from "../option-kinds.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { NetworkAddress, OpenTransport } from "../runtime/transport.ts";
import type { Behaviour } from "../socket/behaviour.ts";
import { Binding, type Owner } from "../socket/binding.ts";
import type { CloseInfo } from "../socket/close-info.ts";
import { Deadlines } from "../socket/deadlines.ts";
import { openSocket } from "../socket/hook-receiver.ts";
import { callErrorHook } from "../socket/hooks.ts";
import type { Socket } from "../socket/socket.ts";
import { isThenable, whenSettled } from "../socket/thenable.ts";
import { answerOptions, hasLongBody, type PlainResponse, UPGRADE_REQUIRED } from "./answer.ts";
import { explainToApplication, type OwnAnswer, ownAnswer, PRINTED_ONCE } from "./refusal.ts";
import { Refusing } from "./refusing.ts";
import { type ResolvedServer, resolveServer, type ServerOptions } from "./server-options.ts";
import { resolveShutdown, Shutdown, type ShutdownOptions } from "./shutdown.ts";
import { checkTlsServerOptions, replaceTls, type TlsServerOptions } from "./tls-options.ts";
import {
  type Decider,
  type Handed,
  type IncomingRequest,
  NOTHING_HANDED,
  PlainRequest,
  UpgradeRequest,
} from "./upgrade-request.ts";

/** What accepts connections for a server. */
export interface Listener {
  /** Where it listens. */
  readonly address: NetworkAddress;
  /** Accepts no more; the connections that are there stay. */
  close(): Promise<void>;
  /**
   * TLS of the connections that are accepted from then on. Missing where the server has no TLS.
   * @throws MisuseError where the runtime cannot, and whatever the runtime throws; nothing has changed then.
   */
  setTls?(options: TlsServerOptions): void;
}

/**
 * A WebSocket server: it decides who is let in, holds the open sockets and shuts down without losing a message. An
 * adapter's `serve` makes one that listens; `accept` takes connections from anywhere.
 */
export class Server<Data = undefined> implements Owner, Decider, AsyncDisposable {
  /** @internal */
  readonly runtime: Runtime;
  /** @internal */
  readonly deadlines: Deadlines;
  /** @internal */
  readonly behaviour: Behaviour;
  /** @internal */
  readonly protocols: readonly string[];
  /** The connections that it gets are TLS. */
  readonly secure: boolean;
  private readonly options: ResolvedServer;
  /** Each connection with its socket; null until it is open. */
  private readonly bindings: Map<Binding, Socket | null> = new Map();
  /** Requests that wait for a decision. */
  private readonly undecided: Map<Binding, IncomingRequest> = new Map();
  /** What came along with connections whose request is not read yet. */
  private readonly handed: WeakMap<Binding, Handed> = new WeakMap();
  /** What `accept` was told, until the connection is open. */
  private readonly accepting: Map<Binding, { request: UpgradeRequest; data: unknown }> = new Map();
  private listener: Listener | null = null;
  private readonly signal: AbortSignal | undefined;
  private ending: Shutdown | null = null;
  /** Kinds of refusals that were printed. */
  private readonly printed: Set<string> = new Set();

  /**
   * @param secure the connections that it gets are TLS.
   * @throws MisuseError for options that are wrong.
   */
  constructor(options: ServerOptions<Data>, runtime: Runtime, secure: boolean) {
    this.runtime = runtime;
    this.secure = secure;
    this.deadlines = new Deadlines(runtime);
    this.options = resolveServer(options as ServerOptions<never>, runtime, secure);
    this.behaviour = this.options.behaviour;
    this.protocols = this.options.protocols;
    this.signal = this.options.signal;
    if (this.signal?.aborted) this.aborted();
    else this.signal?.addEventListener("abort", this.aborted, { once: true });
  }

  private readonly aborted = (): void => void this.shutdown();

  /** @internal The adapter listens, and this server gets what is accepted. */
  listening(listener: Listener): void {
    this.listener = listener;
    if (this.ending !== null) void listener.close();
  }

  /** Where it listens; with port 0, the port that was found. Null when it does not listen, or no more. */
  get address(): NetworkAddress | null {
    return this.ending === null ? (this.listener?.address ?? null) : null;
  }

  /** The timeouts that hold, with their defaults, ms. */
  get timeouts(): Timeouts {
    return this.options.settings.timeouts;
  }

  /**
   * Replaces TLS's certificates and options while the server runs, for instance before a certificate expires. Connections that
   * are there keep what they have; those that are accepted from now on get this. It is the whole of `serve`'s option `tls`, and
   * not a change to it. Node only: Deno and Bun cannot.
   * @returns false when the server was shut down.
   * @throws MisuseError for options that are wrong, for what is no certificate, for a server that does not listen by TLS, and
   * where the runtime cannot. The server goes on with what it has.
   */
  setTls(tls: TlsServerOptions): boolean {
    const given = checkTlsServerOptions("tls", tls);
    if (this.ending !== null) return false;
    replaceTls(this.listener, given);
    return true;
  }

  /** What a client on this machine connects to; "" when the server does not listen on a port. */
  get url(): string {
    const address = this.address;
    if (address === null || "path" in address) return "";
    const { hostname, port } = address;
    const isAny = hostname === "::" || hostname === "0.0.0.0";
    const host = isAny ? "127.0.0.1" : hostname.includes(":") ? `[${hostname}]` : hostname;
    return `${this.secure ? "wss" : "ws"}://${host}:${port}`;
  }

  /** The sockets that are open or closing, for a broadcast. */
  get sockets(): Socket<Data>[] {
    const sockets: Socket<Data>[] = [];
    for (const socket of this.bindings.values()) {
      if (socket !== null) sockets.push(socket as Socket<Data>);
    }
    return sockets;
  }

  /** Connections, those in their opening handshake included. */
  get connections(): number {
    return this.bindings.size;
  }

  /**
   * Serves one connection more, from wherever it comes.
   * @returns false when it was not taken: the server has `maxConnections`, or is shut down. The transport is untouched.
   * @throws MisuseError for what opens no transport.
   */
  accept(open: OpenTransport): boolean {
    return this.acceptHanded(open, NOTHING_HANDED);
  }

  /** @internal The same, of a request that an HTTP server has read and an application has looked at. */
  protected acceptHanded(open: OpenTransport, handed: Handed): boolean {
    anOpenTransport("the transport to accept", open);
    if (this.ending !== null) return false;
    if (this.bindings.size >= this.options.maxConnections) {
      const message = `maxConnections ${this.options.maxConnections} are open: one more was dropped`;
      this.reportError(null, new ServerError("connection-limit", message));
      return false;
    }
    const now = this.deadlines.now();
    const endpoint = Endpoint.server(this.options.settings, now);
    const binding = new Binding(this, endpoint, open, now);
    this.bindings.set(binding, null);
    if (handed !== NOTHING_HANDED) this.handed.set(binding, handed);
    return true;
  }

  /**
   * @internal Answers the request of a connection that {@link accept} does not take, and ends it. The connection does not
   * count, and a shutdown does not wait for it: `timeouts.handshake` and `timeouts.close` bound it.
   * @param fault what `error` is to hear of; null for nothing.
   */
  refuse(open: OpenTransport, why: OwnAnswer, fault: string | null): void {
    if (fault !== null) {
      const message = `a request was refused: ${fault}`;
      this.reportError(null, new ServerError("handshake-refused", message));
    }
    new Refusing(this, why).refuse(this.options.settings, open);
  }

  /** @internal The adapter could not accept; it goes on trying. */
  acceptFailed(cause: unknown): void {
    const message = `a connection could not be accepted: ${messageOf(cause)}`;
    this.reportError(null, new ServerError("accept-failed", message, { cause }));
  }

  /** @internal The adapter has refused a client before its request: its certificate is not what TLS was to have. */
  clientRefused(why: string): void {
    const message = `a client was refused: ${why}`;
    this.reportError(null, new ServerError("handshake-refused", message));
  }

  // ---- the opening handshake

  /** @internal */
  get proxies(): number {
    return this.options.proxies;
  }

  /** @internal */
  requested(binding: Binding): void {
    const head = binding.endpoint.request!;
    if (this.ending !== null) {
      const { status, answer } = ownAnswer("shut-down");
      if (head.kind === "upgrade") binding.endpoint.reject(status, answer, binding.now);
      else binding.endpoint.respond(status, answer, binding.now);
    } else if (head.kind === "upgrade") {
      this.decide(binding, new UpgradeRequest(binding, head, this, this.handed.get(binding)));
    } else {
      this.answer(binding, new PlainRequest(binding, head, this), hasLongBody(head));
    }
  }

  private decide(binding: Binding, request: UpgradeRequest): void {
    const { upgrade } = this.options;
    if (upgrade === null) {
      this.acceptByDefault(request);
      return;
    }
    this.ask(
      binding,
      request,
      "upgrade",
      () => upgrade(request),
      () => {
        if (binding.endpoint.state !== "opening") return; // decided, or too late to decide
        const message = "the upgrade hook has neither accepted nor rejected the request";
        this.reportError(null, new ServerError("hook-failed", message));
        rejectFailed(request);
      },
      () => {
        if (!request.isDecided) rejectFailed(request);
      },
    );
  }

  /** Of what belongs to the application only the extensions run in here. */
  private acceptByDefault(request: UpgradeRequest): void {
    try {
      request.accept();
    } catch (cause) {
      if (request.isDecided) throw cause;
      const message = `the request could not be accepted: ${messageOf(cause)}`;
      this.reportError(null, new ServerError("hook-failed", message, { cause }));
      rejectFailed(request);
    }
  }

  private answer(binding: Binding, request: PlainRequest, isLong: boolean): void {
    const { endpoint } = binding;
    if (isLong) {
      const { status, answer } = ownAnswer("body-too-long");
      endpoint.respond(status, answer, binding.now);
      return;
    }
    const { request: hook } = this.options;
    const respond = (response: PlainResponse): void => {
      const answer = answerOptions(response);
      const { status = 200 } = answer;
      if (binding.info !== null) return;
      endpoint.respond(status, answer, binding.tick());
      request.isDecided = true;
      binding.turn();
    };
    if (hook === null) {
      respond(UPGRADE_REQUIRED);
      return;
    }
    const { status, answer } = ownAnswer("hook-failed");
    const failed = (): void => respond({ status, ...answer });
    this.ask(binding, request, "request", () => hook(request), respond, failed);
  }

  /** Asks a hook that may answer later; without a detour when it does not. */
  private ask<Answer>(
    binding: Binding,
    request: IncomingRequest,
    name: "upgrade" | "request",
    hook: () => Answer | PromiseLike<Answer>,
    then: (answer: Answer) => void,
    failed: () => void,
  ): void {
    const settled = (act: () => void): void => {
      this.undecided.delete(binding);
      try {
        act();
      } catch (error) {
        if (request.isGivenUp(error)) return;
        this.hookFailed(name, error);
        failed();
      }
    };
    settled(() => {
      const answer = hook();
      if (!isThenable(answer)) {
        then(answer as Answer);
        return;
      }
      this.undecided.set(binding, request);
      void whenSettled(
        answer,
        (value) => settled(() => then(value)),
        (error) =>
          settled(() => {
            throw error;
          }),
      );
    });
  }

  private hookFailed(name: string, cause: unknown): void {
    const message = `the ${name} hook failed: ${messageOf(cause)}`;
    this.reportError(null, new ServerError("hook-failed", message, { cause }));
  }

  /** @internal */
  accepted(binding: Binding, request: UpgradeRequest, data: unknown): void {
    this.accepting.set(binding, { request, data });
  }

  /** @internal */
  opened(binding: Binding): void {
    const { request, data } = this.accepting.get(binding)!;
    this.accepting.delete(binding);
    const { connection, hooks } = this.options;
    const origins = { data, request, url: "" };
    openSocket(binding, hooks, origins, (socket) => {
      this.bindings.set(binding, socket);
      binding.delivery.isLoopExpected = connection !== null;
    });
    if (connection !== null) void this.runConnection(binding, connection);
    request.pack();
    this.ending?.retire(binding);
  }

  private async runConnection(
    binding: Binding,
    connection: (socket: Socket) => Promise<void>,
  ): Promise<void> {
    const socket = this.bindings.get(binding)!;
    try {
      await connection(socket);
      await socket.close();
    } catch (error) {
      // A loop throws what its connection failed of: the application is not at fault, and has nothing to hear of it.
      // What another one failed of is no such thing: nobody else ends this connection then.
      const { fault, info } = binding;
      const isOwn = error === fault || (info !== null && error === info.error);
      if (isOwn && error !== null) return;
      binding.delivery.runner.failed("connection", error);
    }
  }

  /** @internal The engine has refused what nobody had decided about in time. */
  expired(binding: Binding): void {
    this.undecided.get(binding)?.abandoned();
  }

  /** @internal */
  ended(binding: Binding, { ended }: CloseInfo): void {
    this.bindings.delete(binding);
    this.accepting.delete(binding);
    this.undecided.get(binding)?.abandoned();
    this.undecided.delete(binding);
    if (!binding.isOpen && ended.violation !== null) {
      this.refused(binding, ended.violation);
    }
    if (this.bindings.size === 0) this.ending?.emptied();
  }

  private refused({ endpoint }: Binding, violation: Violation): void {
    const { refusal } = endpoint;
    const { allowedOrigins } = this.options.settings.originPolicy;
    const message =
      refusal === null
        ? `a request was refused: ${describeViolation(violation)}`
        : explainToApplication(refusal, allowedOrigins);
    const error = new ServerError("handshake-refused", message, { violation });
    const isNew = !this.printed.has(violation.kind);
    if (this.options.hooks.error === undefined && isNew && PRINTED_ONCE.has(violation.kind)) {
      this.printed.add(violation.kind);
      console.error(`sansocket, said once: ${message}`);
    }
    this.reportError(null, error);
  }

  /** @internal */
  report(binding: Binding, error: ConnectionError): void {
    this.reportError(this.bindings.get(binding) ?? null, error);
  }

  private reportError(socket: Socket | null, error: ConnectionError | ServerError): void {
    const { hooks } = this.options;
    if (hooks.error === undefined) {
      if (PRINTED.has(error.code)) printError(error);
      return;
    }
    callErrorHook(hooks, socket, error);
  }

  // ---- the end

  /**
   * Accepts no more connections; lets every message that has arrived be delivered and answered; then sends each socket a
   * Close behind everything that was sent to it. What is left after the grace is cut off. Messages that arrive later are
   * not delivered. Never rejects; a second call waits for the first.
   * @throws MisuseError for a code or reason that a Close cannot have, and for a grace that is no time.
   */
  shutdown(options: ShutdownOptions = {}): Promise<void> {
    const resolved = resolveShutdown(options);
    if (this.ending === null) {
      const { bindings, undecided } = this;
      this.ending = new Shutdown(this.deadlines, { bindings, undecided }, resolved);
      this.signal?.removeEventListener("abort", this.aborted);
      this.ending.begin(this.listener);
    }
    return this.ending.done;
  }

  /** `await using`: shuts down with the defaults. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

function rejectFailed(request: UpgradeRequest): void {
  const { status, answer } = ownAnswer("hook-failed");
  request.reject(status, answer);
}

/** Printed when there is no `error` hook: an application would look for them in vain otherwise. */
const PRINTED: ReadonlySet<string> = new Set([
  "hook-failed",
  "engine-failed",
  "source-failed",
  "unsent-limit",
  "accept-failed",
]);

showFacts<Server>(Server, "Server", ({ address, secure, connections, protocols, timeouts }) => {
  return { address, secure, connections, protocols, timeouts };
});
