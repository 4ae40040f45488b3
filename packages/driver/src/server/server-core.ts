/**
 * The server behind the {@link Server} that applications hold: it decides about requests, answers plain HTTP, keeps the
 * sockets and ends them in good order. Connections come in through its {@link Intake}.
 */
import {
  type Endpoint,
  type Settings,
  serverEndpoint,
  type Timeouts,
  type Violation,
} from "@sansocket/core";
import { describeViolation } from "@sansocket/core/describe";
import { type ConnectionError, messageOf, printError, ServerError } from "../errors.ts";
import { anOpenTransport } from "../option-kinds.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { NetworkAddress, OpenTransport } from "../runtime/transport.ts";
import type { Behaviour } from "../socket/behaviour.ts";
import { Binding, type Owner } from "../socket/binding.ts";
import type { CloseInfo } from "../socket/close-info.ts";
import { Deadlines } from "../socket/deadlines.ts";
import { adoptSocket, openSocket } from "../socket/hook-receiver.ts";
import { hookFailed } from "../socket/hook-runner.ts";
import { callErrorHook } from "../socket/hooks.ts";
import type { Socket } from "../socket/socket.ts";
import { isThenable, whenSettled } from "../socket/thenable.ts";
import { OpenedRequest } from "./accepted-request.ts";
import { hasLongBody, type PlainResponse, plainAnswer, UPGRADE_REQUIRED } from "./answer.ts";
import { type Along, type Handed, type Intake, type Listener, NOTHING_HANDED } from "./intake.ts";
import { UnansweredRequest } from "./plain-request.ts";
import {
  explainToApplication,
  type OwnAnswer,
  ownAnswer,
  PRINTED,
  PRINTED_ONCE,
} from "./refusal.ts";
import { giveOwnAnswer, Refusing } from "./refusing.ts";
import { type ResolvedServer, resolveServer, type ServerOptions } from "./server-options.ts";
import { resolveShutdown, Shutdown, type ShutdownOptions } from "./shutdown.ts";
import { checkTlsServerOptions, replaceTls, type TlsServerOptions } from "./tls-options.ts";
import type { UndecidedRequest } from "./undecided-request.ts";
import { type Decider, UndecidedUpgrade } from "./upgrade-request.ts";

export class ServerCore implements Owner, Decider, Intake {
  readonly deadlines: Deadlines;
  readonly behaviour: Behaviour;
  readonly protocols: readonly string[];
  readonly secure: boolean;
  private readonly options: ResolvedServer;
  /** Each connection with its socket; the socket is null until the connection is open. */
  private readonly bindings: Map<Binding, Socket | null> = new Map();
  /** Requests that wait for a decision. */
  private readonly undecided: Map<Binding, UndecidedRequest> = new Map();
  /** The objects that an HTTP server handed over, until the request of the connection is read. */
  private readonly handed: WeakMap<Binding, Handed> = new WeakMap();
  /** The arguments of `accept`, until the connection is open. */
  private readonly accepting: Map<Binding, { request: OpenedRequest; data: unknown }> = new Map();
  private listener: Listener | null = null;
  private readonly signal: AbortSignal | undefined;
  private ending: Shutdown | null = null;
  /** The kinds of refusals that were printed. */
  private readonly printed: Set<string> = new Set();

  /** @throws MisuseError for wrong options. */
  constructor(options: ServerOptions<never>, runtime: Runtime, secure: boolean) {
    this.secure = secure;
    this.deadlines = new Deadlines(runtime);
    this.options = resolveServer(options, runtime, secure);
    this.behaviour = this.options.behaviour;
    this.protocols = this.options.protocols;
    this.signal = this.options.signal;
    if (this.signal?.aborted) this.aborted();
    else this.signal?.addEventListener("abort", this.aborted, { once: true });
  }

  private readonly aborted = (): void => void this.shutdown();

  listening(listener: Listener): void {
    this.listener = listener;
    if (this.ending !== null) void listener.close();
  }

  get address(): NetworkAddress | null {
    return this.ending === null ? (this.listener?.address ?? null) : null;
  }

  get timeouts(): Timeouts {
    return this.options.settings.timeouts;
  }

  setTls(tls: TlsServerOptions): boolean {
    const given = checkTlsServerOptions("tls", tls);
    if (this.ending !== null) return false;
    replaceTls(this.listener, given);
    return true;
  }

  get url(): string {
    const address = this.address;
    if (address === null || "path" in address) return "";
    const { hostname, port } = address;
    const isAny = hostname === "::" || hostname === "0.0.0.0";
    const host = isAny ? "127.0.0.1" : hostname.includes(":") ? `[${hostname}]` : hostname;
    return `${this.secure ? "wss" : "ws"}://${host}:${port}`;
  }

  get sockets(): Socket[] {
    return [...this.bindings.values()].filter((socket) => socket !== null);
  }

  get connections(): number {
    return this.bindings.size;
  }

  accept(open: OpenTransport, handed: Handed = NOTHING_HANDED): boolean {
    anOpenTransport("the transport to accept", open);
    if (this.ending !== null) return false;
    if (this.isFull()) return false;
    const now = this.deadlines.now();
    const endpoint = serverEndpoint(this.options.settings, now);
    const binding = new Binding(this, endpoint, open, now);
    this.bindings.set(binding, null);
    if (handed !== NOTHING_HANDED) this.handed.set(binding, handed);
    return true;
  }

