/** A shutdown: a server that ends in good order, from the call to the end of its last connection. */
import { checkClose } from "@sansocket/core";
import { ConnectionError } from "../errors.ts";
import { checkOptions, type KnownOptions } from "../known-options.ts";
import { judgedLater, milliseconds } from "../option-kinds.ts";
import type { Binding } from "../socket/binding.ts";
import type { Deadlines } from "../socket/deadlines.ts";
import { ownAnswer } from "./refusal.ts";
import type { UndecidedRequest } from "./undecided-request.ts";

/** How a shutdown says good-bye, and how long it waits. */
export interface ShutdownOptions {
  /** Of the Close that every socket gets. Default 1001, going away. */
  readonly code?: number;
  /** Default "". */
  readonly reason?: string;
  /** ms until what is left is cut off. Default 5,000. */
  readonly grace?: number;
}

const KNOWN: KnownOptions<ShutdownOptions> = {
  code: judgedLater,
  reason: judgedLater,
  grace: milliseconds,
};

const DEFAULT_GRACE = 5_000;

/** @throws MisuseError now, and not at each socket with half of the shutdown done. */
export function resolveShutdown(options: ShutdownOptions): Required<ShutdownOptions> {
  const given = checkOptions("options", options, KNOWN);
  const { code = 1001, reason = "", grace = DEFAULT_GRACE } = given;
  checkClose(code, reason);
  return { code, reason, grace };
}

/** Those who are to go: what the server has, as it changes. */
export interface Remaining {
  readonly bindings: ReadonlyMap<Binding, unknown>;
  /** Requests that wait for a decision. */
  readonly undecided: ReadonlyMap<Binding, UndecidedRequest>;
}

export class Shutdown {
  /** Resolves when all are gone. */
  readonly done: Promise<void>;
  private readonly deadlines: Deadlines;
  private readonly remaining: Remaining;
  private readonly options: Required<ShutdownOptions>;
  private allGone!: () => void;
  private whenEmpty: (() => void) | null = null;

  /** Nothing happens yet: what {@link begin} leads to may call `shutdown` again, or bring one connection more. */
  constructor(deadlines: Deadlines, remaining: Remaining, options: Required<ShutdownOptions>) {
    this.deadlines = deadlines;
    this.remaining = remaining;
    this.options = options;
    this.done = new Promise((resolve) => {
      this.allGone = resolve;
    });
  }

  /** @param listener which accepts no more. */
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
    // Otherwise an answer is on its way; behind a 101 the socket opens, and is retired then.
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

  /** Closes once everything that has arrived is delivered and answered. */
  retire(binding: Binding): void {
    const { code, reason } = this.options;
    binding.delivery.retire(() => binding.outgoing.close(code, reason));
  }

  /** The grace has passed. A Close is tried all the same, for those whose application had not finished. */
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
