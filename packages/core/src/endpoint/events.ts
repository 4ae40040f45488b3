/**
 * The steps as objects: a tagged union, for hosts that prefer objects to a cursor. Each event and its bytes belong to the
 * receiver. The cursor itself makes no object.
 */

import { describeValue } from "../bytes/describe-value.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import type { CloseFrame, Ended } from "../connection/ended.ts";
import type { WatchedFrame } from "../connection/frame-watch.ts";
import { Step } from "../connection/step.ts";
import type { Violation } from "../connection/violation.ts";
import type { PlainHead, UpgradeHead } from "../handshake/request.ts";
import { Endpoint } from "./endpoint.ts";

/** An object of {@link eventsOf}: one for each step, with bytes of its own. */
export type EndpointEvent =
  | { readonly type: "request"; readonly request: UpgradeHead | PlainHead }
  | { readonly type: "open"; readonly protocol: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "binary"; readonly bytes: Uint8Array<ArrayBuffer> }
  | {
      readonly type: "piece";
      readonly of: "text" | "binary";
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly final: boolean;
    }
  | { readonly type: "ping"; readonly payload: Uint8Array<ArrayBuffer> }
  | { readonly type: "pong"; readonly of: number; readonly payload: Uint8Array<ArrayBuffer> }
  | { readonly type: "closing"; readonly close: CloseFrame }
  | { readonly type: "violation"; readonly violation: Violation }
  | { readonly type: "frame"; readonly frame: WatchedFrame }
  | { readonly type: "ended"; readonly ended: Ended };

/**
 * The steps of the endpoint as objects, up to Idle. Each object and its bytes belong to the receiver. A loop that breaks out
 * loses no event: the next call continues behind the last event that the loop has seen. A function of its own, so that a
 * program that only uses the cursor does not carry the objects.
 * @throws MisuseError for what is no endpoint.
 */
export function eventsOf(endpoint: Endpoint): Generator<EndpointEvent, void, undefined> {
  if (!(endpoint instanceof Endpoint)) {
    throw new MisuseError(`endpoint is ${describeValue(endpoint)}: give an Endpoint`);
  }
  return pulled(endpoint);
}

function* pulled(endpoint: Endpoint): Generator<EndpointEvent, void, undefined> {
  try {
    for (;;) {
      const step = endpoint.next();
      if (step === Step.Idle) return;
      yield eventOf(endpoint, step);
    }
  } finally {
    endpoint.setAside();
  }
}

function eventOf(endpoint: Endpoint, step: Exclude<Step, 0>): EndpointEvent {
  switch (step) {
    case Step.Request:
      return { type: "request", request: endpoint.request! };
    case Step.Open:
      return { type: "open", protocol: endpoint.protocol };
    case Step.Text:
      if (endpoint.deliversPieces) return piece(endpoint, "text");
      return { type: "text", text: endpoint.text };
    case Step.Binary:
      if (endpoint.deliversPieces) return piece(endpoint, "binary");
      return { type: "binary", bytes: copiedBytes(endpoint) };
    case Step.Ping:
      return { type: "ping", payload: copiedBytes(endpoint) };
    case Step.Pong:
      return { type: "pong", of: endpoint.pongOf, payload: copiedBytes(endpoint) };
    case Step.Closing:
      return { type: "closing", close: endpoint.peerClose! };
    case Step.Violation:
      return { type: "violation", violation: endpoint.violation! };
    case Step.Frame:
      return { type: "frame", frame: endpoint.frame! };
    case Step.Ended:
      return { type: "ended", ended: endpoint.ended! };
  }
}

function piece(endpoint: Endpoint, of: "text" | "binary"): EndpointEvent {
  return { type: "piece", of, bytes: copiedBytes(endpoint), final: endpoint.final };
}

function copiedBytes(endpoint: Endpoint): Uint8Array<ArrayBuffer> {
  // The constructor copies. A view would show memory that other connections use.
  return new Uint8Array(endpoint.chunk.subarray(endpoint.start, endpoint.end));
}
