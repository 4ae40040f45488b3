/**
 * The law of the opening verdict: an engine opens after a right handshake, and after no other (RFC 6455 §4). A server answers
 * a wrong request with a status that is right for the broken rule.
 */
import fc from "fast-check";
import type { Engine, EngineEvent, EngineUnderTest } from "../engine/engine.ts";
import { cut, cuttings } from "../generators/cuttings.ts";
import {
  type Opening,
  RESPONSE_KINDS,
  requestOpenings,
  responseOpening,
  WANTED_ACCEPT,
} from "../generators/openings.ts";
import { joinBytes } from "../wire/bytes.ts";
import { decodeText, encodeText } from "../wire/text.ts";
import { checkLaw, LawBroken, type LawOptions } from "./law.ts";

/** What an engine did with a head. */
interface Answer {
  readonly isOpen: boolean;
  /** What it sent, as text. */
  readonly sent: string;
}

function answerTo(one: EngineUnderTest, chunks: readonly Uint8Array[]): Answer {
  const events: EngineEvent[] = [];
  const output: Uint8Array[] = [];
  for (const chunk of chunks) {
    one.receive(chunk.slice(), 0);
    events.push(...one.pull(0));
    for (let sent = one.transmit(0); sent !== null; sent = one.transmit(0)) {
      output.push(sent.bytes);
      events.push(...one.pull(0));
    }
  }
  return {
    isOpen: events.some(({ kind }) => kind === "open"),
    sent: decodeText(joinBytes(output)) ?? "",
  };
}

function bytesOf({ lines }: Opening): Uint8Array {
  return encodeText(`${lines.join("")}\r\n`);
}

function requireVerdict(opening: Opening, { isOpen }: Answer): void {
  const { fault, lines } = opening;
  if (isOpen === (fault === null)) return;
  const head = lines.join("").replaceAll("\r", "\\r").replaceAll("\n", "\\n\n");
  if (fault === null) throw new LawBroken(`a right head was refused:\n${head}`);
  throw new LawBroken(`the connection was opened against the rule "${fault}":\n${head}`);
}

function requireAnswer({ fault, statuses }: Opening, { sent }: Answer): void {
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(sent)?.[1]);
  if (!statuses.includes(status)) {
    const wanted = statuses.join(" or ");
    throw new LawBroken(
      `the answer is ${status}, and should be ${wanted}: ${fault ?? "all is right"}`,
    );
  }
  if (fault !== null) return;
  const accept = /^sec-websocket-accept: *(\S+) *$/im.exec(sent)?.[1];
  if (accept !== WANTED_ACCEPT) {
    throw new LawBroken(
      `the Accept is ${accept}, and should be ${WANTED_ACCEPT} (RFC 6455 §4.2.2)`,
    );
  }
}

/** The key of the request that a client sends at once. */
function keySent(one: EngineUnderTest): string {
  one.pull(0);
  const head = decodeText(one.transmit(0)?.bytes ?? new Uint8Array(0)) ?? "";
  const key = /^sec-websocket-key: *(\S+) *$/im.exec(head)?.[1];
  if (key === undefined) throw new LawBroken("the client sent no request with a Sec-WebSocket-Key");
  return key;
}

/**
 * An engine opens after a right handshake, and after no other. Throws with the head that was judged wrongly.
 */
export function openingVerdictLaw(engine: Engine, options: LawOptions = {}): void {
  const roles = options.role === undefined ? (["client", "server"] as const) : [options.role];
  const inputs = fc.constantFrom(...roles).chain((role) =>
    fc.record({
      role: fc.constant(role),
      request: requestOpenings(),
      response: fc.nat({ max: RESPONSE_KINDS - 1 }),
      pieces: fc.boolean(),
    }),
  );
  checkLaw(
    "openingVerdictLaw",
    [engine],
    fc.property(
      inputs.chain((input) => cuttings(300).map((cutting) => ({ ...input, cutting }))),
      ({ role, request, response, pieces, cutting }) => {
        const one = engine.create({ from: "opening", role, pieces });
        const opening = role === "server" ? request : responseOpening(response, keySent(one));
        const answer = answerTo(one, cut(bytesOf(opening), cutting));
        requireVerdict(opening, answer);
        if (role === "server") requireAnswer(opening, answer);
      },
    ),
    options,
  );
}
