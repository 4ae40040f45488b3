/**
 * The steps as objects: a tagged union, for hosts that prefer objects to a cursor. Each event and its bytes belong to the
 * receiver. The cursor itself makes no object.
 */

import type { CloseFrame, Ended } from "../connection/ended.ts";
import type { WatchedFrame } from "../connection/frame-watch.ts";
import { Step } from "../connection/step.ts";
import type { Violation } from "../connection/violation.ts";
import type { PlainHead, UpgradeHead } from "../handshake/request.ts";
import type { EndpointFacts } from "./endpoint-facts.ts";

/** An object of `Endpoint.events`: one for each step, with bytes of its own. */
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

/** The part of an `Endpoint` that this file reads: the cursor, and the facts of the current step. */
export interface Cursor extends Pick<EndpointFacts, FactOfEvent> {
  next(): Step;
  setAside(): void;
}

type FactOfEvent =
  | ("request" | "protocol" | "text" | "chunk" | "start" | "end" | "final" | "deliversPieces")
  | ("pongOf" | "peerClose" | "violation" | "frame" | "ended");

/**
 * Pulls until Idle. A loop that breaks out loses no event: the next call continues behind the last event that the loop has
 * seen.
 */
export function* eventsOf(cursor: Cursor): Generator<EndpointEvent, void, undefined> {
  try {
    for (;;) {
      const step = cursor.next();
      if (step === Step.Idle) return;
      yield eventOf(cursor, step);
    }
  } finally {
    cursor.setAside();
  }
}

function eventOf(cursor: Cursor, step: Exclude<Step, 0>): EndpointEvent {
  switch (step) {
    case Step.Request:
      return { type: "request", request: cursor.request! };
    case Step.Open:
      return { type: "open", protocol: cursor.protocol };
    case Step.Text:
      if (cursor.deliversPieces) return piece(cursor, "text");
      return { type: "text", text: cursor.text };
    case Step.Binary:
      if (cursor.deliversPieces) return piece(cursor, "binary");
      return { type: "binary", bytes: copiedBytes(cursor) };
    case Step.Ping:
      return { type: "ping", payload: copiedBytes(cursor) };
    case Step.Pong:
      return { type: "pong", of: cursor.pongOf, payload: copiedBytes(cursor) };
    case Step.Closing:
      return { type: "closing", close: cursor.peerClose! };
    case Step.Violation:
      return { type: "violation", violation: cursor.violation! };
    case Step.Frame:
      return { type: "frame", frame: cursor.frame! };
    case Step.Ended:
      return { type: "ended", ended: cursor.ended! };
  }
}

function piece(cursor: Cursor, of: "text" | "binary"): EndpointEvent {
  return { type: "piece", of, bytes: copiedBytes(cursor), final: cursor.final };
}

function copiedBytes(cursor: Cursor): Uint8Array<ArrayBuffer> {
  // The constructor copies. A view would show memory that other connections use.
  return new Uint8Array(cursor.chunk.subarray(cursor.start, cursor.end));
}
