/** A request to open a WebSocket, and the application's decision about it. */
import { MisuseError, selectProtocol } from "@sansocket/core";
import { type HeaderFields, headerList } from "../header-fields.ts";
import { showFacts } from "../inspection.ts";
import { checkOptions, type KnownOptions, NO_OPTIONS } from "../known-options.ts";
import { judgedLater } from "../option-kinds.ts";
import type { UpgradeFacts } from "../request-facts.ts";
import type { Binding } from "../socket/binding.ts";
import { OpenedRequest } from "./accepted-request.ts";
import { type RejectOptions, rejection } from "./answer.ts";
import type { Handed } from "./intake.ts";
import type { Surroundings, UpgradeFields } from "./request-view.ts";
import { UndecidedRequest } from "./undecided-request.ts";

/** Options of `accept`, without `data`. */
export interface AcceptBase {
  /**
   * The subprotocol to use, one of `request.protocols`; "" for no subprotocol. Default: the first of the server's `protocols`
   * that the client offered.
   */
  readonly protocol?: string;
  /** More header lines for the 101, for instance Set-Cookie. */
  readonly headers?: HeaderFields;
}

/** Options of `accept`. `data` may be left out only where `undefined` is one of the values of its type. */
export type AcceptDecision<Data> = AcceptBase &
  (undefined extends Data ? { readonly data?: Data } : { readonly data: Data });

const KNOWN_DECISION: KnownOptions<AcceptDecision<unknown>> = {
  protocol: judgedLater,
  headers: judgedLater,
  data: judgedLater,
};

/** A request to open a WebSocket, for the `upgrade` hook to decide about. */
export interface UpgradeRequest<Data = unknown> extends UpgradeFacts {
  /** Aborts before there was a decision: when the peer leaves, or when the time for a decision has passed. */
  readonly signal: AbortSignal;
  /**
   * Answers 101: the connection is open.
   * @returns false when the call is too late: the peer has left, or `timeouts.handshake` has passed.
   * @throws MisuseError for a subprotocol that was not offered, for headers that cannot be sent, and after a decision.
   */
  accept(
    ...[options]: undefined extends Data
      ? [options?: AcceptDecision<Data>]
      : [options: AcceptDecision<Data>]
  ): boolean;
  /**
   * Answers with an HTTP error, and ends the connection.
   * @param status 300 to 599. Default 403.
   * @returns false when the call is too late.
   * @throws MisuseError for another status, for headers or a body that cannot be sent, and after a decision.
   */
  reject(status?: number, options?: RejectOptions): boolean;
}

/** The part of the server that a request needs. */
export interface Decider extends Surroundings {
  readonly protocols: readonly string[];
  /** @param data the first value of `socket.data`. */
  accepted(binding: Binding, request: OpenedRequest, data: unknown): void;
}

export class UndecidedUpgrade extends UndecidedRequest implements UpgradeRequest {
  readonly raw: unknown;
  protected override readonly fields: UpgradeFields;
  private readonly decider: Decider;
  private readonly data: unknown;

  constructor(binding: Binding, fields: UpgradeFields, decider: Decider, handed: Handed) {
    super(binding, decider);
    this.raw = handed.raw;
    this.data = handed.data;
    this.fields = fields;
    this.decider = decider;
  }

  get origin(): string | null {
    return this.fields.origin;
  }

  get protocols(): readonly string[] {
    return this.fields.protocols;
  }

  accept(options?: AcceptDecision<unknown>): boolean {
    const { binding, decider, fields, raw } = this;
    this.requireUndecided();
    const {
      data,
      headers: given,
      protocol: chosen,
    } = options === undefined
      ? (NO_OPTIONS as Partial<AcceptDecision<unknown>>)
      : checkOptions("options", options, KNOWN_DECISION);
    const protocol =
      chosen !== undefined ? chosen : (selectProtocol(fields.protocols, decider.protocols) ?? "");
    const headers = headerList(given);
    if (binding.info !== null) return false;
    if (!binding.endpoint.accept({ protocol, headers }, binding.tick())) return false;
    this.isDecided = true;
    const request = new OpenedRequest(binding.transport, decider, fields, raw);
    decider.accepted(binding, request, data === undefined ? this.data : data);
    binding.turn();
    return true;
  }

  reject(status: number = 403, options: RejectOptions = {}): boolean {
    const { binding } = this;
    this.requireUndecided();
    const answer = rejection(options);
    if (binding.info !== null) return false;
    if (!binding.endpoint.reject(status, answer, binding.tick())) return false;
    this.isDecided = true;
    binding.turn();
    return true;
  }

  private requireUndecided(): void {
    if (this.isDecided) throw new MisuseError("this request has been accepted or rejected already");
  }
}

showFacts<UndecidedUpgrade>(UndecidedUpgrade, "UpgradeRequest", (request) => {
  const { method, target, host, origin, protocols, remoteAddress } = request;
  return { method, target, host, origin, protocols, remoteAddress };
});
