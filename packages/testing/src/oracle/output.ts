/** The answer of an endpoint to bytes: lawful frames, pongs for the pings, and one Close, last (RFC 6455 §5.5). */
import { toHex } from "../wire/bytes.ts";
import { readFrames } from "../wire/frame-reader.ts";
import { describeFault, type Outcome, showEnd } from "./outcome.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/**
 * Compares what an endpoint of `role` sent by itself with what RFC 6455 wants.
 * @returns null if it is right, otherwise the fault in words.
 */
export function judgeOutput(
  output: Uint8Array,
  role: "client" | "server",
  { end }: Pick<Outcome, "end">,
  verdict: Verdict,
): string | null {
  // The peer that receives it is of the other role, and its verdict is ours.
  const peer = role === "client" ? "server" : "client";
  const sent = verdictOf(output, { role: peer, judges: "early" });
  const shown = `it sent ${toHex(output) || "nothing"}`;
  if (sent.fault !== null) return `${shown}: ${describeFault(sent.fault)}`;
  const frames = readFrames(output);
  if (frames.at(-1)?.isWhole === false) return `${shown}: the last frame breaks off`;
  const close = frames.findIndex(({ opcode }) => opcode === 8);
  if (close !== -1 && close !== frames.length - 1) {
    return `${shown}: nothing is sent behind a Close (RFC 6455 §5.5.1)`;
  }
  if (end.kind === "close" && close === -1) {
    return `${shown}: the peer's Close is answered with a Close (RFC 6455 §5.5.1)`;
  }
  const code = sent.ends[0]?.kind === "close" ? sent.ends[0].code : null;
  if (end.kind === "failure" && close !== -1 && code !== end.code) {
    return `${shown}: its Close has the code ${code}, and it told ${showEnd(end)}`;
  }
  return judgePongs(sent.pongs, end.kind === "open", verdict, shown);
}

/** A pong may answer the newest ping alone (§5.5.3); behind a Close, none is due (§5.5.2). */
function judgePongs(
  pongs: readonly Uint8Array[],
  isOpen: boolean,
  { pings, pingsDue }: Verdict,
  shown: string,
): string | null {
  let at = 0;
  for (const pong of pongs) {
    while (at < pings.length && toHex(pings[at]!) !== toHex(pong)) at += 1;
    if (at === pings.length) {
      return `${shown}: a Pong has the payload of the Ping that it answers, and Pongs keep the order (RFC 6455 §5.5.3)`;
    }
    at += 1;
  }
  if (isOpen && pingsDue > 0 && at < pingsDue) {
    return `${shown}: every Ping is answered, or the newest of them (RFC 6455 §5.5.2)`;
  }
  return null;
}
