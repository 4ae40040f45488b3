/** A request that does not ask for a WebSocket. */
import { showFacts } from "../inspection.ts";
import type { RequestFacts } from "../request-facts.ts";
import type { Binding } from "../socket/binding.ts";
import type { PlainFields, Surroundings } from "./request-view.ts";
import { UndecidedRequest } from "./undecided-request.ts";

/** A plain HTTP request, for the `request` hook. */
export interface PlainRequest extends RequestFacts {
  /** Aborts before there was an answer: when the peer leaves, or when the time for an answer has passed. */
  readonly signal: AbortSignal;
}

export class UnansweredRequest extends UndecidedRequest implements PlainRequest {
  protected override readonly fields: PlainFields;

  constructor(binding: Binding, fields: PlainFields, surroundings: Surroundings) {
    super(binding, surroundings);
    this.fields = fields;
  }
}

showFacts<UnansweredRequest>(UnansweredRequest, "PlainRequest", (request) => {
  const { method, target, host, remoteAddress } = request;
  return { method, target, host, remoteAddress };
});
