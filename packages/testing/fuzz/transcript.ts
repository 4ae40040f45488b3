/** A transcript: one line for each step that an endpoint tells, and for each transmission. */
import type { ModelStep, ModelTransmission } from "../src/model/terms.ts";
import { toHex } from "../src/wire/bytes.ts";

export function stepLine(step: ModelStep): string {
  switch (step.kind) {
    case "text":
    case "binary":
      return `${step.kind} ${toHex(step.bytes)}${step.final ? "" : " and more"}`;
    case "ping":
      return `ping ${toHex(step.bytes)}`;
    case "pong":
      return `pong ${toHex(step.bytes)} of ${step.pongOf}`;
    case "closing":
      return `closing ${step.close.code} ${JSON.stringify(step.close.reason)}`;
    case "violation": {
      const { rule, section, closeCode, status, offset } = step.violation;
      const answer = closeCode === 0 ? `status ${status}` : `code ${closeCode}`;
      return `violation ${rule} at ${offset} (${section}), ${answer}`;
    }
    case "ended": {
      const { peerClose, timeout, isAborted, transportError } = step.ended;
      const why = [
        peerClose === null ? "no Close of the peer" : `the peer's Close ${peerClose.code}`,
        timeout === null ? "" : `timeout ${timeout}`,
        isAborted ? "aborted" : "",
        transportError ?? "",
      ];
      return `ended: ${why.filter((part) => part !== "").join(", ")}`;
    }
    case "open":
      return `open ${JSON.stringify(step.protocol)}`;
    case "request":
      return "request";
  }
}

export function transmissionLine({ bytes, ending }: ModelTransmission): string {
  const isHead = bytes[0] === 0x47 || bytes[0] === 0x48; // GET, HTTP
  const shown = isHead ? JSON.stringify(String.fromCharCode(...bytes)) : toHex(bytes);
  return `sends ${shown === "" ? "nothing" : shown}${ending === "continue" ? "" : `, then ${ending}`}`;
}
