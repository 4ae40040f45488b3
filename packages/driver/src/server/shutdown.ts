/** A shutdown: the clean end of a server, from the call to the end of its last connection. */
import { checkClose } from "@sansocket/core";
import { ConnectionError } from "../errors.ts";
import { checkOptions, type KnownOptions } from "../known-options.ts";
import { judgedLater, milliseconds } from "../option-kinds.ts";
import type { Binding } from "../socket/binding.ts";
import type { Deadlines } from "../socket/deadlines.ts";
import { ownAnswer } from "./refusal.ts";
import type { UndecidedRequest } from "./undecided-request.ts";

/** The Close that a shutdown sends, and the time that a shutdown waits. */
export interface ShutdownOptions {
  /** The code of the Close that every socket sends. Default 1001, going away. */
  readonly code?: number;
  /** The reason of the Close. Default "". */
  readonly reason?: string;
  /** Number of ms until the connections that are left are cut off. Default 5,000. */
  readonly grace?: number;
}

const KNOWN: KnownOptions<ShutdownOptions> = {
  code: judgedLater,
  reason: judgedLater,
  grace: milliseconds,
};

const DEFAULT_GRACE = 5_000;

/** @throws MisuseError before the shutdown begins. An exception at a socket would leave half of the shutdown done. */
export function resolveShutdown(options: ShutdownOptions): Required<ShutdownOptions> {
  const given = checkOptions("options", options, KNOWN);
  const { code = 1001, reason = "", grace = DEFAULT_GRACE } = given;
  checkClose(code, reason);
  return { code, reason, grace };
}

/** The connections and requests that the shutdown must end. The server changes these lists during the shutdown. */
export interface Remaining {
  readonly bindings: ReadonlyMap<Binding, unknown>;
  /** Requests that wait for a decision. */
  readonly undecided: ReadonlyMap<Binding, UndecidedRequest>;
}

export class Shutdown {
  /** Resolves when the last connection is gone. */
  readonly done: Promise<void>;
  private readonly deadlines: Deadlines;
  private readonly remaining: Remaining;
  private readonly options: Required<ShutdownOptions>;
  private allGone!: () => void;
  private whenEmpty: (() => void) | null = null;

  /**
   * The constructor ends no connection yet: the work of {@link begin} may call `shutdown` again, or bring one more connection.
   */
  constructor(deadlines: Deadlines, remaining: Remaining, options: Required<ShutdownOptions>) {
    this.deadlines = deadlines;
    this.remaining = remaining;
    this.options = options;
    this.done = new Promise((resolve) => {
      this.allGone = resolve;
    });
  }

  /** @param listener the listener, which must accept no more connections. */
  begin(listener: { close(): Promise<void> } | null): void {
    this.end(listener).then(this.allGone, this.allGone);
  }

  private async end(listener: { close(): Promise<void> } | null): Promise<void> {
    const { bindings } = this.remaining;
    const closed = listener?.close();
    const emptied = new Promise<void>((resolve) => {
      this.whenEmpty = resolve;
      if (bindings.size === 0) resolve();
    });
    for (const binding of [...bindings.keys()]) {
      if (!binding.isOpen) this.endOpening(binding);
      else this.retire(binding);
    }
    const grace = this.deadlines.after(this.options.grace, () => this.cutOff());
    await emptied;
    this.deadlines.leave(grace);
    await closed;
  }

  /** The last connection is gone. */
  emptied(): void {
    this.whenEmpty?.();
  }

  private endOpening(binding: Binding): void {
    const { endpoint } = binding;
    // In another state, an answer is on its way. After a 101 the socket opens, and `retire` ends the socket then.
    if (endpoint.state !== "opening") return;
    if (endpoint.request === null) {
      binding.abort(new ConnectionError("aborted", SHUT_DOWN));
    } else if (endpoint.request.kind === "upgrade") {
      const { status, answer } = ownAnswer("shut-down");
      endpoint.reject(status, answer, binding.tick());
      this.remaining.undecided.get(binding)?.abandoned();
      binding.turn();
    }
  }

  /** Closes once every message that has arrived is delivered and answered. */
  retire(binding: Binding): void {
    const { code, reason } = this.options;
    binding.delivery.retire(() => {
      binding.delivery.takeNoMore();
      binding.outgoing.close(code, reason);
    });
  }

  /** The grace has passed. The server still tries a Close, for the connections whose application had not finished. */
  private cutOff(): void {
    const { code, reason } = this.options;
    for (const binding of [...this.remaining.bindings.keys()]) {
      if (binding.isOpen) binding.outgoing.close(code, reason);
      binding.outgoing.closeNow();
      binding.turn();
      binding.abort(new ConnectionError("aborted", `${SHUT_DOWN}, and its grace has passed`));
    }
  }
}

const SHUT_DOWN = "the server was shut down";
