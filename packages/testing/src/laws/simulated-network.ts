/**
 * Law 9. Two endpoints on a simulated network that delays, cuts and drops the connection always end. Each side delivered a
 * prefix of what the other side sent, and all of it if both Closes crossed.
 */
import fc from "fast-check";
import type { Engine, EngineEvent } from "../engine/engine.ts";
import type { LineConditions } from "../simulation/conditions.ts";
import {
  type EngineAct,
  type EngineHistory,
  engineHistories,
} from "../simulation/engine-history.ts";
import { EngineSide, playToTheEnd, type SentMessage } from "../simulation/engine-play.ts";
import { simulatedConnection } from "../simulation/simulated-connection.ts";
import { joinBytes } from "../wire/bytes.ts";
import { checkLaw, LawBroken, type LawOptions } from "./law.ts";

/** The acts of a side, with the close at their end if the side closes. */
function actsOf(history: EngineHistory, role: "client" | "server"): readonly EngineAct[] {
  const { closes } = history;
  const last: EngineAct[] =
    closes === "both" || closes === role ? [{ wait: 10, act: "close" }] : [];
  return [...history[role], ...last];
}

/**
 * Plays a history, and judges it by law 9.
 * @returns what is against the law, in words. Empty when the engine keeps the law.
 */
export function networkFaults(engine: Engine, history: EngineHistory): string[] {
  const { from, pieces, network } = history;
  const ends = simulatedConnection(network);
  const sideOf = (role: "client" | "server"): EngineSide =>
    new EngineSide(
      role,
      engine.create({ from, role, pieces }),
      ends[role],
      actsOf(history, role),
      from === "open",
    );
  const client = sideOf("client");
  const server = sideOf("server");
  const end = playToTheEnd([client, server]);
  if (end === null) return ["there is always something to do, and no end"];
  return [
    ...endFaults(client),
    ...endFaults(server),
    ...deliveryFaults(client, server),
    ...deliveryFaults(server, client),
    ...(mustEndCleanly(history) ? [client, server].flatMap(cleanEndFaults) : []),
  ];
}

/** Bytes under way at once, so that the largest history is over before a timeout closes it. */
const ROOMY = 65_536;

/** Nothing goes wrong, and nobody gives up: an endpoint whose last words get lost has itself to blame. */
function mustEndCleanly({ network, client, server }: EngineHistory): boolean {
  const { toServer, toClient } = network;
  const isGood = ({ fault, buffer }: LineConditions): boolean => fault === null && buffer >= ROOMY;
  const isPatient = [...client, ...server].every(({ act }) => act !== "abort");
  return isGood(toServer) && isGood(toClient) && isPatient;
}

/** RFC 6455 §7.1.4: the closing handshake is done when both sides have sent and received a Close. */
function cleanEndFaults(side: EngineSide): string[] {
  if (hasClose(side)) return [];
  return [`nothing went wrong, and the ${side.role} ended without the Close of its peer`];
}

function endFaults({ role, told, hasLetGo, deadline }: EngineSide): string[] {
  const faults: string[] = [];
  const ends = told.filter(({ kind }) => kind === "ended").length;
  if (ends !== 1) faults.push(`the ${role} told ${ends} ends, and nothing is left to do`);
  else if (told.at(-1)!.kind !== "ended") faults.push(`the ${role} told something behind its end`);
  if (!hasLetGo) faults.push(`the ${role} has not let go of its transport`);
  if (deadline !== Number.POSITIVE_INFINITY) faults.push(`a timer of the ${role} runs on`);
  return faults;
}

/** The faults in the messages of `sender` that `receiver` delivered. */
function deliveryFaults(sender: EngineSide, receiver: EngineSide): string[] {
  const delivered = messagesOf(receiver.told);
  const { role } = receiver;
  const wrong = delivered.findIndex((message, index) => !isPartOf(message, sender.sent[index]));
  if (wrong !== -1) {
    const { kind, bytes, final } = delivered[wrong]!;
    const said = sender.sent[wrong];
    const sent = said === undefined ? "no message" : `${said.kind} of ${said.bytes.length} bytes`;
    const what = `${final ? "" : "a part of "}${kind} of ${bytes.length} bytes`;
    return [`message ${wrong} at the ${role} is ${what}, and ${sender.role} sent ${sent} there`];
  }
  const whole = delivered.filter(({ final }) => final).length;
  const isCrossed = hasClose(sender) && hasClose(receiver);
  if (isCrossed && whole !== sender.sent.length) {
    return [
      `both Closes crossed, and the ${role} delivered ${whole} of ${sender.sent.length} messages`,
    ];
  }
  return [];
}

type Delivered = Extract<EngineEvent, { final: boolean }>;

/** The messages, in one go: a message may come in thousands of pieces. */
function messagesOf(told: readonly EngineEvent[]): Delivered[] {
  const messages: Delivered[] = [];
  let parts: Uint8Array[] = [];
  for (const event of told) {
    if (event.kind !== "text" && event.kind !== "binary") continue;
    if (parts.length > 0) messages.pop(); // the same message, of which there is more now
    parts.push(event.bytes);
    // An unfinished message is told with what there is of it so far.
    messages.push({ ...event, bytes: event.final ? joinBytes(parts) : event.bytes });
    if (event.final) parts = [];
  }
  if (parts.length > 0) messages.push({ ...messages.pop()!, bytes: joinBytes(parts) });
  return messages;
}

function isPartOf({ kind, bytes, final }: Delivered, sent: SentMessage | undefined): boolean {
  if (sent === undefined || sent.kind !== kind) return false;
  if (final ? bytes.length !== sent.bytes.length : bytes.length > sent.bytes.length) return false;
  return bytes.every((byte, index) => byte === sent.bytes[index]);
}

/** The side was told of the peer's Close. */
function hasClose({ told }: EngineSide): boolean {
  return told.some(({ kind }) => kind === "closing");
}

/**
 * Law 9: two endpoints on a network that delays, cuts and drops the connection always end, and deliver what was sent. Throws
 * with the smallest history, and with the line that plays the history again.
 */
export function networkLaw(engine: Engine, options: LawOptions = {}): void {
  checkLaw(
    "networkLaw",
    [engine],
    fc.property(engineHistories(), (history) => {
      const faults = networkFaults(engine, history);
      if (faults.length === 0) return;
      const line = `networkFaults(engine, ${JSON.stringify(history)})`;
      throw new LawBroken(`${faults.join("; ")}\n  to play it again: ${line}`);
    }),
    options,
  );
}
