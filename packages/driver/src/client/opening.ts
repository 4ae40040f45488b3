/** The opening handshake of a client on one connection. */
import { clientEndpoint, type Endpoint, type HeaderList, type Settings } from "@sansocket/core";
import { describeViolation } from "@sansocket/core/describe";
import { ConnectError, ConnectionError, isMisuse, messageOf } from "../errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { OpenTransport } from "../runtime/transport.ts";
import type { Behaviour } from "../socket/behaviour.ts";
import { Binding, type Owner } from "../socket/binding.ts";
import type { CloseInfo } from "../socket/close-info.ts";
import { Deadlines } from "../socket/deadlines.ts";
import { openSocket } from "../socket/hook-receiver.ts";
import { callErrorHook, type SocketHooks } from "../socket/hooks.ts";
import type { Socket } from "../socket/socket.ts";

/** All clients of a runtime share one timer. */
const deadlinesOf: WeakMap<Runtime, Deadlines> = new WeakMap();

export function clientDeadlines(runtime: Runtime): Deadlines {
  let deadlines = deadlinesOf.get(runtime);
  if (deadlines === undefined) {
    deadlines = new Deadlines(runtime);
    deadlinesOf.set(runtime, deadlines);
  }
  return deadlines;
}

type OpeningOptions = Settings & {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly headers: HeaderList;
  readonly unreadBodies: readonly number[];
};

function openingFailed(cause: unknown): ConnectError {
  return new ConnectError("engine-failed", `the engine failed: ${messageOf(cause)}`, { cause });
}

/**
 * `timeouts.handshake` has passed. Where nothing had to be dialed, the clock of `connect` and the deadline of the engine are due
 * in the same moment. The application hears the same error from both.
 */
export function notConnected(handshake: number): ConnectError {
  const message = `not connected after timeouts.handshake, ${handshake} ms`;
  return new ConnectError("timeout", message);
}

/** The opening handshake of one connection; the owner of the connection afterwards. */
export class Opening implements Owner {
  readonly runtime: Runtime;
  readonly deadlines: Deadlines;
  readonly behaviour: Behaviour;
  private readonly hooks: SocketHooks;
  /** Null until the connection is open. */
  private socket: Socket | null = null;
  /** The engine owns the transport, and ends the transport. */
  isBound = false;
  private settle: ((outcome: Socket | ConnectError) => void) | null = null;
  private fail: ((error: unknown) => void) | null = null;
  private url = "";
  /** `timeouts.handshake` */
  private handshake = 0;
  private data: unknown;

  constructor(runtime: Runtime, behaviour: Behaviour, hooks: SocketHooks) {
    this.runtime = runtime;
    this.deadlines = clientDeadlines(runtime);
    this.behaviour = behaviour;
    this.hooks = hooks;
  }

  run(
    options: OpeningOptions,
    open: OpenTransport,
    signal: AbortSignal,
    givenUp: () => ConnectError,
    data: unknown,
  ): Promise<Socket | ConnectError> {
    this.url = options.url;
    this.handshake = options.timeouts.handshake;
    this.data = data;
    return new Promise<Socket | ConnectError>((resolve, reject) => {
      this.settle = resolve;
      this.fail = reject;
      const binding = this.bind(options, open);
      const aborted = (): void => {
        const error = givenUp();
        // The server has refused, and the body of its answer did not end in time. The engine tells the part that has arrived.
        if (error.code === "timeout" && binding.endpoint.response !== null) {
          binding.expire(Math.max(this.deadlines.now(), binding.endpoint.deadline));
          return;
        }
        reject(error);
        binding.abort(new ConnectionError("aborted", "connect was given up"));
      };
      signal.addEventListener("abort", aborted);
      this.settle = (outcome) => {
        signal.removeEventListener("abort", aborted);
        resolve(outcome);
      };
    });
  }

  /** @throws MisuseError; a ConnectError for an exception of an extension. */
  private bind(options: OpeningOptions, open: OpenTransport): Binding {
    const now = this.deadlines.now();
    let endpoint: Endpoint;
    try {
      endpoint = clientEndpoint(options, now);
    } catch (cause) {
      throw isMisuse(cause) ? cause : openingFailed(cause);
    }
    const binding = new Binding(this, endpoint, open, now);
    this.isBound = true;
    return binding;
  }

  requested(): void {}

  opened(binding: Binding): void {
    const origins = { data: this.data, request: null, url: this.url };
    openSocket(binding, this.hooks, origins, (socket) => {
      this.socket = socket;
      this.settle?.(socket);
    });
  }

  expired(): void {}

  ended(binding: Binding, { ended }: CloseInfo): void {
    if (binding.isOpen) return;
    const { response } = binding.endpoint;
    const { violation, timeout, transportError } = ended;
    if (binding.failure?.code === "engine-failed") {
      this.fail?.(openingFailed(binding.failure.cause));
    } else if (timeout !== null) {
      this.fail?.(notConnected(this.handshake));
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

  report(_binding: Binding, error: ConnectionError): void {
    callErrorHook(this.hooks, this.socket, error);
  }
}