  adopt(
    restore: (settings: Settings, now: number) => Endpoint,
    open: OpenTransport,
    { request, waiting, data }: Along,
  ): Socket | null {
    if (this.ending !== null || this.isFull()) return null;
    const { settings, hooks, connection } = this.options;
    // Before the transport is opened: a mistake leaves it to another server.
    if (request !== null) OpenedRequest.requirePacked(request);
    const now = this.deadlines.now();
    const binding = new Binding(this, restore(settings, now), open, now);
    const opened = request === null ? null : OpenedRequest.from(binding.transport, this, request);
    this.bindings.set(binding, null);
    const origins = { data, request: opened, url: "" };
    const socket = adoptSocket(binding, hooks, origins, (own) => this.hold(binding, own));
    binding.delivery.bring(waiting);
    if (connection !== null) void this.runConnection(binding, connection);
    binding.turn(); // input may have come with the snapshot
    return socket;
  }

  /** Tells the `error` hook when one more connection has no place. */
  private isFull(): boolean {
    if (this.bindings.size < this.options.maxConnections) return false;
    const message = `maxConnections ${this.options.maxConnections} are open: one more was dropped`;
    this.reportError(null, new ServerError("connection-limit", message));
    return true;
  }

  refuse(open: OpenTransport, answer: OwnAnswer, why: string | null): void {
    if (why !== null) {
      const message = `a request was refused: ${why}`;
      this.reportError(null, new ServerError("handshake-refused", message));
    }
    new Refusing(this, answer).refuse(this.options.settings, open);
  }

  acceptFailed(cause: unknown): void {
    const message = `a connection could not be accepted: ${messageOf(cause)}`;
    this.reportError(null, new ServerError("accept-failed", message, { cause }));
  }

  clientRefused(why: string): void {
    const message = `a client was refused: ${why}`;
    this.reportError(null, new ServerError("handshake-refused", message));
  }

  // ---- the opening handshake

  get proxies(): number {
    return this.options.proxies;
  }

  requested(binding: Binding): void {
    const head = binding.endpoint.request!;
    if (this.ending !== null) {
      giveOwnAnswer(binding.endpoint, "shut-down", binding.now);
    } else if (head.kind === "upgrade") {
      const handed = this.handed.get(binding) ?? NOTHING_HANDED;
      this.decide(binding, new UndecidedUpgrade(binding, head, this, handed));
    } else {
      this.answer(binding, new UnansweredRequest(binding, head, this), hasLongBody(head));
    }
  }

  private decide(binding: Binding, request: UndecidedUpgrade): void {
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
        if (binding.endpoint.state !== "opening") return; // decided, or too late for a decision
        const message =
          "the upgrade hook has neither accepted nor rejected the request: return request.accept() or request.reject()";
        this.reportError(null, new ServerError("hook-failed", message));
        rejectFailed(request);
      },
      () => {
        if (!request.isDecided) rejectFailed(request);
      },
    );
  }

  /** The code of the extensions is the only code of the application that runs in this method. */
  private acceptByDefault(request: UndecidedUpgrade): void {
    try {
      request.accept();
    } catch (cause) {
      if (request.isDecided) throw cause;
      const message = `the request could not be accepted: ${messageOf(cause)}`;
      this.reportError(null, new ServerError("hook-failed", message, { cause }));
      rejectFailed(request);
    }
  }

  private answer(binding: Binding, request: UnansweredRequest, isLong: boolean): void {
    const { endpoint } = binding;
    if (isLong) {
      giveOwnAnswer(endpoint, "body-too-long", binding.now);
      return;
    }
    const { request: hook } = this.options;
    const respond = (response: PlainResponse): void => {
      const [status, answer] = plainAnswer(response);
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

  /** Calls a hook that may answer later. A hook that answers at once costs no microtask. */
  private ask<Answer>(
    binding: Binding,
    request: UndecidedRequest,
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

  accepted(binding: Binding, request: OpenedRequest, data: unknown): void {
    this.accepting.set(binding, { request, data });
  }

  opened(binding: Binding): void {
    const { request, data } = this.accepting.get(binding)!;
    this.accepting.delete(binding);
    const { connection, hooks } = this.options;
    const origins = { data, request, url: "" };
    openSocket(binding, hooks, origins, (own) => this.hold(binding, own));
    if (connection !== null) void this.runConnection(binding, connection);
    request.pack();
    this.ending?.retire(binding);
  }

  /** The connection has a socket, before any hook gets it. */
  private hold(binding: Binding, socket: Socket): void {
    this.bindings.set(binding, socket);
    binding.delivery.isLoopExpected = this.options.connection !== null;
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
      // A loop over this socket throws the error of its connection. In this case the application made no mistake, and the
      // `error` hook has already got the error. Any other error is an error of the application: this connection is still open,
      // and ends here.
      const { failure, info } = binding;
      const isOwn = error === failure || (info !== null && error === info.error);
      if (isOwn && error !== null) return;
      hookFailed(binding, "connection", error);
    }
  }

  /** The engine has refused a request, because the application had not decided about the request in time. */
  expired(binding: Binding): void {
    this.undecided.get(binding)?.abandoned();
  }

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
}

function rejectFailed(request: UndecidedUpgrade): void {
  const { status, answer } = ownAnswer("hook-failed");
  request.reject(status, answer);
}
