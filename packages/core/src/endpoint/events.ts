/**
 * The steps as objects, for hosts that prefer them: a tagged union, made on the way out of the cursor. Everything in an
 * event is the receiver's own. The cursor makes no object at all.
 */

import type { CloseFrame, Ended } from "../connection/closing.ts";
import type { WatchedFrame } from "../connection/frame-watch.ts";
import { Step } from "../connection/step.ts";
import type { Violation } from "../connection/violation.ts";
import type { PlainRequest, UpgradeRequest } from "../handshake/request.ts";
import type { Endpoint } from "./endpoint.ts";

export type EndpointEvent =
  | { readonly type: "request"; readonly request: UpgradeRequest | PlainRequest }
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

/** Pulls until Idle. Breaking out loses nothing: the next call goes on behind the last event that was seen. */
export function* eventsOf(endpoint: Endpoint): Generator<EndpointEvent, void, undefined> {
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
      return { type: "binary", bytes: ownBytes(endpoint) };
    case Step.Ping:
      return { type: "ping", payload: ownBytes(endpoint) };
    case Step.Pong:
      return { type: "pong", of: endpoint.pongOf, payload: ownBytes(endpoint) };
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
  return { type: "piece", of, bytes: ownBytes(endpoint), final: endpoint.final };
}

function ownBytes(endpoint: Endpoint): Uint8Array<ArrayBuffer> {
  // slice copies; a view would show memory that other connections use.
  return new Uint8Array(endpoint.chunk.subarray(endpoint.start, endpoint.end));
}
